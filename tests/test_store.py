"""The store: what was saved is there, under one lease, and every failure is a sentence."""

import dataclasses
import os
import sqlite3
import subprocess
import sys

import pytest

from nn_core.stream.lock import lock_folder
from nn_core.stream.saving import Saver
from nn_core.stream.store import (
    CHECKPOINTS_KEPT,
    FILE,
    RunRecord,
    Store,
    StoreProblem,
    Superseded,
    check_token,
    runs_folder,
)

TOKEN = "a-token-for-the-tests"
EVENT = {"step": 3, "kind": "change", "values": {"learning_rate": 0.5}}


def record(**changes):
    plain = RunRecord("r", "", "{}", "sha", None, None, step=0, head=0, stopped="")
    return dataclasses.replace(plain, **changes)


def test_a_workbench_comes_back_with_its_runs_and_events(store, tmp_path):
    fence = store.take(TOKEN, "me")
    store.save(TOKEN, fence, {"bench": ["r"], "speed": "5"}, [record(step=4, head=9, events=[EVENT], name="mine")])
    ui, (run,) = Store(tmp_path).load(TOKEN)
    assert ui == {"bench": ["r"], "speed": "5"}
    assert (run.step, run.head, run.name, list(run.events)) == (4, 9, "mine", [EVENT])
    assert run.checkpoint is None and run.curves is None


def test_a_save_may_be_repeated(store):
    fence = store.take(TOKEN, "me")
    for _ in range(2):
        store.save(TOKEN, fence, {"bench": ["r"]}, [record(events=[EVENT, EVENT], first_event=0)])
    store.save(TOKEN, fence, {"bench": ["r"]}, [record(events=[EVENT], first_event=2)])
    assert store.run(TOKEN, "r").events == [EVENT] * 3


def test_a_run_off_the_bench_stays_in_the_store(store):
    fence = store.take(TOKEN, "me")
    store.save(TOKEN, fence, {"bench": ["r"]}, [record()])
    store.save(TOKEN, fence, {"bench": ["s"]}, [record(id="s")])
    _, runs = store.load(TOKEN)
    assert [run.id for run in runs] == ["s"]
    assert store.run(TOKEN, "r").id == "r"
    assert store.run(TOKEN, "t") is None
    assert store.run("another-token-of-tests", "r") is None


def test_configuration_and_parent_of_a_run_are_never_written_over(store):
    fence = store.take(TOKEN, "me")
    store.save(TOKEN, fence, {}, [record(config="first", data_sha256="one")])
    store.save(TOKEN, fence, {}, [record(config="second", data_sha256="two", step=5, head=5)])
    run = store.run(TOKEN, "r")
    assert (run.config, run.data_sha256, run.step) == ("first", "one", 5)


def test_only_the_newest_checkpoints_are_kept(store, tmp_path):
    fence = store.take(TOKEN, "me")
    for step in range(0, 100, 10):
        store.save(TOKEN, fence, {}, [record(checkpoint=(step, b"%d" % step), curves=b"c%d" % step)])
    assert store.run(TOKEN, "r").checkpoint == (90, b"90")
    assert store.run(TOKEN, "r").curves == b"c90"
    with sqlite3.connect(tmp_path / FILE) as connection:
        assert connection.execute("SELECT count(*) FROM checkpoints").fetchone() == (CHECKPOINTS_KEPT,)


def test_whoever_takes_the_lease_shuts_the_other_out(store, tmp_path):
    first = store.take(TOKEN, "first")
    other = Store(tmp_path)
    second = other.take(TOKEN, "second")
    assert second == first + 1
    with pytest.raises(Superseded, match=r"taken over.*\.$"):
        store.save(TOKEN, first, {"speed": "1"})
    other.save(TOKEN, second, {"speed": "30"})
    assert store.load(TOKEN)[0] == {"speed": "30"}
    other.close()


def test_known_tokens(store):
    assert not store.known(TOKEN)
    store.create(TOKEN)
    store.create(TOKEN)
    assert store.known(TOKEN)
    assert store.load(TOKEN) == ({}, [])


@pytest.mark.parametrize(
    "token", ["", "short", "x" * 65, "../../../etc/passwd", "a token with spaces", "ü" * 20, None, 7, "a" * 15]
)
def test_malformed_tokens_are_refused_everywhere(store, token):
    for call in (
        check_token,
        store.known,
        store.create,
        store.load,
        lambda t: store.take(t, "me"),
        lambda t: store.run(t, "r"),
    ):
        with pytest.raises(ValueError, match=r"malformed\.$"):
            call(token)


def test_writes_are_on_the_disk_when_they_return(store):
    store.create(TOKEN)
    connection = store._open()
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_full_disk_is_a_sentence_and_heals(store):
    fence = store.take(TOKEN, "me")
    store.save(TOKEN, fence, {"bench": ["r"]}, [record(step=1)])
    connection = store._open()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreProblem, match=r"is full; make room there.*\.$"):
        store.save(TOKEN, fence, {"bench": ["r"]}, [record(step=2, checkpoint=(2, bytes(10**6)))])
    assert store.run(TOKEN, "r").step == 1
    store.save(TOKEN, fence, {"bench": ["r"]}, [record(step=3)])  # opened afresh, without the limit
    assert store.run(TOKEN, "r").step == 3


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreProblem, match=r"cannot be saved in .*set NN_RUNS_DIR.*\.$"):
        Store(tmp_path / "file" / "runs").create(TOKEN)


def test_a_read_only_file_can_still_be_read(store, tmp_path, monkeypatch):
    fence = store.take(TOKEN, "me")
    store.save(TOKEN, fence, {"bench": ["r"], "speed": "5"}, [record(step=4)])
    store.close()
    connect = sqlite3.connect

    def read_only(path, *args, **kwargs):
        if not kwargs.get("uri"):
            raise sqlite3.OperationalError("unable to open database file")
        return connect(path, *args, **kwargs)

    monkeypatch.setattr(sqlite3, "connect", read_only)
    assert store.load(TOKEN)[0]["speed"] == "5"
    assert store.known(TOKEN)
    with pytest.raises(StoreProblem, match="cannot be saved"):
        store.create(TOKEN)


def test_a_file_that_is_no_store_is_a_sentence(tmp_path):
    (tmp_path / FILE).write_bytes(b"something else entirely " * 100)
    with pytest.raises(StoreProblem, match=r"damaged; move it away.*\.$"):
        Store(tmp_path).load(TOKEN)


def test_a_newer_store_is_left_alone(store, tmp_path):
    store.create(TOKEN)
    store.close()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("PRAGMA user_version = 99")
    for call in (store.load, store.create, store.known):
        with pytest.raises(StoreProblem, match=r"newer version.*\.$"):
            call(TOKEN)


def test_a_locked_file_is_a_sentence(store, tmp_path, monkeypatch):
    store.create(TOKEN)
    store.close()
    monkeypatch.setattr("nn_core.stream.store.PATIENCE", 0.0)
    blocker = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreProblem, match=r"locked; close it.*\.$"):
        store.create(TOKEN)
    blocker.execute("ROLLBACK")
    blocker.close()


def test_where_the_store_lives(monkeypatch, tmp_path):
    monkeypatch.setenv("NN_RUNS_DIR", str(tmp_path / "here"))
    assert runs_folder() == tmp_path / "here"
    monkeypatch.delenv("NN_RUNS_DIR")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(sys, "platform", "linux")
    assert runs_folder() == tmp_path / "data" / "watch-it-learn"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert runs_folder() == tmp_path / "local" / "WatchItLearn"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert runs_folder().parts[-3:] == ("Library", "Application Support", "WatchItLearn")


def test_one_server_a_store(tmp_path):
    held = lock_folder(tmp_path)
    script = (
        f"from pathlib import Path; from nn_core.stream.lock import lock_folder; lock_folder(Path({str(tmp_path)!r}))"
    )
    again = [sys.executable, "-c", script]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    refused = subprocess.run(again, env=environment, capture_output=True, text=True)
    assert "Another Watch It Learn server is using the runs in" in refused.stderr
    held.close()
    assert subprocess.run(again, env=environment).returncode == 0


def test_the_saver_writes_behind_and_says_what_fails(tmp_path):
    saver = Saver(Store(tmp_path), TOKEN, "me")
    assert saver.open() == ({}, [])
    assert saver.wait(saver.save({"bench": ["r"]}, [record(step=2)]))
    assert saver.read("r").step == 2
    saver._store._open().execute("PRAGMA max_page_count = 1")
    assert not saver.wait(saver.save({"bench": ["r"]}, [record(step=3, curves=bytes(10**6))]))
    assert "full" in saver.problem
    assert saver.wait(saver.save({"bench": ["r"]}, [record(step=4)]))
    assert saver.problem == ""
    saver.close()


def test_a_superseded_saver_writes_nothing_more(tmp_path):
    saver = Saver(Store(tmp_path), TOKEN, "me")
    saver.open()
    other = Saver(Store(tmp_path), TOKEN, "other")
    other.open()
    for _ in range(2):
        assert not saver.wait(saver.save({"speed": "1"}, []))
    assert "taken over" in saver.superseded
    assert other.wait(other.save({"speed": "5"}, []))
    assert other.open()[0] == {"speed": "5"}
    saver.close()
    other.close()


def test_a_saver_without_a_disk_begins_with_nothing_and_says_so(tmp_path):
    (tmp_path / "file").write_text("in the way")
    saver = Saver(Store(tmp_path / "file"), TOKEN, "me")
    assert saver.open() == ({}, [])
    assert "cannot be saved" in saver.problem
    assert not saver.wait(saver.save({}, []))
    (tmp_path / "file").unlink()
    assert saver.wait(saver.save({"speed": "5"}, []))
    assert saver.problem == ""
    saver.close()
