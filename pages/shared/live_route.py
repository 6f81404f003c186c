"""The server's own routes: the WebSocket that carries frames, the files of `assets`, and the installed plotly.min.js.

The socket relays between a browser and its workbench and looks at nothing but lengths. Refusals come after `accept`, as
a sentence and a code of 44xx, because a browser cannot tell the reason of a connection that was never accepted.
"""

import asyncio
import json
import math
import time
from collections import deque
from contextlib import suppress
from functools import cache
from pathlib import Path

import plotly
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit import config
from streamlit.web.server.starlette import starlette_websocket

from nn_core.stream import workbench
from pages.shared.tokens import ASSETS

#: Why a socket is closed for good; the browser does not try again.
FOREIGN, UNKNOWN, MALFORMED, UNAVAILABLE = 4403, 4404, 4408, 4409

_FOREIGN_SENTENCE = "This server does not take connections from here; open the page at the address that it printed."

#: Frames a second: what a viewer begins with, and the least that a slow line is brought down to.
_FULL_RATE, _LEAST_RATE = 60.0, 3.75

#: A frame that waits longer than this for the line or the event loop means that it is too much, in seconds.
_LATE = 0.05

#: So long everything must have gone well before a viewer gets more again, in seconds.
_CALM = 5.0


def base_path() -> str:
    """The path below which the browser finds the server, with a slash at both ends."""
    base = config.get_option("server.baseUrlPath").strip("/")
    return f"/{base}/" if base else "/"


def routes() -> list[BaseRoute]:
    """Everything that the server answers beside Streamlit, at the root and below the base path.

    Streamlit does not mount own routes below `server.baseUrlPath`, and a proxy may or may not strip it.
    """
    found: list[BaseRoute] = []
    for base in dict.fromkeys(("/", base_path())):
        found += [
            WebSocketRoute(f"{base}api/live/{{token}}", stream),
            Route(f"{base}api/plotly.min.js", plotly_library),
            Mount(f"{base}api/assets", Assets(directory=ASSETS)),
        ]
    return found


class Assets(StaticFiles):
    """Files that the browser keeps but asks about each time, so that an update of the dashboard is seen at once."""

    def file_response(self, *args, **kwargs):
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


async def plotly_library(request) -> FileResponse:
    """The Plotly that the installed package carries."""
    headers = {"Cache-Control": "no-cache"}
    return FileResponse(_plotly_file(), media_type="text/javascript", headers=headers)


@cache
def _plotly_file() -> Path:
    return Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


async def stream(socket: WebSocket) -> None:
    """One browser's connection to its workbench, from the check of who asks to the last frame."""
    await socket.accept()
    headers = socket.headers
    allowed = starlette_websocket._is_origin_allowed  # Streamlit's rule for its own socket
    if not await run_in_threadpool(allowed, headers.get("origin"), headers.get("host")):
        return await _refuse(socket, FOREIGN, _FOREIGN_SENTENCE)
    try:
        handle = await run_in_threadpool(workbench.open_workbench, socket.path_params["token"])
    except (LookupError, ValueError) as problem:
        return await _refuse(socket, UNKNOWN, str(problem.args[0]))
    except RuntimeError as problem:
        return await _refuse(socket, UNAVAILABLE, str(problem))
    outbox = Outbox()
    viewer = await run_in_threadpool(workbench.attach, handle, outbox.frame, outbox.text)
    outbox.limit = lambda rate: workbench.limit_rate(handle, viewer, rate)
    sending = asyncio.create_task(outbox.send_to(socket))
    try:
        await _listen(socket, handle, viewer, outbox)
    finally:
        sending.cancel()
        await run_in_threadpool(workbench.detach, handle, viewer)


async def _listen(socket: WebSocket, handle: workbench.Handle, viewer: int, outbox: "Outbox") -> None:
    """Hand on what the browser says until it goes."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        try:
            if text is None:
                raise ValueError("A message has to be text.")
            if text.startswith('{"cmd":"ping"') and len(text) < 100:
                outbox.text(json.dumps({"pong": _time(text)}))
            elif text.startswith('{"cmd":"credit"'):
                workbench.receive(handle, viewer, text)
            else:
                await run_in_threadpool(workbench.receive, handle, viewer, text)
        except ValueError as problem:
            return await _refuse(socket, MALFORMED, str(problem))


def _time(ping: str) -> float:
    """What a ping says of the browser's clock, for the answer to repeat. ValueError with a sentence."""
    with suppress(ValueError, KeyError, TypeError):
        time = float(json.loads(ping)["t"])
        if math.isfinite(time):
            return time
    raise ValueError('A ping has to have a number under "t".')


async def _refuse(socket: WebSocket, code: int, sentence: str) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        await socket.send_text(json.dumps({"refused": sentence}))
        await socket.close(code)


class Outbox:
    """What waits to be sent to one browser: filled from the worker's reading thread, emptied in the event loop.

    Credits bound the frames in it. Where they leave late, because the line or the loop is slow, the rate is halved
    until all has gone well for a while.
    """

    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.waiting: deque[tuple[bytes | str, float]] = deque()
        self.news = asyncio.Event()
        self.rate = _FULL_RATE
        self.changed = time.monotonic()
        self.limit = lambda rate: None

    def frame(self, frame: bytes) -> None:
        """Send a frame. RuntimeError once the loop is closed, which detaches the viewer."""
        self.loop.call_soon_threadsafe(self._put, frame, time.monotonic())

    def text(self, text: str) -> None:
        """Send a message."""
        self.loop.call_soon_threadsafe(self._put, text, time.monotonic())

    def _put(self, item: bytes | str, since: float) -> None:
        self.waiting.append((item, since))
        self.news.set()

    async def send_to(self, socket: WebSocket) -> None:
        """Send all that comes, in order, until cancelled or the browser is gone."""
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await self.news.wait()
                self.news.clear()
                while self.waiting:
                    item, since = self.waiting.popleft()
                    if isinstance(item, str):
                        await socket.send_text(item)
                    else:
                        await socket.send_bytes(item)
                        self._pace(time.monotonic() - since)

    def _pace(self, delay: float) -> None:
        """Halve the rate after a late frame, double it after a calm while."""
        now = time.monotonic()
        if delay > _LATE and self.rate > _LEAST_RATE and now - self.changed > 1:
            self._set(self.rate / 2, now)
        elif delay > _LATE:
            self.changed = now
        elif self.rate < _FULL_RATE and now - self.changed > _CALM:
            self._set(self.rate * 2, now)

    def _set(self, rate: float, now: float) -> None:
        self.rate, self.changed = rate, now
        self.limit(rate)
