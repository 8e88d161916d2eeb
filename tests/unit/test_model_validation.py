"""Validation: recall at few false accepts per hour, and the margin of held-out voices."""

import os

import pytest
from spectrograms import write_store

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from scripts.core.spectrogram_store import HELDOUT
from scripts.model import mixednet
from scripts.model.validation import Validation

LEVEL = {"level": np.float32(500 * mixednet.FEATURE_SCALE)}


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Positives of 1000 and ambient sound of 100; the network's logit is how far the input is above `level`."""
    word, common = tmp_path / "word", tmp_path / "common"
    write_store(word / "positive/validation", 1000, frames=210, clips=3, end=90)
    write_store(common / "speech/validation_ambient", 100, frames=9000)

    def forward(x, weights, training):
        return (x[:, mixednet.RECEPTIVE_FRAMES - 1 :: mixednet.STRIDE, 0] - weights["level"]) / 10, {}

    monkeypatch.setattr(mixednet, "forward", forward)
    return word, common


def test_positives_above_the_ambient_sound_are_all_detected(data):
    write_store(data[0] / "near/validation", 50, frames=210, clips=2)
    figures = Validation(*data).measure(LEVEL)
    assert figures["score"] == figures["recall@0.5"] == figures["recall@8"] == 1.0 and figures["near@2"] == 0.0


def test_positives_below_the_ambient_sound_are_all_missed(data):
    write_store(data[0] / "positive/validation", 50, frames=210, clips=3, end=90)
    assert Validation(*data).measure(LEVEL)["score"] == 0.0


@pytest.mark.parametrize("value", [1000, 400])
def test_the_margin_is_how_high_heldout_voices_rise_above_ambient_sound(data, value):
    write_store(data[0] / f"positive/{HELDOUT}", value, frames=210, clips=5, end=90)
    validation = Validation(*data)
    assert "5 clips of held-out voices" in str(validation)
    margin = (value - 100) * mixednet.FEATURE_SCALE / 10
    assert validation.measure(LEVEL)["margin"] == pytest.approx(margin, abs=0.05)


def test_without_heldout_voices_there_is_no_margin(data):
    assert "margin" not in Validation(*data).measure(LEVEL)


def test_without_validation_data_it_ends_with_a_sentence(tmp_path):
    with pytest.raises(SystemExit, match="has no validation data"):
        Validation(tmp_path, tmp_path)
