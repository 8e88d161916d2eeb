"""Every language has words, voices and sentences of its own, and who cannot speak it is left out aloud."""

import re
from pathlib import Path

import numpy as np
import pytest

from scripts.samples import phrases
from scripts.samples.languages import LANGUAGES, Listed, misaki, open_dictionary
from scripts.samples.phonemes import distance, sounds, substitution
from scripts.samples.voices import fitting
from scripts.samples.voices.espeak import Espeak, phonemize
from scripts.samples.voices.kokoro import TESTING, VALIDATION, Kokoro

GERMAN = (
    "hallo küche bücher tücher kirche fläche hallen halle halo kissen küsse kuchen suche tisch auto haus straße update"
)
DEFAULT = "kokoro:45 piper:15 hibari:10 espeak:30"


@pytest.fixture
def german(tmp_path) -> Listed:
    (tmp_path / "de.txt").write_text("\n".join(GERMAN.split()), encoding="utf-8")
    return Listed("de", tmp_path / "de.txt")


def test_make_knows_the_same_languages():
    settings = (Path(__file__).resolve().parents[2] / "config.mk").read_text()
    assert set(re.search(r"(?m)^#: one of (.*)\nLANGUAGE =", settings)[1].split()) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_espeak_has_the_accents_of_every_language(language):
    for accent in LANGUAGES[language].accents:
        assert sounds(misaki(phonemize("banana", accent, tie="^")))


@pytest.mark.parametrize(
    "text, language, said",
    [
        ("Zeit", "de", "ʦˈIt"),
        ("Küche.", "de", "kˈʏçə."),
        ("bon vin", "fr", "bˈɔ̃ vˈɛ̃"),
        ("chico", "es", "ʧˈiko"),
        ("gnocchi", "it", "ɲˈokːɪ"),
    ],
)
def test_espeak_pronounces_in_the_alphabet_kokoro_learned(text, language, said):
    assert misaki(phonemize(text, LANGUAGES[language].accents[0], tie="^")) == said


def test_a_country_without_a_voice_of_its_own_speaks_its_language():
    assert phonemize("bonjour", "fr-fr") == phonemize("bonjour", "fr")


def test_foreign_words_are_marked_on_demand_only():
    assert "(en)" in phonemize("Update", "de", foreign=True) and "(" not in phonemize("Update", "de")


def test_a_nasal_vowel_is_one_sound_and_nearer_to_its_oral_one_than_to_others():
    assert sounds("bɔ̃") == ("b", "ɔ̃")
    assert 0 < substitution("ɔ̃", "ɔ") < substitution("ɔ̃", "i")
    assert distance(sounds("vɛ̃"), sounds("vɑ̃")) > 0


def test_a_list_of_words_leaves_out_what_is_foreign(german):
    assert "küche" in german.words and "update" not in german.words


def test_near_misses_and_parts_are_made_of_the_languages_own_words(german):
    near = phrases.near_misses("Hallo Küche", german, 20, np.random.default_rng(1))
    assert near == sorted(near) and all(phrases.NEAREST <= apart < phrases.FARTHEST for apart, _ in near)
    assert any(text.endswith("küsse") for _, text in near) and "Hallo Küche" not in {text for _, text in near}
    assert "Küche Hallo" in phrases.parts("Hallo Küche", german)


def test_a_missing_list_of_words_is_said(tmp_path):
    with pytest.raises(SystemExit, match="words of Dutch are not there yet"):
        open_dictionary("nl", tmp_path)


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "it", "nl"])
def test_sentences_are_filled_in_and_varied(language):
    made = phrases.sentences(200, np.random.default_rng(1), language)
    assert len(set(made)) > 150 and not any(set("{}|") & set(text) or "  " in text for text in made)


def test_a_language_without_templates_strings_common_words_together(german):
    german.language = "sv"
    made = phrases.sentences(5, np.random.default_rng(1), "sv", german)
    assert all(4 <= len(text.split()) < 10 and text.endswith(".") for text in made)


@pytest.mark.parametrize(
    "language, able",
    [
        ("en", {"kokoro", "piper", "hibari", "espeak"}),
        ("en-gb", {"kokoro", "hibari", "espeak"}),
        ("fr", {"kokoro", "espeak"}),
        ("de", {"espeak"}),
    ],
)
def test_default_voices_that_cannot_speak_a_language_are_left_out_and_it_is_said(language, able, capsys):
    assert set(fitting(DEFAULT, language, strict=False)) == able
    assert ("cannot speak" in capsys.readouterr().out) == (len(able) < 4)


def test_chosen_voices_that_cannot_speak_a_language_are_refused():
    with pytest.raises(SystemExit, match=r"hibari cannot speak German \(LANGUAGE=de\). Those that can: espeak"):
        fitting("hibari:1 espeak:1", "de", strict=True)


@pytest.mark.parametrize("language", ["fr", "es", "en-gb"])
def test_kokoros_prosody_is_native_and_nobody_is_held_out_and_trained_on(language):
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
    sound = {}
    for split in ("training", "validation", "testing"):
        cast = [kokoro.cast(split, rng) for _ in range(80)]
        assert all(speaker.split("/")[1][:2] in kokoro.native for speaker in cast)
        sound[split] = {voice for speaker in cast for voice in re.findall(r"[a-z]{2}_\w+", speaker.split("/")[0])}
    assert sound["validation"] <= set(VALIDATION) and sound["testing"] <= set(TESTING)
    assert not sound["training"] & set(VALIDATION + TESTING) and any(v[:2] in kokoro.native for v in sound["training"])


def test_espeak_speaks_other_languages(tmp_path):
    from scripts.samples.voices import Script

    for language, text in (("de", "Hallo Küche"), ("fr", "ça va maison"), ("nl", "hallo keuken")):
        voice, rng = Espeak(language), np.random.default_rng(1)
        sound, rate_hz = voice.speak(Script(text, {}), voice.cast("training", rng), rng)
        assert 0.3 < len(sound) / rate_hz < 4 and np.abs(sound).max() > 0.05
