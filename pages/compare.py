"""Compare: two to eight runs in lockstep, their curves in one picture, what each makes of the same example, and a table
of how they differ and when they parted."""

from nn_core import PRESETS
from pages.shared.live import live, panel, probe

#: The published tutorials beside their corrected versions, where both are there.
PAIRS = [
    {"title": f"{name} and corrected", "presets": [[published, "as published"], [corrected, "corrected"]]}
    for name, published, corrected in (
        ("Tutorial A", "hansen-as-published", "hansen-corrected"),
        ("Tutorial B", "zhang-as-published", "zhang-corrected"),
    )
    if published in PRESETS and corrected in PRESETS
]


def of_all(name: str) -> dict:
    """A subscription to the probe of this name for every run of the workbench."""
    return {**probe(name), "run": "all"}


live(
    "compare",
    "Compare",
    [
        panel(
            "differences",
            "How they differ",
            probes={"curve": of_all("curve")},
            span=12,
            height=150,
            pairs=PAIRS,
        ),
        panel("futures", "Loss", name="loss", probes={"curve": of_all("curve")}, span=6, height=270, measures=["loss"]),
        panel(
            "futures",
            "Right answers",
            name="accuracy",
            probes={"curve": of_all("curve")},
            span=6,
            height=270,
            measures=["accuracy"],
        ),
        panel(
            "faces",
            "What each makes of the same example",
            probes={"sample": of_all("sample"), "field": of_all("run_field")},
            span=12,
            height=210,
        ),
    ],
)
