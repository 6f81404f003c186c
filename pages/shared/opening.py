"""Opening what somebody shared: a link in the address, or a file. Everything in it is checked before it is used; what
cannot be used is refused with a sentence.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from nn_core import DATASETS
from nn_core.datasets import DataUnavailable
from nn_core.sharing import MAX_TEXT, from_link, read
from nn_core.stream import workbench
from nn_core.weights import MAX_FILE, keep_weights, read_weights
from pages.shared.live import shown_run, workbench_token

#: A training process that has just been started may need so long to answer, in seconds.
PATIENCE = 30.0


def open_link() -> None:
    """Open the run that the address shares, if it does, in this session's workbench, and tidy the address."""
    part = st.query_params.get("share")
    if part is not None:
        del st.query_params["share"]
        st.session_state["link_problem"] = _problem_of(lambda: _open(from_link(part)))
    if st.session_state.get("link_problem"):
        st.error(st.session_state["link_problem"])
        if st.button("Close", key="close-link-problem"):
            st.session_state["link_problem"] = ""
            st.rerun()


def open_file(file: Any) -> None:
    """Open an uploaded file once: a shared run, or weights that begin a new run."""
    if file is None:
        return
    opened, problem = st.session_state.get("opened_file", ("", ""))
    if opened != file.file_id:
        problem = _problem_of(lambda: _open_uploaded(file))
        st.session_state["opened_file"] = (file.file_id, problem)
    if problem:
        st.error(problem)


def _open_uploaded(file: Any) -> None:
    if file.name.lower().endswith(".npz"):
        if file.size > MAX_FILE:
            raise ValueError(f"A file of weights may have {MAX_FILE // 2**20} MB; this one has more.")
        _begin_with(file.getvalue())
    elif file.size > MAX_TEXT:
        raise ValueError(f"A shared run may have {MAX_TEXT:,} bytes; this file has {file.size:,}.")
    else:
        _open(file.getvalue().decode("utf-8", "replace"))


def _problem_of(act: Callable[[], None]) -> str:
    """Do it; "" or the sentence why it cannot be done."""
    try:
        act()
    except ValueError as problem:
        return str(problem)
    return ""


def _open(text: str) -> None:
    """Have the worker compute a shared run again. Raises ValueError with a sentence where that cannot be."""
    shared = read(text)
    source = DATASETS[shared.config.dataset]
    try:
        if not source.ready():
            with st.spinner(f"{source.title}: {source.what} …"):
                source.prepare()
    except DataUnavailable as problem:
        raise ValueError(str(problem)) from None
    _ask("open", text=text)


def _begin_with(data: bytes) -> None:
    """Begin a new run from weights, on the shown run's data and with its settings."""
    run = shown_run(workbench_token())
    if run is None or run["config"] is None:
        raise ValueError("There is no run here whose data these weights could go on with; choose a preset first.")
    found, _ = read_weights(data)
    _ask("new", config={**run["config"], **run["settings"], **found, "start": keep_weights(data)})


def _ask(command: str, **arguments: Any) -> None:
    answer = workbench.request(workbench.open_workbench(workbench_token()), command, timeout=PATIENCE, **arguments)
    if not answer["ok"]:
        raise ValueError(answer["error"])
