"""Dresses the page: hands it the colour tokens as CSS variables, and the style sheets of assets/theme."""

from collections.abc import Mapping

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


def underline(menu: Mapping[str, list], page) -> None:
    """Mark the heading of the menu under which the page stands; Streamlit marks only pages without a heading.

    In the menu, pages without a heading stand one by one, every heading with its pages in one place.
    """
    place = 0
    for heading, pages in menu.items():
        place += 1 if heading else len(pages)
        if heading and any(one.title == page.title for one in pages):
            chosen = f'[data-testid="stTopNav"] > :nth-child({place}) [data-testid="stTopNavSection"]'
            here = "box-shadow: inset 0 -2px var(--wil-accent)"
            st.html(f"<style>{chosen} {{ {here}; }} {chosen} p {{ color: var(--wil-ink); }}</style>")
