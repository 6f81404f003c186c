"""Dresses the page: hands it the colour tokens as CSS variables, and the style sheets of assets/theme."""

import streamlit as st

from pages.shared.tokens import ASSETS, SCHEMES, tokens


def token_sheet() -> str:
    """The tokens as CSS variables that follow the scheme in force where they are used."""
    light, dark = (tokens()[scheme] for scheme in SCHEMES)
    lines = (f"--wil-{name}: light-dark({light[name]}, {dark[name]});" for name in light)
    return ":root {\n  " + "\n  ".join(lines) + "\n}\n"


def dress() -> None:
    """Give the page its style sheets. They hold nothing that is seen by itself."""
    sheets = (path.read_text("utf-8") for path in sorted((ASSETS / "theme").glob("*.css")))
    st.html("<style>" + token_sheet() + "".join(sheets) + "</style>")
