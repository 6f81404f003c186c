"""Mounts the live view: a page says which pictures it shows and which probes feed them, and the browser gets that.

The view (assets/live) opens its own connection to the worker, so numbers never travel through Streamlit's reruns. Where
a host blocks that connection, the same frames go through the component's data, and commands come back as triggers.
"""

import json
import struct
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from nn_core import BUGS, DATASETS, OPTIMIZERS, PRESETS
from nn_core.presets import PRESET_TITLES
from nn_core.stream import workbench
from pages.shared.live_route import base_path
from pages.shared.text import page_text
from pages.shared.tokens import tokens

#: How much a page shows; each level adds to the one before.
DEPTHS = ("Watch", "Explain", "Everything")

#: How often Streamlit carries frames where it has to, and after how long without a visit it stops, in seconds.
CARRY_EVERY, CARRY_EXPIRES = 0.15, 10.0

#: What the browser reports back: how frames travel, whether the choices are open, which run is shown, and commands.
_REPORTS = ("transport", "more", "run", "commands")

_HTML = '<div data-testid="live-view" data-connected="no"></div>'

#: The view itself is a module of assets/live; this only finds it, since inline code is sent again at every rerun. Where
#: the server knows of no base path, a proxy may have put one in front: then the page's own address tells.
_LOADER = """
let live;
export default async (component) => {
  const known = %s;
  const base = known !== "/" && location.pathname.startsWith(known) ? known : new URL(".", document.baseURI).pathname;
  live ??= await import(location.origin + base + "api/assets/live/live.js");
  return live.render(component.parentElement.querySelector("[data-testid=live-view]"), base, component);
};
"""


def probe(name: str, **arguments: Any) -> dict[str, Any]:
    """A subscription to the probe of this name. Pictures that ask for the same share it."""
    key = "_".join((name, *(f"{argument}-{value}" for argument, value in sorted(arguments.items()))))
    return {"key": key, "probe": name, "args": arguments}


def panel(
    kind: str,
    title: str,
    *,
    probes: dict[str, dict[str, Any]],
    span: int,
    height: int,
    grow: int = 0,
    name: str | None = None,
    depth: str = "Watch",
    place: str = "page",
    **options: Any,
) -> dict[str, Any]:
    """A picture: the module assets/panels/{kind}.js in a card of `span` twelfths of the width.

    The picture is `height` pixels high, and up to `grow` more where the screen has room for the whole page.

    `probes` gives each of the panel's roles its subscription, `name` is the heading of its explanation in the page's
    text (by default the kind), `depth` the level from which on it is shown; with `place` "below" it stands below the
    run bar, with "more" among the choices there. `options` go to the panel.
    """
    return {
        "kind": kind,
        "name": name or kind,
        "title": title,
        "span": span,
        "height": height,
        "grow": grow,
        "depth": depth.lower(),
        "place": place,
        "probes": probes,
        "options": options,
    }


def live(
    page: str,
    title: str,
    panels: list[dict[str, Any]],
    *,
    data: str | None = None,
    first: str | None = None,
    timeline: bool = True,
    hidden: Sequence[str] = (),
    present: bool = False,
) -> None:
    """Show the live view of a page: sentence, pictures, advice, controls and run bar.

    `data` is the kind of data that the page is about ("images" or "plane"): it then shows the last run on such data,
    or the preset `first`, and offers presets of that kind only. `timeline` says whether the run can be wound back here.
    `hidden` names controls that this page leaves out, `present` begins in presenter mode.
    """
    st.session_state.pop("live_changed", None)
    token = workbench_token()
    refusal = _refusal(token)
    carried = st.session_state.get("transport") == "streamlit" and not refusal
    spec = {
        "page": page,
        "title": title,
        "token": token,
        "refusal": refusal,
        "depth": depth(),
        "more": choices_shown(),
        "panels": panels,
        "text": page_text(page),
        "tokens": tokens(),
        "data": data,
        "first": first,
        "timeline": timeline,
        "hidden": list(hidden),
        "present": present,
        "tables": {"optimizers": _titles(OPTIMIZERS), "bugs": _titles(BUGS)},
        "presets": [
            {"name": name, "title": PRESET_TITLES.get(name, name)}
            for name, config in PRESETS.items()
            if data in (None, DATASETS[config.dataset].kind)
        ],
    }
    st.fragment(_mount, key=f"live-{page}", run_every=CARRY_EVERY if carried else None)(page, spec, carried)


def depth() -> str:
    """How much the page shows: "watch", "explain" or "everything"."""
    return (st.session_state.get("depth") or DEPTHS[0]).lower()


def choices_shown() -> bool:
    """Whether the learner has opened the choices below the control bar."""
    return bool(st.session_state.get("more"))


def shown_run(token: str) -> dict[str, Any] | None:
    """What the worker says of the run on the screen; None while it has not said anything."""
    if _refusal(token):
        return None
    status = workbench.status(workbench.open_workbench(token)) or {"runs": [], "shown": ""}
    return next((run for run in status["runs"] if run["id"] == status["shown"]), None)


def workbench_token() -> str:
    """The token of this learner's workbench, which stays in the page's address so that F5 and other tabs find it again.

    A token from the address is taken as it is: where there is no such workbench, the view says so instead of showing
    another one. Stops the page with a sentence where the store belongs to another server.
    """
    token = st.query_params.get("run") or st.session_state.get("token")
    try:
        if token is None:
            token = workbench.new_workbench()
        st.session_state["token"] = st.query_params["run"] = token
        _refusal(token)
    except RuntimeError as problem:
        st.error(str(problem))
        st.stop()
    return token


def _refusal(token: str) -> str:
    """Why the workbench of this token cannot be opened, as a sentence; "" where it is open now."""
    try:
        workbench.open_workbench(token)
    except (LookupError, ValueError) as problem:
        return str(problem.args[0])
    return ""


def _titles(table: Mapping[str, Any]) -> list[list[str]]:
    """The names of a table's entries, each with its title."""
    return [[name, getattr(entry, "title", name.replace("_", " "))] for name, entry in table.items()]


def _mount(page: str, spec: dict[str, Any], carried: bool) -> None:
    """The fragment around the component: what the browser reports reruns only this, unless the page has to know."""
    if st.session_state.pop("live_changed", False):
        st.rerun()
    key = f"view-{page}"
    reports = {f"on_{name}_change": _Report(name, key, spec["token"]) for name in _REPORTS}
    _component()(key=key, data=_letter(spec) if carried else spec, **reports)


def _component():
    return st.components.v2.component(
        "watch_it_learn", html=_HTML, js=_LOADER % json.dumps(base_path()), isolate_styles=False
    )


class _Report:
    """Takes in what the browser reports under one name."""

    def __init__(self, name: str, key: str, token: str):
        self.name, self.key, self.token = name, key, token

    def __call__(self) -> None:
        value = st.session_state[self.key].get(self.name)
        if self.name == "commands":
            _pass_on(self.token, value)
        elif st.session_state.get(self.name) != value:
            st.session_state[self.name] = value
            st.session_state["live_changed"] = self.name != "run" or choices_shown()


# -- Streamlit as the carrier ------------------------------------------------------------------------------------------


def _carrier(token: str) -> dict[str, Any]:
    """This session's seat at the workbench while Streamlit carries its frames. It expires when it is not used."""
    handle = workbench.open_workbench(token)
    carrier = st.session_state.get("carrier")
    if carrier is None or carrier["token"] != token or not workbench.touch(handle, carrier["viewer"]):
        frames: deque[bytes] = deque(maxlen=8)
        texts: deque[str] = deque(maxlen=64)
        viewer = workbench.attach(handle, frames.append, texts.append, expires=CARRY_EXPIRES)
        carrier = {"token": token, "viewer": viewer, "frames": frames, "texts": texts, "letter": 0, "due": 1}
        st.session_state["carrier"] = carrier
    return carrier


def _pass_on(token: str, letter: Any) -> None:
    """Hand the commands of a letter {"number", "commands"} to the workbench; what is malformed is dropped."""
    if not isinstance(letter, dict) or not isinstance(letter.get("commands"), list):
        return
    carrier = _carrier(token)
    handle = workbench.open_workbench(token)
    for command in letter["commands"]:
        try:
            workbench.receive(handle, carrier["viewer"], json.dumps(command))
        except ValueError as problem:
            carrier["texts"].append(json.dumps({"problem": str(problem)}))
    carrier["letter"] = letter.get("number", 0)


def _letter(spec: dict[str, Any]) -> bytes:
    """What has come for this session, and the specification: uint32 length, JSON, then each frame behind its length."""
    carrier = _carrier(spec["token"])
    frames = [carrier["frames"].popleft() for _ in range(len(carrier["frames"]))]
    texts = [json.loads(carrier["texts"].popleft()) for _ in range(len(carrier["texts"]))]
    carrier["due"] += len(frames)
    if carrier["due"] and carrier["letter"]:
        handle = workbench.open_workbench(spec["token"])
        workbench.receive(handle, carrier["viewer"], json.dumps({"cmd": "credit", "n": min(8, carrier["due"])}))
        carrier["due"] = 0
    head = {"spec": spec, "messages": texts, "viewer": carrier["viewer"], "acknowledged": carrier["letter"]}
    parts = [json.dumps(head).encode(), *frames]
    return b"".join(struct.pack("<I", len(part)) + part for part in parts)
