"""The manifest: exactly schema v2, loadable by the desktop runtime, and no value a device would choke on."""

import copy
import json
import shutil
from pathlib import Path

import pytest

from scripts.model import manifest

pymicro_wakeword = pytest.importorskip("pymicro_wakeword")
MODELS = Path(pymicro_wakeword.__file__).parent / "models"


def good() -> dict:
    return manifest.build(
        "Hey Buster", "hey_buster.tflite", 0.87, 5, 40_000, ["en"], website="https://example.org/words"
    )


@pytest.mark.parametrize(
    "word, expected",
    [
        ("hey buster.", "Hey Buster"),
        ("  computer ", "Computer"),
        ("hey, buster!", "Hey Buster"),
        ("view-glass", "View Glass"),
        ("óscar", "Óscar"),
        ("R2 D2?", "R2 D2"),
        ("okay NASA", "Okay NASA"),
        ("...", ""),
    ],
)
def test_title(word, expected):
    assert manifest.make_title(word) == expected


def test_keys_are_those_of_the_schema():
    assert set(good()) == {"type", "model", "author", "version", "wake_word", "trained_languages", "website", "micro"}
    assert set(good()["micro"]) == {
        "feature_step_size",
        "tensor_arena_size",
        "probability_cutoff",
        "sliding_window_size",
        "minimum_esphome_version",
    }
    assert "website" not in manifest.build("A", "a.tflite", 0.5, 5, 40_000)


@pytest.mark.parametrize("path", sorted(MODELS.glob("*.json")), ids=lambda path: path.stem)
def test_official_manifests_are_in_order(path):
    assert manifest.find_problems(json.loads(path.read_text())) == []


@pytest.mark.parametrize(
    "key, value, complaint",
    [
        ("wake_word", " ", "wake_word is ' '"),
        ("version", 1, "version is 1"),
        ("type", "macro", "type is"),
        ("model", "models/a.tflite", "same folder"),
        ("model", "a.bin", "same folder"),
        ("website", "example.org", "http://"),
        ("trained_languages", [], "trained_languages"),
        ("trained_languages", "en", "trained_languages"),
        ("metrics", {}, "does not know: metrics"),
    ],
)
def test_wrong_values(key, value, complaint):
    wrong = good() | {key: value}
    assert complaint in " ".join(manifest.find_problems(wrong))


@pytest.mark.parametrize(
    "key, value",
    [
        ("probability_cutoff", 1.0),
        ("probability_cutoff", 0),
        ("probability_cutoff", 87),
        ("probability_cutoff", "0.8"),
        ("probability_cutoff", float("nan")),
        ("sliding_window_size", 0),
        ("sliding_window_size", 2.5),
        ("tensor_arena_size", 0),
        ("feature_step_size", 20),
        ("minimum_esphome_version", "soon"),
        ("recall", 0.9),
    ],
)
def test_wrong_values_in_micro(key, value):
    wrong = copy.deepcopy(good())
    wrong["micro"][key] = value
    assert key in " ".join(manifest.find_problems(wrong))


def test_a_missing_key_is_named():
    wrong = good()
    del wrong["micro"]["tensor_arena_size"], wrong["author"]
    assert manifest.find_problems(wrong) == ["The manifest lacks author.", "The micro lacks tensor_arena_size."]


def test_build_and_write_refuse(tmp_path):
    with pytest.raises(ValueError, match="wake_word is ''.*probability_cutoff is 1.5"):
        manifest.build("", "a.tflite", 1.5, 5, 40_000)
    with pytest.raises(ValueError, match="is not written"):
        manifest.write(tmp_path / "a.json", good() | {"extra": 1})
    assert not (tmp_path / "a.json").exists()


def test_the_desktop_runtime_loads_it(tmp_path):
    shutil.copy(MODELS / "alexa.tflite", tmp_path / "hey_buster.tflite")
    manifest.write(tmp_path / "hey_buster.json", good())
    word = pymicro_wakeword.MicroWakeWord.from_config(tmp_path / "hey_buster.json")
    assert (word.id, word.wake_word, word.probability_cutoff, word.sliding_window_size) == (
        "hey_buster",
        "Hey Buster",
        0.87,
        5,
    )
