"""My runs: everything that was begun in this workbench, to open, name, compare or delete, and runs from a file."""

import streamlit as st

from pages.shared.live import live, panel, probe
from pages.shared.opening import open_file
from pages.shared.text import pieces

live(
    "runs",
    "My runs",
    [panel("runs", "My runs", probes={"curve": probe("curve")}, span=12, height=300)],
    timeline=False,
)
with st.container(border=True, key="open-file"):
    st.markdown(pieces("runs")["open"])
    open_file(st.file_uploader("Open a run from a file", type=["json", "npz"], label_visibility="collapsed"))
