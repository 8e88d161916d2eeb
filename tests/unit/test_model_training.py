"""A training that was killed continues and ends with the same bytes; more steps continue it, fewer or other inputs start
from scratch."""

import os
import shutil
import signal
import subprocess
import sys
from functools import partialmethod
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from scripts.core import spectrogram_store
from scripts.core.files import read_json, read_jsonl, write_json
from scripts.core.random_numbers import generator
from scripts.model import checkpoint, mixednet, recorder, train, training
from scripts.model.batches import SequenceSampler
from scripts.model.optimizer import Trainer

ROOT = Path(__file__).resolve().parents[2]
STEPS, SMALL = 9, {"sequences": 4, "frames": 320}
SCORES = (0.2, 0.6, 0.4)  # of validation, in turns: the best is neither the first nor the last
KILLED = """
import os, signal, sys
from tests.unit import test_model_training as test
test.make_small(setattr)
batch, calls = test.SequenceSampler.batch, iter(range(int(sys.argv[1])))
def deadly(self, step, **size):
    if next(calls, None) is None:
        os.kill(os.getpid(), signal.SIGKILL)
    return batch(self, step, **size)
test.SequenceSampler.batch = deadly
test.train.main(sys.argv[2:])
"""


class FakeValidation:
    """Its figures depend on the weights alone, as the real one's do."""

    def __init__(self, features, common, negatives):
        pass

    def __str__(self):
        return "a stand-in"

    def measure(self, weights):
        return {"score": SCORES[int(abs(weights["last/bias"][0]) * 1e6) % 3]}


def make_small(setattr):
    """Few steps of small batches, validated and saved every few of them."""
    setattr(training, "REPORT_EVERY", 3)
    setattr(training, "CHECKPOINT_EVERY", 2)
    setattr(SequenceSampler, "batch", partialmethod(SequenceSampler.batch, **SMALL))
    setattr(training, "Validation", FakeValidation)


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    root, rng = tmp_path_factory.mktemp("stores"), np.random.default_rng(5)

    def clips(count, frames, end):
        return [spectrogram_store.Clip(rng.integers(0, 600, (frames, 40), dtype=np.uint16), end) for _ in range(count)]

    spectrogram_store.write(root / "word/positive/training", "positive", clips(4, 120, 90))
    spectrogram_store.write(root / "word/near/training", "near", clips(4, 110, 80))
    spectrogram_store.write(root / "common/speech/training", "speech", clips(2, 900, -1))
    write_json(root / "phrases.json", {"word": "hey buster."})
    return root


@pytest.fixture
def small(monkeypatch):
    make_small(monkeypatch.setattr)


def list_arguments(stores, out, steps=STEPS, seed=1):
    options = {
        "features": stores / "word",
        "common": stores / "common",
        "samples": stores,
        "steps": steps,
        "teachers": 1,
        "seed": seed,
        "out": out,
    }
    return [str(part) for name, value in options.items() for part in (f"--{name}", value)]


def read_curves(out) -> list[tuple[int, str]]:
    """(step, name) of every scalar in the TensorBoard files."""
    return [
        (event.step, value.tag)
        for path in sorted((out / "tensorboard").iterdir())
        for event in EventFileLoader(str(path)).Load()
        for value in event.summary.value
    ]


def list_models(out) -> list[str]:
    return [about["model"] for about in read_json(out / "trainer.json")["begins_with"]]


@pytest.fixture(scope="module")
def whole(stores, tmp_path_factory):
    """A training that was not interrupted."""
    out = tmp_path_factory.mktemp("whole") / "model"
    with pytest.MonkeyPatch.context() as patch:
        make_small(patch.setattr)
        train.main(list_arguments(stores, out))
    return out


def test_its_weights_are_numbers(whole):
    with np.load(whole / "weights.npz") as weights:
        assert all(np.isfinite(weights[name]).all() for name in weights.files)


def test_the_log_and_trainer_json_name_the_initialisation(stores, whole, tmp_path, small, capsys):
    assert list_models(whole) == ["hey_mycroft"]
    write_json(tmp_path / "phrases.json", {"word": "alexa mycroft"})
    for options in (["--samples", str(tmp_path)], ["--init", "random"]):
        train.main(list_arguments(stores, tmp_path / "model", steps=2) + options)
        assert "initialised from" not in capsys.readouterr().out and list_models(tmp_path / "model") == []
    train.main(list_arguments(stores, tmp_path / "model", steps=2))
    printed = capsys.readouterr().out
    assert "another initialisation" in printed and printed.count("official model hey_mycroft") == 2


def test_features_without_the_word_end_with_a_sentence(stores, tmp_path):
    with pytest.raises(SystemExit, match="has no store positive/training"):
        train.main(list_arguments(stores, tmp_path / "model") + ["--features", str(stores / "common")])


def test_pretrained_weights_must_be_named(stores, tmp_path, capsys):
    with pytest.raises(SystemExit):
        train.main(list_arguments(stores, tmp_path / "model", steps=2) + ["--init", "embedding"])
    assert "--init embedding needs --pretrained" in capsys.readouterr().err and not (tmp_path / "model").exists()


@pytest.fixture
def pretrained(stores, tmp_path):
    """draw(seed): write other pretrained weights, return the arguments of a training that starts from them."""

    def draw(seed):
        (tmp_path / "pretrained").mkdir(exist_ok=True)
        weights = mixednet.draw_weights(generator(seed, "layers"))
        trunk = {name: value for name, value in weights.items() if not name.startswith("last/")}
        np.savez(tmp_path / "pretrained/weights.npz", **trunk)
        options = ["--init", "embedding", "--pretrained", str(tmp_path / "pretrained")]
        return list_arguments(stores, tmp_path / "model", steps=2) + options

    return draw


def test_every_network_starts_from_the_pretrained_weights(pretrained, tmp_path, small, capsys):
    train.main(pretrained(1) + ["--teachers", "2"])
    assert capsys.readouterr().out.count("initialised from weights pretrained on the speech embedding") == 3
    assert [
        (about["model"], about["package"].split()[0], about["licence"])
        for about in read_json(tmp_path / "model/trainer.json")["begins_with"]
    ] == [
        ("speech embedding", "openwakeword", "Apache Software License"),
        ("hey_mycroft", "pymicro-wakeword", "Apache-2.0"),
    ]


def test_other_pretrained_weights_start_training_from_scratch(pretrained, tmp_path, small, capsys):
    kernels = []
    for seed in (1, 2):
        train.main(pretrained(seed))
        with np.load(tmp_path / "model/weights.npz") as weights:
            kernels.append(weights["first/kernel"])
    assert "another pretrained weights" in capsys.readouterr().out
    assert not np.allclose(*kernels, atol=0.02)


def test_a_word_that_the_pretrained_weights_know_starts_from_another_model(pretrained, tmp_path, small):
    write_json(tmp_path / "phrases.json", {"word": "hey mycroft"})
    train.main(pretrained(1) + ["--samples", str(tmp_path)])
    assert list_models(tmp_path / "model") == ["alexa"]


class StoppedError(Exception):
    pass


def stop_at(count, monkeypatch, stores, out):
    """Train until `count` batches have been drawn."""
    batch, calls = SequenceSampler.batch, iter(range(count))

    def deadly(self, step):
        if next(calls, None) is None:
            raise StoppedError
        return batch(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(SequenceSampler, "batch", deadly)
        with pytest.raises(StoppedError):
            train.main(list_arguments(stores, out))


def test_killed_at_any_step_it_ends_with_the_same_bytes(stores, whole, tmp_path, small):
    fatal = int(np.random.default_rng(1).integers(1, train.count_teacher_steps(STEPS) + STEPS))  # teacher or student
    out = tmp_path / "model"
    command = [sys.executable, "-c", KILLED, str(fatal), *list_arguments(stores, out)]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-3000:]
    assert not (out / "weights.npz").exists()
    train.main(list_arguments(stores, out))
    assert (out / "weights.npz").read_bytes() == (whole / "weights.npz").read_bytes()


def test_interrupted_twice_no_step_is_in_the_curves_twice(stores, whole, tmp_path, small, monkeypatch):
    out = tmp_path / "model"
    first, second = (int(count) for count in np.random.default_rng(1).integers(2, STEPS // 2, 2))
    stop_at(train.count_teacher_steps(STEPS) + 1 + first, monkeypatch, stores, out)  # while the student learns
    stop_at(second, monkeypatch, stores, out)
    train.main(list_arguments(stores, out))
    assert (out / "weights.npz").read_bytes() == (whole / "weights.npz").read_bytes()
    curves = read_curves(out)
    assert sorted(curves) == sorted(read_curves(whole)) and len(set(curves)) == len(curves)


def test_more_steps_continue_in_another_training_segment(stores, whole, tmp_path, small, capsys):
    out = tmp_path / "model"
    shutil.copytree(whole, out)
    train.main(list_arguments(stores, out, STEPS + 4))
    assert f"going on from step {STEPS} of {STEPS + 4}" in capsys.readouterr().out
    segments = [[0, STEPS], [STEPS, STEPS + 4]]
    assert checkpoint.load(out / "checkpoint.npz")["legs"] == segments
    assert read_jsonl(tmp_path / "times.jsonl")[-1]["legs"] == segments
    assert {step for step, _ in read_curves(out)} == {0, 3, 6, 9, 12, 13}


def test_fewer_steps_start_from_scratch(stores, whole, tmp_path, small, capsys):
    out = tmp_path / "model"
    shutil.copytree(whole, out)
    train.main(list_arguments(stores, out, STEPS - 2))
    assert f"starting from scratch: the training there was planned for {STEPS} steps" in capsys.readouterr().out
    assert {step for step, _ in read_curves(out)} == {0, 3, 6, 7}


def test_a_finished_training_takes_no_step(stores, whole, small, monkeypatch):
    monkeypatch.setattr(Trainer, "step", lambda *_: pytest.fail("it took a step"))
    before = (whole / "weights.npz").read_bytes()
    train.main(list_arguments(stores, whole))
    assert (whole / "weights.npz").read_bytes() == before


def test_a_checkpoint_fits_the_same_inputs_alone(stores, whole, tmp_path):
    identity = checkpoint.identify(stores / "word", stores / "common", 1)
    state = checkpoint.load(whole / "checkpoint.npz")
    assert checkpoint.why_unfit(state, identity, STEPS) == checkpoint.why_unfit(state, identity, STEPS + 1) == ""
    other_seed = checkpoint.identify(stores / "word", stores / "common", 2)
    assert "another seed" in checkpoint.why_unfit(state, other_seed, STEPS)
    assert "another code" in checkpoint.why_unfit(state, identity | {"code": "0"}, STEPS)
    shutil.copytree(stores / "word", tmp_path / "word")
    values = tmp_path / "word/near/training/near_mmap/data.ninja"
    values.write_bytes(values.read_bytes()[:-2] + b"\x01\x00")
    other_features = checkpoint.identify(tmp_path / "word", stores / "common", 1)
    assert "another word's features" in checkpoint.why_unfit(state, other_features, STEPS)


def test_teachers_trained_at_once_have_the_same_bytes(stores, tmp_path, small):
    for jobs in ("1", "3"):
        train.main(list_arguments(stores, tmp_path / jobs, steps=5) + ["--teachers", "3", "--jobs", jobs])
    for path in ("teacher1", "teacher2", "teacher3", "."):
        one, three = ((tmp_path / jobs / path / "weights.npz").read_bytes() for jobs in ("1", "3"))
        assert one == three, path


def test_what_ends_one_teacher_ends_the_others_soon(stores, tmp_path, small, monkeypatch):
    batch = SequenceSampler.batch

    def fail(self, step):
        if self.seed == 1 + 2 * training.SEED_DISTANCE and step == 2:
            raise StoppedError
        return batch(self, step)

    monkeypatch.setattr(SequenceSampler, "batch", fail)
    with pytest.raises(StoppedError):
        train.main(list_arguments(stores, tmp_path / "model", steps=2000) + ["--teachers", "2", "--jobs", "2"])
    assert not (tmp_path / "model/teacher1/weights.npz").exists()


def test_an_interruption_loses_no_seconds_and_teachers_at_once_do_not_add_up(stores, tmp_path, small, monkeypatch):
    now = iter(range(0, 10**6, 10))
    monkeypatch.setattr(recorder.time, "monotonic", lambda: float(next(now)))
    clock = recorder.Clock()
    clock.resume(100.0)
    clock.resume(70.0)
    assert clock.seconds() == 110.0
    stop_at(8, monkeypatch, stores, tmp_path / "model")
    saved = checkpoint.load(tmp_path / "model/teacher1/checkpoint.npz")["seconds"]
    train.main(list_arguments(stores, tmp_path / "model"))
    assert read_jsonl(tmp_path / "times.jsonl")[-1]["seconds"] > saved > 0
