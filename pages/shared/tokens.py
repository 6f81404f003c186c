"""The colours of the dashboard. Every colour is written down once, in `assets/theme/tokens.json`: style sheets,
panels and charts all take theirs from it. No Streamlit here.
"""

import json
from functools import cache
from pathlib import Path

ASSETS = Path(__file__).parents[2] / "assets"
SCHEMES = ("light", "dark")


@cache
def tokens() -> dict[str, dict[str, str]]:
    """Colours by name, for each scheme: {"light": {"ink": "#1C1B1A", ...}, "dark": {...}}."""
    return json.loads((ASSETS / "theme" / "tokens.json").read_text("utf-8"))
