"""Pretraining: the targets stand at the right outputs, and the network learns them."""

import os
from pathlib import Path

import numpy as np
import pytest
from spectrograms import babble

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from scripts.core import spectrogram_store
from scripts.core.frontend import frames_in
from scripts.core.random_numbers import generator
from scripts.core.spectrogram import compute_spectrogram
from scripts.features import clip_embeddings, embedding
from scripts.features.clip_embeddings import ClipEmbedding
from scripts.model import init_from_official, mixednet, pretraining, spec_augment
from scripts.model.pretraining import PretrainingSampler, pretrain


@pytest.fixture
def embeddings(tmp_path):
    """Three short clips and a long one in stores below tmp_path, and their embeddings."""
    embeddings = {}
    for name, lengths, warm_up in (("short", (2.0, 2.4, 3.1), 80), ("speech", (9.0,), 0)):
        sounds = [babble(length, seed) for seed, length in enumerate(lengths)]
        clips = [spectrogram_store.Clip(compute_spectrogram(sound)[warm_up:]) for sound in sounds]
        spectrogram_store.write(tmp_path / name / "training", name, clips)
        embeddings[name] = [
            ClipEmbedding(frames_in(len(sound)) - warm_up, warm_up, embedding.embedding(sound).astype(np.float16))
            for sound in sounds
        ]
    return embeddings


@pytest.fixture
def sampler(tmp_path, embeddings):
    return PretrainingSampler(tmp_path, embeddings, seed=1)


def find_frames(sampler, frames) -> tuple[str, int, int]:
    """Store, clip and first frame of where these frames come from."""
    for name, store in sampler.stores.items():
        for number in range(len(store)):
            for first in range(len(store[number]) - len(frames) + 1):
                if np.array_equal(store[number][first : first + len(frames)], frames):
                    return name, number, first
    raise AssertionError("no clip holds these frames")


def test_a_target_stands_at_the_output_that_sees_the_positions_last_frame(sampler, monkeypatch):
    monkeypatch.setattr(spec_augment, "WARP_CHANCE", 0.0)
    monkeypatch.setattr(spec_augment, "mask", lambda clip, rng: clip)
    inputs, targets, labelled = sampler.batch(3, sequences=4)
    assert labelled.sum() > 20
    for sequence, output in np.argwhere(labelled)[::7]:
        last = output * mixednet.STRIDE + mixednet.RECEPTIVE_FRAMES - 1
        name, number, first = find_frames(sampler, inputs[sequence, last - 40 : last - 2])
        _, warm_up, values = sampler.embeddings[name][number]
        distances = np.abs(embedding.last_frames(len(values), warm_up) - (first + 40))
        position = distances.argmin()
        assert distances[position] <= 1, "an output is 30 ms"
        expected = (values[position].astype(np.float32) - sampler.mean) / sampler.deviation
        np.testing.assert_allclose(targets[sequence, output], expected, atol=1e-5)


def test_it_learns_the_embedding_and_the_same_once_more(sampler, monkeypatch):
    batch = sampler.batch
    monkeypatch.setattr(sampler, "batch", lambda step: batch(step, sequences=4, frames=400))
    monkeypatch.setattr(pretraining, "WARM_UP_STEPS", 10)
    _, first_loss = pretrain(sampler, 1, seed=1)
    weights, loss = pretrain(sampler, 120, seed=1)
    assert loss < 0.8 * first_loss
    random = mixednet.draw_weights(generator(1, "x"))
    assert weights.keys() == {name for name in random if not name.startswith("last/")}
    again, _ = pretrain(sampler, 120, seed=1)
    assert all(np.array_equal(weights[name], again[name]) for name in weights)
    official = init_from_official.initialise(random, "hey_mycroft", sampler.batch(0).inputs)
    assert not np.allclose(weights["point4/kernel"], official["point4/kernel"], atol=1e-3)


def test_embeddings_are_read_as_they_were_written(embeddings, tmp_path):
    for name, clips in embeddings.items():
        clip_embeddings.write_store(tmp_path / f"{name}.npz", clips)
    read = clip_embeddings.read_embeddings(tmp_path)
    assert read.keys() == embeddings.keys()
    for name, clips in embeddings.items():
        assert [clip[:2] for clip in read[name]] == [clip[:2] for clip in clips]
        assert all(np.array_equal(one.values, other.values) for one, other in zip(read[name], clips, strict=True))


def test_a_folder_without_embeddings_ends_with_a_sentence(tmp_path):
    with pytest.raises(SystemExit, match="holds no embeddings"):
        clip_embeddings.read_embeddings(tmp_path)


def test_embeddings_of_other_clips_than_the_features_are_refused_in_a_sentence(embeddings, tmp_path):
    with pytest.raises(SystemExit, match="holds 3 clips, and there are embeddings of 2 .* Raise FEATURES_VERSION"):
        PretrainingSampler(tmp_path, {"short": embeddings["short"][:2]}, seed=1)


def test_a_word_that_the_official_model_knows_does_not_start_from_the_pretrained_weights():
    assert pretraining.is_suitable("hey buster.") and not pretraining.is_suitable("hey mycroft")


def test_missing_weights_end_with_a_sentence():
    with pytest.raises(SystemExit, match="weights.npz is missing"):
        pretraining.load_weights(Path("nowhere"))
