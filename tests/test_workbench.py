"""The workbench with real workers: frames arrive, and whatever is killed, whenever, nothing acknowledged is lost.

`python tests/test_workbench.py 200` kills a worker and a server 200 times each and reports.
"""

import json
import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(HOME))

from nn_core import Run  # noqa: E402
from nn_core.stream import workbench  # noqa: E402
from nn_core.stream.commands import MAX_MESSAGE  # noqa: E402
from nn_core.stream.frames import decode  # noqa: E402
from nn_core.stream.store import Store  # noqa: E402
from tests.faults import gone  # noqa: E402

SMALL = "digits-small"
PATIENCE = 60.0

posix_only = pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    """A store and a registry for each test; every worker is gone afterwards."""
    monkeypatch.setenv("NN_RUNS_DIR", str(tmp_path / "runs"))
    monkeypatch.setenv("NN_GRACE_SECONDS", "600")
    forget_server()
    yield
    processes = [handle["process"] for handle in workbench._handles.values() if handle["process"] is not None]
    for handle in list(workbench._handles.values()):
        handle["viewers"].clear()
        workbench.end(handle)
    assert all(process.poll() is not None for process in processes)
    forget_server()


def forget_server():
    """As if this process had just been started."""
    workbench._handles.clear()
    held = workbench._home.pop("store_lock", None)
    if held is not None:
        held.close()


class Watcher:
    """A page in miniature: grants a frame for every frame, keeps what it is told, and can wait for it."""

    def __init__(self, handle, *, probes=(), hello=True, **more):
        self.handle, self.frames, self.texts = handle, [], []
        self._told = threading.Condition()
        self.viewer = workbench.attach(handle, self._on_frame, self._on_text, **more)
        if hello:
            self.send("hello", reduced_motion=True)
        self.send("viewer", probes=list(probes))
        self.send("credit", n=2)

    def send(self, cmd, **arguments):
        workbench.receive(self.handle, self.viewer, json.dumps({"cmd": cmd, **arguments}))

    def _on_frame(self, frame):
        with self._told:
            self.frames.append(frame)
            self._told.notify_all()
        self.send("credit", n=1)

    def _on_text(self, text):
        with self._told:
            self.texts.append(json.loads(text))
            self._told.notify_all()

    @property
    def step(self):
        return decode(self.frames[-1]).runs[0]["step"]

    @property
    def status(self):
        return next((text["status"] for text in reversed(self.texts) if "status" in text), {})

    def wait(self, condition):
        with self._told:
            assert self._told.wait_for(lambda: condition(self), PATIENCE), "what was waited for did not come"

    def until_step(self, step):
        self.wait(lambda page: page.frames and page.step >= step)


def begin(preset=SMALL):
    handle = workbench.open_workbench(workbench.new_workbench())
    assert workbench.request(handle, "new", preset=preset)["ok"]
    return handle


def state(handle):
    answer = workbench.request(handle, "get")
    assert answer["ok"], answer
    return json.loads(answer["json"]), answer["fingerprint"]


# -- tokens and opening ------------------------------------------------------------------------------------------------


def test_tokens_that_nobody_could_guess():
    tokens = {workbench.new_workbench() for _ in range(20)}
    assert len(tokens) == 20 and all(len(token) >= 22 for token in tokens)


@pytest.mark.parametrize("token", ["", "x", "a/../../b" * 3, 7, None])
def test_malformed_tokens_are_refused(token):
    with pytest.raises(ValueError, match="malformed"):
        workbench.open_workbench(token)


def test_unknown_tokens_are_refused():
    with pytest.raises(LookupError, match="no run at this address"):
        workbench.open_workbench("A" * 22)


def test_an_address_is_known_again_after_the_server_was_started_anew():
    token = workbench.new_workbench()
    forget_server()
    assert workbench.open_workbench(token)["token"] == token


def test_a_second_server_on_the_store_is_told_so():
    workbench.new_workbench()
    script = "from nn_core.stream import workbench\nworkbench.new_workbench()"
    other = subprocess.run([sys.executable, "-c", script], cwd=HOME, capture_output=True, text=True)
    assert "RuntimeError: Another Watch It Learn server is using the runs" in other.stderr


def test_without_a_disk_a_workbench_opens_all_the_same(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NN_RUNS_DIR", str(tmp_path / "file" / "runs"))
    handle = begin()
    assert workbench.request(handle, "step", n=3)["step"] == 3
    assert "cannot be saved" in workbench.request(handle, "describe")["status"]["saving"]


def test_the_working_folder_does_not_matter(tmp_path, monkeypatch):
    (tmp_path / "random.py").write_text("raise SystemExit('imported from the working folder')")
    monkeypatch.chdir(tmp_path)
    assert workbench.request(begin(), "step")["step"] == 1


# -- frames and messages -----------------------------------------------------------------------------------------------


def test_frames_and_status_reach_everybody_who_watches():
    handle = begin()
    first, second = Watcher(handle, probes=[{"key": "s", "probe": "sample"}]), Watcher(handle)
    first.send("speed", value="full")
    second.send("play")
    first.until_step(100)
    second.until_step(100)
    assert "s.image" in decode(first.frames[-1]).runs[0]["arrays"] and not decode(second.frames[-1]).runs[0]["arrays"]
    first.wait(lambda page: page.status["playing"] and page.status["speed"] == "full")
    assert workbench.status(handle)["playing"]
    workbench.detach(handle, second.viewer)
    workbench.detach(handle, second.viewer)
    seen = len(second.frames)
    first.until_step(first.step + 1000)
    assert len(second.frames) <= seen + 2
    workbench.request(handle, "pause")


def test_a_page_hears_the_status_as_soon_as_it_comes():
    handle = begin()
    assert workbench.request(handle, "rename", name="Mine")["ok"]
    Watcher(handle).wait(lambda page: page.status and page.status["runs"][0]["name"] == "Mine")


def test_answers_carry_the_id_of_their_message():
    page = Watcher(begin())
    page.send("step", id="abc")
    page.send("dance", id=7)
    page.send("goto", step=10**6)
    page.wait(lambda page: sum("reply" in text for text in page.texts) == 3)
    answers = {str(text["reply"]): text for text in page.texts if "reply" in text}
    assert answers["abc"]["ok"] and answers["abc"]["step"] == 1
    assert "There is no command 'dance'" in answers["7"]["error"]
    assert "has not been made yet" in answers["None"]["error"]
    assert all("viewer" not in answer for answer in answers.values())


@pytest.mark.parametrize("text", ["{", "[]", "{}", b"\xff\xfe", '{"cmd": "play", "id": [1]}', "x" * (MAX_MESSAGE + 1)])
def test_what_is_no_message_is_refused_at_the_door(text):
    handle = begin()
    page = Watcher(handle)
    with pytest.raises(ValueError, match=r"message.*\.$"):
        workbench.receive(handle, page.viewer, text)
    assert workbench.request(handle, "step")["ok"]


def test_nobody_speaks_for_another_viewer():
    handle = begin()
    first, second = Watcher(handle), Watcher(handle)
    first.send("gone", viewer=second.viewer)
    workbench.request(handle, "step")
    second.until_step(1)


def test_many_threads_may_ask_at_once():
    handle = begin()
    answers = queue.SimpleQueue()
    threads = [threading.Thread(target=lambda: answers.put(workbench.request(handle, "step"))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(answers.get()["ok"] for _ in range(20))
    assert workbench.request(handle, "describe")["status"]["runs"][0]["step"] == 20


@posix_only
def test_a_worker_that_does_not_answer_is_reported():
    handle = begin()
    process = handle["process"]
    process.send_signal(signal.SIGSTOP)
    try:
        answer = workbench.request(handle, "step", timeout=0.2)
        assert not answer["ok"] and "has not answered for 0.2 seconds" in answer["error"]
        for _ in range(4 * workbench._OUTBOX):
            answer = workbench.request(handle, "describe", timeout=0.0, run="x" * 2000)
            if "does not take any more" in answer["error"]:
                break
        assert "does not take any more" in answer["error"]
    finally:
        process.send_signal(signal.SIGCONT)
    end = time.monotonic() + PATIENCE
    while not workbench.request(handle, "describe")["ok"]:
        assert time.monotonic() < end


def test_a_viewer_that_raises_is_detached():
    handle = begin()

    def broken(frame):
        raise RuntimeError

    viewer = workbench.attach(handle, broken, lambda text: None)
    workbench.receive(handle, viewer, '{"cmd": "credit", "n": 1}')
    page = Watcher(handle)
    page.send("step")
    page.until_step(1)
    assert not workbench.touch(handle, viewer)


def test_a_rate_limit_is_obeyed_and_kept():
    handle = begin()
    page = Watcher(handle)
    workbench.limit_rate(handle, page.viewer, 0.1)
    page.wait(lambda page: page.frames)
    for _ in range(5):
        page.send("step")
    workbench.request(handle, "describe")
    assert len(page.frames) <= 2
    assert handle["viewers"][page.viewer]["told"]["rate"]["value"] == 0.1


# -- what dies and comes back ------------------------------------------------------------------------------------------


def test_a_watched_worker_that_is_killed_comes_back_and_frames_go_on():
    handle = begin()
    page = Watcher(handle, probes=[{"key": "s", "probe": "sample"}])
    page.send("speed", value="full")
    page.send("play")
    page.until_step(500)
    for _ in range(3):
        process = handle["process"]
        process.kill()
        process.wait()
        seen = len(page.frames)
        page.wait(lambda page, seen=seen: len(page.frames) > seen + 20)
        assert handle["process"] is not process
        assert "s.image" in decode(page.frames[-1]).runs[0]["arrays"]
    page.wait(lambda page: page.status["playing"])
    workbench.request(handle, "pause")
    plain, fingerprint = state(handle)
    assert Run.from_json(json.dumps(plain)).state_fingerprint() == fingerprint


def test_requests_under_way_when_the_worker_dies_are_answered():
    handle = begin()
    handle["process"].send_signal(signal.SIGSTOP) if os.name == "posix" else None
    answers = queue.SimpleQueue()
    thread = threading.Thread(target=lambda: answers.put(workbench.request(handle, "step", timeout=PATIENCE)))
    thread.start()
    while not handle["pending"]:
        time.sleep(0.001)
    handle["process"].kill()
    thread.join()
    assert "ended unexpectedly" in answers.get()["error"]
    assert workbench.request(handle, "step")["ok"]


def test_an_unwatched_worker_that_is_killed_waits_for_a_request():
    handle = begin()
    workbench.request(handle, "step", n=25)
    process = handle["process"]
    process.kill()
    process.wait()
    while handle["process"] is process:
        time.sleep(0.01)
    assert handle["process"] is None
    assert workbench.request(handle, "describe")["status"]["runs"][0]["step"] == 25


def test_a_worker_that_keeps_dying_is_given_up_with_a_sentence_until_somebody_asks(monkeypatch):
    handle = begin()
    page = Watcher(handle)
    monkeypatch.setattr(workbench, "_BLAS_THREADS", ("PYTHONHOME",))  # no interpreter starts with this
    handle["process"].kill()
    page.wait(lambda page: "times in a row" in page.status.get("problem", ""))
    assert handle["process"] is None
    monkeypatch.undo()
    page.send("step")
    page.until_step(1)
    page.wait(lambda page: page.status["problem"] == "")


def test_a_worker_nobody_watches_ends_and_the_wish_to_play_is_kept(monkeypatch):
    monkeypatch.setenv("NN_GRACE_SECONDS", "0")
    handle = begin()
    page = Watcher(handle)
    page.send("speed", value="full")
    page.send("play")
    page.until_step(200)
    process = handle["process"]
    assert process.poll() is None
    workbench.detach(handle, page.viewer)
    assert process.wait(PATIENCE) == 0
    again = Watcher(workbench.open_workbench(handle["token"]), hello=False)
    again.wait(lambda page: page.frames and decode(page.frames[-1]).runs[0]["scalars"]["playing"])
    assert again.step >= 200


def test_a_viewer_that_expires_keeps_nothing_alive(monkeypatch):
    monkeypatch.setenv("NN_GRACE_SECONDS", "0")
    handle = begin()
    page = Watcher(handle, expires=0.2)
    process = handle["process"]
    assert workbench.touch(handle, page.viewer)
    assert process.wait(PATIENCE) == 0
    assert not workbench.touch(handle, page.viewer)


@posix_only
def test_ctrl_c_does_not_reach_the_worker():
    handle = begin()
    process = handle["process"]
    assert os.getpgid(process.pid) != os.getpgid(0)
    process.send_signal(signal.SIGINT)
    assert workbench.request(handle, "step")["ok"]
    assert process.poll() is None


def test_a_reloaded_module_serves_the_same_handles(monkeypatch):
    handle = begin()
    page = Watcher(handle)
    kept = {name: module for name, module in sys.modules.items() if name.startswith("nn_core")}
    for name in kept:
        monkeypatch.delitem(sys.modules, name)
    from nn_core.stream import workbench as reloaded

    try:
        assert reloaded is not workbench
        assert reloaded.open_workbench(handle["token"]) is handle
        assert reloaded.request(handle, "step")["step"] == 1
        page.until_step(1)
        with pytest.raises(LookupError):
            reloaded.open_workbench("A" * 22)
    finally:
        for name in [name for name in sys.modules if name.startswith("nn_core")]:
            del sys.modules[name]
        sys.modules.update(kept)


# -- kill -9 at random moments -----------------------------------------------------------------------------------------

#: A server in a process of its own: changes things as fast as it can and reports each acknowledgement.
SERVER = """
import json, sys, time, random, threading
from nn_core.stream import workbench

handle = workbench.open_workbench(sys.argv[1] if len(sys.argv) > 1 else workbench.new_workbench())
print(json.dumps({"token": handle["token"], "worker": handle["process"].pid}), flush=True)
draw = lambda frame: workbench.receive(handle, viewer, '{"cmd":"credit","n":1}')
viewer = workbench.attach(handle, draw, lambda text: None)
draw(None)
if len(sys.argv) == 1:
    assert workbench.request(handle, "new", preset="digits-small")["ok"]
    assert workbench.request(handle, "speed", value="full")["ok"]
workbench.request(handle, "play")
rng = random.Random()
while True:
    rate = rng.choice((0.01, 0.02, 0.03, 0.05)) * rng.choice((1, 1.5))
    answer = workbench.request(handle, "change", values={"learning_rate": rate, "batch_size": rng.randint(1, 20)})
    print(json.dumps(answer), flush=True)
    time.sleep(rng.uniform(0, 0.1))
"""


def kill_server_once(token, moment):
    """Run the server, kill it `moment` seconds after its first acknowledgement; returns its token and what it told."""
    arguments = [sys.executable, "-c", SERVER, *([token] if token else [])]
    server = subprocess.Popen(arguments, cwd=HOME, stdout=subprocess.PIPE, text=True)
    opened = json.loads(server.stdout.readline())
    told = [json.loads(server.stdout.readline())]
    time.sleep(moment)
    server.kill()
    told += [json.loads(line) for line in server.stdout if line.endswith("}\n")]
    server.wait()
    assert gone(opened["worker"]), "the worker outlived its server"
    return opened["token"], [answer for answer in told if answer.get("saved") and answer["changed"]]


def check_nothing_lost(plain, fingerprint, told):
    """Every acknowledged change is there, in order, and the state is that of a straight replay."""
    recorded = [event["step"] for event in plain["events"]]
    place = 0
    for answer in told:
        assert answer["step"] in recorded[place:], f"the change at {answer['step']} is lost"
        place = recorded.index(answer["step"], place) + 1
    assert plain["head"] >= max([answer["step"] for answer in told], default=0)
    assert Run.from_json(json.dumps(plain)).state_fingerprint() == fingerprint


@pytest.mark.parametrize("round_", range(5))
def test_a_killed_server_loses_nothing_and_leaves_no_process(round_):
    rng = random.Random(round_)
    token, told = None, []
    for _ in range(2):
        token, more = kill_server_once(token, rng.uniform(0.0, 0.7))
        told += more
    handle = workbench.open_workbench(token)
    workbench.request(handle, "pause")
    check_nothing_lost(*state(handle), told)


@pytest.mark.parametrize("round_", range(15))
def test_a_killed_worker_loses_nothing(round_):
    kill_worker_once(random.Random(100 + round_))


def kill_worker_once(rng):
    handle = begin()
    page = Watcher(handle)
    page.send("speed", value=rng.choice(("300", "full")))
    page.send("play")
    told, end = [], time.monotonic() + rng.uniform(0.0, 0.6)
    killer = threading.Timer(rng.uniform(0.0, 0.6), handle["process"].kill)
    killer.start()
    while killer.is_alive() or time.monotonic() < end:
        answer = workbench.request(handle, "change", values={"learning_rate": rng.uniform(0.01, 0.05)})
        if answer.get("changed"):
            assert answer["saved"]
            told.append(answer)
    while not workbench.request(handle, "pause")["ok"]:
        pass  # the worker had just been killed
    plain, fingerprint = state(handle)
    check_nothing_lost(plain, fingerprint, told)
    assert workbench.request(handle, "step", n=50)["step"] == plain["step"] + 50
    onward = Run.from_json(json.dumps(plain))
    onward.advance(steps=50)
    assert state(handle)[1] == onward.state_fingerprint()
    workbench.end(handle)


def test_every_acknowledged_event_is_in_the_store_already():
    handle = begin()
    page = Watcher(handle)
    page.send("speed", value="full")
    page.send("play")
    for rate in (0.02, 0.04, 0.01):
        answer = workbench.request(handle, "change", values={"learning_rate": rate})
        stored = Store().run(handle["token"], answer["run"])
        assert stored.events[-1] == {"step": answer["step"], "kind": "change", "values": {"learning_rate": rate}}
        assert stored.step >= answer["step"]


def main(rounds):
    """Kill as often as asked and say how it went."""
    import tempfile

    os.environ["NN_GRACE_SECONDS"] = "600"
    for name, kill in (("worker", kill_worker_once), ("server", kill_a_server)):
        begun = time.monotonic()
        for round_ in range(rounds):
            with tempfile.TemporaryDirectory() as folder:
                os.environ["NN_RUNS_DIR"] = folder
                forget_server()
                kill(random.Random(round_))
                for handle in list(workbench._handles.values()):
                    handle["viewers"].clear()
                    workbench.end(handle)
            print(f"\r{name} killed {round_ + 1} times, nothing lost", end="", flush=True)
        print(f" ({time.monotonic() - begun:.0f} s)")


def kill_a_server(rng):
    token, told = kill_server_once(None, rng.uniform(0.0, 0.7))
    handle = workbench.open_workbench(token)
    workbench.request(handle, "pause")
    check_nothing_lost(*state(handle), told)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
