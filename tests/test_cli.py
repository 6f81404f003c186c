"""The command line: what it prints for people and for pipes, its exit status, and how it takes an interruption."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nn_core import DATASETS, PRESETS, Run
from nn_core.__main__ import Screen, main
from nn_core.datasets import DataUnavailable

ROOT = Path(__file__).parents[1]
EPOCH = re.compile(
    r"epoch (\d+)  ([\d,]+) updates  loss \d+\.\d{4}  accuracy (\d+\.\d\d)%  "
    r"held-out loss \d+\.\d{4}  held-out accuracy \d+\.\d\d%  \d+\.\d s"
)


@pytest.fixture
def status(capsys):
    """Runs the command line; gives its exit status, output lines and error text."""

    def call(*arguments):
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = ended.code
        out, err = capsys.readouterr()
        return code, out.splitlines(), err

    return call


def start(*arguments, **more):
    command = [sys.executable, "-m", "nn_core", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def test_a_line_an_epoch(status):
    code, lines, err = status("train", "--preset", "digits-small", "--epochs", "3")
    assert code == 0 and err == ""
    assert lines[0] == "digits-small: 64-32-10 on Bundled digits, 1,437 rows train, seed 0"
    epochs = [EPOCH.fullmatch(line) for line in lines[1:4]]
    assert [match[1] for match in epochs] == ["1", "2", "3"]
    assert [match[2] for match in epochs] == ["144", "288", "432"]
    assert float(epochs[2][3]) > 70
    assert lines[4] == "It stopped after 3 passes over the training data, as it was asked to."
    run = Run("digits-small")
    run.advance(steps=432)
    assert lines[5] == f"weights {run.fingerprint()}"
    assert len(lines) == 6


def test_steps_end_between_epochs(status):
    code, lines, _ = status("train", "--preset", "digits-small", "--steps", "200")
    assert code == 0
    assert [EPOCH.fullmatch(line)[2] for line in lines[1:3]] == ["144", "200"]
    run = Run("digits-small")
    run.advance(steps=200)
    assert lines[-1] == f"weights {run.fingerprint()}"


def test_seed_makes_another_run(status):
    one, again, other = (
        status("train", "--preset", "digits-small", "--steps", "5", "--seed", seed)[1] for seed in ("1", "1", "2")
    )
    assert one[-1] == again[-1] != other[-1]
    assert one[0].endswith("seed 1")


def test_length_of_a_preset_and_by_default(status, monkeypatch):
    monkeypatch.setitem(PRESETS, "digits-small", PRESETS["digits-small"].replace(stop={"epoch": 1}))
    assert len(status("train", "--preset", "digits-small")[1]) == 4
    assert len(status("train", "--preset", "digits-small", "--epochs", "2")[1]) == 5
    monkeypatch.setitem(PRESETS, "digits-small", PRESETS["digits-small"].replace(stop={}))
    assert len(status("train", "--preset", "digits-small")[1]) == 13


def test_other_stop_conditions_of_a_preset_stay(status, monkeypatch):
    monkeypatch.setitem(PRESETS, "digits-small", PRESETS["digits-small"].replace(stop={"accuracy": 0.5, "epoch": 1}))
    code, lines, _ = status("train", "--preset", "digits-small", "--epochs", "50")
    assert code == 0
    assert "held-out accuracy reached" in lines[-2]


def test_regression_has_no_accuracy(status, monkeypatch):
    config = PRESETS["digits-small"].replace(
        dataset="plane", dataset_args={}, sizes=(2, 4, 1), activations=("tanh", "identity"), loss="mse"
    )
    monkeypatch.setitem(PRESETS, "slope", config)
    code, lines, _ = status("train", "--preset", "slope", "--epochs", "1")
    assert code == 0
    assert "accuracy" not in lines[1] and "held-out loss" in lines[1]


def test_full_batch(status, monkeypatch):
    monkeypatch.setitem(PRESETS, "whole", PRESETS["digits-small"].replace(batch_size="full"))
    code, lines, _ = status("train", "--preset", "whole", "--epochs", "3")
    assert code == 0
    assert [EPOCH.fullmatch(line)[2] for line in lines[1:4]] == ["1", "2", "3"]


def test_divergence_is_a_failure_with_a_sentence(status, monkeypatch):
    config = PRESETS["digits-small"].replace(learning_rate=1000, activations=("identity", "identity"), loss="mse")
    monkeypatch.setitem(PRESETS, "wild", config)
    code, lines, err = status("train", "--preset", "wild", "--epochs", "5")
    assert code == 1
    assert "Training broke" in err and err.count("\n") == 1
    assert not any(line.startswith("weights") for line in lines)


def test_presets_are_listed(status):
    code, lines, _ = status("presets")
    assert code == 0
    assert [line.split()[0] for line in lines] == list(PRESETS)
    assert all("-".join(map(str, config.sizes)) in line for line, config in zip(lines, PRESETS.values(), strict=True))


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], "required: command"),
        (["fly"], "invalid choice: 'fly'"),
        (["train"], "required: --preset"),
        (["train", "--preset", "nothing"], "invalid choice: 'nothing'"),
        (["train", "--preset", "digits", "--steps", "0"], "'0' is not a whole number from 1"),
        (["train", "--preset", "digits", "--epochs", "-1"], "--epochs"),
        (["train", "--preset", "digits", "--epochs", "many"], "'many' is not a whole number"),
        (["train", "--preset", "digits", "--epochs", "1", "--steps", "1"], "not allowed with"),
        (["train", "--preset", "digits", "--seed", "-4"], "seed: -4 is not a whole number"),
        (["train", "--preset", "digits", "--seed", "x"], "invalid int value: 'x'"),
        (["fetch", "digits"], "invalid choice: 'digits'"),
        (["presets", "--more"], "unrecognized arguments: --more"),
    ],
)
def test_wrong_usage_is_status_2(status, arguments, words):
    code, lines, err = status(*arguments)
    assert code == 2 and lines == []
    assert words in err


def test_fetch_tells_how_far_it_is(status, monkeypatch):
    monkeypatch.setattr(
        type(DATASETS["mnist"]), "prepare", lambda self, progress: [progress(n * 10**6, 8 * 10**6) for n in range(9)]
    )
    code, lines, _ = status("fetch", "mnist")
    assert code == 0
    assert lines == [
        "MNIST: 0.0 of 8.0 MB",
        "MNIST: 2.0 of 8.0 MB",
        "MNIST: 4.0 of 8.0 MB",
        "MNIST: 6.0 of 8.0 MB",
        "MNIST: 8.0 of 8.0 MB",
        "MNIST is here, and every byte of it is right.",
    ]


def test_data_that_cannot_be_had_is_a_failure_with_a_sentence(status, monkeypatch, tmp_path):
    monkeypatch.setenv("NN_DATA_DIR", str(tmp_path))
    code, lines, err = status("fetch", "mnist")
    assert code == 1 and lines == []
    assert re.fullmatch(r".*holds no train-images-idx3-ubyte.*unset NN_DATA_DIR.*\.\n", err)
    with pytest.raises(DataUnavailable):
        DATASETS["mnist"]()


def test_interrupted_fetch_is_a_failure_with_a_sentence(status, monkeypatch):
    def interrupted(self, progress):
        raise KeyboardInterrupt

    monkeypatch.setattr(type(DATASETS["mnist"]), "prepare", interrupted)
    assert status("fetch", "mnist") == (1, [], "Interrupted.\n")


def test_piped_output_is_plain_lines():
    out, err = start("train", "--preset", "digits-small", "--epochs", "1").communicate(timeout=60)
    assert err == "" and "\r" not in out and out.count("\n") == 4


def test_reader_that_leaves_early_leaves_no_traceback():
    process = start("train", "--preset", "digits-small", "--epochs", "100000")
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=60) == 1
    assert process.stderr.read() == ""
    process.stderr.close()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a signal for one process alone")
def test_control_c_ends_cleanly():
    def listen():  # tests started in the background of a shell inherit that Ctrl-C is ignored
        signal.signal(signal.SIGINT, signal.default_int_handler)

    process = start("train", "--preset", "digits-small", "--epochs", "100000", preexec_fn=listen)
    process.stdout.readline()
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert re.fullmatch(r"Interrupted after [\d,]+ updates\.\n", err)
    assert "weights" not in out


class Terminal:
    """An output that says it is a terminal and keeps what it was sent."""

    def __init__(self):
        self.sent = ""

    def isatty(self):
        return True

    def write(self, text):
        self.sent += text

    def flush(self):
        pass


def test_bar_on_a_terminal_gives_way_to_lines(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    now = iter(range(1, 100))
    monkeypatch.setattr(time, "monotonic", lambda: next(now))
    out = Terminal()
    screen = Screen(out)
    screen.bar(0.5, "half way and more")
    screen.bar(2, "short")
    screen.line("a line")
    bars = out.sent.split("\r")
    assert bars[1] == "[============            ]  50%  half way and more"
    assert bars[2] == "[========================] 200%  short".ljust(len(bars[1]))
    assert bars[3].strip() == "" and bars[-1] == "a line\n"


def test_no_bar_on_a_dumb_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    out = Terminal()
    Screen(out).bar(0.5, "half way")
    assert out.sent == ""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_bar_is_drawn_while_training_on_a_terminal():
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "nn_core", "train", "--preset", "digits", "--epochs", "5"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=theirs, stderr=theirs, env=os.environ | {"TERM": "xterm"})
    os.close(theirs)
    sent = b""
    try:
        while chunk := os.read(ours, 65536):
            sent += chunk
    except OSError:  # how a pseudo-terminal ends on Linux
        pass
    os.close(ours)
    assert process.wait(timeout=60) == 0
    assert b"\r[" in sent and b"updates" in sent
    assert sent.count(b"held-out accuracy") == 5
