"""Datasets on the plane: the formulas, the balance, the inputs, and the learner's own points."""

import numpy as np
import pytest

from nn_core.datasets import DATASETS, points
from nn_core.datasets.plane import FEATURES, snapped

GENERATED = ["circle", "xor", "gauss", "spiral", "moons", "rings", "blobs"]
REGRESSION = ["plane", "hills"]


def every_point(data):
    return np.concatenate([data.points_train, data.points_heldout]), np.concatenate([data.y_train, data.y_heldout])


@pytest.mark.parametrize("noise", [0, 20, 50])
@pytest.mark.parametrize("name", GENERATED)
def test_classes_weigh_the_same_in_both_splits(name, noise):
    for seed in range(3):
        for share in (10, 50, 90):
            data = DATASETS[name](noise=noise, seed=seed, train_share=share)
            for labels in (data.y_train, data.y_heldout):
                counts = np.bincount(labels, minlength=len(data.classes))
                assert counts.min() == counts.max() > 0


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("name", ["rings", "blobs"])
def test_number_of_classes(name, classes):
    data = DATASETS[name](classes=classes, n=20)
    assert data.classes == tuple("ABCDE"[:classes])
    assert np.bincount(data.y_train, minlength=classes).min() == np.bincount(data.y_train).max() > 0


@pytest.mark.parametrize("noise", [0, 50])
@pytest.mark.parametrize("name", GENERATED + REGRESSION)
def test_every_point_lies_on_the_plane(name, noise):
    located, _ = every_point(DATASETS[name](noise=noise, n=5000))
    assert np.abs(located).max() <= 6
    assert np.array_equal(located, snapped(located))


@pytest.mark.parametrize("name", GENERATED + REGRESSION)
def test_share_that_trains(name):
    for share in (10, 50, 90):
        data = DATASETS[name](n=400, train_share=share)
        assert abs(data.n_train / (data.n_train + data.n_heldout) * 100 - share) < 1


@pytest.mark.parametrize("name", GENERATED)
def test_order_is_shuffled(name):
    labels = DATASETS[name](n=400).y_train
    assert 20 < np.count_nonzero(np.diff(labels)) < len(labels) - 20


def test_circle_is_a_disc_in_a_ring():
    located, labels = every_point(DATASETS["circle"]())
    radius = np.hypot(*located.T)
    assert radius[labels == 1].max() <= 2.5001
    assert radius[labels == 0].min() >= 3.4999 and radius.max() <= 5.0001


def test_xor_goes_by_the_signs_and_keeps_off_the_axes():
    located, labels = every_point(DATASETS["xor"]())
    assert np.array_equal(labels == 1, located[:, 0] * located[:, 1] > 0)
    assert np.abs(located).min() >= 0.2999 and np.abs(located).max() <= 5.3001


@pytest.mark.parametrize("noise, deviation", [(0, np.sqrt(0.5)), (10, np.sqrt(1.2))])
def test_gauss_has_two_clouds_that_grow_with_noise(noise, deviation):
    located, labels = every_point(DATASETS["gauss"](n=5000, noise=noise))
    for one, centre in ((0, -2), (1, 2)):
        cloud = located[labels == one]
        assert np.allclose(cloud.mean(axis=0), centre, atol=0.08)
        assert np.allclose(cloud.std(axis=0), deviation, rtol=0.06)


def test_spiral_follows_its_formula():
    located, labels = every_point(DATASETS["spiral"](n=500))
    i = np.arange(250)
    turn = 1.75 * i / 250 * 2 * np.pi
    for one, shift in ((1, 0), (0, np.pi)):
        arm = np.stack([np.sin(turn + shift), np.cos(turn + shift)], axis=1) * (i / 250 * 5)[:, None]
        mine = located[labels == one]
        mine = mine[np.argsort(np.hypot(*mine.T))]
        assert np.allclose(mine, arm, atol=1e-4)


@pytest.mark.parametrize("name", ["circle", "xor"])
def test_noise_turns_labels_over_but_moves_no_point(name):
    located, labels = every_point(DATASETS[name](noise=50, n=5000))
    if name == "xor":
        clean = (located[:, 0] * located[:, 1] > 0).astype(int)
    else:
        clean = (np.hypot(*located.T) < 2.5).astype(int)
    assert 0.03 < np.mean(clean != labels) < 0.5


def test_moons_interlock_and_rings_lie_around_each_other():
    located, labels = every_point(DATASETS["moons"](noise=0))
    upper = located[labels == 0]
    assert np.allclose(np.hypot(upper[:, 0] + 1.5, upper[:, 1] + 0.75), 3, atol=1e-3)
    assert np.allclose(located[labels == 1].mean(axis=0), -upper.mean(axis=0), atol=0.4)
    located, labels = every_point(DATASETS["rings"](noise=0, classes=4))
    place = np.hypot(*located.T) / (5 / 4)
    assert np.array_equal(np.floor(place).astype(int), labels)


@pytest.mark.parametrize("classes", [2, 4, 10])
def test_blobs_are_nearest_to_their_own_centres(classes):
    located, labels = every_point(DATASETS["blobs"](classes=classes, n=2000))
    angle = 2 * np.pi * np.arange(classes) / classes
    centres = 4 * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    nearest = np.hypot(*(located[:, None] - centres).transpose(2, 0, 1)).argmin(axis=1)
    assert np.mean(nearest == labels) > 0.99


def test_regressions_follow_their_formulas():
    data = DATASETS["plane"]()
    assert data.classes == () and data.n_train + data.n_heldout == 1200
    assert np.allclose(data.y_train[:, 0], data.points_train.sum(axis=1) / 10, atol=1e-4)
    assert not np.allclose(DATASETS["plane"](noise=30).y_train[:, 0], data.points_train.sum(axis=1) / 10, atol=0.1)
    data = DATASETS["hills"](n=5000)
    for i in range(50):
        best = 0.0
        for x1, x2, sign in ((-4, 2.5, 1), (0, 2.5, -1), (4, 2.5, 1), (-4, -2.5, -1), (0, -2.5, 1), (4, -2.5, -1)):
            height = sign * max(0, 1 - np.hypot(*(data.points_train[i] - (x1, x2))) / 2)
            best = height if abs(height) > abs(best) else best
        assert data.y_train[i, 0] == pytest.approx(best, abs=1e-4)


def test_features_are_in_the_tables_order_and_work_on_any_grid():
    data = DATASETS["xor"](features=["sin_x2", "x1x2", "x1", "x1"])
    assert data.feature_names == ("x1", "x1x2", "sin_x2") and data.n_features == 3
    x1, x2 = data.points_train.T
    assert np.allclose(data.x_train, np.stack([x1, x1 * x2, np.sin(x2)], axis=1), atol=1e-6)
    assert np.array_equal(data.features(data.points_heldout), data.x_heldout)
    grid = np.stack(np.meshgrid(np.linspace(-6, 6, 5), np.linspace(-6, 6, 5)), axis=-1).reshape(-1, 2)
    assert data.features(grid).shape == (25, 3) and data.features(grid).dtype == np.float32
    everything = DATASETS["xor"](features=list(FEATURES))
    x1, x2 = everything.points_train.T
    expected = [x1, x2, x1**2, x2**2, x1 * x2, np.sin(x1), np.sin(x2)]
    assert np.allclose(everything.x_train, np.stack(expected, axis=1), rtol=1e-5, atol=1e-6)


def test_features_do_not_move_the_points():
    plain, rich = DATASETS["circle"](), DATASETS["circle"](features=["x1^2", "x2^2"])
    assert np.array_equal(plain.points_train, rich.points_train)
    assert plain.sha256 != rich.sha256


@pytest.mark.parametrize("name", GENERATED + REGRESSION)
def test_arguments_out_of_range_are_sentences(name):
    for bad in ({"noise": 51}, {"noise": -1}, {"n": 19}, {"n": 5001}, {"n": 20.5}, {"train_share": 0.5}):
        with pytest.raises(ValueError, match=f"{name}: {next(iter(bad))} is .*, but must be .*"):
            DATASETS[name](**bad)


def test_pictures_are_refused_where_there_are_none():
    with pytest.raises(ValueError, match="'circle' holds no pictures"):
        DATASETS["circle"]().image("train", 0)


# Own points


def test_own_points_are_the_data():
    own = [[-1, 2, 0], [3.00049, -2, 2], [1, 1, 2], [0, 0, 0], [5, 5, 1]]
    data = DATASETS["points"](points=own, train_share=60)
    located, labels = every_point(data)
    assert data.classes == ("A", "B", "C")
    assert data.args["points"][1] == [3.0, -2.0, 2]
    expected = sorted([*map(float, snapped(np.array(p[:2]))), p[2]] for p in data.args["points"])
    assert sorted([*p, one] for p, one in zip(located.tolist(), labels.tolist(), strict=True)) == expected
    assert data.sha256 != DATASETS["points"](points=own[:4], train_share=60).sha256


def test_each_class_of_own_points_is_split_by_itself():
    own = [[i / 100, 0, 0] for i in range(100)] + [[0, i / 10, 1] for i in range(20)]
    data = DATASETS["points"](points=own)
    assert np.bincount(data.y_heldout).tolist() == [20, 4]


def test_something_is_held_out_and_something_trains():
    for own in ([[0, 0, one] for one in range(4)], [[0, 0, 0]] * 4):
        for share in (10, 90):
            data = DATASETS["points"](points=own, train_share=share)
            assert data.n_train >= 1 and data.n_heldout >= 1 and len(data.classes) >= 2


def test_labels_name_the_classes():
    own = [[0, 0, 0], [1, 1, 1], [2, 2, 2], [3, 3, 0]]
    assert DATASETS["points"](points=own, labels=["cat", "A"]).classes == ("cat", "A", "B")


@pytest.mark.parametrize(
    "bad, sentence",
    [
        ("0,0,1", "points must be a list"),
        ([[0, 0, 0]] * 3, "There are 3 points, but must be from 4 to 2,000"),
        ([[0, 0, 0]] * 2001, "There are 2,001 points"),
        ([[0, 0, 0]] * 4 + [[0, 0]], "Point 5 must be \\[x1, x2, class\\]"),
        ([[0, 0, 0]] * 4 + [7], "Point 5 must be"),
        ([[0, 0, 0]] * 4 + [[0, 6.1, 0]], "Point 5 has a coordinate that is not a number from -6 to 6"),
        ([[0, 0, 0]] * 4 + [[float("nan"), 0, 0]], "Point 5 has a coordinate"),
        ([[0, 0, 0]] * 4 + [["0", 0, 0]], "Point 5 has a coordinate"),
        ([[0, 0, 0]] * 4 + [[10**400, 0, 0]], "Point 5 has a coordinate"),
        ([[0, 0, 0]] * 4 + [[0, 0, 10]], "Point 5 has a class that is not a whole number from 0 to 9"),
        ([[0, 0, 0]] * 4 + [[0, 0, 0.5]], "Point 5 has a class"),
        ([[0, 0, 0]] * 4 + [[0, 0, True]], "Point 5 has a class"),
    ],
)
def test_wrong_points_are_sentences(bad, sentence):
    with pytest.raises(ValueError, match=sentence):
        DATASETS["points"](points=bad)


@pytest.mark.parametrize("bad", ["AB", [1, 2], ["x" * 41], [""], ["A"] * 2, list("ABCDEFGHIJK")])
def test_wrong_labels_are_sentences(bad):
    with pytest.raises(ValueError, match="labels must"):
        DATASETS["points"](labels=bad)


@pytest.mark.parametrize(
    "data",
    [
        "-1,2,cat\n3,-2,dog\n1,1,dog\n0,0,cat\n",
        b"\xef\xbb\xbfx1,x2,kind\r\n-1,2,cat\r\n3,-2,dog\r\n\r\n1,1,dog\r\n0,0,cat\r\n",
        "-1;2;cat\n3;-2;dog\n1;1;dog\n0;0;cat",
        "-1,0;2;cat\n3;-2,0;dog\n1;1;dog\n0;0;cat",
        "-1\t2\tcat\n3\t-2\tdog\n1\t1\tdog\n0\t0\tcat\n",
        '"-1", 2, "cat"\n3,-2,dog\n1,1,dog\n0,0,cat\n',
        "-1,2,cat\n3,-2,dog\n1,1,dog\n0,0,cat\n".encode("utf-16"),
    ],
)
def test_csv_of_every_habit(data):
    args, note = points.parse_csv(data)
    assert args == {"points": [[-1, 2, 0], [3, -2, 1], [1, 1, 1], [0, 0, 0]], "labels": ["cat", "dog"]}
    assert note == "4 points of 2 classes."
    assert DATASETS["points"](**args).classes == ("cat", "dog")


def test_csv_off_the_plane_is_scaled():
    args, note = points.parse_csv("100,0.1,10\n300,0.2,9\n200,0.3,2\n150,0.15,9")
    assert [point[:2] for point in args["points"]] == [[-5, -5], [5, 0], [0, 5], [-2.5, -2.5]]
    assert args["labels"] == ["2", "9", "10"] and "scaled to the plane" in note
    args, _ = points.parse_csv("1e300,7,a\n-1e300,7,b\n0,7,a\n5,7,b")
    assert args["points"][0][:2] == [5, 0] and args["points"][1][:2] == [-5, 0]


@pytest.mark.parametrize(
    "data, sentence",
    [
        ("", "The file is empty"),
        (b"  \n\n", "The file is empty"),
        (b"PK\x03\x04rest of a spreadsheet", "a spreadsheet or an archive"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not a text file"),
        (b"a" * 1_000_001, "more than 1 MB"),
        ("1,2\n3,4\n5,6\n7,8\n", "Line 1 must have three columns, two numbers and a label, but has 2"),
        ("1,2,a\n3,4,a,5\n5,6,b\n7,8,b\n", "Line 2 must have three columns.* but has 4"),
        ("x,y,label\n", "The file has 0 points"),
        ("1,2,a\n" * 2001, "The file has 2,001 points, but must have from 4 to 2,000"),
        ("1,2,a\n3,4,a\nfive,6,b\n7,8,b\n", "Line 3, column 1 holds 'five', which is not a number"),
        ("1,2,a\n3,4,a\n5,nan,b\n7,8,b\n", "Line 3, column 2 holds 'nan'"),
        ("1,2,a\n3,4,\n5,6,b\n7,8,b\n", "Line 2 has no label"),
        ("\n".join(f"1,2,{i}" for i in range(11)), "11 different labels, but may hold at most 10"),
        ("1,2,a\n3,4,a\n5,6,a\n7,8,a\n", "All labels are 'a'"),
        ("<html><body>\n<p>Sign in</p>\n<p>a</p>\n</html>", "Line 1 must have three columns.* but has 1"),
        ('1,2,"a\n3,4,a\n5,6,b\n7,8,b\n', "cannot be read as CSV"),
    ],
)
def test_wrong_files_are_sentences(data, sentence):
    with pytest.raises(ValueError, match=sentence):
        points.parse_csv(data)
