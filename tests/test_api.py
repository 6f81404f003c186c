"""What nn_core promises to those who import it: exact names, one direction of imports, choices that travel as JSON."""

import ast
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn_core
from nn_core import (
    ACTIVATIONS,
    BUGS,
    DATASETS,
    INITIALIZERS,
    LOSSES,
    OPTIMIZERS,
    PRESETS,
    PROBES,
    SCHEDULES,
    Run,
    RunConfig,
)

ROOT = Path(__file__).parents[1]


def test_all_is_exact():
    public = {
        name for name, value in vars(nn_core).items() if not name.startswith("_") and type(value).__name__ != "module"
    }
    assert public == set(nn_core.__all__)
    assert len(set(nn_core.__all__)) == len(nn_core.__all__)


def test_every_public_name_explains_itself():
    for name in nn_core.__all__:
        value = getattr(nn_core, name)
        if isinstance(value, type) or (callable(value) and name != "Hook"):
            assert value.__doc__ and len(value.__doc__) > 20, name


#: Who may import whom: dashboard -> pages -> pages.shared -> nn_core.stream -> nn_core.
LEVELS = ("nn_core", "nn_core.stream", "pages.shared", "pages", "dashboard")


def level(module: str) -> int:
    owners = [k for k, owner in enumerate(LEVELS) if module == owner or module.startswith(owner + ".")]
    return max(owners, key=lambda k: len(LEVELS[k]))


def imports(path: Path):
    """The absolute names of our own modules that a file imports, wherever in it."""
    package = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    parts = package.removesuffix(".__init__").split(".")
    inside = parts if path.name == "__init__.py" else parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = inside[: len(inside) - node.level + 1] if node.level else []
            yield ".".join([*base, *([node.module] if node.module else [])])


FILES = [ROOT / "dashboard.py", *sorted(ROOT.glob("nn_core/**/*.py")), *sorted(ROOT.glob("pages/**/*.py"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path):
    own = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for name in imports(path):
        top = name.split(".")[0]
        if top in ("nn_core", "pages", "dashboard"):
            assert level(name) <= level(own), f"{own} imports {name}"
            if level(own) == LEVELS.index("pages") and level(name) == LEVELS.index("pages"):
                assert name in ("pages", own), f"one page imports another: {name}"
        elif own.startswith("nn_core"):
            assert top == "numpy" or top in sys.stdlib_module_names, f"{own} imports {name}"


def test_the_core_prints_nothing():
    for path in ROOT.glob("nn_core/**/*.py"):
        if path.name == "__main__.py":
            continue
        called = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        assert not any(isinstance(f, ast.Name) and f.id == "print" for f in called), path


configs = st.builds(
    dict,
    sizes=st.lists(st.integers(1, 20), min_size=1, max_size=4).map(lambda hidden: (64, *hidden, 10)),
    activations=st.sampled_from([name for name in ACTIVATIONS if name != "softmax"]),
    bias=st.booleans(),
    init=st.sampled_from(list(INITIALIZERS)),
    loss=st.sampled_from(["cross_entropy", "mse"]),
    optimizer=st.sampled_from(list(OPTIMIZERS)),
    schedule=st.sampled_from(list(SCHEDULES)),
    learning_rate=st.floats(0, 10),
    batch_size=st.one_of(st.just("full"), st.integers(2, 500)),
    shuffle=st.booleans(),
    l1=st.floats(0, 1),
    l2=st.floats(0, 1),
    dropout=st.floats(0, 0.9),
    batch_norm=st.booleans(),
    dtype=st.sampled_from(["float32", "float64"]),
    seed=st.integers(0, 2**31),
    bug=st.lists(st.sampled_from(list(BUGS)), unique=True, max_size=2).map(tuple),
    evaluate_every=st.one_of(st.just("auto"), st.integers(1, 10**6)),
    stop=st.dictionaries(st.sampled_from(["step", "epoch", "patience"]), st.integers(1, 1000), max_size=2),
)


@given(configs)
@settings(max_examples=60, deadline=None)
def test_every_configuration_travels_as_json_and_runs_the_same(values):
    config = RunConfig(dataset="digits", dataset_args={"size": 8}, **values)
    again = RunConfig.from_json(config.to_json())
    assert again == config and hash(again) == hash(config)
    one, other = Run(config), Run(again)
    one.advance(steps=2)
    other.advance(steps=2)
    assert one.fingerprint() == other.fingerprint()


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_valid_and_travel(name):
    assert RunConfig.from_json(PRESETS[name].to_json()) == PRESETS[name]


@pytest.mark.parametrize(
    "wrong, words",
    [
        (dict(dataset="cats"), "dataset"),
        (dict(sizes=(784,)), "sizes"),
        (dict(sizes=(784, 0, 10)), "sizes"),
        (dict(sizes=(784, 10, 10)), "activations"),
        (dict(activations=("relu", "softmax", "softmax")), "softmax"),
        (dict(activations="swishy"), "activations"),
        (dict(init="magic"), "init"),
        (dict(learning_rate=float("inf")), "learning_rate"),
        (dict(learning_rate="fast"), "learning_rate"),
        (dict(batch_size=1, batch_norm=True), "batch_norm"),
        (dict(dropout=1.0), "dropout"),
        (dict(dropout=(0.1, 0.2, 0.3)), "dropout"),
        (dict(seed=-1), "seed"),
        (dict(seed=10**400), "seed"),
        (dict(bug=("ladybird",)), "bug"),
        (dict(stop={"mood": 1}), "stop"),
        (dict(stop={"accuracy": 2}), "stop accuracy"),
        (dict(evaluate_every=0), "evaluate_every"),
        (dict(optimizer="adam", optimizer_args={"beta1": 1.5}), "beta1"),
        (dict(dtype="float16"), "dtype"),
        (dict(bias="yes"), "bias"),
    ],
)
def test_wrong_choices_are_named(wrong, words):
    with pytest.raises(ValueError, match=words):
        RunConfig(**wrong)


def test_equal_configurations_hash_alike_however_their_numbers_are_written():
    one = RunConfig(init="normal", init_args={"std": 1}, learning_rate=2)
    other = RunConfig(init="normal", init_args={"std": 1.0}, learning_rate=2.0)
    assert one == other and hash(one) == hash(other) and len({one, other}) == 1


def test_unknown_fields_and_broken_json_are_refused():
    with pytest.raises(ValueError, match="momentum"):
        RunConfig.from_dict({"momentum": 0.9})
    for text in ("", "[1]", "{", "null"):
        with pytest.raises(ValueError, match="configuration"):
            RunConfig.from_json(text)


@pytest.mark.parametrize(
    "wrong, words",
    [
        (dict(sizes=(64, 10), activations="relu"), "784"),
        (dict(sizes=(784, 9), activations="relu"), "last size must be 10"),
        (dict(dataset="plane", sizes=(2, 1), activations="tanh"), "mse"),
        (dict(loss="binary_cross_entropy", sizes=(784, 10), activations="sigmoid"), "two classes"),
    ],
)
def test_networks_that_do_not_fit_their_data_are_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        Run(RunConfig(**wrong))


@pytest.mark.parametrize("table", [ACTIVATIONS, BUGS, DATASETS, INITIALIZERS, LOSSES, OPTIMIZERS, SCHEDULES, PROBES])
def test_tables_map_the_name_each_entry_has(table):
    assert table and all(entry.name == name for name, entry in table.items())


def test_the_readme_script_runs():
    readme = ROOT / "README.md"
    if not readme.exists():
        pytest.fail("README.md is missing.")
    script = re.search(r"<!-- script -->\n```python\n(.*?)```", readme.read_text(), re.S)
    assert script, "README.md has lost its script."
    assert len([line for line in script[1].splitlines() if line.strip()]) <= 15
    names: dict = {}
    exec(compile(script[1], "README.md", "exec"), names)
    assert names["report"].ok and names["accuracy"] > 0.85
