"""Inside the layers: why a network learns or does not. What flows through it, one unit, one image, and the classes."""

import streamlit as st

from pages.shared.controls import choices
from pages.shared.live import live, panel, probe

TITLE = "Inside the layers"


def flow() -> list[dict]:
    # A key of its own: the panel asks for other distributions, the table does not.
    measures = {"layers": {**probe("layers"), "key": "flow"}, "history": probe("layers_history")}
    return [
        panel("layers", "Flow", probes=measures, span=12, height=374, grow=150),
        panel(
            "numbers",
            "The same in numbers",
            probes={"layers": probe("layers")},
            span=12,
            height=200,
            depth="Explain",
        ),
    ]


def neuron() -> list[dict]:
    return [
        panel("neuron-weights", "What it listens to", probes={"unit": probe("unit")}, span=5, height=236, grow=80),
        panel(
            "neuron-classes",
            "How it answers to each class",
            probes={"unit": probe("unit")},
            span=7,
            height=236,
            grow=80,
        ),
        panel("neuron-examples", "What excites it", probes={"examples": probe("unit_examples")}, span=6, height=172),
        panel(
            "neuron-history",
            "How much of the error it felt",
            probes={"history": probe("unit_history")},
            span=6,
            height=172,
        ),
    ]


def image() -> list[dict]:
    return [
        panel(
            "flow",
            "One digit going through the network",
            probes={"sample": probe("sample"), "activations": probe("activations")},
            span=12,
            height=336,
            grow=110,
            digit=290,
            bar=21,
            choose=["draw", "previous", "next", "random", "class", "most_wrong"],
            sentence=True,
        ),
        panel(
            "saliency",
            "Which pixels matter",
            probes={"saliency": probe("saliency"), "sample": probe("sample")},
            span=12,
            height=300,
            depth="Everything",
        ),
    ]


def classes() -> list[dict]:
    return [
        panel("class-maps", "Every layer's own map", probes={"map": probe("class_map")}, span=12, height=350, grow=150)
    ]


#: The tabs: the name of each one's text, and what makes its pictures.
TABS = {
    "Flow": ("layers-flow", flow),
    "One neuron": ("layers-neuron", neuron),
    "One image": ("layers-image", image),
    "Where the classes go": ("layers-classes", classes),
}

tab = st.segmented_control(
    TITLE,
    list(TABS),
    default="Flow",
    required=True,
    key="tab",
    bind="query-params",
    label_visibility="collapsed",
)
text, pictures = TABS[tab]
live(text, TITLE, pictures())
choices()
