"""The worker: the process in which one learner's networks learn. Started as `python -m nn_core.stream.worker`.

Its loop takes commands, trains for some milliseconds, sends the frames that are due and hands progress to the store. It
reads messages on its standard input, writes messages and frames on its standard output, and ends when the input ends.
A bad message is answered with a sentence; nothing that comes in can end it.
"""

from __future__ import annotations

import os
import queue
import signal
import socket
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO

import numpy as np

from ..datasets.dataset import DataUnavailable
from .bench import Bench, Seat
from .comparing import compare
from .description import describe
from .keeping import Keeper
from .marks import marks
from .orders import Orders
from .pacing import SPEEDS, Player
from .pipe import JSON, SUPERSEDED_EXIT, frame_message, json_message, read_json, read_message
from .publishing import Publisher
from .returning import Returning
from .saving import Saver
from .store import Store, StoreProblem, Superseded, check_token
from .words import reason

#: Length of a slice of training between two looks at the commands, in seconds.
SLICE = 0.005

#: The run that a fresh workbench begins with, and its speed.
FIRST_PRESET = "digits"
FIRST_SPEED = "30"

#: How long the process may take to end after its input has, in seconds.
_LAST_SECONDS = 8.0

#: How often the page is told how far a run is that is being opened, in seconds.
TELL_EVERY = 0.2

#: How long the loop sleeps at most, in seconds.
_IDLE = 1.0

Messages = queue.SimpleQueue[dict[str, Any] | None]


class Worker:
    """One workbench at work. `write` takes whole messages to the server."""

    def __init__(self, token: str, store: Store, write: Callable[[bytes], Any]):
        self._write = write
        self._clock = time.monotonic
        self._bench = Bench()
        self._player = Player(FIRST_SPEED)
        self._saver = Saver(store, token, f"{socket.gethostname()}:{os.getpid()}")
        self._keeper = Keeper(self._saver, self._bench, self._settings)
        self._publisher = Publisher(self._bench, lambda viewer, frame: write(frame_message(viewer, frame)))
        self._orders = Orders(self._bench, self._player, self._publisher, self._keeper, self._saver, self._clock)
        self._orders.laboratory.tell = lambda message: write(json_message(message))
        self._chunk = 1
        self._stepping: list[dict[str, Any]] = []
        self._returning = Returning(())
        self._news = True
        self._problems = ("", "", "")
        self._told = 0.0

    def load(self) -> None:
        """Take the lease and bring the workbench back as it was stored, or begin a fresh one."""
        settings, records = self._saver.open()
        if records:
            self._orders.problem = "Your run is being brought back; one moment."
            self._write(json_message({"status": self._status()}))
            self._orders.problem = ""
        self._returning = Returning(records)
        self._bench.seats.update(self._returning.seats)
        self._returning.wait()
        self._welcome()
        shown = settings.get("shown")
        self._bench.shown = shown if shown in self._bench.seats else next(iter(self._bench.seats), "")
        self._orders.look = settings.get("look", self._orders.look)
        self._orders.tested = settings.get("tested")
        if settings.get("wanted"):
            self._orders.supply.want(**settings["wanted"])
        self._orders.bring_back(settings)
        self._player.playing = settings.get("playing")
        if settings.get("speed") in SPEEDS:
            self._player.go_at(settings["speed"], self._clock())
        if not records:
            try:
                self._orders.begin(FIRST_PRESET)
            except (DataUnavailable, ValueError) as problem:
                self._orders.problem = str(problem)

    def _welcome(self) -> None:
        """Give the stored runs that have come back their seats, unless others sit there by now."""
        for seat in self._returning.take():
            if seat.id in self._bench.seats:
                self._bench.seats[seat.id] = seat
                self._bench.share_memory()
                self._orders.problem = self._orders.problem or seat.problem
                self._publisher.changed()
                self._news = True
        self._orders.returning = set(self._returning.seats)

    def serve(self, messages: Messages) -> None:
        """Work until a None comes among the messages. Raises Superseded where another worker has taken over."""
        try:
            with suppress(BrokenPipeError):  # the server has gone, which its closed pipe is about to say, too
                while self._take(messages):
                    self._welcome()
                    self._train()
                    self._open()
                    self._orders.laboratory.work(8 * SLICE)
                    self._publish()
                    self._news |= self._orders.tend(self._clock())
                    self._keeper.tend(self._clock(), self._player.moving)
                    self._tell()
            self._keeper.save(wait=True, last=True)
        except Superseded as end:
            self._player.pause()
            self._orders.problem = str(end)
            self._write(json_message({"status": self._status()}))
            raise
        finally:
            self._orders.supply.close()
            self._saver.close()

    def _publish(self) -> None:
        moving, playing = self._player.moving, bool(self._player.playing)
        self._publisher.publish(self._clock(), still=not moving, playing=playing, look=self._orders.look)

    # -- taking commands -----------------------------------------------------------------------------------------------

    def _take(self, messages: Messages) -> bool:
        """Carry out the commands that have come, waiting for one if there is nothing else to do. False at their end."""
        message = _next(messages, self._leisure())
        while message is not _NOTHING:
            if message is None:
                return False
            following = _next(messages, 0.0)
            if message.get("cmd") == "goto" and following and following.get("cmd") == "goto":
                self._answer(message, {"ok": True, "skipped": True})  # a handle is being dragged: the last place counts
            else:
                self._obey(message)
            message = following
        return True

    def _leisure(self) -> float:
        """Seconds until there is something to do without a command."""
        now = self._clock()
        until = min(self._player.wait(now), self._publisher.wait(now), _IDLE)
        if self._orders.returning:
            return min(self._publisher.wait(now), 0.1)
        if self._orders.history.opening or self._orders.laboratory.busy:
            return 0.0
        if self._orders.supply.busy:
            until = min(until, 0.1)
        return min(until, 0.02) if self._keeper.busy or self._news else until

    def _obey(self, message: dict[str, Any]) -> None:
        """Carry out one command and answer it, come what may."""
        name = message.get("cmd")
        if name not in _QUIET:
            self._news = True
        try:
            answer = self._orders.obey(message)
        except (ValueError, DataUnavailable, StoreProblem) as problem:
            self._answer(message, {"ok": False, "error": str(problem)})
        except Superseded:
            raise
        except Exception as problem:
            traceback.print_exc(file=sys.stderr)
            self._answer(message, {"ok": False, "error": f"That could not be done: {reason(problem)}."})
        else:
            if name == "step":
                self._stepping.append(message)
                self._begin_steps()
                return
            if name == "describe":
                answer = {"status": self._status()}
            self._answer(message, {"ok": True, **answer})

    def _answer(self, message: dict[str, Any], answer: dict[str, Any]) -> None:
        """Answer a message; what went well is told only to those who asked."""
        if message.get("id") is not None or not answer["ok"]:
            self._write(json_message({"reply": message.get("id"), "viewer": message.get("viewer"), **answer}))

    # -- training ------------------------------------------------------------------------------------------------------

    def _train(self) -> None:
        """Make the updates that are due, for about a SLICE."""
        now = self._clock()
        due = self._player.due(now)
        if due != 0 and not self._orders.returning:
            wanted = self._chunk if due is None else min(due, self._chunk)
            self._publisher.hurried = due is None or due > self._chunk
            try:
                done = self._bench.advance(wanted)
            except Exception as problem:
                if not isinstance(problem, DataUnavailable):
                    traceback.print_exc(file=sys.stderr)
                self._orders.problem = f"Training stopped: {reason(problem)}."
                done = 0
                self._player.pause()
            spent = self._clock() - now
            self._keeper.trained(spent)
            if wanted == self._chunk or spent > SLICE:
                self._chunk = max(1, min(int(done * SLICE / max(spent, 1e-6)), 4 * self._chunk))
            self._player.done(done, now)
            self._publisher.changed()
            if not self._bench.moving:
                self._player.pause()
            if not self._player.moving:
                self._news = True
                self._keeper.changed()
        if self._stepping and not self._player.steps_left:
            self._end_steps()

    def _open(self) -> None:
        """Go on with the run that is being computed again because somebody opened it."""
        if self._orders.history.opening is None:
            return
        try:
            self._news |= self._orders.history.work(4 * SLICE)
        except Exception as problem:
            if not isinstance(problem, (ValueError, DataUnavailable)):
                traceback.print_exc(file=sys.stderr)
            self._orders.problem = str(problem)
        if self._clock() - self._told >= TELL_EVERY:
            self._news = True

    def _begin_steps(self) -> None:
        """Make the first of the steps that were asked for at once, so that the next command finds them made."""
        until = self._clock() + SLICE
        while self._player.steps_left and self._clock() < until:
            self._train()

    def _end_steps(self) -> None:
        """Acknowledge the steps that were asked for, once where they led to is stored."""
        saved = self._keeper.save(wait=True)
        stepping, self._stepping = self._stepping, []
        for message in stepping:
            self._answer(message, {"ok": True, "step": self._bench.step, "saved": saved})

    # -- telling -------------------------------------------------------------------------------------------------------

    def _settings(self) -> dict[str, Any]:
        """What is stored of the workbench besides its runs."""
        return {
            "bench": list(self._bench.seats),
            "shown": self._bench.shown,
            "playing": self._player.playing,
            "speed": self._player.speed,
            "look": self._orders.look,
            "tested": self._orders.tested,
            "wanted": self._orders.supply.stored(),
            **self._orders.looked_at(),
        }

    def _status(self) -> dict[str, Any]:
        return {
            "playing": bool(self._player.playing),
            "speed": self._player.speed,
            "runs": [self._described(seat) for seat in self._bench.seats.values()],
            "shown": self._bench.shown,
            "comparison": compare(list(self._bench.seats.values())),
            "opening": self._orders.history.opening,
            "opened": self._orders.history.news,
            "look": self._looked_at(),
            "data": self._orders.supply.status(),
            "tested": self._orders.tested,
            "pin": self._pinned(),
            "problem": self._orders.problem or self._publisher.problem,
            "saving": self._keeper.problem,
        }

    def _described(self, seat: Seat) -> dict[str, Any]:
        return {**describe(seat), "marks": marks(seat.run) if seat.run else [], "bookmarks": seat.bookmarks}

    def _pinned(self) -> dict[str, int] | None:
        """The pinned unit, where the shown run has it."""
        seat, pin = self._bench.seats.get(self._bench.shown), self._orders.pin
        if pin is None or seat is None or seat.run is None:
            return None
        sizes = seat.run.config.sizes[1:]
        there = pin[0] < len(sizes) and pin[1] < sizes[pin[0]]
        return {"layer": pin[0], "unit": pin[1]} if there else None

    def _looked_at(self) -> dict[str, Any]:
        seat = self._bench.seats.get(self._bench.shown)
        if seat is None or seat.run is None or not seat.run.dataset.n_heldout:
            return {"split": "heldout", "index": self._orders.look, "label": None}
        data = seat.run.dataset
        if self._orders.drawn and data.image_shape:
            return {"split": "drawn", "index": -1, "label": None}
        index = min(self._orders.look, data.n_heldout - 1)
        label = data.classes[int(data.labels("heldout")[index])] if data.classes else None
        return {"split": "heldout", "index": index, "label": label}

    def _tell(self) -> None:
        """Send the status, if there is news."""
        problems = (self._orders.problem, self._publisher.problem, self._keeper.problem)
        if self._news or problems != self._problems:
            self._news, self._problems, self._told = False, problems, self._clock()
            self._write(json_message({"status": self._status()}))


#: Commands after which the status is as it was.
_QUIET = (
    *("credit", "viewer", "rate", "gone", "describe", "get", "runs", "share", "weights", "link"),
    *("lesson", "experiment", "answers"),
)

_NOTHING: dict[str, Any] = {}


def _next(messages: Messages, wait: float) -> dict[str, Any] | None:
    """The next message, waited for so long; _NOTHING where none has come, None at the end of all."""
    try:
        return messages.get(timeout=wait) if wait > 0 else messages.get_nowait()
    except queue.Empty:
        return _NOTHING


def main() -> int:
    """Serve the workbench that the first message names. Returns the process's exit status."""
    with suppress(ValueError, OSError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        with suppress(OSError):
            os.nice(10)
    output = _own_output()
    np.seterr(all="ignore")
    warnings.simplefilter("ignore", RuntimeWarning)
    sys.setswitchinterval(0.001)
    messages: Messages = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, messages), daemon=True, name="listener").start()
    opening = messages.get()
    if opening is None:
        return 0
    worker = Worker(check_token(opening.get("token")), Store(), output)
    worker.load()
    try:
        worker.serve(messages)
    except Superseded:
        return SUPERSEDED_EXIT
    return 0


def _own_output() -> Callable[[bytes], None]:
    """The pipe to the server, taken away from whatever else prints: stray prints go to standard error."""
    pipe = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    errors = os.open(os.devnull, os.O_WRONLY) if sys.stderr is None else sys.stderr.fileno()
    os.dup2(errors, sys.stdout.fileno())
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(pipe.fileno(), os.O_BINARY)

    def write(message: bytes) -> None:
        pipe.write(message)
        pipe.flush()

    return write


def _listen(stream: BinaryIO, messages: Messages) -> None:
    """The listening thread: puts messages into the queue and a None at their end, then sees that the process ends."""
    with suppress(OSError, ValueError):
        while (message := read_message(stream)) is not None:
            kind, body = message
            if kind == JSON:
                messages.put(read_json(body))
    messages.put(None)
    time.sleep(_LAST_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    # Without the interpreter's own end, which would wait for threads that wait for the disk.
    status = main()
    if sys.stderr is not None:
        sys.stderr.flush()
    os._exit(status)
