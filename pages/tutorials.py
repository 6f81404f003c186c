"""The two tutorials that this dashboard started from: as published and corrected, side by side on the real digits, with
the gradient check that tells them apart, and what each of them is.
"""

from typing import Any

import streamlit as st

from nn_core import BUGS, PRESETS, RunConfig
from nn_core.stream import workbench
from pages.shared.controls import choices
from pages.shared.live import live, panel, probe, workbench_token
from pages.shared.text import document

#: What can be run side by side: under its name in a link (?start=...), the runs that `compare` begins.
STARTS = {
    "a": {
        "title": "Tutorial A, both versions",
        "what": "as published beside corrected",
        "runs": [{"preset": "hansen-as-published"}, {"preset": "hansen-corrected"}],
    },
    "a-one-change": {
        "title": "Tutorial A, one change each",
        "what": "the right gradient alone, or a learning rate of 1 alone",
        "runs": [
            {"preset": "hansen-as-published", "name": "as published"},
            {"preset": "hansen-as-published", "name": "right gradient", "changes": {"bug": []}},
            {"preset": "hansen-as-published", "name": "learning rate 1", "changes": {"learning_rate": 1.0}},
        ],
    },
    "b": {
        "title": "Tutorial B, both versions",
        "what": "as published beside corrected",
        "runs": [{"preset": "zhang-as-published"}, {"preset": "zhang-corrected"}],
    },
}


def of_all(name: str, key: str | None = None) -> dict[str, Any]:
    """A subscription to the probe of this name for every run of the workbench."""
    return {**probe(name), "key": key or name, "run": "all"}


def begin(name: str) -> None:
    """Begin the runs of a start, as its button does."""
    handle = workbench.open_workbench(workbench_token())
    answer = workbench.request(handle, "compare", runs=STARTS[name]["runs"])
    if not answer["ok"]:
        st.error(answer["error"])


def layers(config: RunConfig) -> str:
    """A Markdown table of a network's layers, their arrays' shapes in rows and in columns, and how many numbers."""
    lines = ["| layer | units | ours: `x @ W + b` | theirs: `W @ X + b` | numbers |", "|---|---|---|---|---|"]
    lines.append(f"| input | {config.sizes[0]} pixels | x `(n, {config.sizes[0]})` | X `({config.sizes[0]}, n)` | |")
    for l, (inputs, outputs) in enumerate(zip(config.sizes, config.sizes[1:], strict=False)):
        name = "output" if l == len(config.sizes) - 2 else f"hidden {l + 1}"
        bias = (f", b `({outputs},)`", f", b `({outputs}, 1)`") if config.bias else ("", "")
        numbers = inputs * outputs + (outputs if config.bias else 0)
        lines.append(
            f"| {name} | {outputs} {config.activations[l]} | W `({inputs}, {outputs})`{bias[0]} "
            f"| W `({outputs}, {inputs})`{bias[1]} | {numbers:,} |"
        )
    total = sum(a * b + (b if config.bias else 0) for a, b in zip(config.sizes, config.sizes[1:], strict=False))
    return "\n".join([*lines, f"| | | | | **{total:,}** |"])


def bugs(config: RunConfig) -> str:
    """What is wrong with a configuration's gradients, with the line as published and as it should be."""
    parts = []
    for bug in map(BUGS.__getitem__, config.bug):
        code = f"```python\n{bug.wrong}  # as published\n{bug.right}  # right\n```"
        parts.append(f"**{bug.title}** (`{bug.name}`). {bug.what} {bug.symptom}\n\n{code}")
    return "\n\n".join(parts)


wanted = st.query_params.pop("start", None)
if wanted in STARTS:
    begin(wanted)

live(
    "tutorials",
    "The two tutorials",
    [
        panel(
            "starts",
            "Run side by side, update by update",
            probes={"curve": of_all("curve")},
            span=12,
            height=64,
            starts=[{"id": name, **start} for name, start in STARTS.items()],
            anchored=True,
        ),
        panel(
            "futures",
            "Right answers on unseen digits",
            name="together",
            probes={"curve": of_all("curve")},
            span=7,
            height=324,
            measures=["accuracy"],
        ),
        panel(
            "check",
            "Gradient check, live",
            probes={"check": of_all("gradient_check", "check")},
            span=5,
            height=324,
        ),
    ],
)
choices()

with st.container(key="tutorials-text"):
    for column, name, preset in zip(
        st.columns(2, gap="large"), ("a", "b"), ("hansen-as-published", "zhang-as-published"), strict=True
    ):
        with column:
            st.markdown(document(f"tutorial-{name}", layers=layers(PRESETS[preset]), bugs=bugs(PRESETS[preset])))
