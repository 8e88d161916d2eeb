"""Stores: what is written comes back, to us and to microWakeWord's own way of reading."""

import numpy as np
import pytest
from mmap_ninja.ragged import RaggedMmap

from scripts.core import spectrogram_store


def clips(count: int) -> list[spectrogram_store.Clip]:
    rng = np.random.default_rng(0)
    return [
        spectrogram_store.Clip(
            rng.integers(0, 670, (int(rng.integers(1, 300)), 40)).astype(np.uint16),
            end_frame=i - 1,
            row=2 * i,
            source=f"s{i % 2}",
        )
        for i in range(count)
    ]


@pytest.mark.parametrize("count", [1, 3, 2 * spectrogram_store.CLIPS_A_WRITE + 7])
def test_written_clips_are_read_back(tmp_path, count):
    written = clips(count)
    assert spectrogram_store.write(tmp_path / "positive" / "training", "positive", iter(written)) == count
    path = tmp_path / "positive" / "training" / "positive_mmap"
    read, ragged = spectrogram_store.open_store(path), RaggedMmap(path)
    assert len(read) == len(ragged) == count
    for index, clip in enumerate(written):
        np.testing.assert_array_equal(read[index], clip.frames)
        np.testing.assert_array_equal(ragged[index], clip.frames)
        assert ragged[index].dtype == np.uint16
        assert (read.end_frame[index], read.row[index], read.source[index]) == (clip.end_frame, clip.row, clip.source)
    assert read.end_frame.dtype == read.row.dtype == np.int32
    assert read.lengths.tolist() == [len(clip.frames) for clip in written]
    assert read.hours == pytest.approx(sum(len(clip.frames) for clip in written) / 360_000)


def test_marks_come_back_and_older_stores_have_none(tmp_path):
    written = clips(3)
    marked = [written[0], written[1]._replace(marks=((0, 7), (12, 9))), written[2]._replace(marks=((3, 7),))]
    spectrogram_store.write(tmp_path, "plain", marked)
    assert spectrogram_store.open_store(tmp_path / "plain_mmap").marks.tolist() == [[1, 0, 7], [1, 12, 9], [2, 3, 7]]
    spectrogram_store.write(tmp_path, "unmarked", written)
    assert spectrogram_store.open_store(tmp_path / "unmarked_mmap").marks.shape == (0, 3)
    (tmp_path / "plain_clips.npz").unlink()
    assert spectrogram_store.open_store(tmp_path / "plain_mmap").marks.shape == (0, 3)


def test_stores_of_a_mode_are_found_by_name(tmp_path):
    for name in ("rooms", "plain"):
        spectrogram_store.write(tmp_path / "speech" / "testing_ambient", name, clips(2))
    assert [store.name for store in spectrogram_store.open_stores(tmp_path, "speech", "testing_ambient")] == [
        "plain",
        "rooms",
    ]
    assert spectrogram_store.open_stores(tmp_path, "speech", "training") == []


def test_no_clips_leave_no_store(tmp_path):
    assert spectrogram_store.write(tmp_path / "training", "near", []) == 0
    assert not (tmp_path / "training").exists()


def test_a_clip_of_the_wrong_shape_is_refused(tmp_path):
    with pytest.raises(ValueError, match="expected uint16"):
        spectrogram_store.write(tmp_path, "near", [spectrogram_store.Clip(np.zeros((5, 40), np.float32))])


def test_a_missing_store_is_named(tmp_path):
    with pytest.raises(ValueError, match="nothing_mmap"):
        spectrogram_store.open_store(tmp_path / "nothing_mmap")
    assert not (tmp_path / "nothing_mmap").exists()
