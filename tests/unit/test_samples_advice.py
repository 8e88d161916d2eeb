"""Every voice gets one text, other readings are lines to type, and what cannot be said is refused at once."""

import os
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from scripts.samples import phrases, preview, speak_word
from scripts.samples.advice import LONGEST_S, advise, spelled
from scripts.samples.languages import LANGUAGES, Listed
from scripts.samples.phonemes import distance, sounds
from scripts.samples.signs import SIGNS
from scripts.samples.spelling import normalise
from scripts.samples.voices import Script, slowness
from scripts.samples.voices.espeak import phonemize

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def counted():
    """Numbers need a package of the lock, which an environment from before it lacks."""
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
def test_what_all_voices_read_alike_stays_as_typed(phrase):
    assert normalise(phrase, "en", spelled).text == phrase and not normalise(phrase, "en", spelled).refusals


@pytest.mark.parametrize(
    "language, phrase",
    [("de", "Hallo Küche."), ("de", "BMW starten"), ("fr", "ça va, l'ami"), ("es", "¿hola?"), ("tr", "ışık")],
)
def test_other_languages_stay_as_typed(language, phrase):
    assert normalise(phrase, language, spelled).text == phrase


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
    assert normalise(phrase, "en", spelled).text == text


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
def test_numbers_are_words_of_the_language(language, phrase, text, counted):
    assert normalise(phrase, language, spelled).text == text


def test_every_language_has_numbers_and_signs(counted):
    for language in LANGUAGES:
        spelling = normalise("7 & 8,5 %", language)
        assert (
            not spelling.refusals
            and SIGNS[language[:2]][0] in spelling.text.split()
            and not any(c.isdigit() for c in spelling.text)
        )
        assert sounds(phonemize(spelling.text, LANGUAGES[language].accents[0]))


@pytest.mark.parametrize(
    "phrase, written, others",
    [
        ("HAL", "HAL", ["H-eh-L"]),
        ("hey FAQ", "FAQ", ["hey F-eh-Q"]),
        ("St. John", "St.", ["Street John"]),
        ("hey IBM", "IBM", ["hey ibm"]),
    ],
)
def test_the_other_reading_is_a_line_to_type_and_is_taken_as_it_is(phrase, written, others):
    (reading,) = normalise(phrase, "en", spelled).readings
    assert (reading.written, reading.others) == (written, others)
    assert [normalise(other, "en", spelled).text for other in others] == others


def test_numbers_have_their_other_readings(counted):
    (reading,) = normalise("agent 007", "en", spelled).readings
    assert reading.others == ["agent oh oh seven", "agent double oh seven", "agent seven"]
    assert ["hal nine zero zero zero"] in [reading.others for reading in normalise("HAL 9000", "en", spelled).readings]


@pytest.mark.parametrize(
    "language, phrase, says",
    [
        ("en", "hey привет", r"no voice of LANGUAGE=en \(English\) reads п \(cyrillic small letter pe\)"),
        ("de", "Καλημέρα du", "greek small letter"),
        ("en", "你好 computer", "cjk unified ideograph"),
        ("en", "—", "nothing in '—' is said"),
        ("en", "😀", "nothing in"),
        ("en", '"', "nothing in"),
        ("de", "*", "nothing in"),
        ("en", "1/2", "write it in words"),
        ("en", "½ hour", "vulgar fraction one half"),
        ("de", "fünf €", "euro sign"),
        ("en", "x = y", "equals sign"),
        ("en", "hey x.com", "the dot within 'x.com'"),
        ("en", "Việt", "latin small letter e with circumflex and dot below"),
    ],
)
def test_what_has_no_one_reading_is_refused_by_name(language, phrase, says):
    with pytest.raises(SystemExit, match=says):
        from scripts.samples.advice import refuse

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
    ran = subprocess.run(
        [sys.executable, "-S", "-m", "scripts.samples.spelling", "de"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"], "WORD": "3 Küchen привет", "PYTHONUTF8": "1"},
    )
    assert "cyrillic small letter pe" in ran.stdout
    ran = subprocess.run(
        [sys.executable, "-S", "-m", "scripts.samples.spelling", "de"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"], "WORD": "3 Küchen, 2,5", "PYTHONUTF8": "1"},
    )
    assert not ran.stdout.strip()


def test_length_is_told_in_syllables_and_seconds():
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


def test_a_long_phrase_is_advice_and_a_longer_one_refusal():
    some = advise("good morning my dear home computer", "en")
    assert not some.refusals and any(remark.startswith("long (9 syllables") for remark in some.remarks)


def test_other_languages_are_counted_by_their_own_sounds():
    assert advise("Hallo Küche", "de").syllables == 4 and advise("ok", "fr").syllables == 2


def test_a_script_of_one_sign_has_a_pace():
    assert np.isfinite(slowness(Script("3", {"de": "dɾˈaɪ"}), np.random.default_rng(1)))


class Few(Listed):
    """Made-up words that sound alike, without a file."""

    words = {f"{a}{b}{c}": sounds(f"{a}{b}{c}") for a in "bdmn" for b in "aeiou" for c in "bdmnst"}

    def __init__(self):
        self.language = "de"

    def pronounce(self, text):
        return {"de": text}


def test_a_beginning_too_far_away_is_left_with_all_that_could_follow():
    """The same combinations at the same distances, to the last bit and in the same order, as all of them tried one by
    one."""
    few, whole = Few(), sounds("bad") * 2
    options = [[(0.0, w, said) for w, said in list(few.words.items())[shift : shift + 40]] for shift in (0, 7)]
    every = [(distance(whole, a[2] + b[2], phrases.FARTHEST), (a, b)) for a, b in product(*options)]
    kept = list(phrases._within(options, whole))
    assert [one for one in kept if one[0] < phrases.FARTHEST] == [one for one in every if one[0] < phrases.FARTHEST]
    assert 0 < len(kept) < len(every) == 1600


def test_eight_words_end():
    begun = time.monotonic()
    near = phrases.near_misses("bad mad nad dad ban man nan dan", Few(), 50, np.random.default_rng(1))
    assert near and time.monotonic() - begun < 60
    assert all(phrases._options(words) ** words <= phrases.COMBINATIONS for words in range(8, 12))
    assert [phrases._options(words) for words in range(1, 8)] == [400, 63, 15, 8, 8, 8, 8]


def test_the_readings_are_printed_with_lines_to_type(capsys, counted):
    from scripts.samples.advice import settle

    settle("HAL 9000", "de", "sample", Few())
    printed = capsys.readouterr().out
    assert "All voices say 'HAL neuntausend' for 'HAL 9000'" in printed
    assert 'make sample WORD="HAL neun null null null" LANGUAGE=de' in printed


class Two(Few):
    """ "read" is two words, and "lol" is said otherwise than eSpeak NG says it."""

    words = {"red": sounds("ɹˈɛd"), "reed": sounds("ɹˈid")}

    def pronounce(self, text):
        return {"us": {"read": "ɹˈid", "lol": "ˌɛlˌOˈɛl"}[text]}

    def pronunciations(self, word):
        return {"ɹˈid", "ɹˈɛd"} if word == "read" else set()


def test_homographs_are_told_with_a_spelling_for_the_other():
    remarks = advise("read", "en", Two()).remarks
    assert "'read' can be said in more than one way; another is ɹˈɛd: for that, write 'red'" in remarks


def test_words_that_voices_say_differently_are_told():
    assert any(
        "the voices say 'lol' in two ways, ˌɛlˌOˈɛl (kokoro, hibari) and lˈɑːl" in remark
        for remark in advise("lol", "en", Two()).remarks
    )
    assert not any("two ways" in remark for remark in advise("read", "en", Two()).remarks)


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
def test_what_people_paste(language, phrase, text, counted):
    assert normalise(phrase, language, spelled).text == text


@pytest.mark.parametrize(
    "language, phrase, says",
    [("en", "24/7", "'24/7' is a fraction"), ("fr", "n°5", "degree sign"), ("en", "x²", "superscript two")],
)
def test_more_that_is_refused(language, phrase, says):
    assert says in "".join(unspoken(phrase, language))


def unspoken(phrase, language):
    return normalise(phrase, language, count=lambda text, *_: text).refusals
