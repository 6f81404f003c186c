"""One update, every number: a single update of the run on the bench, taken apart for one digit and one weight."""

import streamlit as st

from pages.shared.live import live, panel, probe


def asked_for() -> dict[str, object]:
    """What a link asks for: update=1222, row=0, and weight=1.23.62 (layer.from.to, counted from 0) or, for a bias,
    weight=1.62. What is malformed is left out; for what this run does not have, the probes choose something it has.
    """
    link: dict[str, object] = {}
    for name in ("update", "row"):
        text = st.query_params.get(name, "")
        if text.isdecimal() and len(text) <= 12:
            link[{"update": "step", "row": "row"}[name]] = int(text)
    places = st.query_params.get("weight", "").split(".")
    if len(places) in (2, 3) and all(place.isdecimal() and len(place) <= 6 for place in places):
        layer, *inputs, unit = map(int, places)
        link |= {"layer": layer, "j": unit, "array": "W" if inputs else "b"}
        link |= {"i": inputs[0]} if inputs else {}
    return link


live(
    "update",
    "One update, every number",
    [
        panel(
            "update",
            "One update, every number",
            probes={
                "step": probe("step"),
                "effect": probe("step_effect"),
                "nudge": probe("step_nudge"),
                "check": probe("step_check"),
                "code": probe("step_code"),
                "find": probe("step_find"),
            },
            span=12,
            height=640,
            link=asked_for(),
            withheld=st.query_params.get("answers") == "withheld",
        ),
    ],
)
