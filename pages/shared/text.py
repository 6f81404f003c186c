"""The texts of the pages, kept in assets/text as Markdown: one file a page, one heading a piece.

Within a piece **strong** words, live numbers as {seen}, the s of their plural as {seen_s}, ~ for a space at which no
line breaks, and [[special words]] may stand. A special word is explained by the piece of that name in words.md, as
[[shown so|name]] by that of another name, so that it means one thing everywhere.
"""

import re
from functools import cache

from pages.shared.tokens import ASSETS

_WORD = re.compile(r"\[\[([^\]|]+)(?:\|([^\]]+))?\]\]")


@cache
def pieces(name: str) -> dict[str, str]:
    """The pieces of `assets/text/{name}.md` by heading, each as one line. FileNotFoundError where there is no file."""
    found: dict[str, list[str]] = {}
    piece: list[str] = []
    for line in (ASSETS / "text" / f"{name}.md").read_text("utf-8").splitlines():
        if line.startswith("# "):
            piece = found.setdefault(line[2:].strip(), [])
        elif line.strip():
            piece.append(line.strip())
    return {heading: " ".join(lines) for heading, lines in found.items()}


def page_text(name: str) -> dict[str, str]:
    """The pieces of a page and those that every page needs, with every special word explained in place."""
    return {heading: _explained(text) for heading, text in {**pieces("every-page"), **pieces(name)}.items()}


def document(name: str, **values: str) -> str:
    """`assets/text/{name}.md` as it is written, to be shown as Markdown, with {value} replaced by each of `values`."""
    text = (ASSETS / "text" / f"{name}.md").read_text("utf-8")
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", value)
    return text


def _explained(text: str) -> str:
    """The text with [[word]] written out as [[word|explanation]]. Raises KeyError for a word that words.md lacks."""
    return _WORD.sub(lambda match: f"[[{match[1]}|{pieces('words')[match[2] or match[1]]}]]", text)
