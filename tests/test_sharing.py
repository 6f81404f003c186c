"""Sharing: a link or a file makes the same run again, and whatever else comes is refused with a sentence."""

import base64
import json
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nn_core import Run, RunConfig
from nn_core import sharing as share_module
from nn_core.datasets.dataset import DataUnavailable
from nn_core.sharing import MAX_LINK, MAX_TEXT, Replay, from_link, read, share, to_link
from nn_core.weights import MAX_FILE, begin_with, keep_weights, pack_weights, read_weights

CONFIG = RunConfig(dataset="digits", dataset_args={"size": 8}, sizes=(64, 12, 10), activations="sigmoid")


@pytest.fixture(scope="module")
def run():
    made = Run(CONFIG)
    made.advance(steps=70)
    made.change(learning_rate=0.5, batch_size=4)
    made.advance(steps=30)
    made.parameter(0, "W", (1, 2), 0.25)
    made.unit(0, 3, False)
    made.advance(steps=40)
    return made


def replayed(text, slice_=0.001):
    replay = Replay(read(text))
    while not replay.work(slice_):
        pass
    return replay


def changed(text, **parts):
    """The text with other parts and a checksum that fits them, as a careful forger would make it."""
    plain = {**json.loads(text), **parts}
    plain.pop("check", None)
    return json.dumps({**plain, "check": share_module._check(plain)})


def test_a_link_makes_the_same_run_bit_for_bit(run):
    text = share(run, name="mine", bookmarks=[[20, "here"], [130, ""]])
    link = to_link(text)
    assert len(link) < 1000 and link.replace("-", "").replace("_", "").isalnum()
    assert from_link(link) == text
    replay = replayed(from_link(link))
    assert replay.verdict == "same"
    assert replay.run.state_fingerprint() == run.state_fingerprint() and replay.run.events == run.events
    assert (replay.shared.name, replay.shared.bookmarks) == ("mine", ((20, "here"), (130, "")))
    np.testing.assert_array_equal(replay.run.curves["heldout_loss"], run.curves["heldout_loss"])


def test_what_comes_after_the_present_stays_at_home(run):
    fork = run.fork(140)
    fork.goto(80)
    replay = replayed(share(fork, bookmarks=[[20, "a"], [120, "b"]]))
    assert replay.run.step == replay.run.head == 80 and len(replay.run.events) == 1
    assert replay.shared.bookmarks == ((20, "a"),)
    assert replay.run.state_fingerprint() == fork.state_fingerprint()


def test_a_run_saved_as_text_opens_too(run):
    assert replayed(run.to_json()).run.state_fingerprint() == run.state_fingerprint()


def test_another_arithmetic_is_said_to_be_equal_up_to_rounding(run):
    assert replayed(changed(share(run), numerics_id="another machine")).verdict == "rounding"


def test_a_forged_fingerprint_or_seed_is_found_out(run):
    assert replayed(changed(share(run), fingerprint="0" * 64)).verdict == "different"
    plain = json.loads(share(run))
    assert replayed(changed(share(run), config={**plain["config"], "seed": 7})).verdict == "different"


def test_other_data_is_not_taken(run):
    with pytest.raises(DataUnavailable, match="other data"):
        Replay(read(changed(share(run), dataset_sha256="0" * 64)))


@pytest.mark.parametrize(
    "parts, words",
    [
        ({"format": 2}, "update Watch It Learn"),
        ({"format": "x"}, "format 1"),
        ({"surprise": 1}, "surprise"),
        ({"step": -1}, "step"),
        ({"step": 10**12}, "step"),
        ({"step": True}, "step"),
        ({"events": [{"step": 1}]}, "event"),
        ({"events": [{"step": 1, "kind": "magic", "values": {}}]}, "magic"),
        ({"events": "none"}, "changes"),
        ({"config": {"dataset": "elsewhere"}}, "elsewhere"),
        ({"config": {"sizes": [64, 5000, 10]}}, "sizes"),
        ({"config": {"secrets": 1}}, "secrets"),
        ({"name": "x" * 81}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"bookmarks": [[1]]}, "bookmark"),
        ({"bookmarks": [[10**6, "beyond"]]}, "bookmark"),
        ({"fingerprint": 3}, "fingerprint"),
        ({"dataset_sha256": 3}, "data"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(run, parts, words):
    with pytest.raises(ValueError, match=words) as refused:
        read(changed(share(run), **parts))
    assert str(refused.value).endswith(".")


def test_events_that_could_not_have_happened_are_refused_on_the_way(run):
    for event in (
        {"step": 3, "kind": "unit", "values": {"layer": 9, "index": 0, "on": False}},
        {"step": 3, "kind": "change", "values": {"learning_rate": -1}},
        {"step": 3, "kind": "change", "values": {"learning_rate": 0.1}},
    ):
        with pytest.raises(ValueError, match=r"[.]$"):
            replayed(changed(share(run), events=[event]))


def test_tampered_cut_or_oversized_links_are_refused_with_a_sentence(run):
    text = share(run)
    link = to_link(text)
    with pytest.raises(ValueError, match="changed after"):
        read(text.replace('"step":140', '"step":139'))
    for broken in (link[:-5], link[5:], link + "AAAA", "", "äöü", "A" * 40, link.replace(link[50], "!", 1)):
        with pytest.raises(ValueError, match=r"cut off|not a shared run"):
            read(from_link(broken))
    with pytest.raises(ValueError, match="too long"):
        from_link("A" * (MAX_LINK + 1))
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = bomb.compress(b" " * (MAX_TEXT + 10)) + bomb.flush()
    with pytest.raises(ValueError, match="cut off or changed"):
        from_link(base64.urlsafe_b64encode(packed).decode().rstrip("="))
    for other in ("[]", "{", '{"format": NaN}', "x" * (MAX_TEXT + 1)):
        with pytest.raises(ValueError, match=r"[.]$"):
            read(other)


def test_a_run_with_very_many_changes_goes_into_a_file_only():
    run = Run(CONFIG)
    rng = np.random.default_rng(0)
    for _ in range(600):
        run.advance(steps=1)
        run.change(learning_rate=float(rng.random()))
    text = share(run)
    with pytest.raises(ValueError, match="file"):
        to_link(text)
    assert replayed(text, 1.0).verdict == "same"


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
@settings(max_examples=60, deadline=None)
def test_no_link_does_more_than_be_refused(part):
    with pytest.raises(ValueError, match=r"[.]$"):
        read(from_link(part))


# -- weights -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NN_RUNS_DIR", str(tmp_path))
    return tmp_path


def test_weights_come_back_and_begin_a_run(run, folder):
    data = pack_weights(run.network)
    fields, arrays = read_weights(data)
    assert fields["sizes"] == [64, 12, 10] and fields["bias"] and not fields["batch_norm"]
    np.testing.assert_array_equal(arrays["1.W"], run.network.layers[1].W)
    start = keep_weights(data)
    begun = Run(CONFIG.replace(start=start, learning_rate=0.01))
    np.testing.assert_array_equal(begun.network.layers[0].W, run.network.layers[0].W)
    begun.advance(steps=20)
    assert Run.from_json(begun.to_json()).state_fingerprint() == begun.state_fingerprint()
    with pytest.raises(ValueError, match="sizes"):
        Run(CONFIG.replace(start=start, sizes=(64, 8, 10)))


def test_weights_that_are_gone_or_changed_are_waited_for(run, folder):
    start = keep_weights(pack_weights(run.network))
    (folder / "weights" / f"{start}.npz").write_bytes(b"other")
    with pytest.raises(DataUnavailable, match="not on this computer"):
        begin_with(run.network.copy(), start)
    with pytest.raises(ValueError, match="SHA-256"):
        begin_with(run.network.copy(), "../../etc/passwd")
    with pytest.raises(ValueError, match="start"):
        CONFIG.replace(start="../x")


def npz(**arrays):
    import io

    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04 nonsense",
        npz(weights=np.zeros((2, 2))),
        npz(**{"0.W": np.array([{}], dtype=object)}),
        npz(**{"0.W": np.zeros(3)}),
        npz(**{"0.W": np.zeros((3, 2)), "1.W": np.zeros((3, 2))}),
        npz(**{"0.W": np.zeros((3, 2)), "2.W": np.zeros((2, 2))}),
        npz(**{"0.W": np.zeros((3, 2)), "0.b": np.zeros(3)}),
        npz(**{"0.W": np.full((3, 2), np.nan)}),
        npz(**{"0.W": np.zeros((3, 2), np.int64)}),
        npz(**{"0.W": np.zeros((3, 2)), "1.W": np.zeros((2, 2)), "1.b": np.zeros(2)}),
        bytes(MAX_FILE + 1),
    ],
    ids=range(12),
)
def test_files_that_are_no_weights_are_refused_with_a_sentence(data):
    with pytest.raises(ValueError, match=r"[.]$"):
        read_weights(data)
