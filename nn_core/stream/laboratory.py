"""The laboratory: experiments beside the runs of a workbench, and the lessons that ask for them.

An experiment is trained in slices between two looks at the commands; what comes of it is told to every page as it
comes. A lesson's guess is stored before anything runs, and its truth beside it when it is known.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ..datasets.dataset import DataUnavailable
from ..experiment import Experiment, Reading, Trial
from ..lessons import LESSONS, Question, Try, part_of, reveal
from .saving import Saver
from .store import Answer, StoreProblem, Superseded
from .words import reason

#: How often pages are told how far an experiment is, in seconds.
TELL_EVERY = 0.1

#: An experiment that takes longer than this is given up, in seconds.
PATIENCE = 180.0

Message = dict[str, Any]


class Laboratory:
    """Carries out one experiment at a time; `tell` takes messages for every page."""

    def __init__(self, saver: Saver):
        self.tell: Callable[[Message], Any] = lambda message: None
        self._saver = saver
        self._answers: dict[str, list[Answer]] | None = None
        self._revealed: dict[str, Message] = {}
        self._drop()

    @property
    def busy(self) -> bool:
        """Whether an experiment is under way."""
        return self._experiment is not None

    # -- orders --------------------------------------------------------------------------------------------------------

    def experiment(self, key: str, trials: list[Any]) -> Message:
        """Begin an experiment, in the place of the one under way; `key` is repeated in whatever is told of it."""
        self._begin(f"own:{key}", [Trial.from_dict(plain) for plain in trials])
        return {"updates": self._experiment.total}

    def lesson(self, name: str, part: str, do: str, guess: Any, value: float | None) -> Message:
        """Do something with a lesson's part, see WAYS. Returns what a page has to know of it then."""
        if do == "try":
            return self._try_out(name, value)
        question, key = part_of(name, part), f"{name}/{part}"
        if do == "open":
            return self._opened(key, question)
        if do == "guess":
            return self._guess(key, question, guess)
        if do == "run":
            if not self.answers(key):
                raise ValueError("Guess first; then it runs.")
            self._begin(key, question.trials)
            return {"key": key}
        if self._key == key:
            self._drop()
        self._revealed.pop(key, None)
        return self._opened(key, question)

    def record(self) -> list[Message]:
        """Every answer given so far, oldest first, as plain values."""
        return [answer.plain() for answer in sorted(self._all(), key=lambda answer: answer.at)]

    # -- working -------------------------------------------------------------------------------------------------------

    def work(self, seconds: float) -> None:
        """Go on with the experiment for about so many seconds, and tell what has come of it."""
        experiment, key = self._experiment, self._key
        if experiment is None:
            return
        try:
            experiment.advance(seconds)
            if time.monotonic() - self._begun > PATIENCE and not experiment.ended:
                raise ValueError("This takes too long on this computer and was given up.")
            if experiment.ended:
                self._end(experiment)
            elif time.monotonic() - self._told >= TELL_EVERY:
                self._told = time.monotonic()
                self.tell({"experiment": {**self._progress(experiment), "news": experiment.news()}})
        except Superseded:
            raise
        except Exception as problem:
            if not isinstance(problem, ValueError | DataUnavailable):
                traceback.print_exc(file=sys.stderr)
            self._drop()
            self.tell({"experiment": {"key": key, "error": f"This could not be run: {reason(problem)}."}})

    def answers(self, key: str) -> list[Answer]:
        """The answers given to one part of a lesson, oldest first."""
        if self._answers is None:
            self._answers = {}
            with suppress(StoreProblem):  # the status says what is wrong with the disk; the lesson goes on without it
                for answer in self._saver.answers():
                    self._answers.setdefault(answer.key, []).append(answer)
        return self._answers.setdefault(key, [])

    # -- parts ---------------------------------------------------------------------------------------------------------

    def _all(self) -> list[Answer]:
        self.answers("")
        return [answer for answers in self._answers.values() for answer in answers]

    def _opened(self, key: str, question: Question) -> Message:
        """What a page shows of a part: what is seen before the guess, what was guessed, and what came of it."""
        answers = self.answers(key)
        running = self._key == key and self._experiment is not None
        return {
            "key": key,
            "setup": _read_at_start(question),
            "answers": [answer.plain() for answer in answers[-3:]],
            "revealed": self._revealed.get(key),
            "running": {**self._progress(self._experiment), "news": self._experiment.so_far()} if running else None,
            "record": self.record(),
        }

    def _guess(self, key: str, question: Question, guess: Any) -> Message:
        checked = question.ask.check(guess)
        answers = self.answers(key)
        answer = Answer(key, len(answers), checked, time.time())
        note = self._keep(answer)
        answers.append(answer)
        self._begin(key, question.trials)
        return {"key": key, "answer": answer.plain(), "note": note}

    def _keep(self, answer: Answer) -> str:
        """Store an answer; "" or the sentence why that did not work, which keeps nobody from learning."""
        try:
            self._saver.keep_answer(answer)
        except StoreProblem as problem:
            return f"This is not saved: {problem}"
        return ""

    def _try_out(self, name: str, value: float | None) -> Message:
        lesson = LESSONS.get(name)
        if lesson is None or not isinstance(lesson.check, Try):
            raise ValueError("There is nothing to try in this lesson.")
        wanted = lesson.check
        if value not in wanted.values:
            raise ValueError(f"Try one of {', '.join(f'{one:g}' for one in wanted.values)}.")
        trial = lesson.question.trials[wanted.trial].changed(**{wanted.setting: value})
        self._begin(f"{name}/try", [trial])
        return {"key": self._key}

    def _begin(self, key: str, trials: Any) -> None:
        experiment = Experiment(trials)
        self._revealed.pop(key, None)
        self._experiment, self._key = experiment, key
        self._begun = self._told = time.monotonic()

    def _drop(self) -> None:
        self._experiment: Experiment | None = None
        self._key = ""
        self._begun = self._told = 0.0

    def _progress(self, experiment: Experiment) -> Message:
        return {"key": self._key, "done": experiment.done, "total": experiment.total}

    def _end(self, experiment: Experiment) -> None:
        """Tell the results, with what they reveal where a lesson asked for them."""
        key, told = self._key, {**self._progress(experiment), "news": experiment.news()}
        self._drop()
        if key.startswith("own:"):
            self.tell({"experiment": {**told, "key": key[4:], "results": experiment.results}})
            return
        name, part = key.split("/")
        if part == "try":
            fact = LESSONS[name].check.fact.of(experiment.results)
            self.tell({"experiment": {**told, "value": fact if fact == fact else None}})
            return
        answer = self.answers(key)[-1]
        found = reveal(part_of(name, part), answer.guess, experiment.results)
        self._revealed[key] = {**found, "results": experiment.results}
        if answer.truth is None:
            answer.truth, answer.marks, answer.right = found["truth"], found["marks"], found["right"]
            self._keep(answer)
        self.tell({"experiment": {**told, "revealed": self._revealed[key], "record": self.record()}})


def _read_at_start(question: Question) -> dict[str, Any]:
    """What is shown before the guess: readings of the first trial, before its first update."""
    if not question.setup:
        return {}
    start = question.trials[0].here
    events = tuple(event for event in start.events if event.step == 0)
    reading = Trial(start.config, 0, dict[str, Reading](question.setup), start.seeds[:1], events)
    experiment = Experiment([reading])
    experiment.advance(seconds=1.0)
    return experiment.results[0]["runs"][0]["read"]
