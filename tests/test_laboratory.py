"""The laboratory: a guess is stored before anything runs, its truth beside it, and nothing of it can end the worker."""

import json

import pytest

from nn_core.stream import laboratory as module
from nn_core.stream.commands import check_command
from nn_core.stream.laboratory import Laboratory
from nn_core.stream.saving import Saver
from nn_core.stream.store import Store, Superseded

TOKEN = "a-token-for-the-tests"
OWN = {"config": {"dataset": "gauss", "sizes": [2, 2], "activations": ["softmax"]}, "steps": 20}
READ = {"read": {"scores": {"probe": "scores"}}}


@pytest.fixture
def at_work(tmp_path):
    """A laboratory with a store of its own, and the list of what it tells."""
    saver = Saver(Store(tmp_path), TOKEN, "me")
    saver.open()
    laboratory, told = Laboratory(saver), []
    laboratory.tell = lambda message: told.append(json.loads(json.dumps(message, allow_nan=False))["experiment"])
    yield laboratory, told
    saver.close()


def lesson(laboratory, name, do="open", part="question", guess=None, value=None):
    return laboratory.lesson(name=name, part=part, do=do, guess=guess, value=value)


def finish(laboratory):
    while laboratory.busy:
        laboratory.work(0.05)


def test_a_guess_is_stored_before_it_runs_and_its_truth_after(at_work, tmp_path):
    laboratory, told = at_work
    assert lesson(laboratory, "one-update")["answers"] == []
    lesson(laboratory, "one-update", "guess", guess={"w1": 0.1, "w2": 1.0})
    (stored,) = Store(tmp_path).answers(TOKEN)
    assert (stored.guess, stored.truth) == ({"w1": 0.1, "w2": 1.0}, None)
    finish(laboratory)
    assert told[-1]["revealed"]["truth"] == {"w1": pytest.approx(0.1), "w2": 0}
    (stored,) = Store(tmp_path).answers(TOKEN)
    assert [mark["verdict"] for mark in stored.marks] == ["right", "off"] and not stored.right
    assert laboratory.record() == [stored.plain()]


def test_what_came_out_is_there_for_whoever_opens_it_later(at_work):
    laboratory, _ = at_work
    lesson(laboratory, "a-weight", "guess", guess="stays")
    finish(laboratory)
    opened = lesson(laboratory, "a-weight")
    assert opened["revealed"]["right"] and opened["answers"][-1]["guess"] == "stays"
    assert set(opened["setup"]) == {"field", "dots", "line"}
    back = lesson(laboratory, "a-weight", "back")
    assert back["revealed"] is None and len(back["record"]) == 1


def test_nothing_runs_without_a_guess_that_fits(at_work):
    laboratory, _ = at_work
    for do, guess in (("run", None), ("guess", None), ("guess", "upwards")):
        with pytest.raises(ValueError, match=r"\.$"):
            lesson(laboratory, "a-weight", do, guess=guess)
    with pytest.raises(ValueError, match="no lesson"):
        lesson(laboratory, "nothing")
    assert not laboratory.busy and laboratory.record() == []


def test_a_late_page_gets_all_that_came_so_far_and_back_stops_it(at_work):
    laboratory, _ = at_work
    lesson(laboratory, "same-start", "guess", guess={"zero": 0, "half": 1, "random": 4})
    while laboratory._experiment.done < 300:
        laboratory.work(0.005)
    running = lesson(laboratory, "same-start")["running"]
    assert running["done"] >= 300 and running["total"] == 3000
    lesson(laboratory, "same-start", "back")
    assert not laboratory.busy


def test_a_setting_can_be_tried_out_within_its_values(at_work, monkeypatch):
    monkeypatch.setenv("NN_DATA_DIR", "/nowhere")
    laboratory, told = at_work
    lesson(laboratory, "step-size", "try", value=0.3)
    finish(laboratory)
    assert told[-1]["key"] == "step-size/try" and told[-1]["value"] > 50
    for name, value in (("step-size", 0.25), ("step-size", None), ("blame", 0.3)):
        with pytest.raises(ValueError, match=r"\.$"):
            lesson(laboratory, name, "try", value=value)


def test_an_experiment_of_ones_own(at_work):
    laboratory, told = at_work
    assert laboratory.experiment("mine", [{**OWN, **READ}]) == {"updates": 20}
    finish(laboratory)
    assert told[-1]["key"] == "mine" and told[-1]["results"][0]["runs"][0]["step"] == 20
    with pytest.raises(ValueError, match="probe"):
        laboratory.experiment("mine", [{**OWN, "read": {"x": {"probe": "secrets"}}}])


def test_a_failure_is_told_and_ends_nothing_else(at_work, monkeypatch, capsys):
    laboratory, told = at_work
    monkeypatch.setattr(module, "reveal", lambda *_: 1 / 0)
    lesson(laboratory, "a-weight", "guess", guess="stays")
    finish(laboratory)
    assert told[-1] == {"key": "a-weight/question", "error": "This could not be run: division by zero."}
    monkeypatch.undo()
    lesson(laboratory, "a-weight", "run")
    finish(laboratory)
    assert told[-1]["revealed"]["right"]


def test_what_takes_too_long_is_given_up(at_work, monkeypatch):
    laboratory, told = at_work
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    laboratory.experiment("long", [{**OWN, **READ, "steps": 50_000}])
    finish(laboratory)
    assert "too long" in told[-1]["error"]


def test_a_full_disk_keeps_nobody_from_learning(at_work, tmp_path):
    laboratory, told = at_work
    (tmp_path / "file").touch()
    laboratory._saver._store._folder = tmp_path / "file" / "folder"
    laboratory._saver._store.close()
    assert "not saved" in lesson(laboratory, "a-weight", "guess", guess="stays")["note"]
    finish(laboratory)
    assert told[-1]["revealed"]["right"]


def test_a_superseded_worker_writes_no_answer(at_work, tmp_path):
    laboratory, _ = at_work
    Store(tmp_path).take(TOKEN, "another")
    with pytest.raises(Superseded):
        lesson(laboratory, "a-weight", "guess", guess="stays")


def test_commands_of_the_laboratory_are_checked():
    name, asked = check_command({"cmd": "lesson", "name": "blame"})
    assert (name, asked["do"], asked["part"]) == ("lesson", "open", "question")
    for message in (
        {"cmd": "lesson"},
        {"cmd": "lesson", "name": "blame", "do": "cheat"},
        {"cmd": "lesson", "name": "blame", "part": "all"},
        {"cmd": "lesson", "name": "x" * 99},
        {"cmd": "experiment", "key": "k", "trials": []},
        {"cmd": "experiment", "key": "k", "trials": [1] * 99},
        {"cmd": "experiment", "trials": [1]},
    ):
        with pytest.raises(ValueError, match=r"\."):
            check_command(message)
