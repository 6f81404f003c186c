"""The worker, in this process and on real runs: commands, frames, events, what it stores and what it refuses.

A test is a script: a generator that yields a command and is sent its answer, or yields a function of the log and goes
on when that is true. So nothing depends on how fast the machine is.
"""

import json
import queue
import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nn_core import PRESETS, Run, RunConfig
from nn_core.datasets import DATASETS
from nn_core.datasets.dataset import DataUnavailable
from nn_core.stream import pipe
from nn_core.stream.bench import MAX_RUNS, found_seat
from nn_core.stream.commands import (
    COMMANDS,
    MAX_CREDITS,
    MAX_MESSAGE,
    MAX_PROBES,
    MAX_VIEWERS,
    check_command,
    parse_message,
)
from nn_core.stream.frames import decode
from nn_core.stream.looking import FIRST
from nn_core.stream.pacing import SPEEDS, Player
from nn_core.stream.publishing import Publisher
from nn_core.stream.store import Store, Superseded
from nn_core.stream.viewers import FRAME_BYTES, Subscription, Viewer
from nn_core.stream.worker import Worker

TOKEN = "a-token-for-the-tests"
SMALL = "digits-small"


class Log:
    """What a worker wrote: answers by command, statuses, and frames by viewer."""

    def __init__(self):
        self.answers, self.statuses, self.frames = [], [], []

    @property
    def status(self):
        return self.statuses[-1]

    @property
    def shown(self):
        return next(run for run in self.status["runs"] if run["id"] == self.status["shown"])

    def steps(self):
        return [frame.runs[0]["step"] for _, frame in self.frames]


def serve(folder, script, *, generous=False, timeout=60.0):
    """Run a worker on the store in `folder` until the script is through; returns the log.

    `generous` grants a frame for every frame, as a browser does.
    """
    log, messages = Log(), queue.SimpleQueue()
    steps = script(log)
    waiting = []

    def go_on(answer):
        try:
            following = steps.send(answer)
        except StopIteration:
            waiting[:] = [None]
            messages.put(None)
            return
        waiting[:] = [following]
        if callable(following):
            if following(log):
                go_on(None)
        else:
            messages.put({"id": 1, **following})

    def write(message):
        length, kind = pipe.HEAD.unpack_from(message)
        body = message[pipe.HEAD.size :]
        assert len(body) == length
        if kind == pipe.FRAME:
            viewer = pipe.VIEWER.unpack_from(body)[0]
            log.frames.append((viewer, decode(body[pipe.VIEWER.size :])))
            if generous:
                messages.put({"cmd": "credit", "viewer": viewer, "n": 1})
        else:
            plain = json.loads(body)
            if "status" in plain and "reply" not in plain:
                log.statuses.append(plain["status"])
            else:
                log.answers.append(plain)
                if plain["reply"] == 1:
                    return go_on(plain)
        if waiting and callable(waiting[0]) and waiting[0](log):
            go_on(None)
        return None

    worker = Worker(TOKEN, Store(folder), write)
    worker.load()
    go_on(None)
    alarm = threading.Timer(timeout, lambda: messages.put(None))
    alarm.start()
    try:
        worker.serve(messages)
    finally:
        alarm.cancel()
    assert waiting == [None], f"the script is still waiting for {waiting}"
    return log


def small():
    """Begin with a small network, so that tests are quick."""
    answer = yield {"cmd": "new", "preset": SMALL}
    assert answer["ok"]
    return answer


def watch(viewer=1, probes=(), **more):
    assert (yield {"cmd": "viewer", "viewer": viewer, "probes": list(probes), **more})["ok"]


def fingerprint():
    answer = yield {"cmd": "get"}
    return answer["fingerprint"]


def straight(answer_json):
    """The fingerprint of a run computed again from its configuration and events alone."""
    return Run.from_json(answer_json).state_fingerprint()


# -- beginning, playing, stepping --------------------------------------------------------------------------------------


def test_a_fresh_workbench_begins_with_digits_and_plays_once_somebody_watches(tmp_path):
    def script(log):
        assert log.statuses == []
        described = yield {"cmd": "describe"}
        status = described["status"]
        assert not status["playing"] and status["runs"][0]["preset"] == "digits" and status["speed"] == "30"
        yield {"cmd": "hello", "viewer": 1}
        yield lambda log: log.statuses and log.status["playing"]
        assert log.shown["dataset_label"] == DATASETS["digits"].title
        assert log.status["problem"] == log.status["saving"] == ""

    serve(tmp_path, script)


def test_reduced_motion_opens_paused_and_stays_so_for_the_second_page(tmp_path):
    def script(log):
        yield {"cmd": "hello", "viewer": 1, "reduced_motion": True}
        assert not (yield {"cmd": "describe"})["status"]["playing"]

    serve(tmp_path, script)


def test_a_pause_is_not_undone_by_another_page(tmp_path):
    def script(log):
        yield {"cmd": "pause"}
        yield {"cmd": "hello", "viewer": 1}
        assert not (yield {"cmd": "describe"})["status"]["playing"]

    serve(tmp_path, script)


def test_step_makes_exactly_so_many_updates(tmp_path):
    def script(log):
        yield from small()
        assert (yield {"cmd": "step"}) == {"reply": 1, "viewer": None, "ok": True, "step": 1, "saved": True}
        assert (yield {"cmd": "step", "n": 1234})["step"] == 1235
        answer = yield {"cmd": "get"}
        assert json.loads(answer["json"])["step"] == 1235
        assert straight(answer["json"]) == answer["fingerprint"]

    serve(tmp_path, script)


def test_playing_in_slices_ends_in_the_same_bits_as_a_straight_run(tmp_path):
    def script(log):
        yield {"cmd": "speed", "value": "full"}
        yield from watch(probes=[{"key": "a", "probe": "activations"}])
        yield {"cmd": "credit", "viewer": 1, "n": 8}
        yield {"cmd": "play"}
        yield lambda log: log.frames and log.steps()[-1] > 300
        yield {"cmd": "pause"}
        yield {"cmd": "change", "values": {"learning_rate": 0.05}}
        yield {"cmd": "step", "n": 77}
        answer = yield {"cmd": "get"}
        assert straight(answer["json"]) == answer["fingerprint"]

    serve(tmp_path, script, generous=True)


def test_reset_gives_the_same_first_loss_with_the_settings_on_screen(tmp_path):
    def script(log):
        yield from small()
        yield from watch()
        first = []
        for _ in range(2):
            yield {"cmd": "change", "values": {"learning_rate": 0.25}}
            yield {"cmd": "step"}
            yield {"cmd": "credit", "viewer": 1, "n": 1}
            yield lambda log: log.frames
            first.append(log.frames.pop()[1].runs[0])
            old = (yield {"cmd": "describe"})["status"]["runs"][0]
            yield {"cmd": "reset"}
            new = (yield {"cmd": "describe"})["status"]["runs"][0]
            assert (new["step"], new["config"]["learning_rate"], new["parent"]) == (0, 0.25, old["id"])
            log.frames.clear()
        assert first[0]["scalars"]["loss"] == first[1]["scalars"]["loss"]
        assert first[0]["run"] != first[1]["run"]
        seeded = yield {"cmd": "reset", "seed": 5}
        assert seeded["ok"]
        assert (yield {"cmd": "describe"})["status"]["runs"][0]["seed"] == 5

    serve(tmp_path, script)


def test_a_stop_condition_ends_playing_and_says_so(tmp_path):
    def script(log):
        yield {"cmd": "new", "config": {**PRESETS[SMALL].to_dict(), "stop": {"step": 50}}}
        yield {"cmd": "speed", "value": "full"}
        yield {"cmd": "play"}
        yield lambda log: log.shown["stopped"]
        assert not log.status["playing"] and log.shown["step"] == 50 and "stopped after 50" in log.shown["stopped"]
        answer = yield {"cmd": "play"}
        assert not answer["ok"] and "stopped after 50" in answer["error"]
        assert not (yield {"cmd": "step"})["ok"]
        assert (yield {"cmd": "goto", "step": 20})["step"] == 20
        assert (yield {"cmd": "step", "n": 100})["step"] == 50

    serve(tmp_path, script)


def test_divergence_stops_with_a_sentence(tmp_path):
    def script(log):
        breaking = {"loss": "mse", "activations": ["relu", "identity"], "learning_rate": 1000.0}
        yield {"cmd": "new", "config": {**PRESETS[SMALL].to_dict(), **breaking}}
        yield {"cmd": "speed", "value": "full"}
        yield {"cmd": "play"}
        yield lambda log: log.shown["stopped"]
        assert not log.status["playing"] and "learning rate" in log.shown["stopped"]
        assert (yield {"cmd": "goto", "step": 0})["ok"]
        assert (yield {"cmd": "describe"})["status"]["runs"][0]["stopped"] == ""

    serve(tmp_path, script)


# -- events ------------------------------------------------------------------------------------------------------------


def test_events_are_stored_before_they_are_acknowledged(tmp_path):
    def script(log):
        yield from small()
        yield {"cmd": "step", "n": 10}
        for command in (
            {"cmd": "change", "values": {"learning_rate": 0.5, "batch_size": 3}},
            {"cmd": "parameter", "layer": 0, "array": "W", "index": [3, 4], "value": 0.25},
            {"cmd": "parameter", "layer": 1, "array": "b", "index": 2, "value": -1},
            {"cmd": "unit", "layer": 0, "index": 7, "on": False},
        ):
            answer = yield command
            assert answer["ok"] and answer["saved"] and answer["changed"] and answer["step"] == 10
            stored = Store(tmp_path).run(TOKEN, answer["run"])
            assert stored.step == 10 and stored.events[-1]["kind"] == command["cmd"]
        yield {"cmd": "step", "n": 10}
        answer = yield {"cmd": "get"}
        assert straight(answer["json"]) == answer["fingerprint"]

    serve(tmp_path, script)


def test_a_change_that_changes_nothing_is_not_recorded(tmp_path):
    def script(log):
        yield from small()
        answer = yield {"cmd": "change", "values": {"learning_rate": PRESETS[SMALL].learning_rate}}
        assert answer["ok"] and not answer["changed"]
        assert json.loads((yield {"cmd": "get"})["json"])["events"] == []

    serve(tmp_path, script)


def test_a_change_before_the_head_leaves_the_old_future_in_the_store(tmp_path):
    def script(log):
        yield from small()
        yield {"cmd": "step", "n": 30}
        old = yield {"cmd": "get"}
        yield {"cmd": "goto", "step": 12}
        same = yield {"cmd": "change", "values": {"learning_rate": PRESETS[SMALL].learning_rate}}
        assert same["run"] == log.shown["id"]
        answer = yield {"cmd": "change", "values": {"learning_rate": 0.5}}
        assert answer["changed"] and answer["run"] != same["run"]
        run = (yield {"cmd": "describe"})["status"]["runs"][0]
        assert (run["id"], run["step"], run["head"], run["parent"], run["parent_step"]) == (
            answer["run"], 12, 12, same["run"], 12,
        )  # fmt: skip
        yield {"cmd": "show", "run": same["run"]}
        yield {"cmd": "goto", "step": 30}
        assert (yield {"cmd": "get"})["fingerprint"] == old["fingerprint"]

    serve(tmp_path, script)


def test_going_back_and_on_again_ends_in_the_same_state(tmp_path):
    def script(log):
        yield from small()
        yield {"cmd": "step", "n": 40}
        yield {"cmd": "change", "values": {"learning_rate": 0.5}}
        yield {"cmd": "step", "n": 40}
        before = yield from fingerprint()
        assert (yield {"cmd": "goto", "step": 7})["step"] == 7
        assert not (yield {"cmd": "goto", "step": 81})["ok"]
        yield {"cmd": "step", "n": 73}
        assert (yield from fingerprint()) == before

    serve(tmp_path, script)


def test_a_dragged_handle_only_goes_where_it_is_now(tmp_path):
    log = Log()
    messages = queue.SimpleQueue()
    answers = []
    worker = Worker(TOKEN, Store(tmp_path), lambda message: answers.append(message[pipe.HEAD.size :]))
    worker.load()
    worker._bench.loaded().run.advance(steps=50)
    for step in (10, 20, 30):
        messages.put({"cmd": "goto", "step": step, "id": step})
    messages.put(None)
    worker.serve(messages)
    replies = [json.loads(answer) for answer in answers if b'"reply"' in answer]
    assert [reply.get("skipped", False) for reply in replies] == [True, True, False]
    assert replies[-1]["step"] == 30 and log.frames == []


# -- several runs ------------------------------------------------------------------------------------------------------


def test_forks_learn_in_lockstep_from_identical_weights(tmp_path):
    def script(log):
        yield from small()
        yield {"cmd": "step", "n": 30}
        same = yield {"cmd": "fork", "step": 20}
        other = yield {"cmd": "fork", "step": 20, "changes": {"learning_rate": 0.5}}
        status = (yield {"cmd": "describe"})["status"]
        assert [run["step"] for run in status["runs"]] == [20, 20, 20] and status["shown"] == other["run"]
        yield {"cmd": "step", "n": 15}
        first, second, third = [run["id"] for run in (yield {"cmd": "describe"})["status"]["runs"]]
        prints = []
        for run in (first, second, third):
            answer = yield {"cmd": "get", "run": run}
            assert straight(answer["json"]) == answer["fingerprint"]
            assert json.loads(answer["json"])["step"] == 35
            prints.append(answer["fingerprint"])
        assert second == same["run"] and prints[0] == prints[1] != prints[2]

    serve(tmp_path, script)


def test_a_stopped_run_does_not_hold_the_others_up(tmp_path):
    def script(log):
        yield {"cmd": "new", "config": {**PRESETS[SMALL].to_dict(), "stop": {"step": 5}}}
        yield {"cmd": "new", "preset": SMALL, "beside": True}
        assert (yield {"cmd": "step", "n": 12})["step"] == 12
        assert [run["step"] for run in (yield {"cmd": "describe"})["status"]["runs"]] == [5, 12]
        yield {"cmd": "goto", "step": 3}
        assert [run["step"] for run in (yield {"cmd": "describe"})["status"]["runs"]] == [3, 3]

    serve(tmp_path, script)


def test_the_bench_has_an_end(tmp_path):
    def script(log):
        yield from small()
        for _ in range(MAX_RUNS - 1):
            assert (yield {"cmd": "fork"})["ok"]
        refused = yield {"cmd": "fork"}
        assert not refused["ok"] and "remove one first" in refused["error"]
        assert (yield {"cmd": "fork", "beside": False})["ok"]
        runs = [run["id"] for run in (yield {"cmd": "describe"})["status"]["runs"]]
        for run in runs[1:]:
            assert (yield {"cmd": "remove", "run": run})["ok"]
        last = yield {"cmd": "remove", "run": runs[0]}
        assert not last["ok"] and "only run" in last["error"]
        assert (yield {"cmd": "show", "run": runs[5], "beside": True})["ok"]

    serve(tmp_path, script)


def test_names_are_kept(tmp_path):
    def script(log):
        yield {"cmd": "rename", "name": "My first"}

    serve(tmp_path, script)

    def again(log):
        assert (yield {"cmd": "describe"})["status"]["runs"][0]["name"] == "My first"

    serve(tmp_path, again)


# -- coming back -------------------------------------------------------------------------------------------------------


def test_everything_is_there_again_in_another_worker(tmp_path):
    kept = {}

    def first(log):
        yield from small()
        yield {"cmd": "step", "n": 200}
        yield {"cmd": "change", "values": {"optimizer": "momentum", "learning_rate": 0.01}}
        yield {"cmd": "step", "n": 100}
        yield {"cmd": "speed", "value": "5"}
        yield {"cmd": "look", "how": "index", "value": 17}
        kept.update((yield {"cmd": "get"}))

    def second(log):
        assert (yield {"cmd": "get"}) == kept
        status = (yield {"cmd": "describe"})["status"]
        assert (status["speed"], status["look"]["index"], status["playing"]) == ("5", 17, False)
        assert status["runs"][0]["chips"] == [["momentum", "optimizer", "sgd"]]
        yield {"cmd": "goto", "step": 150}

    def third(log):
        run = (yield {"cmd": "describe"})["status"]["runs"][0]
        assert (run["step"], run["head"]) == (150, 300)
        yield {"cmd": "step", "n": 150}
        assert (yield {"cmd": "get"})["fingerprint"] == kept["fingerprint"]

    for script in (first, second, third):
        serve(tmp_path, script)


def test_the_wish_to_play_outlives_the_worker(tmp_path):
    def first(log):
        yield from small()
        yield {"cmd": "play"}

    def second(log):
        yield lambda log: log.statuses and log.status["playing"]

    serve(tmp_path, first)
    serve(tmp_path, second)


def test_a_long_way_back_keeps_nobody_waiting(tmp_path, monkeypatch):
    kept, gate = {}, threading.Event()

    def first(log):
        yield from small()
        yield {"cmd": "step", "n": 20}
        yield {"cmd": "play"}
        kept.update((yield {"cmd": "get"}))

    def slowly(record):
        gate.wait(30)
        return found_seat(record)

    def second(log):
        status = (yield {"cmd": "describe"})["status"]
        assert status["playing"] and "computed again" in status["runs"][0]["problem"]
        for command in ({"cmd": "step"}, {"cmd": "play"}, {"cmd": "get"}):
            answer = yield command
            assert not answer["ok"] and "computed again" in answer["error"]
        gate.set()
        yield lambda log: log.statuses and not log.shown["problem"]
        yield {"cmd": "pause"}
        yield {"cmd": "goto", "step": json.loads(kept["json"])["step"]}
        assert (yield {"cmd": "get"})["fingerprint"] == kept["fingerprint"]

    serve(tmp_path, first)
    monkeypatch.setattr("nn_core.stream.returning.found_seat", slowly)
    monkeypatch.setattr("nn_core.stream.returning.PATIENCE", 0.0)
    serve(tmp_path, second)


def test_a_stored_run_that_nothing_can_be_made_of_does_not_end_the_worker(tmp_path, monkeypatch):
    def first(log):
        yield from small()

    def broken(record):
        raise RuntimeError("the page is torn")

    def second(log):
        status = (yield {"cmd": "describe"})["status"]
        assert status["problem"] == "This run cannot be brought back: the page is torn."
        assert (yield {"cmd": "new", "preset": SMALL})["ok"]
        assert (yield {"cmd": "step"})["ok"]

    serve(tmp_path, first)
    monkeypatch.setattr("nn_core.stream.returning.found_seat", broken)
    serve(tmp_path, second)


def test_a_superseded_worker_says_so_and_ends(tmp_path):
    def script(log):
        yield from small()
        Store(tmp_path).take(TOKEN, "another")
        yield {"cmd": "pause"}

    messages = queue.SimpleQueue()
    said = []
    worker = Worker(TOKEN, Store(tmp_path), said.append)
    worker.load()
    Store(tmp_path).take(TOKEN, "another")
    messages.put({"cmd": "change", "values": {"learning_rate": 0.5}, "id": 1})
    with pytest.raises(Superseded):
        worker.serve(messages)
    assert not any(b'"reply":1' in message for message in said)  # nothing was acknowledged
    assert "taken over" in json.loads(said[-1][pipe.HEAD.size :])["status"]["problem"]


def test_a_run_whose_data_has_gone_waits_for_it(tmp_path, monkeypatch):
    kept = {}

    def first(log):
        yield from small()
        yield {"cmd": "step", "n": 10}
        kept.update((yield {"cmd": "get"}))

    def gone(name, args):
        raise DataUnavailable("The digits have gone; bring them back.")

    def second(log):
        status = (yield {"cmd": "describe"})["status"]
        assert "digits have gone" in status["problem"] and status["runs"][0]["step"] == 10
        for command in ({"cmd": "play"}, {"cmd": "step"}, {"cmd": "change", "values": {"learning_rate": 1.0}}):
            answer = yield command
            assert not answer["ok"] and "digits have gone" in answer["error"]

    serve(tmp_path, first)
    object.__setattr__(DATASETS["digits"], "build", gone)
    try:
        serve(tmp_path, second)
    finally:
        monkeypatch.undo()
        from nn_core.datasets.digits import build

        object.__setattr__(DATASETS["digits"], "build", build)

    def third(log):
        assert (yield {"cmd": "get"}) == kept

    serve(tmp_path, third)


def test_a_run_never_goes_on_with_other_data(tmp_path, monkeypatch):
    def first(log):
        yield from small()

    def second(log):
        status = (yield {"cmd": "describe"})["status"]
        assert "other data" in status["problem"]
        assert (yield {"cmd": "new", "preset": SMALL})["ok"]  # a new run may

    serve(tmp_path, first)
    from nn_core.datasets.dataset import Dataset

    monkeypatch.setattr(Dataset, "sha256", "other")
    serve(tmp_path, second)


# -- a disk that fails -------------------------------------------------------------------------------------------------


def test_training_goes_on_without_a_disk_and_says_that_nothing_is_saved(tmp_path):
    (tmp_path / "file").write_text("in the way")

    def script(log):
        yield from small()
        assert (yield {"cmd": "step", "n": 5})["saved"] is False
        answer = yield {"cmd": "change", "values": {"learning_rate": 0.5}}
        assert answer["ok"] and answer["saved"] is False and "cannot be saved" in answer["note"]
        assert "cannot be saved" in (yield {"cmd": "describe"})["status"]["saving"]
        (tmp_path / "file").unlink()
        yield lambda log: log.status["saving"] == ""
        assert (yield {"cmd": "step", "n": 5})["saved"] is True

    serve(tmp_path / "file", script)

    def again(log):
        plain = json.loads((yield {"cmd": "get"})["json"])
        assert plain["step"] == 10 and [event["step"] for event in plain["events"]] == [5]

    serve(tmp_path / "file", again)


# -- frames ------------------------------------------------------------------------------------------------------------


def test_without_credit_there_is_no_frame_and_training_goes_on(tmp_path):
    def script(log):
        yield from small()
        yield from watch()
        assert (yield {"cmd": "step", "n": 100})["step"] == 100
        assert log.frames == []
        yield {"cmd": "credit", "viewer": 1, "n": 1}
        yield lambda log: log.frames
        assert log.steps() == [100]

    serve(tmp_path, script)


def test_a_frame_carries_what_every_page_shows(tmp_path):
    def script(log):
        yield from small()
        yield {"cmd": "step", "n": 100}
        yield from watch()
        yield {"cmd": "credit", "viewer": 1, "n": 1}
        yield lambda log: log.frames

    log = serve(tmp_path, script)
    (section,) = log.frames[0][1].runs
    run = Run(SMALL)
    run.advance(steps=100)
    place = int(np.searchsorted(run.curves["step"], 100, side="right")) - 1
    expected = {
        "step": 100,
        "epoch": 0,
        "loss": run.last_loss,
        "learning_rate": 0.03,
        "batch_size": 10,
        "seen": 1000,
        "head": 100,
        "playing": 0,
        "stopped": "",
        "heldout_step": run.curves["step"][place],
        "train_loss": run.curves["loss"][place],
        "accuracy": run.curves["accuracy"][place],
        "heldout_loss": run.curves["heldout_loss"][place],
        "heldout_accuracy": run.curves["heldout_accuracy"][place],
    }
    assert section["scalars"] == expected and section["arrays"] == {}


def test_at_a_standstill_the_score_is_of_the_very_update_that_stands_there(tmp_path):
    def script(log):
        yield from small()
        yield {"cmd": "step", "n": 137}
        yield from watch()
        yield {"cmd": "credit", "viewer": 1, "n": 1}
        yield lambda log: log.frames

    log = serve(tmp_path, script)
    scalars = log.frames[-1][1].runs[0]["scalars"]
    run = Run(SMALL)
    run.advance(steps=137)
    assert 137 not in run.curves["step"] and scalars["heldout_step"] == 137
    before = run.state_fingerprint()
    assert (
        scalars["train_loss"],
        scalars["accuracy"],
        scalars["heldout_loss"],
        scalars["heldout_accuracy"],
    ) == run.measure()
    assert run.state_fingerprint() == before and 137 not in run.curves["step"]


def test_every_update_is_drawn_at_slow_speeds(tmp_path):
    def script(log):
        yield from small()
        yield from watch()
        yield {"cmd": "speed", "value": "5"}  # slow enough that no busy machine makes it catch up in one frame
        yield {"cmd": "credit", "viewer": 1, "n": 8}
        yield lambda log: log.frames
        yield {"cmd": "play"}
        yield lambda log: len(log.frames) == 8

    log = serve(tmp_path, script)
    steps = log.steps()
    assert steps == list(range(steps[0], steps[0] + 8)) or steps == [0, *range(7)]


def test_every_probe_is_due_once_when_all_stands_still(tmp_path):
    probes = [
        {"key": "s", "probe": "sample"},
        {"key": "a", "probe": "activations"},
        {"key": "c", "probe": "curve"},
        {"key": "w", "probe": "first_weights"},
        {"key": "m", "probe": "confusion"},
    ]

    def script(log):
        yield from small()
        yield {"cmd": "step", "n": 100}
        yield from watch(probes=probes)
        yield {"cmd": "credit", "viewer": 1, "n": 8}
        yield (
            lambda log: (
                {name.split(".")[0] for _, frame in log.frames for name in frame.runs[0]["arrays"]} == set("sacwm")
            )
        )
        count = len(log.frames)
        yield {"cmd": "describe"}
        yield {"cmd": "describe"}
        assert len(log.frames) == count  # nothing is sent twice
        yield {"cmd": "look", "how": "next"}
        yield lambda log: len(log.frames) == count + 1
        fresh = log.frames[-1][1].runs[0]
        assert fresh["scalars"]["s.index"] == FIRST + 1 and "m.counts" in fresh["arrays"]

    serve(tmp_path, script)


def test_curves_come_in_pieces_that_join_up(tmp_path):
    def script(log):
        yield {"cmd": "new", "config": {**PRESETS[SMALL].to_dict(), "evaluate_every": 1}}
        yield {"cmd": "step", "n": 1000}
        yield from watch(probes=[{"key": "c", "probe": "curve"}])
        yield {"cmd": "credit", "viewer": 1, "n": 8}
        yield lambda log: sum(len(frame.runs[0]["arrays"].get("c.step", ())) for _, frame in log.frames) == 1001
        yield {"cmd": "step", "n": 3}
        yield {"cmd": "credit", "viewer": 1, "n": 8}
        yield lambda log: log.frames[-1][1].runs[0]["step"] == 1003

    log = serve(tmp_path, script)
    rows = 0
    for _, frame in log.frames:
        section = frame.runs[0]
        if "c.step" in section["arrays"]:
            assert section["scalars"]["c.start"] == rows
            np.testing.assert_array_equal(
                section["arrays"]["c.step"], np.arange(rows, rows + len(section["arrays"]["c.step"]))
            )
            rows += len(section["arrays"]["c.step"])
    assert rows == 1004


def test_weight_pictures_come_in_turn(tmp_path):
    def script(log):
        yield from watch(probes=[{"key": "w", "probe": "first_weights", "args": {"count": 16}}], max_rate=60)
        for step in range(1, 9):
            yield {"cmd": "step"}
            yield {"cmd": "credit", "viewer": 1, "n": 1}
            yield lambda log, step=step: log.frames and log.steps()[-1] == step

    log = serve(tmp_path, script)
    assert [frame.runs[0]["scalars"]["w.first"] for _, frame in log.frames] == list(range(0, 128, 16))


def test_no_frame_is_larger_than_its_budget_by_more_than_one_probe(tmp_path):
    probes = [{"key": f"w{n}", "probe": "first_weights"} for n in range(6)]

    def script(log):
        yield from watch(probes=probes)
        yield {"cmd": "credit", "viewer": 1, "n": 8}
        yield lambda log: len({name for _, frame in log.frames for name in frame.runs[0]["arrays"]}) == 6

    log = serve(tmp_path, script)
    for _, frame in log.frames:
        assert sum(array.nbytes for array in frame.runs[0]["arrays"].values()) <= FRAME_BYTES


def test_a_second_viewer_gets_the_same(tmp_path):
    def script(log):
        yield from small()
        for viewer in (1, 2):
            yield from watch(viewer, [{"key": "s", "probe": "sample"}])
            yield {"cmd": "credit", "viewer": viewer, "n": 1}
        yield lambda log: {viewer for viewer, _ in log.frames} == {1, 2}
        yield {"cmd": "gone", "viewer": 2}
        yield {"cmd": "credit", "viewer": 1, "n": 1}
        yield {"cmd": "step"}
        yield lambda log: log.frames[-1][1].runs[0]["step"] == 1

    log = serve(tmp_path, script)
    sections = [{viewer: frame.runs[0] for viewer, frame in log.frames[:2]}[viewer] for viewer in (1, 2)]
    assert sections[0]["scalars"] == sections[1]["scalars"]
    assert [viewer for viewer, _ in log.frames].count(2) == 1


def test_other_data_on_the_plane_keep_the_noise(tmp_path):
    def script(log):
        yield {"cmd": "new", "preset": "playground"}
        for dataset, noise in (("moons", 0), ("circle", 0), ("moons", 0)):
            yield {"cmd": "new", "changes": {"dataset": dataset}}
            assert _config((yield {"cmd": "get"})).get("noise", 0) == noise
        yield {"cmd": "new", "changes": {"dataset_args": {"noise": 35, "seed": 4}}}
        yield {"cmd": "new", "changes": {"dataset": "rings"}}
        assert _config((yield {"cmd": "get"})) == {"noise": 35, "seed": 4}

    def _config(reply):
        return json.loads(reply["json"])["config"]["dataset_args"]

    serve(tmp_path, script)


def test_a_frame_about_several_runs_has_the_shown_one_first(tmp_path):
    def script(log):
        yield from small()
        fork = yield {"cmd": "fork", "changes": {"learning_rate": 0.5}}
        yield from watch(probes=[{"key": "c", "probe": "curve", "run": "all"}])
        yield {"cmd": "credit", "viewer": 1, "n": 1}
        yield lambda log: log.frames
        sections = log.frames[0][1].runs
        assert sections[0]["run"] == fork["run"] and len(sections) == 2
        assert all("c.step" in section["arrays"] for section in sections)

    serve(tmp_path, script)


def test_a_probe_that_fails_is_dropped_with_a_sentence_and_the_others_go_on(tmp_path, monkeypatch):
    from nn_core.probes import PROBES

    def broken(view, **arguments):
        raise RuntimeError("the lamp is out")

    monkeypatch.setitem(
        PROBES, "activations", PROBES["activations"].__class__(**{**vars(PROBES["activations"]), "fn": broken})
    )

    def script(log):
        yield from small()
        yield from watch(probes=[{"key": "a", "probe": "activations"}, {"key": "s", "probe": "sample"}])
        yield {"cmd": "credit", "viewer": 1, "n": 2}
        yield lambda log: log.frames and log.status["problem"]
        assert log.status["problem"] == "The picture 'a' cannot be drawn: the lamp is out."
        assert "s.image" in log.frames[0][1].runs[0]["arrays"]
        yield {"cmd": "step"}
        yield lambda log: len(log.frames) == 2

    serve(tmp_path, script)


def test_what_cannot_be_framed_costs_the_viewer_its_pictures_but_not_the_worker(tmp_path, monkeypatch):
    monkeypatch.setattr("nn_core.stream.publishing.encode", lambda runs: 1 / 0)

    def script(log):
        yield from watch(probes=[{"key": "s", "probe": "sample"}])
        yield {"cmd": "credit", "viewer": 1, "n": 2}
        yield lambda log: log.statuses and "pictures cannot be drawn" in log.status["problem"]
        assert (yield {"cmd": "step"})["ok"]

    serve(tmp_path, script)


def test_a_fault_in_training_stops_with_a_sentence(tmp_path, monkeypatch):
    def script(log):
        yield from small()

        def broken(self, steps):
            raise MemoryError

        monkeypatch.setattr(Run, "advance", broken)
        yield {"cmd": "play"}
        yield lambda log: log.status["problem"]
        assert log.status["problem"] == "Training stopped: MemoryError." and not log.status["playing"]
        monkeypatch.undo()
        assert (yield {"cmd": "play"})["ok"]
        yield lambda log: log.status["problem"] == ""

    serve(tmp_path, script)


# -- looking -----------------------------------------------------------------------------------------------------------


def test_choosing_what_to_look_at(tmp_path):
    data = PRESETS[SMALL]
    dataset = DATASETS[data.dataset](**data.dataset_args)
    labels = dataset.labels("heldout")

    def script(log):
        yield from small()
        for how, value, expected in (
            ("index", 5, 5), ("next", None, 6), ("previous", None, 5), ("index", 0, 0),
            ("previous", None, dataset.n_heldout - 1), ("next", None, 0),
        ):  # fmt: skip
            assert (yield {"cmd": "look", "how": how, "value": value})["index"] == expected
        for value in ("7", 7):
            index = (yield {"cmd": "look", "how": "class", "value": value})["index"]
            assert labels[index] == 7
        assert 0 <= (yield {"cmd": "look", "how": "random"})["index"] < dataset.n_heldout
        worst = (yield {"cmd": "look", "how": "most_wrong"})["index"]
        yield lambda log: log.status["look"] == {"split": "heldout", "index": worst, "label": str(labels[worst])}
        network = Run(SMALL).network
        outputs = network(dataset.x_heldout)
        assert worst == int(np.argmin(outputs[np.arange(len(labels)), labels]))
        before = yield from fingerprint()
        yield {"cmd": "look", "how": "next"}
        assert (yield from fingerprint()) == before
        for how, value in (
            ("index", 10**6),
            ("index", None),
            ("class", "x"),
            ("class", 99),
            ("most_wrong", "a"),
            ("up", 1),
        ):
            answer = yield {"cmd": "look", "how": how, "value": value}
            assert not answer["ok"] and answer["error"].endswith(".")

    serve(tmp_path, script)


# -- what is refused ---------------------------------------------------------------------------------------------------

REFUSED = [
    {"cmd": "dance"},
    {"cmd": None},
    {"cmd": ["play"]},
    {},
    {"cmd": "play", "loudly": True},
    {"cmd": "step", "n": 0},
    {"cmd": "step", "n": 1.5},
    {"cmd": "step", "n": True},
    {"cmd": "step", "n": "3"},
    {"cmd": "step", "n": 10**9},
    {"cmd": "reset", "seed": -1},
    {"cmd": "speed"},
    {"cmd": "speed", "value": "ludicrous"},
    {"cmd": "change"},
    {"cmd": "change", "values": []},
    {"cmd": "change", "values": {"learning_rate": "fast"}},
    {"cmd": "change", "values": {"learning_rate": float("nan")}},
    {"cmd": "change", "values": {"learning_rate": -1}},
    {"cmd": "change", "values": {"sizes": [64, 10]}},
    {"cmd": "change", "values": {"self": 1}},
    {"cmd": "change", "values": {"kind": "unit"}},
    {"cmd": "change", "values": {str(n): n for n in range(40)}},
    {"cmd": "change", "values": {"learning_rate": 0.5}, "run": "nobody"},
    {"cmd": "parameter", "layer": 9, "array": "W", "index": [0, 0], "value": 1},
    {"cmd": "parameter", "layer": 0, "array": "V", "index": [0, 0], "value": 1},
    {"cmd": "parameter", "layer": 0, "array": "W", "index": [0, 10**9], "value": 1},
    {"cmd": "parameter", "layer": 0, "array": "W", "index": [0], "value": 1},
    {"cmd": "parameter", "layer": 0, "array": "W", "index": [0, 0, 0], "value": 1},
    {"cmd": "parameter", "layer": 0, "array": "W", "index": [0, 0], "value": float("inf")},
    {"cmd": "unit", "layer": 0, "index": 0, "on": 1},
    {"cmd": "unit", "layer": 1, "index": 0, "on": False},
    {"cmd": "new"},
    {"cmd": "new", "preset": "digits", "config": {}},
    {"cmd": "new", "preset": "../etc"},
    {"cmd": "new", "config": {"sizes": [784, 10**9, 10]}},
    {"cmd": "new", "config": {"unknown": 1}},
    {"cmd": "new", "config": {"dataset_args": {"size": 9}}},
    {"cmd": "goto", "step": 5},
    {"cmd": "goto", "step": -1},
    {"cmd": "fork", "step": 5},
    {"cmd": "fork", "changes": {"sizes": [1, 1]}},
    {"cmd": "show", "run": "nobody"},
    {"cmd": "remove", "run": "nobody"},
    {"cmd": "rename", "name": ""},
    {"cmd": "rename", "name": "x" * 81},
    {"cmd": "rename", "name": "two\nlines"},
    {"cmd": "viewer", "viewer": 1, "probes": [{"key": "a", "probe": "x-ray"}]},
    {"cmd": "viewer", "viewer": 1, "probes": [{"key": "a", "probe": "sample", "args": {"sample": "x"}}]},
    {"cmd": "viewer", "viewer": 1, "probes": [{"key": "a", "probe": "sample", "args": {"eval": 1}}]},
    {"cmd": "viewer", "viewer": 1, "probes": [{"key": "a", "probe": "sample"}] * 2},
    {"cmd": "viewer", "viewer": 1, "probes": [{"key": "a", "probe": "sample", "more": 1}]},
    {"cmd": "viewer", "viewer": 1, "probes": [{"key": str(n), "probe": "sample"} for n in range(MAX_PROBES + 1)]},
    {"cmd": "viewer", "viewer": 1, "probes": ["sample"]},
    {"cmd": "viewer", "viewer": 1, "probes": [], "max_rate": 1000},
    {"cmd": "viewer", "probes": []},
    {"cmd": "credit", "viewer": 1, "n": 10**6},
    {"cmd": "credit", "viewer": -1, "n": 1},
    {"cmd": "hello", "viewer": 1, "reduced_motion": "yes"},
    {"cmd": "open", "token": TOKEN},
]


def test_whatever_is_wrong_is_answered_with_a_sentence(tmp_path):
    def script(log):
        yield from small()
        before = yield {"cmd": "get"}
        for command in REFUSED:
            answer = yield command
            assert answer["ok"] is False, command
            assert answer["error"].endswith(".") and "Traceback" not in answer["error"], answer
        assert (yield {"cmd": "get"}) == before

    serve(tmp_path, script)


def test_too_many_viewers_are_refused(tmp_path):
    def script(log):
        for viewer in range(MAX_VIEWERS):
            yield {"cmd": "hello", "viewer": viewer, "reduced_motion": True}
        answer = yield {"cmd": "hello", "viewer": 99}
        assert not answer["ok"] and "close one" in answer["error"]

    serve(tmp_path, script)


JSON_VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(sorted(COMMANDS))
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=8,
)
KEYS = sorted({key for arguments in COMMANDS.values() for key in arguments})


@given(st.sampled_from(sorted(COMMANDS)), st.dictionaries(st.sampled_from(KEYS), JSON_VALUES, max_size=5))
@settings(deadline=None, max_examples=300)
def test_no_message_gets_past_the_table(name, arguments):
    try:
        found, checked = check_command({"cmd": name, **arguments})
    except ValueError as refusal:
        assert str(refusal).endswith(".")
    else:
        assert found == name and set(checked) == set(COMMANDS[name])


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(COMMANDS)), st.dictionaries(st.sampled_from(KEYS), JSON_VALUES, max_size=4))
    )
)
@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_no_message_ends_the_worker(tmp_path, commands):
    def script(log):
        for name, arguments in commands:
            if name not in ("new", "reset", "step"):
                yield {"cmd": name, **arguments}

    serve(tmp_path, script)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        '"play"',
        "{}",
        '{"cmd": 7}',
        '{"cmd": "play", "n": NaN}',
        "[" * 60_000,
        "x" * (MAX_MESSAGE + 1),
    ],
)
def test_text_that_is_no_message_is_refused(text):
    with pytest.raises(ValueError, match=r"message.*\.$"):
        parse_message(text)


# -- pacing ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [speed for speed, rate in SPEEDS.items() if rate])
def test_a_player_keeps_its_speed_whatever_it_is_asked(speed):
    player = Player(speed)
    player.play(0.0)
    made, now = 0, 0.0
    rng = np.random.default_rng(0)
    while now < 20:
        due = player.due(now)
        player.done(due, now)
        made += due
        now += rng.uniform(0, 0.6 / SPEEDS[speed]) if SPEEDS[speed] <= 60 else rng.uniform(0, 0.02)
    assert made == pytest.approx(20 * SPEEDS[speed], rel=0.02, abs=1.5)


def test_a_player_that_waits_as_told_makes_sixty_handfuls_a_second():
    player = Player("300")
    player.play(0.0)
    now, handfuls = 0.0, []
    while now < 10:
        now += player.wait(now)
        due = player.due(now)
        handfuls.append(due)
        player.done(due, now)
    assert set(handfuls) == {5} and len(handfuls) == pytest.approx(600, abs=2)


def test_a_player_does_not_race_after_a_stall():
    player = Player("300")
    player.play(0.0)
    player.done(player.due(50.0), 50.0)
    assert player.due(50.0) <= 31
    player.go_at("1", 60.0)
    player.done(player.due(100.0), 100.0)
    assert player.due(100.0) == 0 or player.due(100.0) == 1


def test_slow_speeds_deal_one_update_at_a_time():
    player = Player("30")
    player.play(0.0)
    assert player.due(5.0) == 1


def test_steps_pause_and_full_speed():
    player = Player("full")
    assert player.playing is None and not player.moving and player.due(0.0) == 0 and player.wait(0.0) == float("inf")
    player.play(0.0)
    assert player.due(0.0) is None and player.wait(0.0) == 0.0
    player.step(3)
    assert player.moving and not player.playing and player.due(0.0) == 3
    player.done(2, 0.0)
    player.step(1)
    assert player.due(0.0) == 2
    player.done(2, 0.0)
    assert not player.moving and player.due(0.0) == 0
    player.play(0.0)
    player.pause()
    assert player.playing is False and not player.moving


# -- viewers -----------------------------------------------------------------------------------------------------------


def viewer_with(*probes, credits=MAX_CREDITS, rate=60.0):
    viewer = Viewer(1)
    viewer.subscribe([Subscription(probe, probe, {}) for probe in probes], rate)
    viewer.grant(credits)
    return viewer


def test_credits_are_capped_and_used_up():
    viewer = viewer_with(credits=MAX_CREDITS)
    viewer.grant(5)
    assert viewer.credits == MAX_CREDITS
    for version in range(MAX_CREDITS):
        assert viewer.wants(version)
        viewer.sent(version, float(version), False)
    assert not viewer.wants(99)


def test_a_viewer_is_sent_nothing_twice_and_keeps_its_rate():
    viewer = viewer_with(rate=10.0)
    assert viewer.wants(1) and viewer.wait(5.0) == 0
    viewer.sent(1, 5.0, False)
    assert not viewer.wants(1) and viewer.wants(2)
    assert viewer.wait(5.0) == pytest.approx(0.1, abs=0.01)
    assert viewer.wait(5.1) == 0


def test_cadences_while_learning_and_at_a_standstill():
    from nn_core.probes import PROBES

    viewer = viewer_with("sample", "curve", "confusion", credits=8)

    def due(version, now, still):
        found = viewer.due(PROBES, "r", ["r"], version, now, still)
        for _, _, had in found:
            had.version, had.at = version, now
        return sorted(wanted.probe for wanted, _, _ in found)

    assert due(1, 0.0, False) == ["confusion", "curve", "sample"]
    assert due(2, 0.02, False) == ["sample"]
    assert due(3, 0.12, False) == ["curve", "sample"]
    assert due(4, 2.02, False) == ["confusion", "curve", "sample"]
    assert due(5, 2.03, False) == ["sample"]
    assert due(5, 2.04, True) == ["confusion", "curve"]
    assert due(5, 9.9, True) == []
    assert viewer.due(PROBES, "r", [], 6, 10.0, True) == []


def test_asking_for_more_keeps_what_is_there():
    viewer = viewer_with("sample")
    viewer.subscriptions[0].delivery("r").rows = 7
    viewer.subscribe([Subscription("curve", "curve", {}), Subscription("sample", "sample", {})], 30.0)
    assert viewer.subscriptions[1].delivery("r").rows == 7
    viewer.subscribe([Subscription("sample", "sample", {"sample": 3})], 30.0)
    assert viewer.subscriptions[0].delivery("r").rows == 0
    viewer.forget_runs(["other"])
    assert viewer.subscriptions[0].deliveries == {}


def test_a_publisher_without_viewers_waits_for_ever():
    assert Publisher(None, None).wait(0.0) == float("inf")


# -- the run bar -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "chips"),
    [
        ({}, []),
        ({"seed": 4, "learning_rate": 0.5, "batch_size": 32}, []),
        (
            {"optimizer": "momentum", "optimizer_args": {"momentum": 0.5}},
            [["momentum momentum 0.5", "optimizer", "sgd"]],
        ),
        ({"l2": 0.001}, [["L2 0.001", "l2", 0.0]]),
        ({"dropout": 0.2}, [["dropout 0.2", "dropout", 0.0]]),
        ({"bias": False}, [["biases off", "bias", None]]),
        ({"init": "he_normal"}, [["start: he_normal", "init", None]]),
        ({"stop": {"epoch": 2}}, [["stops: epoch 2", "stop", {}]]),
    ],
)
def test_overlooked_choices_become_chips(changes, chips):
    from nn_core.stream.description import chips as chips_of

    config = RunConfig().replace(**changes)
    settings_now = {
        name: getattr(config, name)
        for name in ("learning_rate", "optimizer", "optimizer_args", "l2", "dropout", "stop")
    }
    assert [chip for chip in chips_of(config, settings_now) if chip[1] != "bug"] == chips
