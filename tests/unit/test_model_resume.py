"""A training that was killed goes on and ends with the same bytes; more steps go on, fewer or other inputs begin
anew."""

import os
import signal
import subprocess
import sys
from functools import partialmethod
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from scripts.core import spectrogram_store
from scripts.core.files import read_json, read_jsonl, write_json
from scripts.core.random_numbers import generator
from scripts.model import batches, checkpoint, mixednet, train
from scripts.model import optimizer as trainer_module

ROOT = Path(__file__).resolve().parents[2]
STEPS, SMALL = 9, {"sequences": 4, "frames": 320}
SCORES = (0.2, 0.6, 0.4)  # what validation says, by turns: the best is neither the first nor the last
KILLED = """
import os, signal, sys
from tests.unit import test_model_resume as test
test.make_small(setattr)
batch, calls = test.batches.SequenceSampler.batch, iter(range(int(sys.argv[1])))
def deadly(self, step, **size):
    if next(calls, None) is None:
        os.kill(os.getpid(), signal.SIGKILL)
    return batch(self, step, **size)
test.batches.SequenceSampler.batch = deadly
test.train.main(sys.argv[2:])
"""


class Judge:
    """Stands in for validation: its figures are a matter of the weights alone, as the real one's are."""

    def __init__(self, features, common, negatives):
        pass

    def __str__(self):
        return "a stand-in"

    def figures(self, weights):
        return {"score": SCORES[int(abs(weights["last/bias"][0]) * 1e6) % 3]}


def make_small(setattr):
    """Few steps of small batches, validated and kept every few of them."""
    from scripts.model import validation

    setattr(trainer_module, "EVERY", 3)
    setattr(train, "CHECKPOINT_EVERY", 2)
    setattr(batches.SequenceSampler, "batch", partialmethod(batches.SequenceSampler.batch, **SMALL))
    setattr(validation, "Validation", Judge)


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


def arguments(stores, out, steps=STEPS, seed=1):
    return [
        "--features",
        str(stores / "word"),
        "--common",
        str(stores / "common"),
        "--samples",
        str(stores),
        "--steps",
        str(steps),
        "--teachers",
        "1",
        "--seed",
        str(seed),
        "--out",
        str(out),
    ]


def drawn(out) -> list[tuple[int, str]]:
    """(step, name) of every scalar in the TensorBoard files."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    return [
        (event.step, value.tag)
        for path in sorted((out / "tensorboard").iterdir())
        for event in EventFileLoader(str(path)).Load()
        for value in event.summary.value
    ]


@pytest.fixture(scope="module")
def whole(stores, tmp_path_factory):
    """A training that nobody interrupted."""
    out = tmp_path_factory.mktemp("whole") / "model"
    with pytest.MonkeyPatch.context() as patch:
        make_small(patch.setattr)
        train.main(arguments(stores, out))
    with np.load(out / "weights.npz") as weights:
        assert all(np.isfinite(weights[name]).all() for name in weights.files)
    return out


def test_it_is_told_what_each_network_begins_with(stores, whole, tmp_path, small, capsys):
    assert [about["model"] for about in read_json(whole / "trainer.json")["begins_with"]] == ["hey_mycroft"]
    (tmp_path / "phrases.json").write_text('{"word": "alexa mycroft"}')
    for options, known in ((["--samples", str(tmp_path)], []), (["--init", "random"], [])):
        train.main(arguments(stores, tmp_path / "model", steps=2) + options)
        assert (
            "begins with" not in capsys.readouterr().out
            and read_json(tmp_path / "model/trainer.json")["begins_with"] == known
        )
    train.main(arguments(stores, tmp_path / "model", steps=2))
    said = capsys.readouterr().out
    assert "another beginning" in said and said.count("official hey_mycroft") == 2, "the teacher, and its pupil"


def test_features_that_hold_no_word_are_a_sentence(stores, tmp_path):
    with pytest.raises(SystemExit, match="has no store positive/training"):
        train.main(arguments(stores, tmp_path / "model") + ["--features", str(stores / "common")])


def test_layers_to_begin_with_that_are_not_named_are_asked_for(stores, tmp_path, capsys):
    with pytest.raises(SystemExit):
        train.main(arguments(stores, tmp_path / "model", steps=2) + ["--init", "embedding"])
    assert "--init embedding needs --pretrained" in capsys.readouterr().err and not (tmp_path / "model").exists()


def test_it_begins_with_the_layers_that_all_words_share(stores, tmp_path, small, capsys):
    def layers(seed):
        random = mixednet.draw_weights(generator(seed, "layers"))
        (tmp_path / "beginning").mkdir(exist_ok=True)
        np.savez(
            tmp_path / "beginning/weights.npz",
            **{name: value for name, value in random.items() if not name.startswith("last/")},
        )

    given = arguments(stores, tmp_path / "model", steps=2) + [
        "--init",
        "embedding",
        "--pretrained",
        str(tmp_path / "beginning"),
    ]
    layers(1)
    train.main(given + ["--teachers", "2"])
    said = capsys.readouterr().out
    assert said.count("it begins with what the speech embedding knows") == 3, "both teachers, and their pupil"
    about = read_json(tmp_path / "model/trainer.json")["begins_with"]
    assert [(of["model"], of["package"].split()[0], of["licence"]) for of in about] == [
        ("speech embedding", "openwakeword", "Apache Software License"),
        ("hey_mycroft", "pymicro-wakeword", "Apache-2.0"),
    ]
    with np.load(tmp_path / "model/weights.npz") as first:
        layers(2)
        train.main(given)
        assert "another start" in capsys.readouterr().out
        with np.load(tmp_path / "model/weights.npz") as second:
            assert not np.allclose(first["first/kernel"], second["first/kernel"], atol=0.02)
    (tmp_path / "phrases.json").write_text('{"word": "hey mycroft"}')
    train.main(given + ["--samples", str(tmp_path)])
    assert "official alexa" in capsys.readouterr().out and [
        of["model"] for of in read_json(tmp_path / "model/trainer.json")["begins_with"]
    ] == ["alexa"]


class StoppedError(Exception):
    pass


def stopped_at(fatal, monkeypatch, stores, out, **options):
    """Train until `fatal` batches have been asked for."""
    batch, calls = batches.SequenceSampler.batch, iter(range(fatal))

    def deadly(self, step):
        if next(calls, None) is None:
            raise StoppedError
        return batch(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(batches.SequenceSampler, "batch", deadly)
        with pytest.raises(StoppedError):
            train.main(arguments(stores, out, **options))


@pytest.mark.parametrize(
    "fatal", [int(np.random.default_rng(1).integers(1, train.count_teacher_steps(STEPS) + STEPS))]
)  # the teacher, or its pupil
def test_killed_at_any_step_it_ends_with_the_same_bytes(fatal, stores, whole, tmp_path, small):
    out = tmp_path / "model"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(fatal), *arguments(stores, out)], cwd=ROOT, capture_output=True, text=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-3000:]
    assert not (out / "weights.npz").exists()
    train.main(arguments(stores, out))
    assert (out / "weights.npz").read_bytes() == (whole / "weights.npz").read_bytes()


def test_interrupted_twice_no_step_is_drawn_twice(stores, whole, tmp_path, small, monkeypatch):
    out = tmp_path / "model"
    first, second = (int(count) for count in np.random.default_rng(1).integers(2, STEPS // 2, 2))
    stopped_at(train.count_teacher_steps(STEPS) + 1 + first, monkeypatch, stores, out)  # while the pupil learns
    stopped_at(second, monkeypatch, stores, out)
    train.main(arguments(stores, out))
    assert (out / "weights.npz").read_bytes() == (whole / "weights.npz").read_bytes()
    assert sorted(drawn(out)) == sorted(drawn(whole)) and len(set(drawn(out))) == len(drawn(out))


def test_more_steps_go_on_and_it_is_told_and_fewer_begin_anew(stores, whole, tmp_path, small, capsys):
    import shutil

    out = tmp_path / "model"
    shutil.copytree(whole, out)
    train.main(arguments(stores, out, STEPS + 4))
    assert f"going on from step {STEPS} of {STEPS + 4}" in capsys.readouterr().out
    assert checkpoint.load(out / "checkpoint.npz")["legs"] == [[0, STEPS], [STEPS, STEPS + 4]]
    assert read_jsonl(tmp_path / "times.jsonl")[-1]["legs"] == [[0, STEPS], [STEPS, STEPS + 4]]
    assert {step for step, _ in drawn(out)} == {0, 3, 6, 9, 12, 13}
    train.main(arguments(stores, out))
    assert "starting from scratch: the training there was planned for 13 steps" in capsys.readouterr().out
    assert (out / "weights.npz").read_bytes() == (whole / "weights.npz").read_bytes() and len(drawn(out)) == len(
        drawn(whole)
    )


def test_a_finished_training_is_not_repeated(stores, whole, tmp_path, small, monkeypatch):
    monkeypatch.setattr(trainer_module.Trainer, "step", lambda *_: pytest.fail("it trained again"))
    before = (whole / "weights.npz").read_bytes()
    train.main(arguments(stores, whole))
    assert (whole / "weights.npz").read_bytes() == before


def test_a_checkpoint_of_other_inputs_is_no_beginning(stores, whole, tmp_path):
    whose = checkpoint.identity(stores / "word", stores / "common", 1)
    state = checkpoint.load(whole / "checkpoint.npz")
    assert checkpoint.unfit(state, whose, STEPS) == "" and checkpoint.unfit(state, whose, STEPS + 1) == ""
    assert "another seed" in checkpoint.unfit(state, checkpoint.identity(stores / "word", stores / "common", 2), STEPS)
    assert "another code" in checkpoint.unfit(state, {**whose, "code": "0"}, STEPS)
    import shutil

    shutil.copytree(stores / "word", tmp_path / "word")
    values = tmp_path / "word/near/training/near_mmap/data.ninja"
    values.write_bytes(values.read_bytes()[:-2] + b"\x01\x00")
    assert "another word's features" in checkpoint.unfit(
        state, checkpoint.identity(tmp_path / "word", stores / "common", 1), STEPS
    )


def test_the_step_size_starts_anew_on_a_new_leg_and_falls_to_zero(monkeypatch):
    monkeypatch.setattr(trainer_module, "WARM_UP_STEPS", 10)
    trainer = trainer_module.Trainer(100, seed=1)

    def rates(first, last):
        found = []
        for trainer.done in range(first, last):
            found.append(trainer.rate())
        return found

    one = rates(0, 100)
    trainer.legs.append([100, 200])
    assert rates(100, 200) == pytest.approx(one) and one[-1] < 0.01 * trainer_module.PEAK_RATE
