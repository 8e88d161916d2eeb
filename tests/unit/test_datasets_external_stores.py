"""Spectrogram stores of others are inspected, published as they are, and used by training and evaluation."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from mmap_ninja.ragged import RaggedMmap

from scripts.core import spectrogram_store
from scripts.datasets import import_spectrograms
from scripts.model.batches import SequenceSampler


def put(path: Path, *lengths: int, value: int = 7, dtype=np.uint16) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    RaggedMmap.from_lists(path, [np.full((length, 40), value, dtype) for length in lengths])
    return path


def import_talk(tmp_path: Path) -> dict:
    import_spectrograms.main(
        ["--name", "negative_talk", "--raw", str(tmp_path / "raw"), "--out", str(tmp_path / "features")]
    )
    return json.loads((tmp_path / "features/index.json").read_text())


def test_stores_are_laid_out_as_our_own_and_outlive_raw(tmp_path, capsys):
    put(tmp_path / "raw/talk/talk/training/talk_mmap", 100, 250)
    put(tmp_path / "raw/talk/talk/testing_ambient/talk_mmap", 360)
    index = import_talk(tmp_path)
    assert [(entry["path"], entry["clips"]) for entry in index["stores"]] == [
        ("negative_talk/testing_ambient/talk_mmap", 1),
        ("negative_talk/training/talk_mmap", 2),
    ]
    assert os.stat(tmp_path / "raw/talk/talk/training/talk_mmap/data.ninja").st_nlink == 2, "no second copy of 26 GB"
    import_spectrograms.files.remove(tmp_path / "raw")
    [opened] = spectrogram_store.open_stores(tmp_path / "features", "negative_talk", "training")
    assert [opened[clip].shape for clip in range(2)] == [(100, 40), (250, 40)] and opened.end_frame.tolist() == [-1, -1]
    assert isinstance(opened.values, np.memmap), "read where it lies"
    assert "2 clips" in capsys.readouterr().out


@pytest.mark.parametrize(
    "damage, message",
    [
        (lambda path: os.truncate(path / "data.ninja", 5000), "cannot be opened|damaged"),
        (lambda path: (path / "starts/data.ninja").unlink(), "cannot be opened"),
        (
            lambda path: path.rename(path.parent.parent / "talk_mmap"),
            "expected it in a directory named one of training",
        ),
        (lambda path: import_spectrograms.files.remove(path), "holds no"),
        (lambda path: put(path.parent / "more/training/talk_mmap", 5), "there twice"),
        (lambda path: put(path.parent / "floats_mmap", 5, dtype=np.float32), "holds float32"),
    ],
)
def test_a_store_that_is_damaged_or_of_another_form_is_refused(tmp_path, damage, message):
    damage(put(tmp_path / "raw/talk/talk/training/talk_mmap", 100, 250))
    with pytest.raises(SystemExit, match=message):
        import_talk(tmp_path)
    assert not (tmp_path / "features").exists()


def test_training_draws_clips_from_them(tmp_path):
    put(tmp_path / "word/positive/training/positive_mmap", 120, 130, value=1)
    put(tmp_path / "raw/talk/training/talk_mmap", 900, 250, value=999)
    import_talk(tmp_path)
    sampler = SequenceSampler(tmp_path / "word", tmp_path / "none", seed=1, negatives=[tmp_path / "features"])
    assert sampler.names == ["negative_talk", "positive"]
    sound = sampler.batch(0, sequences=4).inputs
    assert (sound == 999).any() and (sound == 1).any()
    assert (sound == sampler.batch(0, sequences=4).inputs).all()


def test_ambient_sets_count_under_their_own_names(tmp_path):
    from scripts.evaluation.evaluation_sets import open_ambient_stores

    put(tmp_path / "common/speech/testing_ambient/plain_mmap", 100)
    put(tmp_path / "raw/talk/testing_ambient/talk_mmap", 360)
    import_talk(tmp_path)
    opened = open_ambient_stores(tmp_path / "common", [tmp_path / "features"], "testing_ambient")
    assert {name: [len(each) for each in stores] for name, stores in opened.items()} == {
        "speech": [1],
        "negative_talk": [1],
    }
    assert open_ambient_stores(tmp_path / "common", [tmp_path / "features"], "validation_ambient") == {}
