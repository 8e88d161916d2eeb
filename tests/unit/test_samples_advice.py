"""Every voice gets one text, other readings are lines to type, and a phrase that no voice can say is refused at once."""

from itertools import product

import numpy as np
import pytest

from scripts.samples import phrases, preview, speak_word
from scripts.samples.advice import LONGEST_S, advise, refuse, settle
from scripts.samples.dictionary import WordList
from scripts.samples.phonemes import distance, parse_sounds
from scripts.samples.voices.base import Script, draw_slowness


@pytest.fixture
def number_words():
    """Numbers need a package that an older environment lacks."""
    pytest.importorskip("unicode_rbnf", reason="the environment is older than requirements.lock: run make venv")


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
