"""Frames and the pipe: what is put in comes out, whatever it is; what is not a frame is refused with a sentence."""

import io
import json
import math
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nn_core.stream import pipe
from nn_core.stream.frames import DTYPES, decode, encode

ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda name: hnp.arrays(np.dtype(name), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5))
)
SCALARS = st.dictionaries(
    st.text(max_size=5),
    st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), st.text()),
)
SECTIONS = st.lists(
    st.fixed_dictionaries(
        {
            "run": st.text(max_size=5),
            "step": st.integers(0, 10**12),
            "scalars": SCALARS,
            "arrays": st.dictionaries(st.text(max_size=5), ARRAYS, max_size=4),
        }
    ),
    max_size=3,
)


@given(SECTIONS)
@settings(deadline=None)
def test_a_frame_comes_back_as_it_was(sections):
    frame = decode(encode(sections))
    assert len(frame.runs) == len(sections)
    for had, got in zip(sections, frame.runs, strict=True):
        assert (had["run"], had["step"], had["scalars"]) == (got["run"], got["step"], got["scalars"])
        assert list(had["arrays"]) == list(got["arrays"])
        for name, array in had["arrays"].items():
            assert got["arrays"][name].dtype == array.dtype and got["arrays"][name].shape == array.shape
            np.testing.assert_array_equal(got["arrays"][name], array)


def test_the_layout_is_the_documented_one():
    message = encode(
        [
            {
                "run": "a",
                "step": 7,
                "scalars": {"loss": 0.5},
                "arrays": {"u": np.arange(3, dtype="u1"), "f": np.ones((2, 2), "f4")},
            }
        ],
        shown="a",
    )
    (length,) = struct.unpack_from("<I", message)
    header = json.loads(message[4 : 4 + length])
    body = 4 + length
    assert header["shown"] == "a"
    assert header["runs"][0]["arrays"] == [["u", "uint8", [3], 0], ["f", "float32", [2, 2], 8]]
    assert body % 8 == 0
    assert message[body : body + 3] == b"\0\1\2"
    assert struct.unpack_from("<4f", message, body + 8) == (1, 1, 1, 1)
    assert len(message) == body + 8 + 16


def test_arrays_are_read_only_and_start_at_multiples_of_eight():
    arrays = {f"a{n}": np.zeros(n, "u1") for n in range(10)}
    message = encode([{"run": "a", "step": 0, "arrays": arrays}])
    (length,) = struct.unpack_from("<I", message)
    offsets = [offset for _, _, _, offset in json.loads(message[4 : 4 + length])["runs"][0]["arrays"]]
    assert all(offset % 8 == 0 for offset in offsets)
    assert not any(array.flags.writeable for array in decode(message).runs[0]["arrays"].values())


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (np.array([1, -(2**31)]), "int32"),
        (np.array([2**40]), "float64"),
        (np.array([True, False]), "uint8"),
        (np.array([0.5], np.float16), "float32"),
        (np.array([1.5], ">f8"), "float64"),
        (np.array([258], ">u2"), "uint16"),
        (np.ones((3, 2))[:, 0], "float64"),
        ([1, 2, 3], "int32"),
    ],
)
def test_numbers_without_a_typed_array_travel_as_ones_with(given, sent):
    array = decode(encode([{"run": "a", "step": 0, "arrays": {"x": given}}])).runs[0]["arrays"]["x"]
    assert array.dtype.name == sent
    np.testing.assert_array_equal(array, np.asarray(given))


def test_scalars_that_are_not_finite_travel_as_null():
    scalars = {"loss": math.nan, "top": math.inf, "numpy": np.float32(np.nan), "count": np.int64(3), "none": None}
    got = decode(encode([{"run": "a", "step": np.int64(2), "scalars": scalars}])).runs[0]["scalars"]
    assert got == {"loss": None, "top": None, "numpy": None, "count": 3, "none": None}


@pytest.mark.parametrize("array", [np.array(["a"]), np.array([1j]), np.array([None])])
def test_what_has_no_place_in_a_frame_is_refused(array):
    with pytest.raises(ValueError, match="a frame carries only"):
        encode([{"run": "a", "step": 0, "arrays": {"x": array}}])


@given(st.binary(max_size=200))
def test_bytes_that_are_no_frame_are_refused_with_a_sentence(message):
    with pytest.raises(ValueError, match=r"^This is not a frame: .*\.$"):
        decode(message)


def test_every_cut_of_a_frame_is_refused():
    message = encode([{"run": "a", "step": 0, "scalars": {}, "arrays": {"x": np.arange(4.0)}}])
    for length in range(len(message)):
        with pytest.raises(ValueError, match="This is not a frame"):
            decode(message[:length])


@pytest.mark.parametrize(
    "entry", [["x", "object", [1], 0], ["x", "float64", [1], -8], ["x", "float64", [-1], 0], ["x"]]
)
def test_a_forged_header_is_refused(entry):
    header = json.dumps({"runs": [{"run": "a", "step": 0, "scalars": {}, "arrays": [entry]}]}).encode()
    with pytest.raises(ValueError, match="This is not a frame"):
        decode(struct.pack("<I", len(header)) + header + bytes(64))


def test_the_pipe_carries_messages_and_frames():
    stream = io.BytesIO(pipe.json_message({"cmd": "play"}) + pipe.frame_message(9, b"frame"))
    assert pipe.read_message(stream) == (pipe.JSON, b'{"cmd":"play"}')
    kind, body = pipe.read_message(stream)
    assert kind == pipe.FRAME and pipe.VIEWER.unpack_from(body) == (9,) and body[4:] == b"frame"
    assert pipe.read_message(stream) is None


def test_a_pipe_that_was_cut_off_has_ended():
    whole = pipe.json_message({"cmd": "play"})
    assert all(pipe.read_message(io.BytesIO(whole[:length])) is None for length in range(len(whole)))


@pytest.mark.parametrize("head", [struct.pack("<Ic", 2**31, b"J"), struct.pack("<Ic", 1, b"?")])
def test_what_is_no_message_is_refused(head):
    with pytest.raises(ValueError, match="not a message"):
        pipe.read_message(io.BytesIO(head + b"x"))


@pytest.mark.parametrize("body", [b"{", b"[1]", b"7", b"\xff", b"[" * 100_000])
def test_json_that_is_no_message_names_no_command(body):
    assert pipe.read_json(body) == {"cmd": None}
