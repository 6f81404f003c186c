"""More choices: what needs a new network, as Streamlit widgets built from the tables of nn_core, and the button that
starts a run with them. What may change while a network learns is in the control bar and acts at once.

A choice that takes arguments shows a field for each; what comes out is checked by RunConfig, whose sentence is shown.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import streamlit as st

from nn_core import ACTIVATIONS, DATASETS, INITIALIZERS, LOSSES, OPTIMIZERS, SCHEDULES, RunConfig
from nn_core.arguments import Argument
from nn_core.config import MAX_WIDTH
from nn_core.datasets.choices import OneOf, SomeOf
from nn_core.fitting import fitted
from nn_core.stream import workbench
from pages.shared.live import choices_shown, depth, shown_run, workbench_token
from pages.shared.text import pieces

#: Widths of a row of fields.
_COLUMNS = 4


class Choice(NamedTuple):
    """A field of RunConfig that names an entry of a table, and the field that holds the entry's arguments, if any."""

    field: str
    label: str
    table: Mapping[str, Any]
    arguments: str = ""


CHOICES = (
    Choice("dataset", "Dataset", DATASETS, "dataset_args"),
    Choice("loss", "Loss", LOSSES),
    Choice("init", "First weights", INITIALIZERS, "init_args"),
    Choice("optimizer", "Optimizer", OPTIMIZERS, "optimizer_args"),
    Choice("schedule", "Rate over time", SCHEDULES, "schedule_args"),
)

#: What hidden layers can do with their sums, and how many such layers the fields offer.
HIDDEN = {name: one for name, one in ACTIVATIONS.items() if name != "softmax"}
MOST_HIDDEN = 8

#: Fields that are on or off, and such as are a number from 0 to 1; shown where everything is.
SWITCHES = {"bias": "Biases", "shuffle": "Shuffled each epoch", "batch_norm": "Batch normalization"}
SHARES = {"dropout": "Dropout", "l1": "L1 penalty", "l2": "L2 penalty"}


def choices() -> None:
    """Show the choices, where the learner has opened them, and start what was asked for."""
    if not choices_shown():
        return
    run = shown_run(workbench_token())
    if run is None or run["config"] is None:
        return
    with st.container(border=True, key="choices"):
        st.markdown(pieces("every-page")["choices"])
        values = _fields(run)
        if st.button("Start a new run with these choices", type="primary", key="new-run"):
            try:
                _begin(_config(run["config"] | run["settings"], values))
            except ValueError as problem:
                st.error(str(problem))


def _fields(run: Mapping[str, Any]) -> dict[str, Any]:
    """The widgets, showing the run's own choices at first; their values by field of RunConfig."""
    config = run["config"] | run["settings"]
    row = _Row(run["id"])
    values: dict[str, Any] = {}
    for choice in CHOICES:
        now = config[choice.field]
        names = _offered(choice, now)
        picked = row.add(
            st.selectbox,
            choice.label,
            names,
            index=names.index(now) if now in names else 0,
            format_func=lambda name, table=choice.table: _title(name, table),
            help=None if choice.field == "dataset" else _what(choice.table),
        )
        values[choice.field] = picked
        if choice.arguments:
            known = config[choice.arguments] if picked == now else {}
            owner = "Data" if choice.field == "dataset" else _title(picked, choice.table)
            values[choice.arguments] = _arguments(row, choice.table[picked], known, owner)
        if choice.field == "dataset":
            values |= _layers(row, config["sizes"][1:-1], config["activations"][:-1])
    values["seed"] = row.add(
        st.number_input, "Seed", 0, 2**32 - 1, int(config["seed"]), help="The same seed draws the same numbers."
    )
    if depth() == "everything":
        for field, label in SWITCHES.items():
            values[field] = row.add(st.toggle, label, bool(config[field]))
        for field, label in SHARES.items():
            now = config[field]
            values[field] = row.add(
                st.number_input, label, 0.0, 1.0, float(now[0] if isinstance(now, list) else now), format="%g"
            )
    return values


def _layers(row: "_Row", units: list[int], names: list[str]) -> dict[str, Any]:
    """Widgets for the hidden layers: how many, and for each its width and its activation."""
    count = row.add(st.number_input, "Hidden layers", 0, MOST_HIDDEN, min(len(units), MOST_HIDDEN), step=1)
    row.close()
    widths, activations = [], []
    for l in range(count):
        last = min(l, len(units) - 1)
        width, name = (units[last], names[last]) if units else (32, "sigmoid")
        widths.append(row.add(st.number_input, f"Layer {l + 1}: units", 1, MAX_WIDTH, width, step=1))
        activations.append(
            row.add(
                st.selectbox,
                f"Layer {l + 1}: activation",
                list(HIDDEN),
                index=list(HIDDEN).index(name),
                format_func=lambda name: _title(name, HIDDEN),
                help=_what(HIDDEN) if l == 0 else None,
            )
        )
    row.close()
    return {"hidden": widths, "hidden_activations": activations}


def _offered(choice: Choice, now: Any) -> list[str]:
    """The names in a choice's menu. Pages about pictures offer pictures to learn from."""
    if choice.table is DATASETS:
        return [name for name, source in DATASETS.items() if source.kind == "images" or name == now]
    return list(choice.table)


def _arguments(row: "_Row", entry: Any, known: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """A widget for each argument of a table's entry; their values by name."""
    values = {}
    for name, argument in entry.arguments.items():
        if name == "learning_rate":
            continue  # it has a place in the control bar
        now = known.get(name, argument.default)
        label, help_ = f"{owner}: {name.replace('_', ' ')}", argument.words
        if isinstance(argument, OneOf):
            options = list(argument.choices)
            values[name] = row.add(st.selectbox, label, options, index=options.index(now), help=help_)
        elif isinstance(argument, SomeOf):
            values[name] = row.add(st.multiselect, label, argument.choices, default=now, help=help_)
        elif isinstance(argument, Argument):
            kind = int if argument.whole else float
            low, high = (kind(end) if abs(end) < 2**53 else None for end in (argument.low, argument.high))
            step = {} if argument.whole else {"format": "%g", "step": 0.1 if argument.default >= 0.1 else 0.001}
            values[name] = row.add(st.number_input, label, low, high, kind(now), help=help_, **step)
    return values


class _Row:
    """Puts widgets into rows of equal columns. Their keys hold the run, so that another run brings its own choices."""

    def __init__(self, run: str):
        self.run = run
        self.places: list[Any] = []

    def add(self, widget: Callable, label: str, *args: Any, **options: Any) -> Any:
        if not self.places:
            self.places = list(st.columns(_COLUMNS, vertical_alignment="bottom"))
        with self.places.pop(0):
            return widget(label, *args, key=f"{label}-{self.run}", **options)

    def close(self) -> None:
        """Begin a new row with what comes next."""
        self.places = []


def _title(name: str, table: Mapping[str, Any]) -> str:
    return getattr(table[name], "title", name.replace("_", " "))


def _what(table: Mapping[str, Any]) -> str:
    """What a menu's entries are, for its help."""
    words = {name: getattr(one, "what", getattr(one, "formula", "")) for name, one in table.items()}
    return "\n".join(f"- **{_title(name, table)}**: {what}" for name, what in words.items() if what)


def _config(now: Mapping[str, Any], values: Mapping[str, Any]) -> RunConfig:
    """The configuration now in force with the chosen values. Raises ValueError with a sentence."""
    return fitted(RunConfig.from_dict(now), **values)


def _begin(config: RunConfig) -> None:
    """Start a run in the place of the one shown, once its data is here; a sentence where that cannot be."""
    answer = workbench.request(workbench.open_workbench(workbench_token()), "new", config=config.to_dict())
    if not answer["ok"]:
        st.error(answer["error"])
