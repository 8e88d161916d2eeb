"""A phrase gets one spelling for all voices; what has no common reading is refused."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.samples.advice import is_spelled_out
from scripts.samples.espeak import phonemize
from scripts.samples.languages import LANGUAGES
from scripts.samples.phonemes import parse_sounds
from scripts.samples.signs import SIGNS
from scripts.samples.spelling import normalise

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "phrase",
    [
        "hey buster.",
        "computer",
        "snowboy",
        "view glass",
        "okay nabu",
        "okay nabu.",
        "hey, buster!",
        "hey...buster",
        "Hey Siri",
        "hey lay-uh",
        "it's me",
        "H E Y",
        "TV",
        "OK Google",
        "T-Bone",
        "Mr Smith",
        "rockin' robin",
        "rock 'n' roll",
        "O'Brien",
        "a  b",
    ],
)
def test_text_that_all_voices_read_alike_stays_as_typed(phrase):
    assert (
        normalise(phrase, "en", is_spelled_out).text == phrase and not normalise(phrase, "en", is_spelled_out).refusals
    )


@pytest.mark.parametrize(
    "language, phrase",
    [("de", "Hallo Küche."), ("de", "BMW starten"), ("fr", "ça va, l'ami"), ("es", "¿hola?"), ("tr", "ışık")],
)
def test_other_languages_stay_as_typed(language, phrase):
    assert normalise(phrase, language, is_spelled_out).text == phrase


@pytest.mark.parametrize(
    "phrase, text",
    [
        ("hey LAY-uh", "hey lay-uh"),
        ("HI MIA", "hi mia"),
        ("hey JARVIS", "hey jarvis"),
        ("WALL-E", "wall-E"),
        ("U.S.A. today", "U-S-eh today"),
        ("R&D", "R and D"),
        ("AT&T", "eh-T and T"),
        ("you & me", "you and me"),
        ("Mr. Smith", "Mister Smith"),
        ("St. John", "Saint John"),
        ("this vs that", "this versus that"),
        ("hey 'buster'", "hey buster"),
        ('"hey buster."', "hey buster."),
        ("hey “buster”", "hey buster"),
        ("hey — buster", "hey buster"),
        ("hey * buster", "hey buster"),
        ("hey 😀 buster", "hey buster"),
        ("hey_buster", "hey buster"),
        ("hey… buster", "hey... buster"),
        ("it’s me", "it's me"),
        ("ＨＥＹ", "hey"),
        ("hey\u00a0buster", "hey buster"),
        ("hey\u200b buster", "hey buster"),
        ("[hey](/x/)", "hey x"),
        ("café", "café"),
        ("caf\u0065\u0301", "café"),
    ],
)
def test_one_text_for_all_voices(phrase, text):
    assert normalise(phrase, "en", is_spelled_out).text == text


@pytest.fixture
def number_words():
    """Numbers need a package that an older environment lacks."""
    pytest.importorskip("unicode_rbnf", reason="the environment is older than requirements.lock: run make venv")


@pytest.mark.parametrize(
    "language, phrase, text",
    [
        ("en", "HAL 9000", "hal nine thousand"),
        ("en", "agent 007", "agent zero zero seven"),
        ("en", "2,5", "two point five"),
        ("en", "1,000 suns", "one thousand suns"),
        ("en", "1999", "nineteen ninety-nine"),
        ("en", "3rd rock", "third rock"),
        ("en", "3-2-1 go", "three two one go"),
        ("en", "50%", "fifty percent"),
        ("en", "$5", "five dollars"),
        ("en", "#1", "number one"),
        ("en", "C-3PO", "C three P-O"),
        ("en", "R2-D2", "R two D two"),
        ("en", "T-800", "T eight hundred"),
        ("en", "10pm", "ten pm"),
        ("en", "5 o'clock", "five o'clock"),
        ("en", "-5", "minus five"),
        ("en-gb", "10:30", "ten thirty"),
        ("de", "2,5", "zwei Komma fünf"),
        ("de", "1.000 Küchen", "eintausend Küchen"),
        ("de", "007", "null null sieben"),
        ("de", "Nr. 5", "Nummer fünf"),
        ("de", "R2D2", "R zwei D zwei"),
        ("fr", "2e étage", "deuxième étage"),
        ("fr", "50 %", "cinquante pour cent"),
        ("es", "3º", "tercero"),
        ("fr", "1re fois", "première fois"),
        ("it", "3ª", "terza"),
        ("pl", "2,5", "dwa przecinek pięć"),
        ("nb", "21", "tjueén"),
        ("tr", "%50", "yüzde elli"),
        ("tr", "50%", "yüzde elli"),
        ("pt", "21", "vinte e um"),
    ],
)
def test_numbers_are_words_of_the_language(language, phrase, text, number_words):
    assert normalise(phrase, language, is_spelled_out).text == text


def test_every_language_has_numbers_and_signs(number_words):
    for language in LANGUAGES:
        spelling = normalise("7 & 8,5 %", language)
        assert (
            not spelling.refusals
            and SIGNS[language[:2]][0] in spelling.text.split()
            and not any(c.isdigit() for c in spelling.text)
        )
        assert parse_sounds(phonemize(spelling.text, LANGUAGES[language].accents[0]))


@pytest.mark.parametrize(
    "phrase, written, others",
    [
        ("HAL", "HAL", ["H-eh-L"]),
        ("hey FAQ", "FAQ", ["hey F-eh-Q"]),
        ("St. John", "St.", ["Street John"]),
        ("hey IBM", "IBM", ["hey ibm"]),
    ],
)
def test_another_reading_is_a_line_to_type_and_is_read_as_typed(phrase, written, others):
    (reading,) = normalise(phrase, "en", is_spelled_out).readings
    assert (reading.written, reading.others) == (written, others)
    assert [normalise(other, "en", is_spelled_out).text for other in others] == others


def test_numbers_have_their_other_readings(number_words):
    (reading,) = normalise("agent 007", "en", is_spelled_out).readings
    assert reading.others == ["agent oh oh seven", "agent double oh seven", "agent seven"]
    assert ["hal nine zero zero zero"] in [
        reading.others for reading in normalise("HAL 9000", "en", is_spelled_out).readings
    ]


def test_make_refuses_with_any_python_and_no_package():
    result = subprocess.run(
        [sys.executable, "-S", "-m", "scripts.samples.spelling", "de"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"], "WORD": "3 Küchen привет", "PYTHONUTF8": "1"},
    )
    assert "cyrillic small letter pe" in result.stdout
    result = subprocess.run(
        [sys.executable, "-S", "-m", "scripts.samples.spelling", "de"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"], "WORD": "3 Küchen, 2,5", "PYTHONUTF8": "1"},
    )
    assert not result.stdout.strip()


@pytest.mark.parametrize(
    "language, phrase, text",
    [
        ("de", "Ku\u0308che an", "Küche an"),
        ("en", "ﬁre up", "fire up"),
        ("en", "hey A.I.", "hey eh-I."),
        ("en", "<b>hey</b>", "b hey b"),
        ("fr", "l’ami", "l'ami"),
        ("en", "World War II", "World War two"),
        ("en", "٣ cats", "three cats"),
        ("en", "H3llo", "H three llo"),
        ("de", "5. Sinfonie", "fünfte Sinfonie"),
        ("en", "1234567890123", "one two three four five six seven eight nine zero one two three"),
    ],
)
def test_pasted_text_is_normalised(language, phrase, text, number_words):
    assert normalise(phrase, language, is_spelled_out).text == text


@pytest.mark.parametrize(
    "language, phrase, message",
    [("en", "24/7", "'24/7' is a fraction"), ("fr", "n°5", "degree sign"), ("en", "x²", "superscript two")],
)
def test_fractions_and_signs_are_refused(language, phrase, message):
    assert message in "".join(normalise(phrase, language, spell_out_numbers=lambda text, *_: text).refusals)
