"""Lessons: the learner says first what will happen, then it happens. The table of nn_core.lessons says which lessons
there are; the words lie in assets/text/lessons.
"""

from dataclasses import asdict
from typing import Any

import streamlit as st

from nn_core import DATASETS, RunConfig
from nn_core.lessons import LESSONS, Question, Trial
from pages.shared.live import live, panel
from pages.shared.text import page_text


def lesson_spec(name: str) -> dict[str, Any]:
    """A lesson as the browser gets it: titles, words, ways to answer; nothing of what will come out."""
    lesson = LESSONS[name]
    check = lesson.check
    return {
        "name": name,
        "title": lesson.title,
        "minutes": lesson.minutes,
        "question": question_spec(lesson.question),
        "check": question_spec(check) if isinstance(check, Question) else {**asdict(check), "fact": None},
        "text": page_text(f"lessons/{name}"),
    }


def question_spec(question: Question) -> dict[str, Any]:
    trials = [trial.here for trial in question.trials]
    return {
        "ask": {key: value for key, value in asdict(question.ask).items() if key != "when"},
        "labels": question.labels,
        "view": question.view,
        "options": dict(question.options),
        "seconds": question.seconds,
        "steps": [trial.steps for trial in trials],
        "seeds": [len(trial.seeds) for trial in trials],
        "facts": facts_of(trials),
        "exactly": [{"updates": trial.steps, "seeds": list(trial.seeds), **unusual(trial)} for trial in trials],
        "stoodIn": any(trial is not wanted for trial, wanted in zip(trials, question.trials, strict=True)),
    }


def unusual(trial: Trial) -> dict[str, Any]:
    """The choices of a trial that differ from the plain ones, and what is done to it on the way."""
    plain = RunConfig().to_dict()
    chosen = {name: value for name, value in trial.config.to_dict().items() if value != plain[name] and name != "seed"}
    return {**chosen, **({"events": [event.to_dict() for event in trial.events]} if trial.events else {})}


def facts_of(trials: list[Trial]) -> list[str]:
    """What the foot of a lesson says of its runs: what all of them have in common."""
    configs = [trial.config for trial in trials]
    updates = {trial.steps for trial in trials}
    sizes = {"-".join(map(str, config.sizes)) for config in configs}
    hidden = {config.activations[0] for config in configs}
    batches = {config.batch_size for config in configs}
    seeds = {trial.seeds for trial in trials}
    known = []
    if len(updates) == 1:
        (count,) = updates
        known.append("no training" if not count else "1 update" if count == 1 else f"{count:,} updates")
    if configs[0].dataset != "points":
        known.append(DATASETS[configs[0].dataset].title)
    known.append(sizes.pop() if len(sizes) == 1 else "")
    known.append(hidden.pop() if len(hidden) == 1 else "")
    if len(batches) == 1 and any(trial.steps for trial in trials):
        (batch,) = batches
        words = {1: "one example at a time", "full": "all examples at once"}
        known.append(words.get(batch, f"{batch} examples at a time"))
    if len(seeds) == 1:
        (these,) = seeds
        known.append(f"seed {these[0]}" if len(these) == 1 else f"seeds {these[0]} to {these[-1]}")
    return [fact for fact in known if fact]


live(
    "lessons",
    "Lessons",
    [
        panel(
            "lesson",
            "Lesson",
            probes={},
            span=12,
            height=520,
            lessons=[lesson_spec(name) for name in LESSONS],
            first=st.query_params.get("lesson", ""),
        )
    ],
    timeline=False,
)
