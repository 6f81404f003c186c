"""The server's side: one handle a learner, with the worker process behind it and whoever watches it.

Handles are plain dicts in one place that a hot reload of this file cannot split; frames are handed on as they come, by
one reading thread a worker. A worker that dies while it is watched is started again and told who watches; one that
nobody watches is ended after NN_GRACE_SECONDS. Every failure comes back as a sentence.

    token = new_workbench()
    handle = open_workbench(token)
    viewer = attach(handle, on_frame, on_text)          # both are called from the reading thread and must be quick
    receive(handle, viewer, '{"cmd": "credit", "n": 2}')
    request(handle, "change", values={"learning_rate": 0.01})
    detach(handle, viewer)
"""

from __future__ import annotations

import itertools
import json
import math
import os
import queue
import secrets
import subprocess
import sys
import threading
import time
import traceback
import types
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from .commands import MAX_CREDITS, parse_message
from .lock import lock_folder
from .pipe import FRAME, SUPERSEDED_EXIT, VIEWER, json_message, read_message
from .store import Store, StoreProblem, check_token, runs_folder

Handle = dict[str, Any]

#: Seconds that a request waits for its answer, and that a worker may take to end by itself.
ANSWER_PATIENCE = 10.0
ENDING_PATIENCE = 10.0

#: A worker that died so often within RESTART_WINDOW seconds is not started again before somebody asks for something.
MOST_RESTARTS = 5
RESTART_WINDOW = 60.0

#: How long the handle of a workbench that nobody uses is kept, in seconds.
_KEPT = 600.0

_DAY = 24 * 3600.0

_OUTBOX = 512
_PIPE_BYTES = 256 * 1024
_BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "OMP_NUM_THREADS")

#: Hot reload replaces this module but not this one, which holds nothing but plain dicts, locks, threads and functions.
_home: dict[str, Any] = sys.modules.setdefault("_watch_it_learn", types.ModuleType("_watch_it_learn")).__dict__
_lock: Any = _home.setdefault("lock", threading.RLock())
_handles: dict[str, Handle] = _home.setdefault("handles", {})
_numbers = _home.setdefault("numbers", itertools.count(1))


def new_workbench() -> str:
    """Make a workbench and return its token. Raises RuntimeError with a sentence where another server has the store."""
    _claim_store()
    token = secrets.token_urlsafe(16)
    store = Store()
    with suppress(StoreProblem):  # the worker says what is wrong with the disk; the learner can go on without it
        store.create(token)
    store.close()
    with _lock:
        _handles[token] = _new_handle(token)
    return token


def open_workbench(token: str) -> Handle:
    """The handle of a workbench, its worker started. Cheap where it is open already.

    Raises ValueError for a malformed token, LookupError where there is no such workbench, RuntimeError where another
    server has the store; each with a sentence.
    """
    handle = _handles.get(check_token(token))
    if handle is None:
        _claim_store()
        if not _known(token):
            raise LookupError("There is no run at this address; it was never here, or it has been deleted.")
        with _lock:
            handle = _handles.setdefault(token, _new_handle(token))
    with handle["lock"]:
        handle["unwatched_since"] = time.monotonic()  # whoever opens it is given the time to begin to watch
        if handle["process"] is None:
            _start(handle)
    return handle


def request(handle: Handle, cmd: str, *, timeout: float = ANSWER_PATIENCE, **arguments: Any) -> dict[str, Any]:
    """Tell the worker a command and wait for its answer: {"ok": True, ...}, or {"ok": False, "error": sentence}.

    Any thread may ask. Arguments that are None are left out.
    """
    handle = _live(handle)
    answer: queue.SimpleQueue = queue.SimpleQueue()
    number = next(_numbers)
    given = {name: value for name, value in arguments.items() if value is not None}
    with handle["lock"]:
        handle["unwatched_since"] = time.monotonic()
        problem = _ensure(handle)
        if not problem:
            handle["pending"][number] = answer.put
            problem = _send(handle, {**given, "cmd": cmd, "id": number})
    if not problem:
        try:
            reply = answer.get(timeout=timeout)
            return {key: value for key, value in reply.items() if key not in ("reply", "viewer")}
        except queue.Empty:
            problem = f"The training process has not answered for {timeout:g} seconds; a long update may keep it busy."
    handle["pending"].pop(number, None)
    return {"ok": False, "error": problem}


def attach(
    handle: Handle,
    on_frame: Callable[[bytes], Any],
    on_text: Callable[[str], Any],
    *,
    expires: float | None = None,
) -> int:
    """Watch a workbench: frames go to `on_frame`, status messages and answers to `on_text`; gives the viewer's number.

    Both are called from the reading thread: they must be quick and must not raise (a viewer that raises is detached).
    With `expires`, the viewer is detached when it was not touched for so many seconds.
    """
    handle = _live(handle)
    viewer = next(_numbers)
    with handle["lock"]:
        handle["viewers"][viewer] = {
            "on_frame": on_frame,
            "on_text": on_text,
            "told": {},
            "granted": 0,
            "relayed": 0,
            "expires": expires,
            "touched": time.monotonic(),
        }
        problem = _ensure(handle)
        if problem:
            on_text(json.dumps({"status": {"playing": False, "runs": [], "problem": problem}}))
        elif handle["status_text"]:
            on_text(handle["status_text"])
    return viewer


def detach(handle: Handle, viewer: int) -> None:
    """Watch no longer. Detaching twice does no harm."""
    handle = _live(handle)
    with handle["lock"]:
        if handle["viewers"].pop(viewer, None) is None:
            return
        handle["unwatched_since"] = time.monotonic()
        if handle["process"] is not None:
            _send(handle, {"cmd": "gone", "viewer": viewer})


def touch(handle: Handle, viewer: int) -> bool:
    """A viewer that expires is still there. False where it was detached already."""
    seat = _live(handle)["viewers"].get(viewer)
    if seat is not None:
        seat["touched"] = time.monotonic()
    return seat is not None


def receive(handle: Handle, viewer: int, text: str | bytes) -> None:
    """Hand on what a viewer's browser sent; answers go to its `on_text`, with the "id" that the message had, if any.

    Raises ValueError with a sentence for what is not a message at all (too long, not JSON, no command).
    """
    message = parse_message(text)
    client_id = message.pop("id", None)
    if not (client_id is None or isinstance(client_id, (int, str))) or len(str(client_id)) > 64:
        raise ValueError('A message\'s "id" has to be a number or a short text.')
    handle = _live(handle)
    message["viewer"] = viewer
    with handle["lock"]:
        seat = handle["viewers"].get(viewer)
        if seat is None:
            return
        seat["touched"] = time.monotonic()
        _note(seat, message)
        if message["cmd"] == "credit" and handle["process"] is None:
            return
        problem = _ensure(handle)
        if not problem:
            if client_id is not None:
                message["id"] = next(_numbers)
                handle["pending"][message["id"]] = partial(_answer, seat, client_id)
            problem = _send(handle, message)
        if problem:
            handle["pending"].pop(message.get("id"), None)
            _answer(seat, client_id, {"ok": False, "error": problem})


def limit_rate(handle: Handle, viewer: int, rate: float) -> None:
    """Send a viewer at most `rate` frames a second from now on (0.1 to 60)."""
    handle = _live(handle)
    message = {"cmd": "rate", "viewer": viewer, "value": rate}
    with handle["lock"]:
        seat = handle["viewers"].get(viewer)
        if seat is not None:
            seat["told"]["rate"] = message
            if handle["process"] is not None:
                _send(handle, message)


def status(handle: Handle) -> dict[str, Any] | None:
    """The worker's last status; None before the first."""
    return _live(handle)["status"]


def end(handle: Handle, timeout: float = ENDING_PATIENCE) -> None:
    """End a workbench's worker now and wait until it is gone; its runs stay in the store."""
    handle = _live(handle)
    with handle["lock"]:
        process = handle["process"]
        _ask_to_end(handle)
    if process is not None:
        _wait_or_kill(process, timeout)


def _live(handle: Handle) -> Handle:
    """The handle in use for its token: the one given, unless another took its place after it had long been idle."""
    return _handles.setdefault(handle["token"], handle)


def _new_handle(token: str) -> Handle:
    _start_janitor()
    return {
        "token": token,
        "lock": threading.RLock(),
        "process": None,
        "outbox": None,
        "ending_since": None,
        "viewers": {},
        "pending": {},
        "status": None,
        "status_text": "",
        "unwatched_since": time.monotonic(),
        "deaths": [],
    }


def _claim_store() -> None:
    """Make sure that this is the one server of the store."""
    with _lock:
        if "store_lock" in _home:
            return
        try:
            _home["store_lock"] = lock_folder(runs_folder())
        except StoreProblem as problem:
            raise RuntimeError(str(problem)) from None
        except OSError:
            return  # nothing can be written there, so there is nothing to keep apart


def _known(token: str) -> bool:
    store = Store()
    try:
        return store.known(token)
    except StoreProblem:
        return True  # it cannot be said; the worker will say what is wrong
    finally:
        store.close()


# -- the process -------------------------------------------------------------------------------------------------------


def _ensure(handle: Handle) -> str:
    """Have a worker running because somebody wants something of it; "" or the sentence why there is none."""
    if handle["process"] is not None and handle["ending_since"] is None:
        return ""
    handle["deaths"].clear()
    return _start(handle)


def _start(handle: Handle) -> str:
    """Start the worker and tell it who watches. Called with the handle's lock held."""
    if handle["process"] is not None:
        _wait_or_kill(handle["process"], ENDING_PATIENCE)
    _fail_pending(handle, "The training process was ended; try again.")
    try:
        process = _spawn()
    except OSError as problem:
        handle["process"] = None
        return f"The training process cannot be started ({problem})."
    outbox: queue.Queue = queue.Queue(_OUTBOX)
    handle.update(process=process, outbox=outbox, ending_since=None)
    threading.Thread(target=_write, args=(process, outbox), daemon=True, name="worker-writer").start()
    threading.Thread(target=_read, args=(handle, process), daemon=True, name="worker-reader").start()
    _send(handle, {"cmd": "open", "token": handle["token"]})
    for viewer, seat in handle["viewers"].items():
        for message in seat["told"].values():
            _send(handle, message)
        if seat["granted"] > seat["relayed"]:
            _send(handle, {"cmd": "credit", "viewer": viewer, "n": seat["granted"] - seat["relayed"]})
    return ""


def _spawn() -> subprocess.Popen:
    """The worker's process: one BLAS thread, a process group of its own, its modules found wherever it is started."""
    home = str(Path(__file__).resolve().parents[2])
    path = os.environ.get("PYTHONPATH")
    environment = {
        **os.environ,
        **dict.fromkeys(_BLAS_THREADS, "1"),
        "PYTHONPATH": home + os.pathsep + path if path else home,
        "PYTHONSAFEPATH": "1",
    }
    alone: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        alone = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.BELOW_NORMAL_PRIORITY_CLASS}
    process = subprocess.Popen(
        [sys.executable, "-m", "nn_core.stream.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        **alone,
    )
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):  # room for a few frames more, where the system allows it
            fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return process


def _send(handle: Handle, message: dict[str, Any]) -> str:
    """Put a message on its way to the worker; "" or the sentence why that cannot be."""
    try:
        handle["outbox"].put_nowait(json_message(message))
    except queue.Full:
        return "The training process does not take any more commands; wait a moment."
    return ""


def _write(process: subprocess.Popen, outbox: queue.Queue) -> None:
    """The writing thread: what is in the outbox goes into the worker's pipe, which is closed after a None."""
    with suppress(OSError):
        while (message := outbox.get()) is not None:
            process.stdin.write(message)
            if outbox.empty():
                process.stdin.flush()
    with suppress(OSError):
        process.stdin.close()


def _read(handle: Handle, process: subprocess.Popen) -> None:
    """The reading thread: hands frames on, keeps the status, delivers answers, and sees the worker's end."""
    viewers = handle["viewers"]
    with suppress(OSError, ValueError):
        while (message := read_message(process.stdout)) is not None:
            kind, body = message
            if kind != FRAME:
                _read_text(handle, process, body.decode())
            elif (seat := viewers.get(VIEWER.unpack_from(body)[0])) is not None:
                seat["relayed"] += 1
                _give(handle, VIEWER.unpack_from(body)[0], seat["on_frame"], body[VIEWER.size :])
    if process.poll() is None:
        _wait_or_kill(process, ENDING_PATIENCE)
    process.stdout.close()
    _ended(handle, process)


def _read_text(handle: Handle, process: subprocess.Popen, text: str) -> None:
    message = json.loads(text)
    if "reply" not in message:
        with handle["lock"]:
            if handle["process"] is process:
                if "status" in message:
                    handle.update(status=message["status"], status_text=text)
                _broadcast(handle, text)
    elif message["reply"] is not None:
        deliver = handle["pending"].pop(message["reply"], None)
        if deliver is not None:
            deliver(message)
    elif (seat := handle["viewers"].get(message["viewer"])) is not None:
        _answer(seat, None, message)


def _broadcast(handle: Handle, text: str) -> None:
    for viewer, seat in list(handle["viewers"].items()):
        _give(handle, viewer, seat["on_text"], text)


def _give(handle: Handle, viewer: int, take: Callable[[Any], None], what: bytes | str) -> None:
    """Hand a viewer something; one that cannot take it is let go, and the others go on."""
    try:
        take(what)
    except Exception as problem:
        if not isinstance(problem, RuntimeError):  # that is an event loop that has been closed, as at the server's end
            traceback.print_exc(file=sys.stderr)
        detach(handle, viewer)


def _answer(seat: dict[str, Any], client_id: int | str | None, reply: dict[str, Any]) -> None:
    """Tell a viewer the answer to its message."""
    own = {key: value for key, value in reply.items() if key != "viewer"}
    with suppress(Exception):
        seat["on_text"](json.dumps({**own, "reply": client_id}))


def _note(seat: dict[str, Any], message: dict[str, Any]) -> None:
    """Keep what a new worker has to be told about this viewer."""
    if message["cmd"] in ("hello", "viewer"):
        seat["told"][message["cmd"]] = message
    elif message["cmd"] == "credit" and type(message.get("n")) is int:
        seat["granted"] = min(seat["granted"] + max(0, message["n"]), seat["relayed"] + MAX_CREDITS)


def _fail_pending(handle: Handle, sentence: str) -> None:
    while handle["pending"]:
        with suppress(KeyError):
            _, deliver = handle["pending"].popitem()
            deliver({"ok": False, "error": sentence})


def _ended(handle: Handle, process: subprocess.Popen) -> None:
    """A worker is gone. Start another one if it is watched, unless they keep dying."""
    with handle["lock"]:
        if handle["process"] is not process:
            return
        asked_to = handle["ending_since"] is not None or process.returncode == SUPERSEDED_EXIT
        handle.update(process=None, ending_since=None)
        with suppress(queue.Full):
            handle["outbox"].put_nowait(None)
        _fail_pending(handle, "The training process ended unexpectedly and is being started again; try again.")
        now = time.monotonic()
        handle["deaths"] = [*(then for then in handle["deaths"] if now - then < RESTART_WINDOW), now]
        if asked_to or not handle["viewers"]:
            return
        if len(handle["deaths"]) < MOST_RESTARTS:
            problem = _start(handle)
        else:
            problem = f"The training process ended {MOST_RESTARTS} times in a row; press Play, or begin a new run."
        if problem:
            known = handle["status"] or {"runs": []}
            _broadcast(handle, json.dumps({"status": {**known, "playing": False, "problem": problem}}))


def _ask_to_end(handle: Handle) -> None:
    """Let the worker store what it has and end; see to it later that it did."""
    if handle["process"] is not None and handle["ending_since"] is None:
        handle["ending_since"] = time.monotonic()
        with suppress(queue.Full):
            handle["outbox"].put_nowait(None)


def _wait_or_kill(process: subprocess.Popen, patience: float) -> None:
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


# -- the janitor -------------------------------------------------------------------------------------------------------


def _start_janitor() -> None:
    with _lock:
        if "janitor" not in _home:
            _home["janitor"] = threading.Thread(target=_keep_house, daemon=True, name="janitor")
            _home["janitor"].start()


def _keep_house() -> None:
    """Every half second: viewers that expired go, workers that nobody watches end, handles that nobody uses go. Once a
    day: runs that nobody used for long are marked, and go after notice."""
    tidied = -math.inf
    while True:
        time.sleep(0.5)
        if "store_lock" in _home and time.monotonic() - tidied > _DAY:
            tidied = time.monotonic()
            _tidy()
        for handle in list(_handles.values()):
            with suppress(Exception):
                _look_after(handle)


def _tidy() -> None:
    store = Store()
    with suppress(StoreProblem):
        store.tidy()
    store.close()


def _look_after(handle: Handle) -> None:
    now = time.monotonic()
    for viewer, seat in list(handle["viewers"].items()):
        if seat["expires"] is not None and now - seat["touched"] > seat["expires"]:
            detach(handle, viewer)
    if handle["viewers"]:
        return
    with handle["lock"]:
        idle = now - handle["unwatched_since"]
        if handle["process"] is None:
            if idle > _KEPT and not handle["viewers"]:
                _handles.pop(handle["token"], None)
        elif handle["ending_since"] is not None:
            if now - handle["ending_since"] > ENDING_PATIENCE:
                handle["process"].kill()
        elif idle > grace_seconds() and not handle["viewers"]:
            _ask_to_end(handle)


def grace_seconds() -> float:
    """How long a worker goes on that nobody watches: NN_GRACE_SECONDS, by default 30."""
    try:
        return max(0.0, float(os.environ.get("NN_GRACE_SECONDS", "")))
    except ValueError:
        return 30.0
