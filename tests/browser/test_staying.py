"""The same run stays with the learner: over a reload, in a second tab, after a killed worker or server, and a save."""

import os
import shutil
import signal
import time

import pytest

from .conftest import ROOT, Server, wait_for


def test_reload_finds_the_run_again(server, tab):
    live = tab().open(server.url()).moving()
    token, step = live.token, live.step
    live.page.reload()
    live.moving()
    assert live.token == token
    assert live.step >= step


def test_changing_the_page_keeps_the_run(server, tab):
    live = tab().open(server.url()).moving()
    token = live.token
    step = live.pause()
    live.page.get_by_role("button", name="Explore").click()
    live.page.get_by_text("Handwritten digits").click()
    live.page.wait_for_selector("[data-page=digits]")
    live.wait("+d.step === x", step)
    assert live.token == token and "/digits" in live.page.url


def test_a_second_tab_shows_the_same_run(server, tab):
    first = tab().open(server.url()).moving()
    step = first.pause()
    second = tab(first.page.context).open(first.page.url)
    second.wait("+d.step === x", step)
    second.button("Play").click()
    first.button("Pause").wait_for()
    first.wait("+d.step > x", step)
    step = second.pause()
    first.page.bring_to_front()  # a hidden tab draws nothing
    first.wait("+d.step === x", step)


def test_depth_is_kept_in_the_address(server, tab):
    live = tab().open(server.url("/?depth=Everything")).moving()
    live.page.get_by_text("updates a second").wait_for()
    live.page.get_by_role("radio", name="Watch").click()
    live.page.get_by_text("updates a second").wait_for(state="hidden")
    live.page.get_by_role("radio", name="Explain").click()
    live.page.get_by_text("Every dot is a").wait_for()
    live.page.wait_for_url("**depth=Explain**")
    assert len(live.sockets) == 2, "Streamlit's and ours: a rerun must not open the connection again"


def test_a_killed_worker_is_started_again_where_it_was(server, tab):
    live = tab().open(server.url()).moving()
    step = live.pause()
    loss, frames = live.data("loss"), live.frames
    for worker in server.workers():
        os.kill(worker, signal.SIGKILL)
    live.wait("+d.frames > x", frames)
    assert live.standing() == step
    assert live.data("loss") == loss
    live.button("Play").click()
    live.wait("+d.step > x", step + 10)


@pytest.fixture
def own_server(tmp_path):
    """A server for one test, which may kill it."""
    server = Server(tmp_path)
    yield server
    server.stop()


def test_a_killed_server_loses_nothing_stored(own_server, tab):
    live = tab().open(own_server.url()).moving()
    live.page.get_by_label("Learning rate", exact=True).press("ArrowRight")
    step, frames = live.pause(), live.frames
    own_server.kill()
    live.page.get_by_text("Reconnecting…").first.wait_for()
    assert live.data("connected") == "no"
    own_server.start()
    live.wait("d.connected === 'socket'")
    live.wait("+d.frames > x", frames)
    assert live.standing() == step
    live.expect(live.page.get_by_label("Learning rate", exact=True)).to_have_attribute("aria-valuetext", "0.12")


def test_a_deep_link_on_a_fresh_server(own_server, tab):
    live = tab().open(own_server.url("/digits")).moving()
    assert live.page.get_by_text("Page not found").count() == 0
    assert live.page.get_by_test_id("stHeader").get_by_text("Start").is_visible()


def test_nothing_is_left_running_when_nobody_watches(own_server, tab):
    live = tab().open(own_server.url()).moving()
    assert own_server.workers()
    live.page.goto("about:blank")
    wait_for(lambda: not own_server.workers(), "the worker to end after its grace period")


def test_saving_files_does_not_break_the_stream(tmp_path, tab):
    home = tmp_path / "home"
    ignored = shutil.ignore_patterns(".git", "__pycache__", ".*_cache", "tests")
    shutil.copytree(ROOT, home, ignore=ignored)
    server = Server(tmp_path, home)
    try:
        live = tab().open(server.url()).moving()
        for name in ("pages/start.py", "nn_core/stream/workbench.py", "nn_core/network.py", "pages/shared/live.py"):
            with (home / name).open("a") as file:
                file.write("\n# saved again\n")
        time.sleep(1)  # the server looks at its files now and then
        live.page.get_by_role("radio", name="Explain").click()  # a rerun imports what was saved
        live.page.get_by_text("Every dot is a").wait_for()
        live.moving()
        assert live.data("connected") == "socket"
        other = tab(live.page.context).open(live.page.url).moving()
        assert other.data("connected") == "socket"
        tab().open(server.url()).moving()
    finally:
        server.stop()
