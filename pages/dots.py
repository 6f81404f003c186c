"""Dots on a plane: a small network in full view, where every neuron is a picture and every weight a line.

A link's words (see nn_core/links.py) make the run that it begins with; `hide` and `present` say what is shown of it.
"""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from nn_core import ACTIVATIONS, DATASETS, INITIALIZERS, LOSSES, OPTIMIZERS
from nn_core.datasets.dataset import DataUnavailable
from nn_core.datasets.points import parse_csv
from nn_core.gallery import GALLERY
from nn_core.links import WORDS, from_query
from nn_core.stream import workbench
from pages.shared.live import DEPTHS, choices_shown, live, panel, probe, workbench_token
from pages.shared.text import pieces

#: What a teacher's link may leave out, and what the page calls it.
HIDEABLE = {
    "step": "Step",
    "reset": "Reset",
    "speed": "Speed",
    "rate": "Learning rate",
    "preset": "Preset",
    "more": "More choices",
    "timeline": "Timeline",
    "layers": "Layers and neurons",
    "inputs": "Inputs",
    "links": "What the links show",
    "new": "Output's options",
    "slow": "Slow motion",
    "paint": "Painting",
    "neuron": "One neuron",
    "curves": "Curves",
    "seeds": "Other seeds",
    "gallery": "Gallery",
}

FIELDS = {
    "fields": probe("fields"),
    "inputs": probe("input_fields"),
    "links": probe("links"),
    "numbers": probe("numbers"),
}


def begin_from_link() -> None:
    """Begin the run that the address describes, once: from then on the workbench's token stands there instead."""
    words = {word: st.query_params[word] for word in WORDS if word in st.query_params}
    if not words:
        return
    for word in words:
        del st.query_params[word]
    if _known(st.query_params.get("run")):
        return
    if "run" in st.query_params:
        del st.query_params["run"]
    try:
        config = from_query(words)
    except (ValueError, DataUnavailable) as problem:
        st.session_state["bad-link"] = str(problem)
        return
    workbench.request(workbench.open_workbench(workbench_token()), "new", config=config.to_dict())


def _known(token: str | None) -> bool:
    """Whether there is a workbench of this token here."""
    if token is None:
        return False
    try:
        workbench.open_workbench(token)
    except (LookupError, ValueError):
        return False
    return True


def own_file() -> None:
    """A CSV file of the learner's own, among the choices; it starts a new run, or a sentence says what is wrong."""
    file = st.file_uploader(pieces("dots")["csv"], type=["csv", "tsv", "txt"], key="own-file")
    if file is None:
        return
    known = st.session_state.get("own-file-read")
    if known is None or known["file"] != file.file_id:
        known = st.session_state["own-file-read"] = {"file": file.file_id, **_learn_from(file.getvalue())}
    (st.success if known["ok"] else st.error)(known["words"])


def _learn_from(data: bytes) -> dict[str, Any]:
    """Begin a run with the points of a CSV file; whether that went well, and the sentence on it."""
    try:
        args, note = parse_csv(data)
    except ValueError as problem:
        return {"ok": False, "words": str(problem)}
    handle = workbench.open_workbench(workbench_token())
    reply = workbench.request(handle, "new", changes={"dataset": "points", "dataset_args": args})
    if not reply["ok"]:
        return {"ok": False, "words": reply["error"]}
    workbench.request(handle, "play")
    return {"ok": True, "words": note}


def names(table: Mapping[str, Any]) -> list[list[str]]:
    """The entries of a table, each with its title."""
    return [[name, getattr(entry, "title", name.replace("_", " "))] for name, entry in table.items()]


def datasets() -> list[dict]:
    """The data of the plane that can be drawn or painted, with the arguments that have a slider and their defaults."""
    return [
        {
            "name": name,
            "title": source.title,
            "arguments": {
                key: source.arguments[key].default for key in ("noise", "n", "train_share") if key in source.arguments
            },
        }
        for name, source in DATASETS.items()
        if source.kind == "plane"
    ]


def experiments() -> list[dict]:
    """The gallery's entries with their texts, and of how many runs each is made."""
    text = pieces("gallery")
    return [
        {
            "name": name,
            "title": text[f"{name} title"],
            "see": text[f"{name} see"],
            "attempt": text[f"{name} try"],
            "repeats": entry.repeats,
        }
        for name, entry in GALLERY.items()
    ]


begin_from_link()
if problem := st.session_state.pop("bad-link", None):
    st.warning(f"{pieces('dots')['bad-link']} {problem}")
hidden = [name for name in st.query_params.get("hide", "").split(",") if name in HIDEABLE]

live(
    "dots",
    "Dots on a plane",
    [
        panel(
            "network",
            "The network",
            probes={
                **FIELDS,
                "output": probe("output_field"),
                "dots": probe("dots"),
                "outcome": probe("outcome"),
                "cost": probe("cost"),
                "gradients": probe("gradients"),
                "updates": probe("last_update"),
                "stages": probe("stages"),
            },
            span=8,
            height=440,
        ),
        panel(
            "neuron",
            "One neuron",
            probes={**FIELDS, "field": probe("unit_field")},
            span=4,
            height=196,
        ),
        panel(
            "progress",
            "How well it goes",
            probes={"curve": probe("curve"), "outcome": probe("outcome")},
            span=4,
            height=186,
        ),
        panel(
            "seeds",
            "The same with other seeds",
            probes={"outcome": probe("outcome"), "all": {**probe("run_field"), "run": "all"}},
            span=12,
            height=40,
            depth="Watch",
            place="below",
            counts=[4, 8, 12],
        ),
        panel(
            "experiments",
            "Gallery: a minute each",
            probes={},
            span=12,
            height=40,
            place="below",
            entries=experiments(),
        ),
        panel(
            "choose",
            "Data and network",
            probes={},
            span=12,
            height=40,
            place="more",
            datasets=datasets(),
            tables={
                "activations": [pair for pair in names(ACTIVATIONS) if pair[0] != "softmax"],
                "losses": names(LOSSES),
                "initializers": names(INITIALIZERS),
                "optimizers": names(OPTIMIZERS),
            },
        ),
        panel(
            "share-plane",
            "Link to this network",
            probes={},
            span=12,
            height=40,
            place="more",
            controls=[[name, words] for name, words in HIDEABLE.items()],
            depths=list(DEPTHS),
        ),
    ],
    data="plane",
    first="playground",
    hidden=hidden,
    present=st.query_params.get("present") == "on",
)
if choices_shown():
    own_file()
