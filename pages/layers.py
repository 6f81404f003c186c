"""Inside the layers: why a network learns or does not. What flows through it, one unit, one image, and the classes."""

import streamlit as st

from pages.shared.controls import choices
from pages.shared.live import live, panel, probe

TITLE = "Inside the layers"
TABS = {
    "flow": "Flow",
    "neuron": "One neuron",
    "image": "One image",
    "classes": "Where the classes go",
}


def flow() -> list[dict]:
    measures = {"layers": probe("layers"), "history": probe("layers_history")}
    return [
        panel("layers", "Flow", probes=measures, span=12, height=410, grow=130),
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
        panel("neuron-weights", "What it listens to", probes={"unit": probe("unit")}, span=4, height=300, grow=80),
        panel("neuron-classes", "How it answers to each class", probes={"unit": probe("unit")}, span=8, height=300, grow=80),
        panel("neuron-examples", "What excites it", probes={"examples": probe("unit_examples")}, span=6, height=190),
        panel("neuron-history", "How much of the error it felt", probes={"history": probe("unit_history")}, span=6, height=190),
    ]


def image() -> list[dict]:
    return [
        panel(
            "flow",
            "One digit going through the network",
            probes={"sample": probe("sample"), "activations": probe("activations")},
            span=12,
            height=380,
            grow=90,
            digit=330,
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
    return [panel("classes", "Every layer's own map", probes={"map": probe("class_map")}, span=12, height=440, grow=120)]


PANELS = {"flow": flow, "neuron": neuron, "image": image, "classes": classes}

tab = st.segmented_control(
    TITLE,
    list(TABS),
    format_func=TABS.get,
    default="flow",
    required=True,
    key="tab",
    bind="query-params",
    label_visibility="collapsed",
)
live(f"layers-{tab}", TITLE, PANELS[tab]())
choices()
