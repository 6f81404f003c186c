"""A learner's own drawing: what is let in, the form it is brought into, and how it goes through the network."""

import json

import numpy as np
import pytest
from test_worker import serve, small, watch

from nn_core import PROBES, Run
from nn_core.drawing import MAX_POINTS, MAX_STROKES, as_picture, check_strokes
from nn_core.probes import View
from nn_core.stream.commands import MAX_MESSAGE, check_command

SEVEN = ((150, 200, 850, 200, 400, 900),)
ONE = ((500, 100, 500, 900),)


def ink_box(picture):
    rows, columns = np.nonzero(picture > 127)
    return rows.min(), rows.max(), columns.min(), columns.max()


def middle(picture):
    height, width = picture.shape
    weight = picture / picture.sum()
    return weight.sum(axis=0) @ (np.arange(width) + 0.5), weight.sum(axis=1) @ (np.arange(height) + 0.5)


@pytest.mark.parametrize("strokes", [SEVEN, ONE, ((10, 10, 40, 60, 10, 90),), ((0, 0, 1000, 1000), (1000, 0, 0, 1000))])
def test_a_drawing_has_the_form_of_mnists_digits(strokes):
    picture = as_picture(strokes, (28, 28))
    assert picture.shape == (28, 28) and picture.dtype == np.uint8 and picture.max() == 255
    top, bottom, left, right = ink_box(picture)
    assert 19 <= max(bottom - top, right - left) + 1 <= 21  # its longer side fills the box of 20
    x, y = middle(picture)
    assert abs(x - 14) < 0.5 and abs(y - 14) < 0.5


def test_where_and_how_large_it_was_drawn_makes_no_difference():
    small = (tuple(value // 4 + 37 for value in SEVEN[0]),)
    difference = as_picture(small, (28, 28)).astype(int) - as_picture(SEVEN, (28, 28))
    assert np.abs(difference).mean() < 2


def test_proportions_are_kept():
    top, bottom, left, right = ink_box(as_picture(ONE, (28, 28)))
    assert bottom - top + 1 >= 19 and right - left + 1 <= 4


def test_a_dot_stays_a_dot_and_nothing_is_nothing():
    dot = as_picture(((500, 500),), (28, 28))
    assert 0 < (dot > 0).sum() < 30
    assert not as_picture((), (28, 28)).any()


def test_small_pictures_are_filled_to_the_edge():
    top, bottom, left, right = ink_box(as_picture(SEVEN, (8, 8)))
    assert bottom - top + 1 >= 7 and 0 <= left <= right <= 7


@pytest.mark.parametrize(
    "value",
    [
        "7",
        [[1, 2, 3]],
        [[]],
        [[0.5, 0.5]],
        [[True, 0]],
        [[0, 1001]],
        [[-1, 0]],
        [{"x": 1}],
        [[0, 0]] * (MAX_STROKES + 1),
        [[0, 0] * (MAX_POINTS + 1)],
        [[0, 10**400]],
    ],
)
def test_anything_else_is_refused_with_a_sentence(value):
    with pytest.raises(ValueError, match=r"[.]$"):
        check_strokes(value)
    with pytest.raises(ValueError, match=r"^draw: strokes"):
        check_command({"cmd": "draw", "strokes": value})


def test_the_largest_drawing_fits_into_a_message():
    largest = [[1000] * (2 * (MAX_POINTS // MAX_STROKES))] * MAX_STROKES
    check_strokes(largest)
    assert len(json.dumps({"cmd": "draw", "strokes": largest, "id": 10**6})) < MAX_MESSAGE


def test_a_drawing_goes_through_the_network_like_any_picture():
    run = Run("digits")
    run.advance(steps=1500)
    view = View(run, strokes=SEVEN)
    shown = PROBES["sample"](view, drawn=1)
    np.testing.assert_array_equal(shown["image"], as_picture(SEVEN, (28, 28)))
    expected = run.network(as_picture(SEVEN, (28, 28)).reshape(1, -1) / np.float32(255))[0]
    np.testing.assert_allclose(shown["probabilities"], expected, rtol=1e-5)
    assert (shown["index"], shown["label"], shown["prediction"]) == (-1, -1, 7)
    assert PROBES["sample"](view)["index"] == 0  # asked for by its number, a held-out row is still that row
    assert PROBES["sample"](View(run), drawn=1)["index"] == 0  # and without a drawing


def test_datasets_without_pictures_have_no_drawings():
    view = View(Run("playground"), strokes=SEVEN)
    assert view.drawing is None and PROBES["sample"](view, drawn=1)["index"] == 0


# -- at the workbench --------------------------------------------------------------------------------------------------


def test_a_drawing_is_looked_at_until_another_sample_is_chosen_and_survives_the_worker(tmp_path):
    strokes = [list(stroke) for stroke in SEVEN]

    def script(log):
        yield from small()
        yield from watch(
            probes=[{"key": "s", "probe": "sample"}, {"key": "fixed", "probe": "sample", "args": {"sample": 3}}]
        )
        assert (yield {"cmd": "draw", "strokes": strokes})["ok"]
        yield {"cmd": "credit", "viewer": 1, "n": 1}
        yield lambda log: log.frames
        section = log.frames[-1][1].runs[0]
        np.testing.assert_array_equal(section["arrays"]["s.image"], as_picture(SEVEN, (8, 8)))
        assert (section["scalars"]["s.label"], section["scalars"]["fixed.index"]) == (-1, 3)
        yield lambda log: log.status["look"] == {"split": "drawn", "index": -1, "label": None}

    serve(tmp_path, script)

    def again(log):
        yield from watch(probes=[{"key": "s", "probe": "sample"}])
        yield {"cmd": "credit", "viewer": 1, "n": 1}
        yield lambda log: log.frames
        np.testing.assert_array_equal(log.frames[0][1].runs[0]["arrays"]["s.image"], as_picture(SEVEN, (8, 8)))
        assert (yield {"cmd": "look", "how": "next"})["ok"]
        yield lambda log: log.status["look"]["split"] == "heldout"
        yield {"cmd": "draw", "strokes": strokes}
        assert (yield {"cmd": "draw", "strokes": []})["ok"]
        yield lambda log: log.status["look"]["split"] == "heldout"

    serve(tmp_path, again)


def test_a_pinned_unit_is_everybodys_and_survives_the_worker(tmp_path):
    def script(log):
        yield from small()
        assert not (yield {"cmd": "pin", "layer": 0, "unit": 99})["ok"]
        assert not (yield {"cmd": "pin", "layer": 7})["ok"]
        yield from watch(probes=[{"key": "u", "probe": "unit"}, {"key": "h", "probe": "unit_history"}])
        yield {"cmd": "credit", "viewer": 1, "n": 2}
        yield lambda log: log.frames and "h.step" in log.frames[-1][1].runs[0]["arrays"]
        assert log.frames[0][1].runs[0]["scalars"]["u.unit"] == 0
        seen = len(log.frames)
        assert (yield {"cmd": "pin", "layer": 0, "unit": 21})["ok"]
        yield {"cmd": "credit", "viewer": 1, "n": 2}
        yield lambda log: len(log.frames) > seen
        scalars = log.frames[seen][1].runs[0]["scalars"]
        assert (scalars["u.unit"], scalars["h.unit"], scalars["h.start"]) == (21, 21, 0)  # its history begins anew
        yield lambda log: log.status["pin"] == {"layer": 0, "unit": 21}

    serve(tmp_path, script)

    def again(log):
        yield {"cmd": "describe"}
        yield lambda log: log.status["pin"] == {"layer": 0, "unit": 21}
        assert (yield {"cmd": "new", "config": {"sizes": [784, 10], "activations": ["softmax"]}})[
            "ok"
        ]  # has no such unit
        yield lambda log: log.status["pin"] is None
        assert (yield {"cmd": "pin"})["ok"]

    serve(tmp_path, again)
