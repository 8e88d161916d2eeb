"""Google's speech embedding: the numbers are the package's own, also for a sound of any length."""

from importlib import metadata
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from spectrograms import babble

from scripts.core.frontend import pcm16
from scripts.features import embedding

MODELS = Path(metadata.distribution("openwakeword").locate_file("openwakeword/resources/models"))


def test_a_whole_sound_at_once_gives_the_numbers_of_the_packages_network():
    mel, network = (
        onnxruntime.InferenceSession(MODELS / name, providers=["CPUExecutionProvider"])
        for name in ("melspectrogram.onnx", "embedding_model.onnx")
    )
    sound = babble(4.0, 1)
    (frames,) = mel.run(None, {"input": pcm16(sound)[None].astype(np.float32)})
    frames = frames.reshape(-1, 32) / 10 + 2
    found = embedding.embedding(sound)
    assert found.shape == (1 + (len(frames) - 76) // 8, 96) and found.std() > 1
    windows = np.stack([frames[8 * i : 8 * i + 76] for i in range(len(found))])[..., None].astype(np.float32)
    np.testing.assert_allclose(found, network.run(None, {"input_1": windows})[0].reshape(-1, 96), atol=1e-3)


def test_the_shortest_sound_has_one_position_and_a_shorter_none():
    assert len(embedding.embedding(babble(1.0, 2)[: embedding.SHORTEST])) == 1
    assert embedding.embedding(babble(1.0, 2)[: embedding.SHORTEST - 1]).shape == (0, 96)


def test_a_position_does_not_depend_on_sound_after_its_last_frame():
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


def test_an_unknown_network_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match="requirements.lock"):
        embedding.accept_any_length(onnx.load(MODELS / "melspectrogram.onnx"))
