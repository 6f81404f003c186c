"""Behind a reverse proxy at a path of its own: one that passes the path on to a server that knows of it, and one that
takes it away. The proxy is as small as one can be: it rewrites a request's first line and relays everything else.
"""

import socket
import threading
from contextlib import suppress

import pytest

from .conftest import Server


class Proxy:
    """Relays from a port of its own to a server's; `strip` is taken off the front of every path."""

    def __init__(self, target: int, strip: str):
        self.target, self.strip = target, strip
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                browser, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(browser,), daemon=True).start()

    def _relay(self, browser: socket.socket) -> None:
        """One request and its answer, or one WebSocket for as long as it lasts."""
        with browser:
            head = b""
            while b"\r\n\r\n" not in head:
                if not (piece := browser.recv(65536)):
                    return
                head += piece
            method, path, rest = head.split(b" ", 2)
            if not path.startswith(b"/learn/nets"):
                browser.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            path = path[len(self.strip) :] or b"/"
            if b"upgrade: websocket" not in head.lower():  # one request a connection, so that its end is the answer's
                rest = rest.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
                rest = rest.replace(b"\r\nConnection: keep-alive", b"", 1)
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.target)) as server:
                server.sendall(b" ".join((method, path, rest)))
                back = threading.Thread(target=_pump, args=(server, browser), daemon=True)
                back.start()
                _pump(browser, server)
                back.join()

    def close(self) -> None:
        self.listener.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Everything that one side says to the other, until it stops."""
    with suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("knows", [True, False], ids=["the server knows the path", "the proxy takes the path away"])
def test_a_network_learns_behind_a_proxy(tmp_path, tab, knows):
    options = ("--server.baseUrlPath=learn/nets",) if knows else ()
    server = Server(tmp_path, options=options, base="/learn/nets" if knows else "")
    proxy = Proxy(server.port, strip="" if knows else "/learn/nets")
    try:
        live = tab().open(f"http://127.0.0.1:{proxy.port}/learn/nets/").moving()
        assert live.data("connected") == "socket"
        assert all("/learn/nets/" in url for url in live.sockets)
        live.open(f"http://127.0.0.1:{proxy.port}/learn/nets/digits?run={live.token}").moving()
        live.page.locator(".wil-plot .main-svg").first.wait_for()
        live.pause()
        live.page.reload()
        live.wait("d.connected === 'socket' && d.step !== ''")
        live.page.locator(".wil-plot .main-svg").first.wait_for()
        live.page.close()  # before its server goes: what it still fetches would fail
    finally:
        proxy.close()
        server.stop()
