"""Every dataset keeps the same promises: checked arguments, read-only arrays, repeatable content, sentences."""

import json

import numpy as np
import pytest

from nn_core.datasets import DATASETS, SPLITS

OFFLINE = [name for name in DATASETS if name != "mnist"]
PLANE = [name for name, source in DATASETS.items() if source.kind == "plane"]
CLASSES = [name for name in OFFLINE if DATASETS[name].task == "classification"]


@pytest.mark.parametrize("name", DATASETS)
def test_entry_says_what_a_menu_needs(name):
    source = DATASETS[name]
    assert source.name == name
    assert source.title and source.what
    assert source.kind in ("images", "plane")
    assert source.task in ("classification", "regression")
    for argument in source.arguments.values():
        assert argument.words


@pytest.mark.parametrize("name", DATASETS)
def test_defaults_pass_their_own_checks_and_travel_as_json(name):
    args = DATASETS[name].checked()
    assert list(args) == list(DATASETS[name].arguments)
    assert DATASETS[name].checked(**json.loads(json.dumps(args))) == args


@pytest.mark.parametrize("name", OFFLINE)
def test_arrays_fit_each_other(name):
    data = DATASETS[name]()
    assert data.args == DATASETS[name].checked()
    assert data.task == DATASETS[name].task
    for split, x, y in (("train", data.x_train, data.y_train), ("heldout", data.x_heldout, data.y_heldout)):
        assert x.dtype == np.float32 and x.shape == (data.count(split), data.n_features)
        assert np.isfinite(x).all()
        if data.task == "classification":
            assert y.dtype == np.int64 and y.shape == (len(x),)
            assert set(np.unique(y)) <= set(range(len(data.classes)))
        else:
            assert y.dtype == np.float32 and y.shape == (len(x), 1)
    assert data.n_train > 0 and data.n_heldout > 0
    assert data.n_test == 0 and data.x_test is None and data.y_test is None


@pytest.mark.parametrize("name", OFFLINE)
def test_take_gives_the_rows_of_the_whole(name):
    data = DATASETS[name]()
    rows = np.array([3, 0, 3, data.n_train - 1])
    assert np.array_equal(data.take("train", rows), data.x_train[rows])
    assert np.array_equal(data.take("heldout", slice(0, 2)), data.x_heldout[:2])
    assert data.take("train", rows[:0]).shape == (0, data.n_features)
    with pytest.raises(ValueError, match="There is no split 'validation'"):
        data.take("validation", rows)


@pytest.mark.parametrize("name", OFFLINE)
def test_what_is_handed_out_is_read_only(name):
    data = DATASETS[name]()
    arrays = [data.x_train, data.y_train, data.x_heldout, data.y_heldout]
    if data.points_train is not None:
        arrays += [data.points_train, data.points_heldout]
    for array in arrays:
        with pytest.raises(ValueError):
            array[0] = 1


@pytest.mark.parametrize("name", OFFLINE)
def test_same_arguments_same_content(name):
    one, two = DATASETS[name](), DATASETS[name]()
    assert one.sha256 == two.sha256 and len(one.sha256) == 64
    assert np.array_equal(one.x_train, two.x_train)


@pytest.mark.parametrize("name", OFFLINE)
def test_another_seed_is_another_content(name):
    assert DATASETS[name](seed=1).sha256 != DATASETS[name](seed=2).sha256


def test_no_two_datasets_share_a_hash():
    hashes = [DATASETS[name]().sha256 for name in OFFLINE]
    assert len(set(hashes)) == len(hashes)


@pytest.mark.parametrize("name", [name for name in CLASSES if name != "digits"])
def test_split_hash_changes_with_the_share(name):
    assert DATASETS[name](train_share=40).sha256 != DATASETS[name](train_share=60).sha256


@pytest.mark.parametrize("name", DATASETS)
def test_unknown_argument_is_a_sentence(name):
    with pytest.raises(ValueError, match=f"{name} does not take 'colour'; it takes .*seed"):
        DATASETS[name](colour=1)


@pytest.mark.parametrize("bad", [-1, 1.5, 2**40, True, "three", None, float("nan"), [1]])
@pytest.mark.parametrize("name", DATASETS)
def test_wrong_seed_is_a_sentence(name, bad):
    with pytest.raises(ValueError, match=f"{name}: seed is .* but must be .*"):
        DATASETS[name](seed=bad)


@pytest.mark.parametrize("bad", ["x1", [], ["x3"], None, [["x1"]], [{}], 7, {"x1": 1}])
@pytest.mark.parametrize("name", PLANE)
def test_wrong_features_are_a_sentence(name, bad):
    with pytest.raises(ValueError, match=r"features .* x1, x2, x1\^2"):
        DATASETS[name](features=bad)


@pytest.mark.parametrize("name", OFFLINE)
def test_whole_float_copies_are_shared_but_not_kept(name):
    data = DATASETS[name]()
    held = data.x_train
    assert data.x_train is held
    del held
    assert "train" not in data._built


def test_splits_are_the_three():
    assert SPLITS == ("train", "heldout", "test")
