"""Every experiment of the gallery does what its text says, and TensorFlow Playground's problems reach their losses."""

from functools import cache

import numpy as np
import pytest

from nn_core import PRESETS, Run
from nn_core.gallery import GALLERY, run_entry, solved
from pages.shared.text import pieces


@cache
def played(name: str) -> list[Run]:
    return run_entry(GALLERY[name])


@pytest.mark.parametrize("name", GALLERY)
def test_a_claim_holds(name):
    assert GALLERY[name].claim(played(name))


@pytest.mark.parametrize("name", GALLERY)
def test_an_experiment_has_its_texts(name):
    texts = pieces("gallery")
    assert all(texts[f"{name} {part}"] for part in ("title", "see", "try"))


def test_more_neurons_make_more_of_twelve_solve_exclusive_or():
    counts = [solved(played(f"xor-{name}")) for name in ("line", "two", "four", "eight")]
    assert counts[:2] == [0, 0] and counts[2] < counts[3]


#: Updates, and the loss on new dots that half of the seeds reach by then.
USUAL = {
    "playground": (2000, 0.03),
    "playground-xor": (2500, 0.1),
    "playground-gauss": (500, 0.01),
    "playground-spiral": (3000, 0.08),
    "playground-plane": (500, 0.01),
    "playground-hills": (2500, 0.05),
}


@pytest.mark.parametrize("name", USUAL)
def test_a_problem_of_the_playground_is_learned(name):
    updates, usual = USUAL[name]
    losses = []
    for seed in range(5):
        run = Run(PRESETS[name].replace(seed=seed))
        run.advance(steps=updates)
        losses.append(run.curves["heldout_loss"][-1])
    assert np.median(losses) < usual
