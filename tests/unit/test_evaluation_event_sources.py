"""Which recording a false accept comes from."""

import numpy as np

from scripts.core import spectrogram_store
from scripts.evaluation.event_sources import BLAMED_FRAMES, hearings, origins
from scripts.evaluation.inference import Scores

FRAMES = 120


def stored(folder, name: str, marks: list[tuple]):
    """A store of silent clips with these marks, and its scores: an output every third frame."""
    spectrogram_store.write(
        folder, name, [spectrogram_store.Clip(np.zeros((FRAMES, 40), np.uint16), marks=each) for each in marks]
    )
    return spectrogram_store.open_store(folder / f"{name}_mmap"), [np.zeros(FRAMES // 3, np.uint8)] * len(marks)


def test_an_output_is_of_what_sounded_just_before(tmp_path):
    plain, outputs = stored(tmp_path, "plain", [((0, 4), (60, 9)), (), ((0, 9),)])
    ready, others = stored(tmp_path, "ready", [()])
    sounding = origins({"speech": ([plain], Scores.of(outputs, 3)), "party": ([ready], Scores.of(others, 3))})
    change = (60 + BLAMED_FRAMES) // 3
    assert sounding["speech"][:40].tolist() == [4] * change + [9] * (40 - change)
    assert set(sounding["speech"][40:80]) == {-1} and set(sounding["party"]) == {-2}, (
        "unmarked clips are recordings of their own"
    )
    assert set(sounding["speech"][80:]) == {9}, "a recording has the same number wherever it is heard"


def test_hearings_are_counted_over_stores(tmp_path):
    plain, _ = stored(tmp_path, "plain", [((0, 4), (60, 9)), ((0, 4),)])
    rooms, _ = stored(tmp_path, "rooms", [((0, 9),)])
    ready, _ = stored(tmp_path, "ready", [()])
    assert hearings([plain]) == 1 and hearings([plain, rooms, ready]) == 2 and hearings([ready]) == 1
