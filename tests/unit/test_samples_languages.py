"""Every language has words, voices and sentences of its own, and voices that cannot speak it are named and left out."""

import re
from pathlib import Path

import numpy as np
import pytest

from scripts.samples import phrases
from scripts.samples.dictionary import WordList, open_dictionary
from scripts.samples.espeak import phonemize
from scripts.samples.languages import LANGUAGES
from scripts.samples.phonemes import distance, parse_sounds, substitution_cost, to_misaki
from scripts.samples.voices import Script
from scripts.samples.voices.espeak import Espeak
from scripts.samples.voices.kokoro import TESTING, VALIDATION, Kokoro

GERMAN = (
    "hallo küche bücher tücher kirche fläche hallen halle halo kissen küsse kuchen suche tisch auto haus straße update"
)


@pytest.fixture
def german(tmp_path) -> WordList:
    (tmp_path / "de.txt").write_text("\n".join(GERMAN.split()), encoding="utf-8")
    return WordList("de", tmp_path / "de.txt")


def test_make_knows_the_same_languages():
    settings = (Path(__file__).resolve().parents[2] / "config.mk").read_text()
    assert set(re.search(r"(?m)^#: one of (.*)\nLANGUAGE =", settings)[1].split()) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_espeak_has_the_accents_of_every_language(language):
    for accent in LANGUAGES[language].accents:
        assert parse_sounds(to_misaki(phonemize("banana", accent, tie="^")))


@pytest.mark.parametrize(
    "text, language, phonemes",
    [
        ("Zeit", "de", "ʦˈIt"),
        ("Küche.", "de", "kˈʏçə."),
        ("bon vin", "fr", "bˈɔ̃ vˈɛ̃"),
        ("chico", "es", "ʧˈiko"),
        ("gnocchi", "it", "ɲˈokːɪ"),
    ],
)
def test_espeak_pronounces_in_the_alphabet_of_kokoro(text, language, phonemes):
    assert to_misaki(phonemize(text, LANGUAGES[language].accents[0], tie="^")) == phonemes


def test_a_country_without_a_voice_of_its_own_speaks_its_language():
    assert phonemize("bonjour", "fr-fr") == phonemize("bonjour", "fr")


def test_foreign_words_are_marked_on_demand_only():
    assert "(en)" in phonemize("Update", "de", foreign=True) and "(" not in phonemize("Update", "de")


def test_a_nasal_vowel_is_one_sound_and_nearer_to_its_oral_one_than_to_others():
    assert parse_sounds("bɔ̃") == ("b", "ɔ̃")
    assert 0 < substitution_cost("ɔ̃", "ɔ") < substitution_cost("ɔ̃", "i")
    assert distance(parse_sounds("vɛ̃"), parse_sounds("vɑ̃")) > 0


def test_a_list_of_words_leaves_out_foreign_words(german):
    assert "küche" in german.words and "update" not in german.words


def test_confusable_phrases_and_fragments_are_made_of_the_languages_own_words(german):
    near = phrases.find_confusable_phrases("Hallo Küche", german, 20, np.random.default_rng(1))
    assert near == sorted(near) and all(phrases.NEAREST <= apart < phrases.FARTHEST for apart, _ in near)
    assert any(text.endswith("küsse") for _, text in near) and "Hallo Küche" not in {text for _, text in near}
    assert "Küche Hallo" in phrases.find_fragments("Hallo Küche", german)


def test_a_missing_list_of_words_is_named(tmp_path):
    with pytest.raises(SystemExit, match="words of Dutch are not there yet"):
        open_dictionary("nl", tmp_path)


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "it", "nl"])
def test_sentences_are_filled_in_and_varied(language):
    drawn = phrases.draw_sentences(200, np.random.default_rng(1), language)
    assert len(set(drawn)) > 150 and not any(set("{}|") & set(text) or "  " in text for text in drawn)


def test_a_language_without_templates_strings_common_words_together(german):
    german.language = "sv"
    drawn = phrases.draw_sentences(5, np.random.default_rng(1), "sv", german)
    assert all(4 <= len(text.split()) < 10 and text.endswith(".") for text in drawn)


@pytest.mark.parametrize("language", ["fr", "es", "en-gb"])
def test_kokoros_prosody_is_native_and_its_timbres_are_in_one_split_only(language):
    kokoro = Kokoro.__new__(Kokoro)
    kokoro.language, kokoro.native = language, LANGUAGES[language].kokoro
    kokoro.styles = dict.fromkeys(
        (
            "af_kore",
            "am_echo",
            "bm_lewis",
            "af_sarah",
            "am_puck",
            "bf_lily",
            "af_heart",
            "bf_emma",
            "bm_george",
            "ff_siwis",
            "ef_dora",
            "em_alex",
        )
    )
    rng = np.random.default_rng(1)
    timbres = {}
    for split in ("training", "validation", "testing"):
        speakers = [kokoro.draw_speaker(split, rng) for _ in range(80)]
        assert all(speaker.split("/")[1][:2] in kokoro.native for speaker in speakers)
        timbres[split] = {voice for speaker in speakers for voice in re.findall(r"[a-z]{2}_\w+", speaker.split("/")[0])}
    assert timbres["validation"] <= set(VALIDATION) and timbres["testing"] <= set(TESTING)
    assert not timbres["training"] & set(VALIDATION + TESTING) and any(
        v[:2] in kokoro.native for v in timbres["training"]
    )


def test_espeak_speaks_other_languages(tmp_path):
    for language, text in (("de", "Hallo Küche"), ("fr", "ça va maison"), ("nl", "hallo keuken")):
        voice, rng = Espeak(language), np.random.default_rng(1)
        sound, rate_hz = voice.speak(Script(text, {}), voice.draw_speaker("training", rng), rng)
        assert 0.3 < len(sound) / rate_hz < 4 and np.abs(sound).max() > 0.05
