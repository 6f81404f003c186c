"""History in the worker and the store: back, bookmarks, marks, comparisons, the list of runs, sharing, what expires."""

import base64
import dataclasses
import io
import json
import sqlite3

import numpy as np

from nn_core import PRESETS, Run, RunConfig
from nn_core.stream import store as store_module
from nn_core.stream.bench import MAX_MEMORY, Bench, new_seat
from nn_core.stream.comparing import compare, parted
from nn_core.stream.listing import listed
from nn_core.stream.marks import marks
from nn_core.stream.store import CHECKPOINTS_KEPT, FILE, NOTICE, UNUSED, RunRecord, Store
from tests.test_worker import TOKEN, serve, small

CONFIG = RunConfig(dataset="digits", dataset_args={"size": 8}, sizes=(64, 12, 10), activations="sigmoid")
DAY = 24 * 3600.0


# -- commands ----------------------------------------------------------------------------------------------------------


def test_one_update_back_at_a_time(tmp_path):
    def script(log):
        yield from small()
        yield {"cmd": "step", "n": 5}
        before = (yield {"cmd": "get"})["fingerprint"]
        assert (yield {"cmd": "back"})["step"] == 4
        assert (yield {"cmd": "back", "n": 100})["step"] == 0
        assert (yield {"cmd": "back"})["step"] == 0
        yield {"cmd": "goto", "step": 5}
        assert (yield {"cmd": "get"})["fingerprint"] == before

    serve(tmp_path, script)


def test_bookmarks_are_stored_before_they_are_acknowledged_and_come_back(tmp_path):
    kept = {}

    def script(log):
        yield from small()
        yield {"cmd": "step", "n": 9}
        answer = yield {"cmd": "bookmark", "step": 4, "name": "here"}
        assert answer["saved"] and answer["step"] == 4
        kept["run"] = answer["run"]
        assert Store(tmp_path).run(TOKEN, answer["run"]).bookmarks == [[4, "here"]]
        yield {"cmd": "bookmark"}
        yield {"cmd": "bookmark", "step": 7}
        yield {"cmd": "bookmark", "step": 7, "on": False}
        assert not (yield {"cmd": "bookmark", "step": 10})["ok"]
        status = (yield {"cmd": "describe"})["status"]
        assert status["runs"][0]["bookmarks"] == [[4, "here"], [9, ""]]

    def later(log):
        assert (yield {"cmd": "describe"})["status"]["runs"][0]["bookmarks"] == [[4, "here"], [9, ""]]

    serve(tmp_path, script)
    serve(tmp_path, later)


def test_runs_are_listed_renamed_and_deleted(tmp_path):
    def script(log):
        first = (yield from small())["run"]
        yield {"cmd": "step", "n": 30}
        yield {"cmd": "change", "values": {"learning_rate": 0.5}}
        second = (yield {"cmd": "fork", "step": 10, "changes": {"learning_rate": 0.01}, "beside": False})["run"]
        found = {run["id"]: run for run in (yield {"cmd": "runs"})["runs"]}
        assert (found[second]["parent"], found[second]["parent_step"], found[second]["head"]) == (first, 10, 10)
        assert found[second]["loaded"] and not found[first]["loaded"]
        assert (
            found[first]["curve"][-1][0] == 30
            and 0 < found[first]["best"] < 1
            and "rate 0.5" in found[first]["settings"]
        )
        assert (yield {"cmd": "rename", "run": first, "name": "kept"})["ok"]
        assert not (yield {"cmd": "delete", "run": second})["ok"]
        assert (yield {"cmd": "show", "run": first})["ok"]
        assert (yield {"cmd": "describe"})["status"]["runs"][0]["name"] == "kept"
        assert (yield {"cmd": "delete", "run": second})["ok"]
        assert second not in [run["id"] for run in (yield {"cmd": "runs"})["runs"]]
        assert not (yield {"cmd": "show", "run": second})["ok"]

    serve(tmp_path, script)


def test_a_shared_run_opens_elsewhere_and_is_the_same(tmp_path):
    shared = {}

    def sender(log):
        yield from small()
        yield {"cmd": "step", "n": 200}
        yield {"cmd": "change", "values": {"learning_rate": 0.01}}
        yield {"cmd": "step", "n": 100}
        yield {"cmd": "bookmark", "step": 50, "name": "early"}
        yield {"cmd": "rename", "name": "my run"}
        shared.update((yield {"cmd": "share"}))
        shared["fingerprint"] = (yield {"cmd": "get"})["fingerprint"]
        npz = base64.b64decode((yield {"cmd": "weights"})["npz"])
        with np.load(io.BytesIO(npz), allow_pickle=False) as weights:
            assert weights["0.W"].shape == (64, 32)

    def receiver(log):
        before = (yield {"cmd": "describe"})["status"]["shown"]
        answer = yield {"cmd": "open", "text": shared["text"]}
        assert answer["ok"] and answer["exact"] and answer["step"] == 300
        yield lambda log: log.statuses and log.status["opened"]
        assert log.status["opened"] == "same" and log.status["opening"] is None
        run = log.shown
        assert (run["step"], run["name"], run["bookmarks"]) == (300, "my run", [[50, "early"]])
        assert [mark[:2] for mark in run["marks"]] == [[200, "learning rate"]]
        assert (yield {"cmd": "get"})["fingerprint"] == shared["fingerprint"]
        assert before in [run["id"] for run in (yield {"cmd": "runs"})["runs"]], "what was there is kept"

    serve(tmp_path / "here", sender)
    serve(tmp_path / "there", receiver)


def test_a_long_opening_can_be_given_up_and_a_bad_one_is_refused(tmp_path):
    run = Run(PRESETS["digits"])
    far = json.dumps({**json.loads(run.to_json()), "step": 10**8, "head": 10**8})
    bad = json.dumps({**json.loads(run.to_json()), "step": 9, "head": 9, "events": [
        {"step": 5, "kind": "unit", "values": {"layer": 0, "index": 999, "on": False}}]})  # fmt: skip

    def script(log):
        before = (yield {"cmd": "describe"})["status"]["shown"]
        assert (yield {"cmd": "open", "text": far})["ok"]
        yield lambda log: log.statuses and log.status["opening"] and log.status["opening"]["step"] > 0
        assert (yield {"cmd": "cancel"})["ok"]
        assert (yield {"cmd": "describe"})["status"]["opening"] is None
        for wrong in ("{}", "nonsense", "x" * 3_000_000):
            answer = yield {"cmd": "open", "text": wrong}
            assert not answer["ok"] and answer["error"].endswith(".")
        yield {"cmd": "open", "text": bad}
        yield lambda log: log.status["problem"]
        assert "index" in log.status["problem"] and log.status["shown"] == before

    serve(tmp_path, script)


# -- words -------------------------------------------------------------------------------------------------------------


def test_marks_say_what_was_done_and_gather_a_dragged_slider():
    run = Run(CONFIG)
    run.advance(steps=10)
    for rate in (0.2, 0.3, 0.5):
        run.change(learning_rate=rate)
        run.advance(steps=1)
    run.advance(steps=100)
    run.change(optimizer="momentum", optimizer_args={"momentum": 0.5})
    run.parameter(0, "W", (1, 2), 0.25)
    run.unit(0, 3, False)
    run.change(batch_size="full", bug=("flipped_sign",))
    assert marks(run) == [
        [12, "learning rate", "0.1", "0.5"],
        [113, "optimizer", "sgd", "momentum, momentum 0.5"],
        [113, "weight from input 2 to unit 3", "", "0.25"],
        [113, "unit 4 of layer 1", "", "off"],
        [113, "batch size", "1", "all at once"],
        [113, "bug", "none", marks(run)[-1][3]],
    ]
    assert marks(run) is marks(run)


def test_marks_speak_of_neurons_on_the_plane_as_its_page_does():
    run = Run(RunConfig(dataset="circle", sizes=(2, 4, 2, 2)))
    run.advance(steps=3)
    run.parameter(1, "W", (0, 1), 3.0)
    run.parameter(1, "b", (1,), 1.0)
    run.unit(1, 1, False)
    assert [what for _, what, *_ in marks(run)] == [
        "weight from neuron 1 to 2 of layer 2",
        "bias of neuron 2 of layer 2",
        "neuron 2 of layer 2",
    ]


def test_when_runs_parted_is_exact():
    run = Run(CONFIG)
    run.advance(steps=40)
    same, other = run.fork(20), run.fork(20, learning_rate=0.3)
    assert parted(run, same) is None and parted(run, other) == 20 == parted(other, run)
    same.advance(steps=5)
    same.unit(0, 1, False)
    assert parted(run, same) == 25 and parted(run, Run(CONFIG.replace(seed=4))) == 0
    early, late = run.fork(20), run.fork(20, learning_rate=0.3)
    for one in (early, late):
        one.advance(steps=2)
    assert parted(early, late) == 20
    assert early.at(20).layers[0].W.tobytes() == late.at(20).layers[0].W.tobytes()


def test_a_comparison_names_what_differs_and_nothing_else():
    run = Run(CONFIG)
    run.advance(steps=20)
    seats = [new_seat(run, ""), new_seat(run.fork(10, learning_rate=0.5), ""), new_seat(run.fork(10), "named")]
    found = compare(seats)
    assert found["rows"] == [["learning rate", ["0.1", "0.5", "0.1"]]]
    assert list(found["labels"].values()) == ["rate 0.1", "rate 0.5", "named"]
    assert list(found["parted"].values()) == [10, None]
    assert compare(seats[:1]) is None
    twins = compare([seats[0], new_seat(run.fork(), "")])
    assert twins["rows"] == [] and list(twins["labels"].values()) == ["original", "fork"]
    edited = run.fork(10)
    for value in (1.0, 2.0, 3.0):
        edited.parameter(0, "W", (0, 0), value)
    beside = compare([new_seat(edited, ""), new_seat(run.fork(10, learning_rate=0.5), "")])
    assert list(beside["labels"].values()) == ["rate 0.1", "rate 0.5"]  # what else tells them apart names them
    alone = compare([new_seat(run, ""), new_seat(edited, "")])
    assert list(alone["labels"].values()) == ["left alone", "changed by hand 3 times"]
    by_hand = compare([new_seat(run, "seed 0"), new_seat(run.fork(), "seed 1")])
    assert list(by_hand["labels"].values()) == ["seed 0", "seed 1"]  # what the learner wrote stays whole


def test_runs_of_a_bench_share_their_memory():
    bench = Bench()
    for seed in range(6):
        bench.put(new_seat(Run(CONFIG.replace(seed=seed)), ""))
    assert sum(run._checkpoints.memory for run in bench.runs) <= MAX_MEMORY


# -- the store ---------------------------------------------------------------------------------------------------------


def record(**changes):
    plain = RunRecord("r", "", CONFIG.to_json(), "sha", None, None, step=0, head=0, stopped="")
    return dataclasses.replace(plain, **changes)


def test_checkpoints_that_are_kept_are_spread_over_the_past(store):
    fence = store.take(TOKEN, "me")
    for step in range(0, 1000, 10):
        store.save(TOKEN, fence, {}, [record(checkpoint=(step, b"%d" % step), curves=b"")])
    kept = store.run(TOKEN, "r")
    steps = [990, *(int(state) for state in kept.earlier)]
    assert kept.checkpoint == (990, b"990") and len(steps) == CHECKPOINTS_KEPT
    assert min(steps) < 250, "the early past is in reach, too"


def test_an_older_store_is_brought_up_to_date_and_keeps_its_runs(tmp_path):
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.executescript(
            """CREATE TABLE workbenches (token TEXT PRIMARY KEY, fence INTEGER NOT NULL, owner TEXT NOT NULL,
                   ui TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL) WITHOUT ROWID;
               CREATE TABLE runs (id TEXT NOT NULL, token TEXT NOT NULL, name TEXT NOT NULL, config TEXT NOT NULL,
                   data_sha256 TEXT NOT NULL, parent TEXT, parent_step INTEGER, step INTEGER NOT NULL,
                   head INTEGER NOT NULL, stopped TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL,
                   PRIMARY KEY (token, id)) WITHOUT ROWID;
               CREATE TABLE events (token TEXT NOT NULL, run TEXT NOT NULL, position INTEGER NOT NULL,
                   event TEXT NOT NULL, PRIMARY KEY (token, run, position)) WITHOUT ROWID;
               CREATE TABLE checkpoints (token TEXT NOT NULL, run TEXT NOT NULL, step INTEGER NOT NULL,
                   state BLOB NOT NULL, PRIMARY KEY (token, run, step));
               CREATE TABLE curves (token TEXT NOT NULL, run TEXT NOT NULL, points BLOB NOT NULL,
                   PRIMARY KEY (token, run));
               PRAGMA user_version = 1;"""
        )
        connection.execute("INSERT INTO workbenches VALUES (?, 1, '', '{\"bench\": [\"r\"]}', 0, 0)", (TOKEN,))
        row = ("r", TOKEN, "old", CONFIG.to_json(), "sha", None, None, 3, 5, "", 0, 0)
        connection.execute(f"INSERT INTO runs VALUES ({', '.join('?' * 12)})", row)
    _, (run,) = Store(tmp_path).load(TOKEN)
    assert (run.name, run.step, run.head, run.bookmarks) == ("old", 3, 5, [])


def test_only_unnamed_runs_expire_and_only_after_notice(store, monkeypatch):
    fence = store.take(TOKEN, "me")
    monkeypatch.setattr(store_module.time, "time", lambda: 0.0)
    shown = {"bench": ["shown"]}
    old = [record(id="shown"), record(id="named", name="mine"), record(id="unnamed"), record(id="used")]
    store.save(TOKEN, fence, shown, old)
    names = lambda: {run.id for run in store.runs(TOKEN)}  # noqa: E731

    store.tidy(UNUSED - DAY)
    assert all(run.expires is None for run in store.runs(TOKEN))
    store.tidy(UNUSED + DAY)
    marked = {run.id: run.expires for run in store.runs(TOKEN) if run.expires}
    assert marked == {"unnamed": UNUSED + DAY + NOTICE, "used": UNUSED + DAY + NOTICE}
    monkeypatch.setattr(store_module.time, "time", lambda: UNUSED + 2 * DAY)
    store.save(TOKEN, fence, shown, [record(id="used")])
    store.tidy(UNUSED + NOTICE)
    assert names() == {"shown", "named", "unnamed", "used"}, "not before the notice has run out"
    store.tidy(UNUSED + DAY + NOTICE + DAY)
    assert names() == {"shown", "named", "used"}


def test_the_oldest_unnamed_runs_go_first_where_there_are_too_many_bytes(store, monkeypatch):
    monkeypatch.setattr(store_module, "LIMIT", 5000)
    fence = store.take(TOKEN, "me")
    for day, run in enumerate(("a", "b", "c")):
        monkeypatch.setattr(store_module.time, "time", lambda day=day: day * DAY)
        store.save(TOKEN, fence, {"bench": []}, [record(id=run, curves=bytes(2000))])
    store.tidy(3 * DAY)
    assert [run.id for run in store.runs(TOKEN) if run.expires] == ["a"]


def test_checkpoints_of_runs_at_rest_go_before_anything_else(store, monkeypatch):
    fence = store.take(TOKEN, "me")
    monkeypatch.setattr(store_module.time, "time", lambda: 0.0)
    store.save(TOKEN, fence, {"bench": ["r"]}, [record(checkpoint=(5, b"state"), curves=b"")])
    store.tidy(29 * DAY)
    assert store.run(TOKEN, "r").checkpoint is not None
    store.tidy(31 * DAY)
    assert store.run(TOKEN, "r").checkpoint is None and store.run(TOKEN, "r") is not None


def test_a_run_that_cannot_be_read_is_listed_with_its_reason(store):
    fence = store.take(TOKEN, "me")
    store.save(TOKEN, fence, {}, [record(config='{"dataset": "from the future"}')])
    (found,) = (listed(run, False) for run in store.runs(TOKEN))
    assert "from the future" in found["problem"] and found["best"] is None
