"""Handwritten digits: how the loss falls, what the network says to any digit, and what its first layer looks for."""

import math

from pages.shared.controls import choices
from pages.shared.figures import Series, curves
from pages.shared.live import live, panel, probe

LOSS = curves(
    (Series("heldout_loss", "unseen", "fill"), Series("loss", "training", "ink", 1.5)),
    unit="loss",
    value_format=".3~g",
    baseline=math.log(10),
    baseline_name="guessing: ln 10",
)
ACCURACY = curves(
    (Series("heldout_accuracy", "unseen", "fill"), Series("accuracy", "training", "ink", 1.5)),
    unit="right answers",
    value_format=".0%",
    baseline=0.1,
    baseline_name="guessing: 10 %",
    published=True,
)

live(
    "digits",
    "Handwritten digits",
    [
        panel(
            "flow",
            "One digit going through the network",
            probes={"sample": probe("sample"), "activations": probe("activations")},
            span=7,
            height=290,
            digit=210,
            bar=17,
            choose=["previous", "next", "random", "class", "most_wrong"],
        ),
        panel(
            "weights",
            "What the first layer looks for: its weights, one tile a unit",
            probes={"weights": probe("first_weights")},
            span=5,
            height=290,
        ),
        panel(
            "plot",
            "Loss",
            name="loss",
            probes={"curve": probe("curve")},
            span=6,
            height=250,
            figures=LOSS,
            top=2.5,
            log=True,
            guess="loss",
        ),
        panel(
            "plot",
            "Accuracy",
            name="accuracy",
            probes={"curve": probe("curve")},
            span=6,
            height=250,
            figures=ACCURACY,
            top=1,
            fixed=[0, 1.02],
            guess="accuracy",
        ),
        panel(
            "confusion",
            "Which digit it takes for which",
            probes={"confusion": probe("confusion")},
            span=6,
            height=300,
            spare=True,
        ),
        panel(
            "classes",
            "How much of each digit it gets right",
            probes={"confusion": probe("confusion")},
            span=6,
            height=300,
            spare=True,
        ),
        panel(
            "mistakes",
            "Its most confident mistakes",
            probes={"mistakes": probe("mistakes")},
            span=6,
            height=300,
            spare=True,
        ),
        panel(
            "sealed",
            "The sealed test set",
            probes={},
            span=12,
            height=44,
            depth="Explain",
            name="test-set",
            anchored=True,
        ),
    ],
    data="images",
    first="digits",
)
choices()
