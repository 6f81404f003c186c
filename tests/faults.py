"""Faults: kill a worker or a server while a learner does everything a run allows, and see that nothing is lost.

    python -m tests.faults --times 200

Each round starts a server in a process of its own, which plays, changes, edits, forks, bookmarks and winds back as fast
as it is answered, and reports every acknowledgement. After a random moment the worker or the server is killed, without
warning. Then a new server opens the same store: every acknowledged thing has to be there, the run has to stand in the
state of a straight replay and go on like it, and no process may be left.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

for _variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

HOME = Path(__file__).resolve().parents[1]
PRESET = "digits-small"
LONGEST = 0.8  # seconds until something is killed
PATIENCE = 60.0

#: What a learner does, as (command, arguments); drawn by weight.
ACTS = (
    (6, "change", lambda rng: {"values": {"learning_rate": rng.choice((0.01, 0.02, 0.03)) * rng.choice((1, 1.5))}}),
    (2, "change", lambda rng: {"values": {"batch_size": rng.randint(1, 20)}}),
    (1, "change", lambda rng: {"values": {"optimizer": rng.choice(("sgd", "momentum", "adam"))}}),
    (2, "parameter", lambda rng: {"layer": 0, "array": "W", "index": [rng.randrange(64), 3], "value": rng.random()}),
    (2, "unit", lambda rng: {"layer": 0, "index": rng.randrange(32), "on": rng.random() < 0.5}),
    (2, "bookmark", lambda rng: {"name": f"moment {rng.randrange(1000)}"}),
    (1, "rename", lambda rng: {"name": f"name {rng.randrange(1000)}"}),
    (1, "fork", lambda rng: {"changes": {"learning_rate": rng.uniform(0.001, 0.05)}, "beside": False}),
    (1, "back", lambda rng: {"n": rng.randint(1, 50)}),
    (2, "play", lambda rng: {}),
    (1, "pause", lambda rng: {}),
)


def act(token: str | None) -> None:
    """The server's process: do things until killed, and report each as a line of JSON."""
    from nn_core.stream import workbench

    def say(**line: Any) -> None:
        print(json.dumps(line), flush=True)

    rng = random.Random()
    handle = workbench.open_workbench(token or workbench.new_workbench())
    viewer = workbench.attach(handle, lambda frame: None, lambda text: None)
    say(token=handle["token"], worker=handle["process"].pid)
    if token is None:
        assert workbench.request(handle, "new", preset=PRESET, timeout=PATIENCE)["ok"]
    workbench.request(handle, "speed", value="full")
    workbench.request(handle, "play")
    said = handle["process"].pid
    while viewer:
        _, command, arguments = rng.choices(ACTS, [weight for weight, _, _ in ACTS])[0]
        arguments = arguments(rng)
        answer = workbench.request(handle, command, **arguments)
        say(command=command, arguments=arguments, answer=answer)
        process = handle["process"]
        if process is not None and process.pid != said:
            said = process.pid
            say(worker=said)
        time.sleep(rng.uniform(0, 0.02))


class Round:
    """One server's life: what it acknowledged until something was killed."""

    def __init__(self, folder: Path, token: str | None, victim: str, rng: random.Random):
        environment = {**os.environ, "NN_RUNS_DIR": str(folder), "NN_GRACE_SECONDS": "600"}
        command = [sys.executable, "-m", "tests.faults", "--act", *([token] if token else [])]
        server = subprocess.Popen(command, cwd=HOME, env=environment, stdout=subprocess.PIPE, text=True)
        opening = json.loads(server.stdout.readline())
        self.token, self.workers, self.told = opening["token"], [opening["worker"]], []
        self._listen(server, 0.0)
        self._listen(server, rng.uniform(0.0, LONGEST))
        if victim == "worker":
            os.kill(self.workers[-1], signal.SIGKILL)
            self._listen(server, rng.uniform(0.0, 0.4))
        server.kill()
        self._read(line for line in server.stdout if line.endswith("}\n"))
        server.wait()
        for worker in self.workers:
            assert gone(worker), "a worker outlived its server"

    def _listen(self, server: subprocess.Popen, seconds: float) -> None:
        """Read what is reported for some seconds, at least one line."""
        end = time.monotonic() + seconds
        while True:
            line = server.stdout.readline()
            assert line, "the server ended by itself"
            self._read([line])
            if time.monotonic() >= end:
                return

    def _read(self, lines) -> None:
        for line in lines:
            plain = json.loads(line)
            if "worker" in plain:
                self.workers.append(plain["worker"])
            elif plain["answer"].get("ok"):
                self.told.append(plain)


def gone(pid: int) -> bool:
    """Wait until a process that is not our child has ended."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        status = Path(f"/proc/{pid}/stat")
        if status.exists() and ") Z " in status.read_text():
            return True  # ended; its parent, which was killed, left the entry to init
        time.sleep(0.01)
    return False


def check(folder: Path, token: str, told: list[dict[str, Any]]) -> None:
    """Everything acknowledged is in the store, and the run stands and goes on as a straight replay does."""
    from nn_core import Run
    from nn_core.stream import workbench
    from nn_core.stream.store import Store

    os.environ["NN_RUNS_DIR"] = str(folder)
    store = Store(folder)
    runs = {run.id: store.run(token, run.id) for run in store.runs(token)}
    store.close()
    for one in told:
        command, answer = one["command"], one["answer"]
        if not answer.get("saved"):
            continue
        if command in ("change", "parameter", "unit") and answer["changed"]:
            steps = [event["step"] for event in runs[answer["run"]].events if event["kind"] == command]
            assert answer["step"] in steps, f"{one} is lost"
        elif command == "bookmark":
            assert answer["step"] in [step for step, _ in runs[answer["run"]].bookmarks], f"{one} is lost"
        elif command == "fork":
            assert answer["run"] in runs, f"{one} is lost"
            assert runs[answer["run"]].parent in runs
    handle = workbench.open_workbench(token)
    try:
        assert workbench.request(handle, "pause", timeout=PATIENCE)["ok"]
        answer = workbench.request(handle, "get", timeout=PATIENCE)
        again = Run.from_json(answer["json"])
        assert again.state_fingerprint() == answer["fingerprint"], "the run is not what a straight replay gives"
        if again.stopped is None:
            workbench.request(handle, "step", n=20, timeout=PATIENCE)
            again.advance(steps=20)
            assert workbench.request(handle, "get")["fingerprint"] == again.state_fingerprint(), "it goes on otherwise"
    finally:
        workbench.end(handle)
        workbench._handles.pop(token, None)
        held = workbench._home.pop("store_lock", None)
        if held is not None:
            held.close()


def once(number: int) -> int:
    """One round; returns how many acknowledged things were looked for."""
    rng = random.Random(number)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first = Round(folder, None, ("worker", "server")[number % 2], rng)
        told = list(first.told)
        check(folder, first.token, told)
    return len(told)


def main(times: int) -> int:
    begun, looked = time.monotonic(), 0
    for number in range(times):
        looked += once(number)
        words = f"killed {number + 1} times ({(number + 2) // 2} workers, {(number + 1) // 2} servers)"
        print(f"\r{words}: {looked:,} acknowledged, nothing lost, no process left", end="", flush=True)
    print(f" ({time.monotonic() - begun:.0f} s)")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--act", nargs="?", const="", default=None, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.act is not None:
        act(options.act or None)
    else:
        sys.exit(main(options.times))
