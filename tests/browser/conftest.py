"""A real server and a real Chromium. Without them these tests are skipped, or fail where NN_REQUIRE_BROWSER=1 asks for
them: install Playwright (`pip install -r tests/requirements.txt`) and have `chromium` on the PATH.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 60_000  # ms that a page may take for anything, on the busiest of machines
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def missing() -> str:
    """Why there can be no browser here; "" where there can."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "Playwright is not installed: pip install -r tests/requirements.txt"
    return "" if shutil.which("chromium") else "there is no `chromium` on the PATH: install it, on Debian with apt"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = missing()
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    if reason and os.environ.get("NN_REQUIRE_BROWSER") == "1":
        raise pytest.UsageError(f"NN_REQUIRE_BROWSER=1, but {reason}.")
    for item in here:
        item.add_marker(pytest.mark.skipif(bool(reason), reason=f"browser tests need more: {reason}"))


class Server:
    """`streamlit run dashboard.py` on a port of its own, with a store of its own; `log` is the file it prints to."""

    def __init__(self, folder: Path, home: Path = ROOT, options: tuple[str, ...] = (), base: str = ""):
        self.folder, self.home, self.options, self.base = folder, home, options, base
        self.port = free_port()
        self.log = folder / "server.log"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", "dashboard.py", "--server.headless=true"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, f"--server.port={self.port}", *self.options],
                cwd=self.home,
                env={**os.environ, "NN_RUNS_DIR": str(self.folder / "runs"), "NN_GRACE_SECONDS": "5"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_for(self._healthy, f"the server to answer; it says: {self.log}")

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(self.url("/_stcore/health"), timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{self.base}{path}"

    def workers(self) -> list[int]:
        """The processes that train for it."""
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True)
        return [int(pid) for pid in listed.stdout.split()]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition: Callable[[], bool], what: str, patience: float = 90.0) -> None:
    """Look again and again until it is so. AssertionError that says what did not come."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, f"waited {patience:g} s for {what}"
        time.sleep(0.05)


class Live:
    """A page with its live view, as a learner and a screen reader find it."""

    def __init__(self, page):
        self.page = page
        self.outside: list[str] = []
        self.sockets: list[str] = []
        self.errors: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda request: self._requested(request.url))
        page.on("websocket", lambda socket: self.sockets.append(socket.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _requested(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "data:", "blob:", "about:")):
            self.outside.append(url)

    def open(self, url: str) -> "Live":
        self.page.goto(url)
        self.page.wait_for_selector(".wil-page")
        return self

    def data(self, name: str) -> str:
        return self.page.get_by_test_id("live-view").get_attribute(f"data-{name}")

    @property
    def step(self) -> int:
        return int(self.data("step") or -1)

    @property
    def frames(self) -> int:
        return int(self.data("frames") or 0)

    def wait(self, condition: str, argument=None) -> None:
        """Wait until a JavaScript condition on the view's data holds: `d` is the data, `x` the argument."""
        self.page.wait_for_function(
            f"x => {{ const view = document.querySelector('[data-testid=live-view]'); if (!view) return false;"
            f" const d = {{...view.dataset}}; return {condition}; }}",
            arg=argument,
        )

    def moving(self) -> "Live":
        """Wait until frames come in and the step moves on."""
        self.wait("d.step !== '' && +d.frames > 2")
        self.wait("+d.step > x", self.step)
        return self

    def ask(self, command: dict) -> dict:
        """Send the worker a command over a socket of its own, as another tab would, and return the answer."""
        return self.page.evaluate(
            """([token, command]) => new Promise((answer) => {
                const socket = new WebSocket(`${location.origin.replace("http", "ws")}/api/live/${token}`);
                socket.onopen = () => socket.send(JSON.stringify({ ...command, id: 1 }));
                socket.onmessage = ({ data }) => {
                    const message = typeof data === "string" ? JSON.parse(data) : {};
                    if (message.reply !== 1) return;
                    socket.close();
                    answer(message);
                };
            })""",
            [self.token, command],
        )

    @property
    def token(self) -> str:
        """The workbench's token, out of the page's address."""
        return parse_qs(urlsplit(self.page.url).query)["run"][0]

    def button(self, name: str):
        return self.page.get_by_role("button", name=name, exact=True)

    def expect(self, locator):
        """Playwright's assertions, which wait."""
        from playwright.sync_api import expect

        return expect(locator)

    def pause(self) -> int:
        """Press Pause and return the step at which it stands."""
        self.button("Pause").click()
        self.button("Play").wait_for()
        return self.standing()

    def standing(self) -> int:
        """The step, once it has stayed the same while frames had time to arrive."""
        before = None
        while before != (before := self.step):
            self.page.wait_for_timeout(200)
        return before


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server"))
    yield server
    server.stop()


@pytest.fixture
def tab(chromium) -> Iterator[Callable[..., Live]]:
    """Makes pages: `tab()`, or with options of a browser context such as viewport. They must ask nothing of outside."""
    opened: list[Live] = []

    def make(context=None, **options) -> Live:
        context = context or chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        opened.append(Live(context.new_page()))
        return opened[-1]

    yield make
    for live in opened:
        live.page.context.close()
    for live in opened:
        assert live.outside == []
        assert live.errors == []
