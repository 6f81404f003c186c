"""Dots on a plane: a small network in full view, where every neuron is a picture and every weight a line."""

from pages.shared.live import live, panel, probe

FIELDS = {"fields": probe("fields"), "inputs": probe("input_fields"), "links": probe("links"), "numbers": probe("numbers")}

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
            height=470,
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
            height=230,
        ),
    ],
    data="plane",
    first="playground",
)
