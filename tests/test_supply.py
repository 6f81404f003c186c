"""Runs whose data has to come from elsewhere: what is here goes on, new runs begin when theirs has come, stored ones
wait for theirs.

The data is the bundled digits under another name, brought by a function that each test holds in its hands.
"""

import threading

import pytest
from test_worker import TOKEN, serve, watch

from nn_core import PRESETS, Run
from nn_core.datasets import DATASETS, DataUnavailable
from nn_core.datasets.dataset import Outline, Source
from nn_core.datasets.digits import CLASSES
from nn_core.datasets.digits import SOURCE as DIGITS
from nn_core.stream import supply
from nn_core.stream.store import Store

CONFIG = PRESETS["digits-small"].to_dict() | {"dataset": "late"}
NEW = {"cmd": "new", "config": CONFIG}


class Elsewhere:
    """The place that the data comes from. `bring` waits for `go`, then gives it or fails with `problem`."""

    def __init__(self):
        self.here, self.go, self.problem, self.asked = False, threading.Event(), "", 0

    def bring(self, progress=None, cancel=None):
        self.asked += 1
        if self.here:
            return
        progress(3, 10)
        while not self.go.wait(0.005):
            if cancel.is_set():
                raise DataUnavailable("It was stopped.")
        if self.problem:
            raise DataUnavailable(self.problem)
        self.here = True

    def build(self, name, args):
        if not self.here:
            raise DataUnavailable("It is not here.")
        return DIGITS.build(name, args)


@pytest.fixture
def elsewhere(monkeypatch):
    place = Elsewhere()
    source = Source(
        "late", "Late digits", "", "images", "classification", DIGITS.arguments, place.build,
        bring=place.bring, present=lambda: place.here, form=Outline(64, CLASSES, "classification", (8, 8)),
    )  # fmt: skip
    monkeypatch.setitem(DATASETS, "late", source)
    monkeypatch.setattr(supply, "LOOK_EVERY", 0.02)
    yield place
    place.go.set()


def data(log):
    return log.statuses[-1]["data"] if log.statuses else None


def late(log):
    return log.statuses and log.status["runs"] and log.shown["config"]["dataset"] == "late"


def test_a_new_run_begins_when_its_data_has_come_and_the_present_one_goes_on(tmp_path, elsewhere):
    def script(log):
        before = (yield {"cmd": "describe"})["status"]["shown"]
        answer = yield NEW
        assert answer["ok"] and answer["waiting"] == "late" and "run" not in answer
        yield lambda log: data(log) and data(log)["done"]
        assert data(log) == {"title": "Late digits", "coming": True, "done": 3, "total": 10, "problem": "", "new": True}
        assert log.status["shown"] == before
        assert (yield {"cmd": "step", "n": 5})["step"] == 5
        assert (yield {"cmd": "change", "values": {"learning_rate": 0.5}})["ok"]
        elsewhere.go.set()
        yield late
        assert data(log) is None and log.shown["step"] == 0 and len(log.status["runs"]) == 1
        assert (yield {"cmd": "step"})["step"] == 1

    serve(tmp_path, script)
    assert elsewhere.asked == 1


def test_without_network_the_page_hears_why_and_a_new_run_can_take_the_bundled_digits(tmp_path, elsewhere):
    elsewhere.problem = "There is no network."
    elsewhere.go.set()

    def script(log):
        yield NEW
        yield lambda log: data(log) and data(log)["problem"]
        assert data(log)["problem"] == "There is no network." and not data(log)["coming"]
        assert (yield {"cmd": "data", "how": "again"})["ok"]
        yield lambda log: elsewhere.asked == 2 and not data(log)["coming"]
        assert (yield {"cmd": "data", "how": "bundled"})["run"]
        config = (yield {"cmd": "describe"})["status"]["runs"][0]["config"]
        assert (config["dataset"], config["sizes"]) == ("digits", [784, 32, 10])
        assert data(log) is None

    serve(tmp_path, script)


def test_bringing_can_be_stopped_and_asked_for_again(tmp_path, elsewhere):
    def script(log):
        yield NEW
        yield lambda log: data(log) and data(log)["coming"]
        assert (yield {"cmd": "data", "how": "stop"})["ok"]
        yield lambda log: data(log) is None
        assert (yield NEW)["waiting"] == "late"
        elsewhere.go.set()
        yield late

    serve(tmp_path, script)
    assert elsewhere.asked == 2


def test_another_run_takes_the_place_of_one_that_waits(tmp_path, elsewhere):
    def script(log):
        yield NEW
        yield lambda log: data(log) and data(log)["coming"]
        assert (yield {"cmd": "new", "preset": "digits-small"})["run"]
        yield lambda log: data(log) is None
        elsewhere.go.set()
        assert (yield {"cmd": "describe"})["status"]["runs"][0]["preset"] == "digits-small"

    serve(tmp_path, script)


def test_what_waits_is_stored_so_that_a_killed_worker_goes_on_bringing(tmp_path, elsewhere):
    def first(log):
        yield NEW
        yield lambda log: data(log) and data(log)["coming"]

    def second(log):
        elsewhere.go.set()
        yield late

    serve(tmp_path, first)
    assert not elsewhere.here
    serve(tmp_path, second)


def begun(folder, elsewhere):
    """A stored run that has learned from the late data for 12 updates; returns its fingerprint."""
    elsewhere.here = True
    kept = []

    def script(log):
        yield NEW
        yield {"cmd": "change", "values": {"learning_rate": 0.5}}
        yield {"cmd": "step", "n": 12}
        kept.append((yield {"cmd": "get"})["fingerprint"])

    serve(folder, script)
    elsewhere.here = False
    return kept[0]


def test_a_stored_run_waits_for_its_data_and_goes_on_identically_when_it_comes(tmp_path, elsewhere):
    fingerprint = begun(tmp_path, elsewhere)

    def script(log):
        status = (yield {"cmd": "describe"})["status"]
        run = status["runs"][0]
        assert (run["config"]["dataset"], run["step"], run["settings"]["learning_rate"]) == ("late", 12, 0.5)
        assert run["classes"] == list(CLASSES) and run["problem"] == status["problem"] == "It is not here."
        for command in ("play", "step", "get", "reset"):
            answer = yield {"cmd": command}
            assert answer["error"] == "It is not here."
        yield lambda log: data(log) and data(log)["coming"] and not data(log)["new"]
        elsewhere.go.set()
        yield lambda log: data(log) is None
        assert log.status["problem"] == ""
        assert (yield {"cmd": "get"})["fingerprint"] == fingerprint
        assert (yield {"cmd": "step"})["step"] == 13

    serve(tmp_path, script)


def test_a_stored_run_takes_data_that_appears_by_itself_and_no_other(tmp_path, elsewhere, monkeypatch):
    fingerprint = begun(tmp_path, elsewhere)
    elsewhere.problem = "There is no network."
    elsewhere.go.set()

    def script(log):
        yield lambda log: data(log) and data(log)["problem"]
        assert data(log)["problem"] == "There is no network." and not data(log)["new"]
        assert (yield {"cmd": "data", "how": "stop"})["ok"]
        assert (yield {"cmd": "describe"})["status"]["data"]["problem"]
        elsewhere.here = True
        yield lambda log: data(log) is None
        assert (yield {"cmd": "get"})["fingerprint"] == fingerprint

    serve(tmp_path, script)
    assert elsewhere.asked == 1
    monkeypatch.setattr("nn_core.datasets.dataset.Dataset.sha256", "other")

    def other(log):
        yield lambda log: data(log) and "other data" in data(log)["problem"]
        assert "other data" in (yield {"cmd": "play"})["error"]
        assert (yield {"cmd": "data", "how": "bundled"})["run"]

    serve(tmp_path, other)


def test_a_run_that_waits_can_be_left_for_one_on_the_bundled_digits_and_is_kept(tmp_path, elsewhere):
    begun(tmp_path, elsewhere)
    elsewhere.problem = "There is no network."
    elsewhere.go.set()

    def script(log):
        yield lambda log: data(log) and data(log)["problem"]
        waited = log.status["shown"]
        assert (yield {"cmd": "data", "how": "bundled"})["run"] != waited
        assert (yield {"cmd": "step"})["step"] == 1
        assert (yield {"cmd": "show", "run": waited})["ok"]
        assert (yield {"cmd": "describe"})["status"]["runs"][0]["step"] == 12

    serve(tmp_path, script)
    store = Store(tmp_path)
    assert len(store.load(TOKEN)[1]) >= 1
    store.close()


def test_nothing_to_do_about_data_is_said(tmp_path):
    def script(log):
        assert "No run waits" in (yield {"cmd": "data", "how": "bundled"})["error"]
        assert (yield {"cmd": "data", "how": "again"})["ok"] and (yield {"cmd": "data", "how": "stop"})["ok"]
        assert "must be one of" in (yield {"cmd": "data", "how": "steal"})["error"]

    serve(tmp_path, script)


# -- runs side by side, and the sealed test set ------------------------------------------------------------------------


def test_runs_begin_side_by_side_in_lockstep_in_the_place_of_what_was_there(tmp_path):
    wanted = [
        {"preset": "digits-small", "name": "as it is"},
        {"preset": "digits-small", "name": "faster", "changes": {"learning_rate": 0.3, "hidden": [8]}},
    ]

    def script(log):
        answer = yield {"cmd": "compare", "runs": wanted}
        status = (yield {"cmd": "describe"})["status"]
        assert [run["title"] for run in status["runs"]] == ["as it is", "faster"] and status["shown"] == answer["run"]
        assert status["runs"][1]["sizes"] == [64, 8, 10] and status["runs"][1]["settings"]["learning_rate"] == 0.3
        assert status["playing"]
        step = (yield {"cmd": "step", "n": 7})["step"]
        assert [run["step"] for run in (yield {"cmd": "describe"})["status"]["runs"]] == [step, step] and step >= 7
        for bad, sentence in (
            ([{"preset": "none"}], "no preset"),
            ([{"preset": "digits", "changes": {"magic": 1}}], "no choice of a run"),
            ([{"preset": "digits", "changes": {"learning_rate": -1}}], "learning_rate"),
            ([], "list of 1 to"),
            ([{"preset": "digits", "path": "x"}], "object of preset, changes and name"),
        ):
            assert sentence in (yield {"cmd": "compare", "runs": bad})["error"]
        assert len((yield {"cmd": "describe"})["status"]["runs"]) == 2

    serve(tmp_path, script)


def test_the_sealed_test_set_is_opened_on_request_counted_and_remembered(tmp_path, monkeypatch):
    def sealed(name, args):
        made = DIGITS.build(name, args)
        made._rows["test"] = made._rows["heldout"][:100]
        return made

    monkeypatch.setitem(
        DATASETS, "late", Source("late", "Late", "", "images", "classification", DIGITS.arguments, sealed)
    )

    def first(log):
        assert "no sealed test set" in (yield {"cmd": "test"})["error"]
        yield NEW
        yield {"cmd": "step", "n": 50}
        found = (yield {"cmd": "test"})["tested"]
        run = Run.from_json((yield {"cmd": "get"})["json"])
        right = (run.network(run.dataset.x_test).argmax(axis=1) == run.dataset.y_test).sum()
        assert (found["opened"], found["step"], found["right"], found["of"]) == (1, 50, right, 100)
        assert (yield {"cmd": "test"})["tested"]["opened"] == 2

    def second(log):
        assert (yield {"cmd": "describe"})["status"]["tested"]["opened"] == 2
        assert (yield {"cmd": "test"})["tested"]["opened"] == 3

    serve(tmp_path, first)
    serve(tmp_path, second)


def test_nobody_watching_a_waiting_run_gets_an_empty_picture(tmp_path, elsewhere):
    begun(tmp_path, elsewhere)

    def script(log):
        yield from watch(probes=[{"key": "sample", "probe": "sample", "args": {}}])
        yield {"cmd": "credit", "viewer": 1, "n": 8}
        yield lambda log: data(log) and data(log)["coming"]
        assert not any(frame.runs for _, frame in log.frames)
        elsewhere.go.set()
        yield lambda log: any(frame.runs for _, frame in log.frames)

    serve(tmp_path, script)


def test_at_a_standstill_every_part_of_a_picture_comes_once(tmp_path):
    def script(log):
        yield from watch(probes=[{"key": "weights", "probe": "first_weights", "args": {"count": 16}}])
        yield {"cmd": "credit", "viewer": 1, "n": 8}
        yield lambda log: len(log.frames) >= 8
        firsts = [frame.runs[0]["scalars"].get("weights.first") for _, frame in log.frames]
        assert sorted(firsts) == list(range(0, 128, 16))
        yield {"cmd": "rename", "name": "still"}
        assert len(log.frames) == 8

    serve(tmp_path, script, generous=True)
