"""What a browser may not do, and what a page says where it cannot go on; and the ways around a host's peculiarities."""

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as connect_from

from .conftest import Server

OPEN = """([url, message]) => new Promise((done) => {
    const socket = new WebSocket(url);
    const said = [];
    socket.onmessage = ({ data }) => typeof data === "string" && said.push(JSON.parse(data));
    socket.onopen = () => message && socket.send(message);
    socket.onclose = ({ code }) => done({ code, refused: said.map((one) => one.refused).find(Boolean) ?? "" });
})"""

#: Makes every connection to the worker fail, as a host does that lets no foreign sockets through.
BLOCKED = """window.WebSocket = class extends WebSocket {
    constructor(url, protocols) { super(String(url).replace("/api/live/", "/api/nowhere/"), protocols); }
};"""


def connect(live, token: str, message: str = "") -> dict:
    """Open a socket from the page, say something, and report how it was closed."""
    origin = live.page.evaluate("() => location.origin").replace("http", "ws")
    return live.page.evaluate(OPEN, [f"{origin}/api/live/{token}", message])


@pytest.mark.parametrize("token", ["AAAAAAAAAAAAAAAAAAAAAA", "short", "..%2F..%2Fetc"])
def test_a_wrong_token_is_a_sentence_and_the_end(server, tab, token):
    live = tab().open(server.url(f"/?run={token}"))
    live.page.get_by_role("alert").get_by_role("button", name="Open a new run").wait_for()
    tried = len(live.sockets)
    live.page.wait_for_timeout(1500)
    assert len(live.sockets) == tried, "it must not try again"
    assert live.data("connected") == "no"
    live.page.get_by_role("button", name="Open a new run").click()
    live.page.wait_for_function(f"() => !location.search.includes({token[:6]!r})")
    live.moving()


@pytest.mark.parametrize("message", ["x" * 70_000, "no JSON", "[]", '{"cmd": 7}', '{"cmd":"ping","t":"now"}'])
def test_a_malformed_or_oversized_message_closes_the_socket(server, tab, message):
    live = tab().open(server.url()).moving()
    closed = connect(live, live.token, message)
    assert closed["code"] == 4408 and closed["refused"].endswith(".")
    live.moving()


def test_an_unknown_command_is_answered_with_a_sentence(server, tab):
    live = tab().open(server.url()).moving()
    assert live.ask({"cmd": "rm"})["error"].startswith("There is no command")
    assert live.ask({"cmd": "change", "values": {"learning_rate": "fast"}})["error"].endswith(".")
    assert live.ask({"cmd": "look", "how": "index", "value": 10**6})["error"].endswith(".")
    live.moving()


def test_a_foreign_page_may_not_connect(server, tab):
    live = tab().open(server.url()).moving()
    address = f"ws://127.0.0.1:{server.port}/api/live/{live.token}"
    for origin in ("http://elsewhere.example", "null"):
        with connect_from(address, origin=origin) as socket, pytest.raises(ConnectionClosed) as closed:
            while True:
                socket.recv(timeout=10)
        assert closed.value.rcvd.code == 4403


def test_a_socket_with_a_wrong_token_is_refused(server, tab):
    live = tab().open(server.url()).moving()
    closed = connect(live, "A" * 22)
    assert closed["code"] == 4404 and closed["refused"].startswith("There is no run")


def test_without_a_socket_streamlit_carries_the_frames(server, tab):
    live = tab()
    live.page.add_init_script(BLOCKED)
    live.open(server.url()).moving()
    assert live.data("connected") == "fallback"
    live.page.get_by_text("A direct connection is blocked here").wait_for()
    step = live.pause()
    live.button("Step").click()
    live.wait("+d.step === x", step + 1)
    live.page.get_by_label("Learning rate", exact=True).press("ArrowRight")
    live.expect(live.page.get_by_label("Learning rate", exact=True)).to_have_attribute("aria-valuetext", "0.12")


def test_below_a_base_path(tmp_path, tab):
    server = Server(tmp_path, options=("--server.baseUrlPath=nn/lab",), base="/nn/lab")
    try:
        live = tab().open(server.url("/")).moving()
        assert live.data("connected") == "socket"
        other = tab().open(server.url("/digits")).moving()
        other.page.locator(".wil-plot .main-svg").first.wait_for()
    finally:
        server.stop()
