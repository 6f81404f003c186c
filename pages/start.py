"""Start: a network that is already learning. One digit goes through it, and a curve says how good it has become."""

from pages.shared.controls import choices
from pages.shared.live import live, panel, probe

live(
    "start",
    "Start",
    [
        panel(
            "flow",
            "One digit going through the network",
            probes={"sample": probe("sample"), "activations": probe("activations")},
            span=8,
            height=348,
            grow=90,
            digit=280,
            bar=20,
            choose=["previous", "next", "draw"],
        ),
        panel(
            "curve",
            "Right on unseen digits, in 100",
            probes={"curve": probe("curve")},
            span=4,
            height=348,
            grow=90,
            series="heldout_accuracy",
            baseline="guessing",
            spoken="Right on unseen digits, in 100",
        ),
    ],
    data="images",
    first="digits",
)
choices()
