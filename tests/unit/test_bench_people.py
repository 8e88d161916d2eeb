"""Recordings of people for bench-quality: which folder is what, what is held out, and what is judged again."""

import json

import numpy as np
import pytest

from scripts.bench import people, quality
from scripts.core import audio


@pytest.fixture
def recordings(tmp_path):
    """Two words and the kinds of negatives, a file each."""
    root, rng = tmp_path / "recordings", np.random.default_rng(1)
    for name in (
        "words/view_glass",
        "words/hey",
        "negatives/near_hey",
        "negatives/calls_says_hey",
        "negatives/learners",
    ):
        (root / name).mkdir(parents=True)
        audio.write(root / name / "a.wav", 0.1 * rng.standard_normal(8_000).astype(np.float32))
    (root / "words/hey/word.txt").write_text("hey, buster.\n")
    return root


@pytest.fixture
def data(tmp_path):
    """A DATA_DIR with one dataset, of which some files are of the testing split."""
    folder = tmp_path / "data/datasets/talk/16k"
    files = [
        {"path": f"{split}/x/{kind}.wav", "split": split, "kind": kind}
        for split in ("training", "testing")
        for kind in ("speech", "music")
    ]
    for entry in files:
        (folder / entry["path"]).parent.mkdir(parents=True, exist_ok=True)
        (folder / entry["path"]).write_text(entry["path"])
    (folder / "index.json").write_text(json.dumps({"files": files}))
    return tmp_path / "data"


def test_a_folder_is_named_after_its_phrase_or_holds_it(recordings, data):
    collection = people.find_people(recordings, data)
    assert [word.phrase for word in collection.words] == ["hey, buster.", "view glass"]
    flat = people.find_people(recordings / "words", data)
    assert [word.phrase for word in flat.words] == ["hey, buster.", "view glass"] and flat.negatives == ()


def test_negatives_have_the_kind_that_they_are_for_the_word(recordings, data):
    collection = people.find_people(recordings, data)
    kinds = {
        word.folder.name: {each.folder.name: each.kind for each in collection.list_negatives(word)}
        for word in collection.words
    }
    assert kinds["hey"] == {
        "speech": people.RUNNING,
        "view_glass": people.CALLS,
        "near_hey": people.CONFUSABLE,
        "learners": people.RUNNING,
    }
    assert kinds["view_glass"]["near_hey"] == people.CALLS
    assert kinds["view_glass"]["calls_says_hey"] == people.RUNNING, "it does not hold this word"


def test_only_the_testing_split_is_linked(data, tmp_path):
    for _ in range(2):
        linked = people.link_held_out(data / "datasets", ("speech", "short"), tmp_path / "linked")
    assert [path.read_text() for path in linked.iterdir()] == ["testing/x/speech.wav"]


def test_telephones_are_known_by_the_band_they_lack(tmp_path):
    noise = 0.1 * np.random.default_rng(1).standard_normal(16_000).astype(np.float32)
    narrow = audio.resample(audio.resample(noise, 16_000, 8_000), 8_000, 16_000)
    for name, sound in (("wide", noise), ("narrow", narrow)):
        audio.write(tmp_path / f"{name}.wav", sound)
    assert people.is_telephone([tmp_path / "narrow.wav"]) and not people.is_telephone([tmp_path / "wide.wav"])


def test_a_model_is_judged_once_on_the_same_files(recordings, data, tmp_path, monkeypatch):
    judged = []

    def judge(manifest, folders, jobs, keep):
        judged.append(folders.snr_db)
        streams = [{"name": folder.name, "files": 2, "hours": 0.5, "false_accepts": 1} for folder in folders.negatives]
        return {"snr_db": folders.snr_db, "streams": streams}

    monkeypatch.setattr(people, "judge", judge)
    (tmp_path / "hey.json").write_text(json.dumps({"model": "hey.tflite"}))
    (tmp_path / "hey.tflite").write_bytes(b"a model")
    collection = people.find_people(recordings, data)

    def figures():
        return people.judge_word(tmp_path / "hey.json", collection.words[0], collection, 1, tmp_path / "kept")

    first = figures()
    assert figures() == first and judged == [None, 10.0]
    assert first[0]["kinds"][people.RUNNING] == {"files": 4, "hours": 1.0, "false_accepts": 2}
    (tmp_path / "hey.tflite").write_bytes(b"another model")
    figures()
    assert judged == [None, 10.0] * 2


def test_without_recordings_it_says_what_to_type(tmp_path):
    with pytest.raises(SystemExit, match="make bench-quality RECORDINGS="):
        quality.main(["--data", str(tmp_path), "--recordings", str(tmp_path / "nowhere")])
