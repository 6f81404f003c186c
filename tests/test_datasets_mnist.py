"""MNIST's way onto this machine: mirrors of every character are played by a server on 127.0.0.1 with small files of
their own, and the real digits are checked where NN_DATA_DIR names them.
"""

import gzip
import hashlib
import os
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from nn_core.datasets import DATASETS, DataUnavailable, download, files, mnist
from nn_core.datasets.files import KnownFile

REAL = os.environ.get("NN_DATA_DIR")
CONTENT = {
    "images": b"\0\0\x08\x03" + bytes(range(256)) * 200,
    "labels": b"\0\0\x08\x01" + bytes(np.random.default_rng(0).integers(0, 256, 60_000, np.uint8)),
}
FAKES = [KnownFile(name, hashlib.sha256(data).hexdigest(), len(data)) for name, data in CONTENT.items()]
TOTAL = sum(file.size for file in FAKES)
QUICK = {"pause": 0.01, "timeout": 0.3}


@pytest.fixture(autouse=True)
def no_proxy_and_own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("NN_DATA_DIR", raising=False)
    monkeypatch.delenv("NN_MNIST_MIRRORS", raising=False)


@contextmanager
def mirror(answer):
    """A mirror that answers each request by `answer(handler, content)`; gives its address and the paths asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            answer(self, CONTENT[self.path.rsplit("/", 1)[1].removesuffix(".gz")])

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *args: None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/mnist/", asked
    finally:
        server.shutdown()
        server.server_close()


def send(handler, body, status=200, length=None):
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


def good(handler, content):
    send(handler, gzip.compress(content))


def unpacked(handler, content):
    send(handler, content)


def missing(handler, content):
    send(handler, b"not here", status=404)


def overloaded(handler, content):
    send(handler, b"later", status=503)


def truncated(handler, content):
    packed = gzip.compress(content)
    send(handler, packed[: len(packed) // 2], length=len(packed))


def lying(handler, content):
    send(handler, gzip.compress(content[:-1] + b"!"))


def damaged(handler, content):
    packed = bytearray(gzip.compress(content))
    packed[len(packed) // 2] ^= 255
    send(handler, bytes(packed))


def bomb(handler, content):
    send(handler, gzip.compress(bytes(5_000_000)))


def web_page(handler, content):
    send(handler, b"<html>Please sign in to this network</html>")


def silent(handler, content):
    time.sleep(1)


def stalling(handler, content):
    packed = gzip.compress(content)
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(packed[:100])
    handler.wfile.flush()
    time.sleep(1)


def slow(handler, content):
    packed = gzip.compress(content)
    handler.send_response(200)
    handler.end_headers()
    for i in range(0, len(packed), len(packed) // 10):
        handler.wfile.write(packed[i : i + len(packed) // 10])
        handler.wfile.flush()
        time.sleep(0.01)


def hanging_up(handler, content):
    handler.connection.close()


def bring(*addresses, **more):
    download.download("MNIST", FAKES, addresses, files.cache_folder(), **{**QUICK, **more})


def cached():
    return {file.name: files.from_cache(file, files.cache_folder()) for file in FAKES}


def all_right():
    return all(array is not None and array.tobytes() == CONTENT[name] for name, array in cached().items())


def leftovers():
    return [path.name for path in files.cache_folder().iterdir() if path.suffix in (".part", ".lock")]


# Mirrors


@pytest.mark.parametrize("answer", [good, unpacked, slow], ids=lambda answer: answer.__name__)
def test_good_mirror(answer):
    told = []
    with mirror(answer) as (address, asked):
        bring(address, progress=lambda *numbers: told.append(numbers))
        bring(address)  # nothing is asked for again
    assert asked == ["/mnist/images.gz", "/mnist/labels.gz"]
    assert all_right() and not leftovers()
    assert told[0] == (0, TOTAL) and told[-1] == (TOTAL, TOTAL)
    assert told == sorted(told) and len(set(told)) > 2


BROKEN = [missing, overloaded, truncated, lying, damaged, bomb, web_page, silent, stalling, hanging_up]


@pytest.mark.parametrize("answer", BROKEN, ids=lambda answer: answer.__name__)
def test_broken_mirror_hands_over_to_the_other(answer):
    with mirror(answer) as (bad, bad_asked), mirror(good) as (fine, asked):
        bring(bad, fine)
    assert bad_asked == ["/mnist/images.gz"]  # the second file begins at the mirror that worked
    assert asked == ["/mnist/images.gz", "/mnist/labels.gz"]
    assert all_right() and not leftovers()


@pytest.mark.parametrize(
    "answer, reason",
    [
        (missing, "was refused with status 404"),
        (overloaded, "was refused with status 503"),
        (truncated, "ends early"),
        (lying, "has other content"),
        (damaged, "is damaged|has other content"),
        (bomb, "is longer than 51,204 bytes"),
        (web_page, "ends early, after 43 of 51,204 bytes"),
        (silent, "stopped coming|cannot be reached"),
        (stalling, "stopped coming for 0.3 seconds"),
        (hanging_up, "broke off|cannot be reached"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_only_broken_mirrors_are_a_sentence(answer, reason):
    with (
        mirror(answer) as (address, asked),
        pytest.raises(DataUnavailable, match=f"MNIST could not be downloaded: images .*{reason}.*NN_DATA_DIR.*bundled"),
    ):
        bring(address, rounds=2)
    assert len(asked) == (1 if answer is missing else 2)
    assert not leftovers() and not any(array is not None for array in cached().values())


def test_mirror_that_recovers_is_asked_again():
    answers = iter([overloaded, truncated, good, good])
    with mirror(lambda handler, content: next(answers)(handler, content)) as (address, _):
        bring(address)
    assert all_right()


def test_no_network_is_a_sentence():
    with mirror(good) as (address, _):
        pass  # nobody listens there any more
    with pytest.raises(DataUnavailable, match=r"could not be downloaded.*cannot be reached"):
        bring(address)


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/", "file:///tmp/", "127.0.0.1"])
def test_mirror_must_be_on_the_web(address):
    with pytest.raises(DataUnavailable, match="must be an address that begins with http"):
        bring(address)


def test_too_slow_a_mirror_is_given_up(monkeypatch):
    monkeypatch.setattr(download, "SLOWEST", (1e9, 0.02))
    with mirror(slow) as (address, _), pytest.raises(DataUnavailable, match="comes too slowly"):
        bring(address)


def test_mirrors_come_from_the_environment(monkeypatch):
    assert [address.split("/")[2] for address in mnist.mirrors()] == [
        "storage.googleapis.com",
        "ossci-datasets.s3.amazonaws.com",
    ]
    with mirror(missing) as (bad, _), mirror(good) as (fine, _):
        monkeypatch.setenv("NN_MNIST_MIRRORS", f"{bad} {fine}")
        assert not mnist.present(FAKES)
        mnist.bring(files=FAKES, **QUICK)
    assert mnist.present(FAKES)
    assert [array.tobytes() for array in mnist.opened(FAKES)] == list(CONTENT.values())


# Stopping, sharing, keeping


def test_download_can_be_cancelled():
    cancel = threading.Event()

    def stop_midway(done, total):
        if done > FAKES[0].size / 2:
            cancel.set()

    with mirror(slow) as (address, _), pytest.raises(DataUnavailable, match="was stopped; start it again"):
        bring(address, progress=stop_midway, cancel=cancel)
    assert not leftovers()


def test_pause_can_be_cancelled():
    cancel = threading.Event()
    with mirror(overloaded) as (address, asked):

        def stop_in_the_pause():
            while not asked:
                time.sleep(0.01)
            cancel.set()

        threading.Thread(target=stop_in_the_pause).start()
        with pytest.raises(DataUnavailable, match="was stopped"):
            bring(address, cancel=cancel, pause=60)
    assert len(asked) == 1


def test_only_one_downloads_and_the_others_wait_for_it():
    told = [[], [], []]
    with mirror(slow) as (address, asked):
        waiting = [
            threading.Thread(target=bring, args=[address], kwargs={"progress": lambda *n, mine=mine: mine.append(n)})
            for mine in told
        ]
        for thread in waiting:
            thread.start()
        for thread in waiting:
            thread.join()
    assert len(asked) == 2 and all_right() and not leftovers()
    assert all(mine[-1] == (TOTAL, TOTAL) for mine in told)


def test_abandoned_download_is_taken_over(monkeypatch):
    monkeypatch.setattr(download, "ABANDONED", 0.2)
    files.cache_folder().mkdir()
    (files.cache_folder() / "download.lock").write_text("5 10 3")
    old = files.cache_folder() / "images-1-abc.part"
    old.write_bytes(b"half")
    os.utime(old, (1, 1))
    with mirror(good) as (address, _):
        bring(address)
    assert all_right() and not leftovers()


def test_waiting_can_be_cancelled():
    files.cache_folder().mkdir()
    (files.cache_folder() / "download.lock").write_text("5 10 3")
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(DataUnavailable, match="was stopped"):
        bring("http://127.0.0.1:9/", cancel=cancel)


def test_spoilt_cache_is_brought_again():
    with mirror(good) as (address, asked):
        bring(address)
        place = files.place_of(FAKES[1], files.cache_folder())
        place.write_bytes(CONTENT["labels"][:-1] + bytes([CONTENT["labels"][-1] ^ 1]))
        assert mnist.present(FAKES)
        with pytest.raises(DataUnavailable, match=r"labels is not in .*download MNIST again"):
            mnist.opened(FAKES)
        bring(address)
    assert asked[2:] == ["/mnist/labels.gz"] and all_right()


def test_cache_folder_that_cannot_be_made_is_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NN_CACHE_DIR", str(tmp_path / "file" / "cache"))
    with mirror(good) as (address, _), pytest.raises(DataUnavailable, match=r"cannot be kept in .*NN_CACHE_DIR"):
        bring(address)


def test_full_disk_is_a_sentence(monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with mirror(good) as (address, _), pytest.raises(DataUnavailable, match="No space left on device"):
        bring(address)
    assert not leftovers()


def test_mapped_copy_is_read_only_and_shared():
    with mirror(good) as (address, _):
        bring(address)
    one, two = cached()["images"], cached()["images"]
    assert one is two and not one.flags.writeable
    assert isinstance(one.base, np.memmap)


@pytest.mark.parametrize(
    "system, variable, expected",
    [
        ("win32", "LOCALAPPDATA", "watch-it-learn/Cache"),
        ("linux", "XDG_CACHE_HOME", "watch-it-learn"),
    ],
)
def test_cache_folder_of_each_system(system, variable, expected, tmp_path, monkeypatch):
    monkeypatch.delenv("NN_CACHE_DIR")
    monkeypatch.setattr(files.sys, "platform", system)
    monkeypatch.setenv(variable, str(tmp_path))
    assert files.cache_folder() == tmp_path / expected


def test_cache_folder_of_macos_and_of_nobody(tmp_path, monkeypatch):
    monkeypatch.delenv("NN_CACHE_DIR")
    monkeypatch.setattr(files.sys, "platform", "darwin")
    monkeypatch.setattr(files.Path, "home", classmethod(lambda cls: tmp_path))
    assert files.cache_folder() == tmp_path / "Library" / "Caches" / "watch-it-learn"

    def homeless(cls):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(files.Path, "home", classmethod(homeless))
    with pytest.raises(DataUnavailable, match="no home folder; name a folder for data in NN_CACHE_DIR"):
        files.cache_folder()


# A folder of one's own


@pytest.fixture
def own(tmp_path, monkeypatch):
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("NN_DATA_DIR", str(folder))
    return folder


def fill(folder, packed):
    for name, data in CONTENT.items():
        (folder / (f"{name}.gz" if packed else name)).write_bytes(gzip.compress(data) if packed else data)


@pytest.mark.parametrize("packed", [False, True])
def test_own_folder_needs_no_network(own, packed):
    assert not mnist.present(FAKES)
    fill(own, packed)
    assert mnist.present(FAKES)
    mnist.bring(files=FAKES)
    assert [array.tobytes() for array in mnist.opened(FAKES)] == list(CONTENT.values())
    assert files.cache_folder().exists() == packed  # only packed files are unpacked there


def test_packed_files_are_unpacked_once(own, monkeypatch):
    fill(own, packed=True)
    mnist.opened(FAKES)
    monkeypatch.setattr(files, "keep", None)
    assert mnist.opened(FAKES)[0].tobytes() == CONTENT["images"]


def test_unwritable_cache_falls_back_to_memory(own, tmp_path, monkeypatch):
    fill(own, packed=True)
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NN_CACHE_DIR", str(tmp_path / "file" / "cache"))
    array = mnist.opened(FAKES)[0]
    assert array.tobytes() == CONTENT["images"] and not array.flags.writeable


@pytest.mark.parametrize(
    "spoil, sentence",
    [
        (lambda data: b"", "images in .* is not MNIST's: it has 0 bytes instead of 51,204"),
        (lambda data: data[:100], "has 100 bytes instead of 51,204"),
        (lambda data: data[:-1] + b"!", "has other content"),
        (lambda data: gzip.compress(data)[:100], "ends early"),
        (lambda data: gzip.compress(data[:100]), "ends early, after 100 of 51,204 bytes"),
        (lambda data: gzip.compress(data + b"!"), "is longer than 51,204 bytes"),
        (lambda data: gzip.compress(data[:-1] + b"!"), "has other content"),
        (lambda data: b"\x1f\x8bnonsense", "is damaged"),
        (lambda data: gzip.compress(data)[:-8] + bytes(8), "is damaged"),
    ],
)
def test_wrong_file_in_own_folder_is_a_sentence_even_with_the_right_one_cached(own, spoil, sentence):
    fill(own, packed=True)
    mnist.opened(FAKES)
    (own / "images.gz").write_bytes(spoil(CONTENT["images"]))
    with pytest.raises(DataUnavailable, match=f"{sentence}.*; put MNIST's four files there, or unset NN_DATA_DIR"):
        mnist.opened(FAKES)


def test_missing_files_and_folders_are_sentences(own, monkeypatch):
    with pytest.raises(DataUnavailable, match=r"own, which NN_DATA_DIR names, holds no images \(nor images.gz\)"):
        mnist.opened(FAKES)
    monkeypatch.setenv("NN_DATA_DIR", str(own / "elsewhere"))
    with pytest.raises(DataUnavailable, match=r"NN_DATA_DIR names .*elsewhere, which is not a folder"):
        DATASETS["mnist"]()


def test_names_with_a_dot_are_found_too(own):
    file = KnownFile("train-images-idx3-ubyte", FAKES[0].sha256, FAKES[0].size)
    (own / "train-images.idx3-ubyte.gz").write_bytes(gzip.compress(CONTENT["images"]))
    assert files.from_folder(file, own, files.cache_folder()).tobytes() == CONTENT["images"]


# Splits


def test_splits_as_published():
    standard = mnist.standard(0)
    assert [len(standard[split]) for split in ("train", "heldout", "test")] == [55_000, 5_000, 10_000]
    assert standard["test"].min() == 60_000
    hansen = mnist.hansen(0)
    perm = np.random.RandomState(42).permutation(70_000)
    assert np.array_equal(hansen["heldout"], perm[:10_500]) and np.array_equal(hansen["train"], perm[10_500:])
    zhang = mnist.zhang(3)
    assert len(zhang["train"]) == 41_000 and len(zhang["heldout"]) == 1_000 and set(zhang) == {"train", "heldout"}
    assert not np.array_equal(zhang["train"], mnist.zhang(4)["train"])


@pytest.mark.parametrize("split", mnist.SPLITS)
def test_no_digit_is_in_two_parts(split):
    rows = np.concatenate(list(mnist.SPLITS[split](0).values()))
    assert len(np.unique(rows)) == len(rows) == (42_000 if split == "zhang" else 70_000)


def test_wrong_split_is_a_sentence():
    with pytest.raises(ValueError, match=r"mnist: split is 'kaggle', but must be one of standard, hansen, zhang."):
        DATASETS["mnist"](split="kaggle")


# The real digits

real = pytest.mark.skipif(
    not REAL, reason="set NN_DATA_DIR to a folder with MNIST's four files to test the real digits"
)


@pytest.fixture
def real_digits(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("NN_DATA_DIR", REAL)
    monkeypatch.setenv("NN_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "real-cache"))


@real
def test_real_standard_split(real_digits):
    assert DATASETS["mnist"].ready()
    data = DATASETS["mnist"]()
    assert (data.n_train, data.n_heldout, data.n_test) == (55_000, 5_000, 10_000)
    assert data.y_train[:8].tolist() == [5, 0, 4, 1, 9, 2, 1, 3]
    assert data.y_test[:8].tolist() == [7, 2, 1, 0, 4, 1, 4, 9]
    assert data.image_shape == (28, 28)
    x = data.x_test
    assert x.shape == (10_000, 784) and x.dtype == np.float32 and x.max() == 1 and x.min() == 0
    assert x.mean() == pytest.approx(0.1325, abs=1e-4)
    assert data.take("train", np.arange(5_000)).mean() == pytest.approx(0.13, abs=0.01)


@real
def test_real_hansen_split_crosses_both_files(real_digits):
    data, plain = DATASETS["mnist"](split="hansen"), DATASETS["mnist"]()
    assert (data.n_train, data.n_heldout, data.x_test) == (59_500, 10_500, None)
    perm = np.random.RandomState(42).permutation(70_000)
    rows = np.flatnonzero(perm[10_500:] >= 60_000)[:5]
    assert np.array_equal(data.take("train", rows), plain.x_test[perm[10_500:][rows] - 60_000])
    assert np.array_equal(data.labels("train")[rows], plain.y_test[perm[10_500:][rows] - 60_000])


@real
def test_real_zhang_split(real_digits):
    data = DATASETS["mnist"](split="zhang", seed=1)
    assert (data.n_train, data.n_heldout, data.n_test) == (41_000, 1_000, 0)
    assert np.bincount(data.y_train).min() > 3_500


@real
def test_real_content_has_one_hash_a_split(real_digits):
    hashes = {split: DATASETS["mnist"](split=split).sha256 for split in mnist.SPLITS}
    assert len(set(hashes.values())) == 3
    assert DATASETS["mnist"]().sha256 == hashes["standard"]
    assert DATASETS["mnist"](seed=5).sha256 == hashes["standard"]  # the seed draws only zhang's digits
    assert DATASETS["mnist"](split="zhang", seed=5).sha256 != hashes["zhang"]


@real
def test_real_pixels_stay_bytes_in_one_mapped_copy(real_digits):
    one, two = DATASETS["mnist"](), DATASETS["mnist"](split="hansen")
    assert one._parts[0].dtype == np.uint8
    assert np.shares_memory(one._parts[0], two._parts[0])
