"""The recording that a false accept comes from."""

import numpy as np

from scripts.core import spectrogram_store
from scripts.evaluation.event_sources import DELAY_FRAMES, count_repetitions, find_recordings
from scripts.evaluation.inference import Scores

FRAMES = 120


def write_store(folder, name: str, marks: list[tuple]):
    """A store of silent clips with these marks, and its scores: an output every third frame."""
    spectrogram_store.write(
        folder, name, [spectrogram_store.Clip(np.zeros((FRAMES, 40), np.uint16), marks=each) for each in marks]
    )
    return spectrogram_store.open_store(folder / f"{name}_mmap"), [np.zeros(FRAMES // 3, np.uint8)] * len(marks)


def test_an_output_belongs_to_the_recording_that_sounded_just_before(tmp_path):
    plain, outputs = write_store(tmp_path, "plain", [((0, 4), (60, 9)), (), ((0, 9),)])
    ready, others = write_store(tmp_path, "ready", [()])
    speech, party = find_recordings([([plain], Scores.of(outputs, 3)), ([ready], Scores.of(others, 3))])
    change = (60 + DELAY_FRAMES) // 3
    assert speech[:40].tolist() == [4] * change + [9] * (40 - change)
    assert set(speech[40:80]) == {-1} and set(party) == {-2}, "unmarked clips are recordings of their own"
    assert set(speech[80:]) == {9}, "a recording has the same number wherever it sounds"


def test_repetitions_of_a_recording_are_counted_over_stores(tmp_path):
    plain, _ = write_store(tmp_path, "plain", [((0, 4), (60, 9)), ((0, 4),)])
    rooms, _ = write_store(tmp_path, "rooms", [((0, 9),)])
    ready, _ = write_store(tmp_path, "ready", [()])
    assert (
        count_repetitions([plain]) == 1
        and count_repetitions([plain, rooms, ready]) == 2
        and count_repetitions([ready]) == 1
    )
