"""Every lesson, played headless: what its words claim comes out, from several starts and on both kinds of digits."""

import json
import re

import pytest

from nn_core.datasets import DATASETS
from nn_core.experiment import MAX_UPDATES, Experiment, Reading, Trial
from nn_core.lessons import LESSONS, Click, Fact, Number, Question, Rank, Sketch, Try, holds, part_of, play, reveal
from nn_core.run import RunConfig
from pages.shared.text import pieces

QUESTIONS = [
    (name, part)
    for name, lesson in LESSONS.items()
    for part in ("question", "check")
    if isinstance(getattr(lesson, part), Question)
]
#: Twelve runs of each width are several starts already.
MANY_SEEDS = ("one-line",)
ON_DIGITS = [
    name for name, lesson in LESSONS.items() if any(trial.instead is not None for trial in lesson.question.trials)
]


def some_guess(ask):
    """A guess that is allowed, right or not."""
    if ask.kind == "choose":
        return ask.options[0][0]
    if ask.kind == "number":
        return {name: ask.scale[0] if ask.scale else ask.low for name, _, _ in ask.parts}
    if ask.kind == "click":
        return []
    if ask.kind == "sketch":
        return {name: [ask.start, ask.high] for name, _, _ in ask.parts}
    return [name for name, _, _ in ask.parts]


def assert_as_told(name, part, first_seed):
    question = part_of(name, part)
    played = play(question, some_guess(question.ask), first_seed=first_seed)
    failed = [claim for claim in question.claims if not holds(claim, played["facts"])]
    assert not failed, (name, part, first_seed, failed, played["facts"])
    assert played["as_told"]
    json.dumps(played, allow_nan=False)
    return played


@pytest.mark.parametrize(("name", "part"), QUESTIONS)
def test_a_lesson_comes_out_as_told_from_several_starts(name, part, monkeypatch):
    monkeypatch.setenv("NN_DATA_DIR", "/nowhere")  # the bundled digits stand in
    for first_seed in (0,) if name in MANY_SEEDS else (0, 100):
        played = assert_as_told(name, part, first_seed)
        assert played["stood_in"] == (name in ON_DIGITS)


@pytest.mark.skipif(not DATASETS["mnist"].ready(), reason="MNIST is not on this machine")
@pytest.mark.parametrize(("name", "part"), [one for one in QUESTIONS if one[0] in ON_DIGITS])
def test_a_lesson_comes_out_as_told_on_mnist(name, part):
    assert not assert_as_told(name, part, 0)["stood_in"]


def test_the_course_has_its_nine_lessons_and_every_way_to_answer():
    assert len(LESSONS) == 9
    kinds = {part_of(name, part).ask.kind for name, part in QUESTIONS}
    assert kinds == {"choose", "number", "click", "sketch", "rank"}


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_has_all_its_words(name):
    lesson, words = LESSONS[name], pieces(f"lessons/{name}")
    wanted = {"question", "setup", "see", "try", "reveal", "after", "belief", "why", "check"}
    wanted |= {"check goal", "check reached"} if isinstance(lesson.check, Try) else {"check reveal"}
    assert wanted <= set(words)
    for heading, facts in (("reveal", lesson.question.facts), ("after", lesson.question.facts)):
        assert_known_numbers(words[heading], facts)
    for k in range(len(lesson.question.trials)):
        assert_known_numbers(words.get(f"trial {k + 1}", ""), lesson.question.facts)
    if isinstance(lesson.check, Question):
        assert_known_numbers(words["check reveal"], lesson.check.facts)


def assert_known_numbers(text, facts):
    for name in re.findall(r"\{(\w+)\}", text):
        assert name in facts, f"{{{name}}} is no fact of this lesson"


@pytest.mark.parametrize(("name", "part"), QUESTIONS)
def test_a_question_holds_together(name, part):
    question = part_of(name, part)
    assert len(question.labels) == len(question.trials)
    for trial in question.trials:
        assert trial.config == RunConfig.from_json(trial.config.to_json())
    for fact, _, value in question.claims:
        assert fact in question.facts and (not isinstance(value, str) or value in question.facts)
    assert Experiment(question.trials).total <= MAX_UPDATES


# -- marking -----------------------------------------------------------------------------------------------------------


def test_numbers_are_marked_by_bands():
    ask = Number((("a", "A", "a"), ("b", "B", "b"), ("c", "C", "c")), high=12, right=1, close=2)
    marks = ask.mark({"a": 5, "b": 7, "c": 9}, {"a": 4, "b": 5, "c": 5})
    assert [mark["verdict"] for mark in marks] == ["right", "close", "off"]
    assert [mark["off"] for mark in marks] == [1, 2, 4]


def test_powers_of_ten_are_marked_by_places():
    ask = LESSONS["one-update"].question.ask
    truth = {"w1": 0.1, "w2": 0.0}
    verdicts = lambda w1, w2: [mark["verdict"] for mark in ask.mark({"w1": w1, "w2": w2}, truth)]  # noqa: E731
    assert verdicts(0.1, 0.0) == ["right", "right"]
    assert verdicts(1.0, 0.01) == ["close", "close"]
    assert verdicts(-0.1, 0.1) == ["off", "off"]


def test_sketches_are_marked_where_they_end():
    ask = Sketch((("a", "A", 0),), "curve.heldout_accuracy", ("a",), start=10)
    assert [ask.mark({"a": [10, 90, end]}, {"a": 50})[0]["verdict"] for end in (54, 61, 90)] == [
        "right",
        "close",
        "off",
    ]


def test_ranks_forgive_ties():
    ask = Rank((("a", "A", "a"), ("b", "B", "b"), ("c", "C", "c")), tie=3)
    truth = {"a": 90, "b": 88, "c": 10}
    assert [mark["verdict"] for mark in ask.mark(["b", "a", "c"], truth)] == ["right"] * 3
    assert [mark["verdict"] for mark in ask.mark(["c", "a", "b"], truth)] == ["off", "right", "close"]


def test_clicks_are_compared_as_sets():
    ask = Click((2, 2, 1), "gradients")
    assert len(ask.links) == 6
    verdict = lambda guess: ask.mark(guess, ["0:0:1", "0:1:1"])[0]["verdict"]  # noqa: E731
    assert [verdict(["0:1:1", "0:0:1"]), verdict(["0:0:1"]), verdict([])] == ["right", "close", "off"]


@pytest.mark.parametrize(("name", "part"), QUESTIONS)
@pytest.mark.parametrize(
    "guess", [None, 7, "nonsense", [], {}, {"a": "b"}, ["0:0:9"], {"small": [1]}, {"w1": True, "w2": 0}, [[]], [{}]]
)
def test_a_malformed_guess_is_refused_with_a_sentence(name, part, guess):
    ask = part_of(name, part).ask
    if ask.kind == "click" and guess == []:
        assert ask.check(guess) == []
        return
    with pytest.raises(ValueError, match=r"\.$"):
        ask.check(guess)


def test_a_result_that_differs_is_not_told_as_it_was_expected():
    question = part_of("one-line", "question")
    results = [{"data": "xor", "steps": 1, "runs": [{"read": {"scores": {"train": 1.0}}}] * 12}] * 4
    told = reveal(question, question.ask.check(some_guess(question.ask)), results)
    assert not told["as_told"] and told["truth"]["h0"] == 12


def test_a_fact_of_a_broken_run_is_unknown():
    broken = [{"runs": [{"read": {"curve": {"loss": [None, None]}, "scores": {"heldout": None}}}]}]
    assert str(Fact("scores.heldout").of(broken)) == str(Fact("curve.loss", last=2).of(broken)) == "nan"
    assert not holds(("x", ">", 0), {"x": float("nan")})


# -- experiments -------------------------------------------------------------------------------------------------------

SMALL = {"config": {"dataset": "gauss", "sizes": [2, 2], "activations": ["softmax"]}, "steps": 40}
READ = {"read": {"scores": {"probe": "scores"}}}


def finished(*trials):
    experiment = Experiment(trials)
    while not experiment.ended:
        experiment.advance(seconds=0.01)
    return experiment


def test_results_do_not_depend_on_slices_or_neighbours():
    trial = Trial.from_dict({**SMALL, **READ, "seeds": [3, 4]})
    alone = finished(trial).results[0]
    experiment = Experiment([Trial.from_dict({**SMALL, **READ, "steps": 7}), trial])
    while not experiment.ended:
        experiment.advance(seconds=0.0005)
    assert experiment.results[1] == alone
    assert experiment.done == experiment.total == 87


def test_news_come_once_and_live_readings_again_and_again():
    read = {"curve": {"probe": "curve", "live": True}, "scores": {"probe": "scores"}}
    experiment = Experiment([Trial.from_dict({**SMALL, "read": read})])
    seen = []
    while not experiment.ended:
        experiment.advance(seconds=0.0001)
        seen += experiment.news()
    assert [one["ended"] for one in seen].count(True) == 1 and seen[-1]["ended"]
    assert set(seen[-1]["read"]) == {"curve", "scores"} and set(seen[0]["read"]) >= {"curve"}
    assert experiment.news() == []


def test_events_happen_at_their_update():
    event = {"step": 10, "kind": "change", "values": {"learning_rate": 0.0}}
    moved = {"read": {"numbers": {"probe": "numbers"}}}
    still = finished(Trial.from_dict({**SMALL, **moved, "events": [event]}))
    short = finished(Trial.from_dict({**SMALL, **moved, "steps": 10}))
    assert still.results[0]["runs"][0]["read"] == short.results[0]["runs"][0]["read"]


def test_a_run_that_breaks_ends_with_a_sentence():
    config = {**SMALL["config"], "loss": "mse", "sizes": [2, 1], "activations": ["identity"], "learning_rate": 1000.0}
    results = finished(Trial.from_dict({**READ, "config": config, "steps": 400})).results
    assert results[0]["runs"][0]["stopped"].endswith(".")
    json.dumps(results, allow_nan=False)


@pytest.mark.parametrize(
    "change",
    [
        {"steps": -1},
        {"steps": 10**9},
        {"steps": None},
        {"read": {}},
        {"read": {"x": {"probe": "nothing"}}},
        {"read": {"x": {"probe": "scores", "args": {"a": 1}}}},
        {"read": {"x": {"probe": "scores", "live": 1}}},
        {"read": [1]},
        {"seeds": []},
        {"seeds": [-1]},
        {"seeds": list(range(99))},
        {"events": [{"step": 99, "kind": "change", "values": {}}]},
        {"events": [{}]},
        {"events": 3},
        {"config": {"dataset": "nowhere"}},
        {"config": {"sizes": [2, 10**9]}},
        {"preset": "digits"},
        {"changes": {"colour": 1}},
        {"surprise": 1},
        {"instead": {}},
    ],
)
def test_a_trial_from_outside_is_not_believed(change):
    with pytest.raises(ValueError, match=r"\."):
        Trial.from_dict({**SMALL, **READ, **change})


def test_an_experiment_is_bounded():
    small = Trial.from_dict({**SMALL, **READ})
    with pytest.raises(ValueError, match="trials"):
        Experiment([small] * 99)
    with pytest.raises(ValueError, match="updates"):
        Experiment([Trial.from_dict({**SMALL, **READ, "steps": 400_000, "seeds": [0, 1]})])
    with pytest.raises(ValueError, match="multiplications"):
        Experiment([Trial.from_dict({**READ, "preset": "zhang-as-published", "steps": 400_000})])


def test_a_reading_gives_plain_values_whole():
    trial = Trial.from_dict({**SMALL, "read": {"dots": {"probe": "dots"}}, "steps": 0})
    dots = finished(trial).results[0]["runs"][0]["read"]["dots"]
    assert len(dots["x1"]) == len(dots["new"]) == 500
    assert Reading("dots") == Reading.from_dict({"probe": "dots"})
