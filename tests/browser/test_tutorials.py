"""The two tutorials on the real MNIST, in a browser: every preset, both versions side by side, the sealed test set; and
what the page does where the digits are not here.
"""

import os
import re
import shutil
import threading
import time
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from .conftest import PATIENCE, Server

REAL = os.environ.get("NN_DATA_DIR")
needs_mnist = pytest.mark.skipif(
    not REAL, reason="needs the real MNIST: set NN_DATA_DIR to a folder with its four files"
)
FULL = "4"  # the place of full speed on its slider


def choose(live, preset):
    live.page.get_by_label("Preset", exact=True).select_option(preset)


def bar(live):
    return live.page.locator(".wil-runbar")


class soon:
    """Playwright's assertions with the patience of the other tests: `soon(live, locator).to_have_text(...)`."""

    def __init__(self, live, locator):
        self.expected = live.expect(locator)

    def __getattr__(self, name):
        return partial(getattr(self.expected, name), timeout=PATIENCE)


PRESETS = [
    ("hansen-as-published", ["softmax_diagonal"], 3000),
    ("zhang-as-published", ["summed_bias_gradient", "wrong_batch_count"], 8),
    ("zhang-corrected", [], 8),
    ("hansen-corrected", [], 3000),
]


@needs_mnist
def test_every_preset_learns_the_real_digits_and_the_sealed_ones_are_opened_on_request(server, tab):
    live = tab().open(server.url("/digits?depth=Explain")).moving()
    live.page.get_by_label("Speed", exact=True).fill(FULL)
    sealed = live.page.get_by_role("button", name="Open the test set")
    for preset, bugs, steps in PRESETS:
        choose(live, preset)
        soon(live, live.page.get_by_label("Preset", exact=True)).to_have_value(preset)
        soon(live, bar(live)).to_contain_text("MNIST")
        live.wait("+d.step >= x && +d.loss > 0 && +d.loss < 20", steps)
        for bug in bugs:
            soon(live, bar(live)).to_contain_text(f"bug ON: {bug}")
        soon(live, live.page.locator("[aria-label='Accuracy'] .annotation-text", has_text="published")).to_have_count(1)
        status = live.ask({"cmd": "describe"})["status"]
        run = next(run for run in status["runs"] if run["id"] == status["shown"])
        assert run["preset"] == preset and run["config"]["bug"] == bugs and run["n_train"] > 40_000
        assert sealed.is_visible() == (run["n_test"] > 0) == (preset == "hansen-corrected")
    words = live.page.locator(".wil-sealed-words")
    soon(live, words).to_contain_text("10,000 digits lie sealed")
    for times in ("once", "twice"):
        sealed.click()
        soon(live, words).to_contain_text(f"You have opened them {times}")
    live.page.reload()
    soon(live, words).to_contain_text("You have opened them twice")


@needs_mnist
def test_both_versions_run_side_by_side_in_lockstep(server, tab):
    live = tab().open(server.url("/tutorials?start=b")).moving()
    check = live.page.locator(".wil-check-room")
    soon(live, check).to_have_attribute("aria-label", re.compile(r"as published: wrong in .*Layer 2 b \(1\.00\)"))
    assert "start=" not in live.page.url
    live.page.get_by_role("button", name="Tutorial A, both versions").click()
    sentence = live.page.locator(".wil-sentence")
    soon(live, sentence).to_have_text(re.compile(r"as published gets \d+ and corrected gets \d+ of 100"))
    failing = re.compile(r"as published: wrong in Layer 1 W \(0\.\d+\), .*corrected: every gradient agrees", re.DOTALL)
    soon(live, check).to_have_attribute("aria-label", failing)
    live.moving()
    live.pause()
    status = live.ask({"cmd": "describe"})["status"]
    assert [run["preset"] for run in status["runs"]] == ["hansen-as-published", "hansen-corrected"]
    assert len({run["step"] for run in status["runs"]}) == 1
    soon(live, live.page.locator("body")).to_contain_text("Softmax treated like sigmoid")


def test_pictures_are_added_swapped_and_taken_away(server, tab):
    live = tab().open(server.url("/digits")).moving()
    cards = live.page.locator(".wil-pictures > .wil-card:visible")
    soon(live, cards).to_have_count(4)
    live.page.get_by_label("Add a picture", exact=True).select_option("confusion")
    soon(live, cards).to_have_count(5)
    live.page.get_by_label(re.compile("instead of: What the first layer")).select_option("mistakes")
    soon(live, cards).to_have_count(5)
    live.page.locator(".wil-mistake").nth(3).wait_for()
    soon(live, live.page.locator(".wil-confusion")).to_have_attribute("aria-label", re.compile(r"\d+ of 360 are right"))
    live.pause()
    live.page.locator(".wil-mistake").nth(1).click()
    soon(live, live.page.locator(".wil-digit")).to_have_attribute("aria-label", re.compile("it is a"))
    row = live.ask({"cmd": "describe"})["status"]["look"]["index"]
    live.page.locator(".wil-mistake").nth(2).click()
    live.page.reload()
    live.wait("d.connected === 'socket' && +d.frames > 0")
    soon(live, cards).to_have_count(5)
    assert live.ask({"cmd": "describe"})["status"]["look"]["index"] != row
    live.page.get_by_role("button", name="Take away: Which digit it takes for which").click()
    soon(live, cards).to_have_count(4)


# -- where the digits are not here -------------------------------------------------------------------------------------


class Mirror:
    """A mirror that has nothing at first; once it is `open`, it serves the real files in pieces, slowly."""

    def __init__(self):
        mirror, self.open = self, False

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = Path(REAL, self.path.rsplit("/", 1)[1]).read_bytes() if mirror.open else b""
                self.send_response(200 if mirror.open else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(OSError):  # nobody may want it any more
                    for at in range(0, len(body), 500_000):
                        self.wfile.write(body[at : at + 500_000])
                        time.sleep(0.15)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


@pytest.fixture
def mirror():
    mirror = Mirror()
    yield mirror
    mirror.server.shutdown()
    mirror.server.server_close()


@pytest.fixture
def nowhere(tmp_path, monkeypatch, mirror):
    """A server's folder on a machine without MNIST, whose only mirror is ours."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("NN_MNIST_MIRRORS", mirror.address)
    monkeypatch.delenv("NN_DATA_DIR", raising=False)
    return tmp_path


@needs_mnist
def test_missing_data_is_brought_with_progress_or_done_without(nowhere, mirror, tab):
    server = Server(nowhere)
    try:
        live = tab().open(server.url("/digits")).moving()
        notice = live.page.locator(".wil-arrival")
        choose(live, "hansen-as-published")
        soon(live, notice).to_contain_text("MNIST could not be downloaded")
        live.moving()  # the present run goes on meanwhile
        live.button("Use the bundled digits instead").click()
        soon(live, bar(live)).to_contain_text("bug ON: softmax_diagonal")
        soon(live, bar(live)).to_contain_text("Bundled digits")
        soon(live, notice).to_be_hidden()
        choose(live, "zhang-corrected")
        live.button("Try again").wait_for()
        mirror.open = True
        live.button("Try again").click()
        soon(live, notice).to_contain_text(re.compile(r"\d+\.\d of 55\.0 MB"))
        live.moving()
        live.button("Cancel").click()
        soon(live, notice).to_be_hidden()
        soon(live, bar(live)).to_contain_text("Bundled digits")
        choose(live, "zhang-corrected")
        soon(live, bar(live)).to_contain_text("MNIST")
        soon(live, notice).to_be_hidden()
        live.wait("+d.step > 1")
    finally:
        server.stop()


@needs_mnist
def test_a_stored_run_waits_for_its_data_and_returns_when_it_is_there_again(nowhere, tab, monkeypatch):
    here, away = nowhere / "data", nowhere / "away"
    shutil.copytree(REAL, here)
    monkeypatch.setenv("NN_DATA_DIR", str(here))
    server = Server(nowhere)
    try:
        live = tab().open(server.url("/digits")).moving()
        choose(live, "hansen-corrected")
        soon(live, bar(live)).to_contain_text("MNIST")
        live.wait("+d.step > 5")
        step = live.pause()
        print_before = live.ask({"cmd": "get"})["fingerprint"]
        server.stop()
        here.rename(away)
        server.start()
        live.page.reload()
        notice = live.page.locator(".wil-arrival")
        soon(live, notice).to_contain_text("waits for it, since a run never changes its data")
        soon(live, notice).to_contain_text("NN_DATA_DIR")
        away.rename(here)
        soon(live, notice).to_be_hidden()
        live.wait("+d.step === x", step)
        assert live.ask({"cmd": "get"})["fingerprint"] == print_before
    finally:
        server.stop()
