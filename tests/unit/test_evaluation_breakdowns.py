"""Recall by speaker and condition."""

import numpy as np

from scripts.core.spectrogram_store import CONDITIONS
from scripts.evaluation.breakdowns import NO_DISTANCE, UNKNOWN, find_accent, find_speaker, recall_by_condition


class FakeStore:
    def __init__(self, path, rows):
        self.path, self.name, self.row = path, path.name.removesuffix("_mmap"), np.array(rows)
        self.conditions = {name: np.full(len(rows), unknown) for name, unknown in CONDITIONS.items()}

    def __len__(self):
        return len(self.row)


def test_speaker_and_accent_come_from_the_index():
    rows = [
        {"voice": "kokoro", "speaker": "bf_lily*0.45+am_puck/bf_lily"},
        {"voice": "kokoro", "speaker": "af_sarah*1.00+am_puck/af_sarah"},
        {"voice": "espeak", "speaker": "en-gb-scotland+benjamin"},
        {"voice": "mine", "speaker": "me", "accent": "Bavarian"},
        {},
    ]
    assert [find_speaker(row) for row in rows] == [
        "am_puck",
        "af_sarah",
        "en-gb-scotland+benjamin",
        "me",
        UNKNOWN,
    ]
    assert [find_accent(row) for row in rows] == [
        "British English",
        "American English",
        "Scottish English",
        "Bavarian",
        UNKNOWN,
    ]


def test_recall_is_broken_down_by_the_conditions_of_each_clip(tmp_path):
    store = FakeStore(tmp_path / "positive" / "testing" / "positive_mmap", [0, 1, 0, 1, -1])
    store.conditions |= {
        "setting": np.array(["quiet", "talk", "background", "quiet", ""]),
        "room": np.array(["", "r", "r", "r", ""]),
        "distance_m": np.array([np.nan, 0.7, 2.4, np.nan, np.nan]),
        "snr_db": np.array([np.nan, 3.0, 30.0, 14.0, np.nan]),
        "rt60_s": np.array([np.nan, 0.2, 0.7, np.nan, np.nan]),
    }
    by = recall_by_condition(
        [store],
        [{"voice": "kokoro", "speaker": "a/b"}, {"voice": "espeak", "speaker": "en-us+m3"}],
        [True, False, True, True, False],
    )
    assert {name: each["heard"] for name, each in by["by_distance"].items()} == {
        "at the microphone": 1,
        "up to 1 m": 0,
        "over 2 m": 1,
        NO_DISTANCE: 1,
        UNKNOWN: 0,
    }
    assert [(name, each["n"]) for name, each in by["by_distance"].items()][-1] == (UNKNOWN, 1)
    assert list(by["by_snr"]) == ["under 6 dB", "12 to 18 dB", "over 24 dB", "no noise at all", UNKNOWN]
    assert by["by_company"]["nothing else"] == {"heard": 2, "n": 2, "share": 1.0} and by["by_voice"][UNKNOWN]["n"] == 1
