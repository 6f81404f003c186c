"""What reaches the screen: `python -m tests.benchmarks.bench_pages [seconds]` (needs Playwright and `chromium`).

A server, a worker and a headless Chromium without a graphics card share this machine; each page trains at full speed.
Prints how many frames a second are drawn (the browser's own 60 for comparison), how large they are on the wire, and how
many updates a second are left to training.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import FLAGS, Live, Server, wait_for

PAGES = {
    "Start": "",
    "Handwritten digits": "digits",
    "Dots, the Playground's start": "dots",
    "Dots, 8 layers of 8": "dots?net=8-8-8-8-8-8-8-8",
    "Inside the layers": "layers",
}
OWN_RATE = """seconds => new Promise((tell) => {
    const begun = performance.now();
    let drawn = 0;
    const next = () => {
        if (performance.now() - begun > 1000 * seconds) tell(drawn);
        else drawn++, requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
})"""


def measured(live: Live, sizes: list[int], seconds: float) -> str:
    """One line of figures for an open page whose frames' sizes go into `sizes`."""
    live.page.get_by_label("Speed").first.press("End")
    live.page.wait_for_timeout(3000)  # until what comes once has come
    sizes.clear()
    frames, step = live.frames, live.step
    own = live.page.evaluate(OWN_RATE, seconds) / seconds
    frames, step = (live.frames - frames) / seconds, (live.step - step) / seconds
    mean = sum(sizes) / len(sizes)
    return f"{frames:5.1f} of {own:4.1f} frames/s, {mean:6,.0f} bytes, at most {max(sizes):6,}; {step:7,.0f} updates/s"


def main(seconds: float = 6) -> None:
    server = Server(Path(tempfile.mkdtemp()))
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
            for name, path in PAGES.items():
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                sizes: list[int] = []

                def count(data, sizes=sizes):
                    if isinstance(data, bytes):
                        sizes.append(len(data))

                page.on("websocket", lambda socket, count=count: socket.on("framereceived", count))
                live = Live(page).open(server.url(f"/{path}")).moving()
                print(f"{name:30}{measured(live, sizes, seconds)}", flush=True)
                page.close()
                wait_for(lambda: not server.workers(), "the worker to end")  # it would take the next page's time
            browser.close()
    finally:
        server.stop()


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
