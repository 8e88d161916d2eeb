"""The comparison with official models: held-out voices and ambient sound are counted, and both models are listed."""

import json

import numpy as np
import pytest

from scripts.bench import official_models
from scripts.core.spectrogram_store import Clip, write
from scripts.evaluation.inference import Scores


@pytest.fixture
def data(tmp_path):
    """Two clips of a held-out voice in features/, a minute of ambient sound in common/, and a manifest."""
    rng = np.random.default_rng(1)
    clip = lambda frames: Clip(rng.integers(0, 600, (frames, 40)).astype(np.uint16))
    write(tmp_path / "features/positive/stranger", "positive", [clip(150), clip(170)])
    write(tmp_path / "common/speech/testing_ambient", "plain", [clip(6_000)])
    (tmp_path / "buster.json").write_text(
        json.dumps(
            {
                "wake_word": "buster",
                "model": "buster.tflite",
                "micro": {"probability_cutoff": 0.5, "sliding_window_size": 2},
            }
        )
    )
    (tmp_path / "buster.tflite").write_bytes(b"a model")
    return tmp_path


def test_detected_voices_and_false_accepts_are_counted(data, monkeypatch):
    seen = {}

    def score(model, sets, jobs, label):
        seen.update(
            {name: (sum(map(len, each.stores)), each.tail_frames) for name, each in sets.items()}, model=model.name
        )
        loud, quiet = np.full(50, 250, np.uint8), np.zeros(50, np.uint8)
        return {
            "heldout": Scores.of([loud, quiet], 3),
            "ambient": Scores.of([np.concatenate([np.zeros(1_900, np.uint8), loud, np.zeros(50, np.uint8)])], 3),
        }

    monkeypatch.setattr(official_models, "score_stores", score)
    figures = official_models.judge_on_voices(data / "buster.json", data / "features", data / "common", 1)
    assert seen == {"heldout": (2, 100), "ambient": (1, 0), "model": "buster.tflite"}
    assert figures["at_cutoff"]["recall"] == 0.5 and figures["at_cutoff"]["false_accepts"] == 1
    assert figures["hours"] == pytest.approx(2_000 * 0.03 / 3600, abs=1e-3)


def test_without_held_out_voices_it_says_which_setting_to_change(data):
    with pytest.raises(SystemExit, match="no clips of held-out voices.*HELDOUT_VOICES"):
        official_models.judge_on_voices(data / "buster.json", data / "nowhere", data / "common", 1)


def test_the_table_has_a_line_for_each_model():
    figures = {
        "n_positive": 200,
        "hours": 10.48,
        "at_fa_per_hour": {"0.5": {"recall": 0.475}, "1.0": {"recall": 0.5}, "2.0": None},
        "at_cutoff": {"recall": 0.525, "recall_interval": [0.45, 0.6], "fa_per_hour": 1.05},
    }
    table = official_models.format_table([("alexa", "ours", figures)])
    assert (
        table.splitlines()[2] == "| alexa | ours | 200 | 10.48 | 47.5% | 50.0% | 0.0% | 52.5% (45.0% to 60.0%) | 1.05 |"
    )
    assert len({line.count("|") for line in table.splitlines()}) == 1
