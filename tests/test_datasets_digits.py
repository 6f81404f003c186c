"""The bundled digits: the right file, both sizes, and a held-out part in which every class weighs the same."""

from fractions import Fraction

import numpy as np
import pytest

from nn_core.datasets import DATASETS, DataUnavailable, digits


def test_file_holds_the_1797_digits_and_is_small():
    images, labels = digits.load()
    assert images.shape == (1797, 8, 8) and images.dtype == np.uint8
    assert images.min() == 0 and images.max() == 16
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert digits.FILE.stat().st_size < 60_000


def test_licence_stands_beside_the_file():
    text = digits.FILE.with_name("digits.LICENSE.md").read_text(encoding="utf-8")
    for fact in ("CC BY 4.0", "10.24432/C50P49", "Alpaydin", "Kaynak", "archive.ics.uci.edu"):
        assert fact in text


def test_eight_by_eight_is_the_file_as_it_is():
    images, labels = digits.load()
    data = DATASETS["digits"](size=8)
    assert data.image_shape == (8, 8) and data.x_train.max() == 1
    both = np.concatenate([data.x_train, data.x_heldout]) * 16
    order = np.lexsort(both.T)
    expected = images.reshape(-1, 64).astype(np.float32)
    assert np.array_equal(both[order], expected[np.lexsort(expected.T)])
    assert np.bincount(np.concatenate([data.y_train, data.y_heldout])).tolist() == np.bincount(labels).tolist()


def test_form_of_mnist():
    data = DATASETS["digits"]()
    assert data.image_shape == (28, 28) and data.classes == tuple("0123456789")
    pictures = data.x_train.reshape(-1, 28, 28)
    frame = np.ones((28, 28), bool)
    frame[4:24, 4:24] = False
    assert (pictures[:, frame] == 0).all()
    assert pictures.max() == 1 and pictures.min() == 0


def test_resampling_is_exact_and_keeps_flat_areas():
    weights, unit = digits.resampling_weights(20, 8)
    assert unit == 2000
    assert (weights[4:-4].sum(axis=1) == unit).all()
    assert np.array_equal(weights, weights[::-1, ::-1])
    flat = digits.in_form_of_mnist(np.full((1, 8, 8), 8, np.uint8))[0]
    assert (flat[8:20, 8:20] == 128).all()  # half of 255, rounded up


def test_kernel_passes_through_the_pixels():
    assert digits._keys(Fraction(0)) == 1
    assert [digits._keys(Fraction(t)) for t in (-2, -1, 1, 2, 3)] == [0] * 5
    for tenth in range(10):
        assert sum(digits._keys(Fraction(tenth, 10) + shift) for shift in range(-2, 3)) == 1


def test_resampled_shapes_follow_the_originals():
    images, _ = digits.load()
    fine = digits.in_form_of_mnist(images)[:, 4:24, 4:24].astype(float)
    coarse = fine.reshape(-1, 4, 5, 4, 5).mean(axis=(2, 4))
    expected = images.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)) * 255 / 16
    assert np.corrcoef(coarse.ravel(), expected.ravel())[0, 1] > 0.99


@pytest.mark.parametrize("heldout, each", [(20, 36), (5, 9), (50, 90)])
def test_heldout_holds_as_many_of_every_digit(heldout, each):
    data = DATASETS["digits"](heldout=heldout)
    assert np.bincount(data.y_heldout).tolist() == [each] * 10
    assert data.n_train + data.n_heldout == 1797


def test_both_sizes_split_alike():
    assert np.array_equal(DATASETS["digits"](size=8).y_train, DATASETS["digits"]().y_train)
    assert DATASETS["digits"](size=8).sha256 != DATASETS["digits"]().sha256


def test_content_is_the_same_everywhere():
    assert DATASETS["digits"]().sha256 == "2ce964e79bdd077da9c0fa58b393cc4fe6201929a53448e40e42956585aad4ca"
    assert DATASETS["digits"](size=8).sha256 == "24eeab0f86f9b89533bd16165058b3e55ad9fa76524fb7cac43859752f53dce0"


@pytest.mark.parametrize("size", [8, 28])
def test_picture_of_one_digit(size):
    data = DATASETS["digits"](size=size)
    picture = data.image("heldout", 5)
    assert picture.shape == (size, size) and picture.dtype == np.uint8
    assert np.allclose(picture / 255, data.x_heldout[5].reshape(size, size), atol=0.5 / 255 + 1e-6)


@pytest.mark.parametrize("size", [0, 16, "28", None, 28.5, True])
def test_wrong_size_is_a_sentence(size):
    with pytest.raises(ValueError, match=r"digits: size is .*, but must be one of 28, 8."):
        DATASETS["digits"](size=size)


def test_missing_or_damaged_file_is_a_sentence(tmp_path):
    (tmp_path / "damaged.npz").write_bytes(b"PK not an archive")
    for name in ("missing.npz", "damaged.npz"):
        with pytest.raises(DataUnavailable, match=r"The bundled digits cannot be read from .*get that file again"):
            digits.load(tmp_path / name)


def test_they_are_always_ready():
    assert DATASETS["digits"].ready()
    DATASETS["digits"].prepare()
