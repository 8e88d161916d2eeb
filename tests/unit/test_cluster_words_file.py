"""Files of words: settings of a word, seeds, and sentences about what cannot be meant."""

import re
from pathlib import Path

import pytest

from scripts.cluster import words_file
from scripts.cluster.words_file import Entry, parse, read

ROOT = Path(__file__).resolve().parents[2]


def test_settings_stand_behind_a_bar_and_a_line_of_settings_alone_is_for_all_below():
    text = 'one\n| SAMPLES=8000\ntwo | SAMPLES=9 TITLE="The Second" # quick\n# none | SEED=7\nthree\n'
    assert parse(text) == [
        Entry(1, "one"),
        Entry(3, "two", {"SAMPLES": "9", "TITLE": "The Second"}),
        Entry(5, "three", {"SAMPLES": "8000"}),
    ]


def test_several_seeds_are_several_trainings_and_the_main_one_is_in_the_main_place():
    assert [(entry.name, entry.seed) for entry in parse("Hey, you! | SEED=1,2, 3".replace(", 3", ",3"))] == [
        ("hey_you", ""),
        ("hey_you-seed-2", "2"),
        ("hey_you-seed-3", "3"),
    ]
    assert [entry.name for entry in parse("hey | SEED=1,2", main_seed=2)] == ["hey-seed-1", "hey"]


@pytest.mark.parametrize(
    "text, said",
    [
        ("hey | SAMPELS=3", r"line 1: SAMPELS is no setting of a single word: did you mean SAMPLES\?"),
        ("a\nhey | VOICES=espeak", r"line 2: VOICES is no setting of a single word\. Behind the \| may stand TITLE"),
        ("hey | SAMPLES", "line 1: SAMPLES has no value: write SAMPLES="),
        ('hey | TITLE="Hey', "line 1 has a quote that is not closed"),
        ("hey | TITLE=$(x)", "holds a dollar sign"),
        ("hey.\nhey?", r"lines 1 and 2 would be trained in the same place, hey \('hey.' and 'hey\?'\)"),
        ("hey | SEED=2,2", "line 1 says it twice would be|line 1 says it twice"),
        ("| SEED=2", "holds no word"),
    ],
)
def test_what_cannot_be_meant_is_named_with_its_line(text, said):
    with pytest.raises(ValueError, match=said):
        parse(text)


def test_a_value_is_held_to_config_mk(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    (tmp_path / "words.txt").write_text("one\ntwo | LANGUAGE=klingon\n")
    with pytest.raises(SystemExit, match="words.txt line 2: LANGUAGE=klingon is not known: choose one of: en"):
        read(tmp_path / "words.txt", 1)
    (tmp_path / "words.txt").write_text("two | SEED=1,x\n")
    with pytest.raises(SystemExit, match="line 1: SEED=x is not a whole number"):
        read(tmp_path / "words.txt", 1)


def test_no_setting_of_a_word_changes_what_all_words_share():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    shared = set(re.search(r"^COMMON_OPTIONS *:= (.*)$", makefile, re.MULTILINE)[1].split())
    shared |= set(re.search(r"^PRETRAIN_OPTIONS *:= (.*)$", makefile, re.MULTILINE)[1].split())
    # A language has common stages of its own, and a seed a DATA_DIR of its own.
    assert shared & set(words_file.OF_A_WORD) == {"LANGUAGE", "SEED"}
