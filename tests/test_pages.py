"""Every page runs, asks only for what there is, and explains itself; and the look is written down in one place only."""

import ast
import json
import sys
import tomllib
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from nn_core import PRESETS
from nn_core.probes import PROBES
from nn_core.stream import workbench
from pages.shared import figures, text
from pages.shared.tokens import ASSETS, SCHEMES, tokens

ROOT = Path(__file__).parents[1]
PAGES = sorted(path for path in (ROOT / "pages").glob("*.py") if path.name != "__init__.py")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a page, or the whole dashboard, as Streamlit does; the workers that it started are ended."""
    monkeypatch.setenv("NN_RUNS_DIR", str(tmp_path))
    monkeypatch.chdir(ROOT)

    def run(path: Path, **query: str) -> AppTest:
        page = AppTest.from_file(str(path), default_timeout=30)
        page.query_params.update(query)
        return page.run()

    yield run
    for handle in list(sys.modules["_watch_it_learn"].handles.values()):
        workbench.end(handle)


def spec_of(page: AppTest) -> dict:
    """What the page hands to the live view."""
    (view,) = page.get("bidi_component")
    return json.loads(view.proto.json)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_runs_and_asks_for_what_there_is(run, path):
    page = run(path)
    assert not page.exception
    if not page.get("bidi_component"):
        return
    spec = spec_of(page)
    assert spec["page"].split("-")[0] == path.stem
    assert {preset["name"] for preset in spec["presets"]} <= set(PRESETS)
    assert spec["tokens"] == tokens()
    for panel in spec["panels"]:
        assert (ASSETS / "panels" / f"{panel['kind']}.js").is_file()
        assert panel["depth"] in ("watch", "explain", "everything")
        for asked in panel["probes"].values():
            PROBES[asked["probe"]].check(asked["args"])
            assert "." not in asked["key"]


def test_the_frame_names_only_pages_that_exist(run):
    page = run(ROOT / "dashboard.py")
    assert not page.exception
    named = {node.value for node in ast.walk(ast.parse((ROOT / "dashboard.py").read_text("utf-8"))) if is_page(node)}
    assert {ROOT / name for name in named} == set(PAGES)


def is_page(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("pages/")


def test_the_depth_comes_from_the_address(run):
    assert spec_of(run(ROOT / "dashboard.py", depth="Explain"))["depth"] == "explain"
    assert spec_of(run(ROOT / "dashboard.py", depth="Nonsense"))["depth"] == "watch"


def test_the_address_keeps_the_run(run):
    page = run(ROOT / "dashboard.py")
    token = page.query_params["run"]
    assert spec_of(page)["token"] == token
    again = run(ROOT / "dashboard.py", run=token)
    assert spec_of(again)["token"] == token and spec_of(again)["refusal"] == ""


@pytest.mark.parametrize("token", ["A" * 22, "../../etc", "x", "<b>" * 20])
def test_a_wrong_token_is_a_sentence_and_not_another_run(run, token):
    page = run(ROOT / "dashboard.py", run=token)
    assert not page.exception
    spec = spec_of(page)
    assert spec["token"] == token
    assert spec["refusal"].endswith(".")


def test_the_theme_is_the_tokens():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    for scheme in SCHEMES:
        theme, token = config["theme"][scheme], tokens()[scheme]
        pairs = {
            "primaryColor": "accent",
            "linkColor": "accent",
            "backgroundColor": "paper",
            "secondaryBackgroundColor": "zero",
            "textColor": "ink",
            "borderColor": "line",
        }
        assert {name: theme[name] for name in pairs} == {name: token[colour] for name, colour in pairs.items()}
        assert theme["chartCategoricalColors"] == [token[name] for name in ("fill", "positive", "negative")]
        ends = theme["chartDivergingColors"]
        assert (ends[0], ends[-1]) == (token["negative"], token["positive"])
        assert token["zero"] in ends


def test_nothing_is_told_to_others():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorDetails"] == "none"


def test_both_schemes_have_the_same_tokens_and_sheets_use_only_those():
    light, dark = (tokens()[scheme] for scheme in SCHEMES)
    assert list(light) == list(dark)
    for sheet in (ASSETS / "theme").glob("*.css"):
        used = {part.split(")")[0].split(",")[0] for part in sheet.read_text("utf-8").split("var(--wil-")[1:]}
        assert used <= set(light), sheet.name


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_stands_out_from_what_is_behind_it(scheme):
    colour = tokens()[scheme]
    for text_colour in ("ink", "muted", "accent"):
        for behind in ("paper", "surface"):
            assert contrast(colour[text_colour], colour[behind]) >= 4.5, (text_colour, behind)
    assert contrast(colour["on-accent"], colour["accent"]) >= 4.5


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, 1 to 21, as WCAG 2 defines it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_every_special_word_is_explained():
    for file in (ASSETS / "text").glob("*.md"):
        for line in text.page_text(file.stem).values() if file.stem != "words" else ():
            assert "[[" not in line or "|" in line


def test_an_unknown_special_word_is_an_error():
    with pytest.raises(KeyError):
        text._explained("a [[flux capacitor]]")
    assert text._explained("[[units|unit]]").startswith("[[units|A small calculator")


def test_figures_are_made_for_both_schemes_and_are_json():
    made = figures.curves(
        (figures.Series("loss", "training", "fill"),),
        unit="loss",
        value_format=".2f",
        baseline=1.0,
        baseline_name="here",
    )
    assert set(made) == set(SCHEMES)
    for scheme in SCHEMES:
        figure = json.loads(json.dumps(made[scheme]))
        assert figure["data"][0]["meta"] == "loss"
        assert figure["data"][0]["line"]["color"] == tokens()[scheme]["fill"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_pages_import_no_other_page(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pages"):
            assert node.module.startswith("pages.shared")


def test_figures_and_tokens_know_nothing_of_streamlit():
    for name in ("figures", "tokens", "text"):
        assert "streamlit" not in (ROOT / "pages" / "shared" / f"{name}.py").read_text("utf-8").split('"""', 2)[2]
