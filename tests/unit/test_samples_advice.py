"""Every voice gets one text, other readings are lines to type, and a phrase that no voice can say is refused at once."""

import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from scripts.samples import phrases, preview, speak_word
from scripts.samples.advice import LONGEST_S, advise, is_spelled_out, refuse, settle
from scripts.samples.dictionary import WordList
from scripts.samples.espeak import phonemize
from scripts.samples.languages import LANGUAGES
from scripts.samples.phonemes import distance, parse_sounds
from scripts.samples.signs import SIGNS
from scripts.samples.spelling import normalise
from scripts.samples.voices.base import Script, draw_slowness

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def number_words():
    """Numbers need a package that an older environment lacks."""
    pytest.importorskip("unicode_rbnf", reason="the environment is older than requirements.lock: run make venv")


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


@pytest.mark.parametrize(
    "language, phrase, message",
    [
        ("en", "hey привет", r"no voice of LANGUAGE=en \(English\) reads п \(cyrillic small letter pe\)"),
        ("de", "Καλημέρα du", "greek small letter"),
        ("en", "你好 computer", "cjk unified ideograph"),
        ("en", "—", "no voice says anything for '—'"),
        ("en", "😀", "no voice says anything for"),
        ("en", '"', "no voice says anything for"),
        ("de", "*", "no voice says anything for"),
        ("en", "1/2", "write it in words"),
        ("en", "½ hour", "vulgar fraction one half"),
        ("de", "fünf €", "euro sign"),
        ("en", "x = y", "equals sign"),
        ("en", "hey x.com", "the dot within 'x.com'"),
        ("en", "Việt", "latin small letter e with circumflex and dot below"),
    ],
)
def test_characters_without_a_common_reading_are_refused_by_name(language, phrase, message):
    with pytest.raises(SystemExit, match=message):
        refuse(phrase, language)


@pytest.mark.parametrize(
    "command, arguments",
    [(preview, ["--out", "x.wav"]), (speak_word, ["--samples", "5", "--negatives", "5", "--out", "x"])],
)
def test_the_commands_refuse_before_they_open_a_voice(command, arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORD", "hey привет a")
    with pytest.raises(SystemExit, match="cyrillic"):
        command.main(["--datasets", "nowhere", *arguments])
    assert not list(tmp_path.iterdir())


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


def test_length_is_given_in_syllables_and_seconds():
    short, fit, long = (
        advise(phrase, "en")
        for phrase in ("k", "hey computer", "would you please turn on all the kitchen lights right now")
    )
    assert (
        short.syllables == 1
        and any("short (1 syllable, about 0.4 s)" in remark for remark in short.remarks)
        and not short.refusals
    )
    assert fit.syllables == 4 and not fit.remarks and 0.8 < fit.seconds < 1.3
    assert long.seconds > LONGEST_S and "too long (12 syllables" in long.refusals[0]


def test_a_long_phrase_gets_a_remark():
    long = advise("good morning my dear home computer", "en")
    assert not long.refusals and any(remark.startswith("long (9 syllables") for remark in long.remarks)


def test_other_languages_are_counted_by_their_own_sounds():
    assert advise("Hallo Küche", "de").syllables == 4 and advise("ok", "fr").syllables == 2


def test_a_script_of_one_character_has_a_pace():
    assert np.isfinite(draw_slowness(Script("3", {"de": "dɾˈaɪ"}), np.random.default_rng(1)))


class FewWords(WordList):
    """Made-up words that sound alike, without a file."""

    words = {f"{a}{b}{c}": parse_sounds(f"{a}{b}{c}") for a in "bdmn" for b in "aeiou" for c in "bdmnst"}

    def __init__(self):
        self.language = "de"

    def pronounce(self, text):
        return {"de": text}


def test_the_search_for_near_combinations_finds_all_of_them():
    """The same combinations in the same order, at the same distances to the bit, as if all were tried one by one."""
    words, whole = FewWords().words, parse_sounds("bad") * 2
    options = [[(0.0, w, sounds) for w, sounds in list(words.items())[shift : shift + 40]] for shift in (0, 7)]
    every = [(distance(whole, a[2] + b[2], phrases.FARTHEST), (a, b)) for a, b in product(*options)]
    kept = list(phrases.search_combinations(options, whole))
    assert [one for one in kept if one[0] < phrases.FARTHEST] == [one for one in every if one[0] < phrases.FARTHEST]
    assert 0 < len(kept) < len(every) == 1600


def test_the_number_of_combinations_is_bounded():
    assert all(phrases.options_per_word(words) ** words <= phrases.MOST_COMBINATIONS for words in range(8, 12))
    assert [phrases.options_per_word(words) for words in range(1, 8)] == [400, 63, 15, 8, 8, 8, 8]
    rng = np.random.default_rng(1)
    assert phrases.find_confusable_phrases("bad mad nad dad ban man nan dan", FewWords(), 50, rng)


def test_other_readings_are_printed_with_lines_to_type(capsys, number_words):
    settle("HAL 9000", "de", "sample", FewWords())
    printed = capsys.readouterr().out
    assert "All voices say 'HAL neuntausend' for 'HAL 9000'" in printed
    assert 'make sample WORD="HAL neun null null null" LANGUAGE=de' in printed


class TwoWords(FewWords):
    """ "read" is a homograph, and "lol" is pronounced differently from eSpeak NG."""

    words = {"red": parse_sounds("ɹˈɛd"), "reed": parse_sounds("ɹˈid")}

    def pronounce(self, text):
        return {"us": {"read": "ɹˈid", "lol": "ˌɛlˌOˈɛl"}[text]}

    def list_pronunciations(self, word):
        return {"ɹˈid", "ɹˈɛd"} if word == "read" else set()


def test_homographs_get_a_remark_with_a_spelling_for_the_other():
    remarks = advise("read", "en", TwoWords()).remarks
    assert "'read' can be said in more than one way; another is ɹˈɛd: for that, write 'red'" in remarks


def test_words_that_voices_say_differently_get_a_remark():
    assert any(
        "the voices say 'lol' in two ways, ˌɛlˌOˈɛl (kokoro, hibari) and lˈɑːl" in remark
        for remark in advise("lol", "en", TwoWords()).remarks
    )
    assert not any("two ways" in remark for remark in advise("read", "en", TwoWords()).remarks)


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
