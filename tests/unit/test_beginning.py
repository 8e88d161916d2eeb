"""What networks begin with: the embedding is the package's own, tapes say it at the right place, and training learns
it."""

import os
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from scripts.core import spectrogram_store
from scripts.core.frontend import frames_in, pcm16, spectrogram
from scripts.core.random_numbers import generator
from scripts.features import embedding
from scripts.model import batches, init_from_official, mixednet
from scripts.model import pretraining as lessons_module


def babble(seconds: float, seed: int) -> np.ndarray:
    """Noise that comes and goes: (samples,) float32."""
    rng = np.random.default_rng(seed)
    loudness = np.repeat(rng.uniform(0.0005, 0.3, int(seconds * 10)), 1600)
    return (rng.standard_normal(len(loudness)) * loudness).astype(np.float32)


def test_a_whole_sound_at_once_gives_what_the_packages_network_gives_piece_by_piece():
    import onnxruntime

    models = Path(metadata.distribution("openwakeword").locate_file("openwakeword/resources/models"))
    mel, network = (
        onnxruntime.InferenceSession(models / name, providers=["CPUExecutionProvider"])
        for name in ("melspectrogram.onnx", "embedding_model.onnx")
    )
    sound = babble(4.0, 1)
    (frames,) = mel.run(None, {"input": pcm16(sound)[None].astype(np.float32)})
    frames = frames.reshape(-1, 32) / 10 + 2
    heard = embedding.embedding(sound)
    assert heard.shape == (1 + (len(frames) - 76) // 8, 96) and heard.std() > 1
    pieces = np.stack([frames[8 * i : 8 * i + 76] for i in range(len(heard))])[..., None].astype(np.float32)
    np.testing.assert_allclose(heard, network.run(None, {"input_1": pieces})[0].reshape(-1, 96), atol=1e-3)


def test_the_shortest_sound_has_one_position_and_a_shorter_none():
    assert len(embedding.embedding(babble(1.0, 2)[: embedding.SHORTEST])) == 1
    assert embedding.embedding(babble(1.0, 2)[: embedding.SHORTEST - 1]).shape == (0, 96)


def test_a_position_hears_nothing_after_its_last_frame():
    sound = babble(3.0, 3)
    before = embedding.embedding(sound)
    position = 10
    last = embedding.last_frames(len(before))[position]
    changed = sound.copy()
    changed[last * 160 + 512 :] = babble(3.0, 4)[: len(sound) - last * 160 - 512]
    after = embedding.embedding(changed)
    # The mel frames are cut 80 dB below the loudest of all, and nothing here is so faint.
    np.testing.assert_allclose(after[: position + 1], before[: position + 1], atol=1e-3)
    assert np.abs(after[position + 1 :] - before[position + 1 :]).max() > 0.1


def test_another_network_than_the_known_one_is_refused_in_a_sentence():
    import onnx

    models = Path(metadata.distribution("openwakeword").locate_file("openwakeword/resources/models"))
    with pytest.raises(ValueError, match="requirements.lock"):
        embedding.accept_any_length(onnx.load(models / "melspectrogram.onnx"))


@pytest.fixture
def lessons(tmp_path):
    """Three short clips and one long, with their embeddings, as main() has them."""
    heard = {}
    for name, lengths, warm_up in (("short", (2.0, 2.4, 3.1), 80), ("speech", (9.0,), 0)):
        sounds = [babble(length, seed) for seed, length in enumerate(lengths)]
        spectrogram_store.write(
            tmp_path / name / "training",
            name,
            [spectrogram_store.Clip(spectrogram(sound)[warm_up:]) for sound in sounds],
        )
        heard[name] = [
            (frames_in(len(sound)) - warm_up, warm_up, embedding.embedding(sound).astype(np.float16))
            for sound in sounds
        ]
    return lessons_module.Lessons(tmp_path, heard, seed=1), heard


def test_tapes_ask_at_the_output_that_hears_the_positions_last_frame(lessons, monkeypatch):
    made, heard = lessons
    monkeypatch.setattr(batches, "WARP_CHANCE", 0.0)
    monkeypatch.setattr(batches, "masked", lambda clip, rng: clip)
    sound, said, asked = made.batch(3, sequences=4)
    assert asked.sum() > 20
    whole = {name: [made.stores[name][i] for i in range(len(clips))] for name, clips in heard.items()}
    for tape, output in np.argwhere(asked)[::7]:
        last = output * mixednet.STRIDE + mixednet.FRAMES_SEEN - 1
        frames = sound[tape, last - 40 : last - 2]
        found = []
        for name, clips in whole.items():
            for i, clip in enumerate(clips):
                at = [
                    first
                    for first in range(len(clip) - len(frames) + 1)
                    if np.array_equal(clip[first : first + len(frames)], frames)
                ]
                found += [(name, i, first + 40) for first in at]
        assert found, "the tape holds no piece of a clip before the output"
        name, i, frame = found[0]
        _, warm_up, embedded = heard[name][i]
        position = np.abs(embedding.last_frames(len(embedded), warm_up) - frame).argmin()
        assert abs(embedding.last_frames(len(embedded), warm_up)[position] - frame) <= 1, "an output is 30 ms"
        np.testing.assert_allclose(
            said[tape, output], (embedded[position].astype(np.float32) - made.mean) / made.deviation, atol=1e-5
        )


def test_it_learns_what_the_embedding_says_and_the_same_once_more(lessons, monkeypatch):
    made, _ = lessons
    whole, small = made.batch, lambda step: whole(step, sequences=4, frames=400)
    monkeypatch.setattr(made, "batch", small)
    monkeypatch.setattr(lessons_module, "WARM_UP_STEPS", 10)
    _, at_first = lessons_module.taught(made, 1, seed=1)
    weights, unsaid = lessons_module.taught(made, 120, seed=1)
    assert unsaid < 0.8 * at_first
    assert weights.keys() == {name for name in mixednet.draw_weights(generator(1, "x")) if not name.startswith("last/")}
    again, _ = lessons_module.taught(made, 120, seed=1)
    assert all(np.array_equal(weights[name], again[name]) for name in weights)
    begun = init_from_official.settled(mixednet.draw_weights(generator(1, "x")), "hey_mycroft", made.batch(0)[0])
    assert not np.allclose(weights["point4/kernel"], begun["point4/kernel"], atol=1e-3)


def test_sound_that_the_features_were_not_made_of_is_refused_in_a_sentence(lessons, tmp_path):
    _, heard = lessons
    with pytest.raises(SystemExit, match="have changed since"):
        lessons_module.Lessons(tmp_path, {"short": heard["short"][:2]}, seed=1)


def test_a_word_that_the_official_model_knows_begins_without_it():
    assert lessons_module.serves("hey buster.") and not lessons_module.serves("hey mycroft")
    with pytest.raises(SystemExit, match="INIT=embedding"):
        lessons_module.load(Path("nowhere"))
