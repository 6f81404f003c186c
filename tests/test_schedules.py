"""Every schedule: known values, a pure function of the step, and what is refused."""

import math

import pytest

from nn_core import SCHEDULES

EVERY = pytest.mark.parametrize("name", SCHEDULES)


def test_the_table_is_complete():
    assert list(SCHEDULES) == ["constant", "step", "exponential", "cosine", "warmup"]
    for name, schedule in SCHEDULES.items():
        assert schedule.name == name and schedule.formula and schedule.source and name in repr(schedule)
        for argument in schedule.arguments.values():
            assert argument.check("it", argument.default) == argument.default and argument.words


@pytest.mark.parametrize(
    ("name", "arguments", "rates"),
    [
        ("constant", {}, {0: 0.8, 1: 0.8, 10**9: 0.8}),
        ("step", {"every": 10, "factor": 0.5}, {0: 0.8, 9: 0.8, 10: 0.4, 19: 0.4, 20: 0.2}),
        ("exponential", {"every": 10, "factor": 0.25}, {0: 0.8, 5: 0.4, 10: 0.2, 20: 0.05}),
        ("cosine", {"steps": 100}, {0: 0.8, 50: 0.4, 100: 0.0, 1000: 0.0}),
        ("cosine", {"steps": 100, "final": 0.5}, {0: 0.8, 50: 0.6, 100: 0.4, 25: 0.6 + 0.2 * math.sqrt(0.5)}),
        ("warmup", {"steps": 4}, {0: 0.2, 1: 0.4, 2: 0.6, 3: 0.8, 4: 0.8}),
    ],
)
def test_known_rates(name, arguments, rates):
    for step, rate in rates.items():
        assert SCHEDULES[name](step, 0.8, **arguments) == pytest.approx(rate, abs=1e-15)


@EVERY
def test_a_rate_is_a_number_from_zero_to_the_base_rate(name):
    for step in (0, 1, 499, 500, 10_000, 10**9):
        rate = SCHEDULES[name](step, 0.3)
        assert isinstance(rate, float) and 0 <= rate <= 0.3
        assert SCHEDULES[name](step, 0.0) == 0.0


@pytest.mark.parametrize(
    ("name", "call", "says"),
    [
        ("step", {"every": 0}, "step: every is 0, but must be at least 1"),
        ("step", {"every": 2.5}, "step: every is 2.5, but must be a whole number"),
        ("exponential", {"factor": 1.5}, "exponential: factor is 1.5, but must be at least 0 and at most 1"),
        ("constant", {"factor": 0.5}, "constant does not take 'factor'"),
        ("cosine", {"base_rate": -1.0}, "neither may be negative"),
        ("cosine", {"step": -1}, "neither may be negative"),
        ("warmup", {"base_rate": float("nan")}, "base_rate is nan"),
    ],
)
def test_wrong_arguments_are_refused_with_a_sentence(name, call, says):
    with pytest.raises(ValueError, match=says):
        SCHEDULES[name](**({"step": 1, "base_rate": 0.1} | call))
