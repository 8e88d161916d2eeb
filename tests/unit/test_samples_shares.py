"""Voices and their shares are read as a person types them, and voices that cannot serve are named."""

import pytest

from scripts.samples.voices import shares
from scripts.samples.voices.shares import can_speak, choose_heldout_voices, choose_voices, parse_shares

DEFAULT = "kokoro:45 piper:15 hibari:10 espeak:30"


@pytest.mark.parametrize(
    "text, parsed",
    [
        ("piper:15 kokoro", {"piper": 15.0, "kokoro": 1.0}),
        ("piper:de_DE-thorsten-medium:20", {"de_DE-thorsten-medium": 20.0}),
        ("piper:nl_BE-rdh-x_low,espeak:.5", {"nl_BE-rdh-x_low": 1.0, "espeak": 0.5}),
    ],
)
def test_piper_voices_are_known_by_their_names(text, parsed):
    assert parse_shares(text) == parsed


@pytest.mark.parametrize(
    "text, message",
    [
        ("piper:thorsten:20", "not the name of a Piper voice"),
        ("thorsten:2", "unknown voice 'thorsten'"),
        ("espeak espeak:2", "named twice"),
        ("piper:de_DE-thorsten-medium:x", "expected a number"),
    ],
)
def test_unknown_names_are_refused_with_a_sentence(text, message):
    with pytest.raises(ValueError, match=message):
        parse_shares(text)


@pytest.mark.parametrize(
    "name, languages",
    [
        ("de_DE-mls-medium", {"de"}),
        ("en_GB-alan-low", {"en", "en-gb"}),
        ("en_US-joe-medium", {"en"}),
        ("no_NO-talesyntese-medium", {"nb"}),
        ("flite", {"en"}),
        ("libritts", {"en"}),
    ],
)
def test_a_voice_speaks_its_language(name, languages):
    assert {code for code in ("en", "en-gb", "de", "nb", "fr") if can_speak(name, code)} == languages


def test_shares_of_voices():
    assert parse_shares("kokoro:40 espeak:10.5 piper") == {"kokoro": 40.0, "espeak": 10.5, "piper": 1.0}
    assert parse_shares("kokoro:1 espeak:0") == {"kokoro": 1.0}


@pytest.mark.parametrize(
    "text, message",
    [
        ("kokorro:1", "unknown voice 'kokorro'"),
        ("kokoro:many", "expected a number"),
        ("kokoro:-1", "0 or more"),
        ("kokoro:0", "no voice has a share"),
        ("", "no voice has a share"),
    ],
)
def test_wrong_shares_are_refused_with_a_sentence(text, message):
    with pytest.raises(ValueError, match=message):
        parse_shares(text)


def test_held_out_voices_speak_the_language_and_are_not_in_training(capsys, monkeypatch):
    assert choose_heldout_voices("flite", "en", {"kokoro": 45.0}) == {"flite": 1.0}
    assert choose_heldout_voices(" ", "en", {}) == {} and capsys.readouterr().out == ""
    german = choose_heldout_voices("flite piper:de_DE-thorsten-medium", "de", {"espeak": 1.0})
    assert german == {"de_DE-thorsten-medium": 1.0}
    assert "flite cannot be a held-out voice: it does not speak LANGUAGE=de" in capsys.readouterr().out
    assert choose_heldout_voices("flite", "en", {"flite": 20.0}) == {}
    assert "it speaks in training" in capsys.readouterr().out
    monkeypatch.setattr(shares.system, "MACOS", True)
    assert choose_heldout_voices("flite", "en", {"kokoro": 45.0}) == {}
    assert "exists for Linux only" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="HELDOUT_VOICES='flight': unknown voice 'flight'"):
        choose_heldout_voices("flight", "en", {})


@pytest.mark.parametrize(
    "language, able",
    [
        ("en", {"kokoro", "piper", "hibari", "espeak"}),
        ("en-gb", {"kokoro", "hibari", "espeak"}),
        ("fr", {"kokoro", "espeak"}),
        ("de", {"espeak"}),
    ],
)
def test_default_voices_that_cannot_speak_a_language_are_named_and_left_out(language, able, capsys):
    assert set(choose_voices(DEFAULT, language, strict=False)) == able
    assert ("cannot speak" in capsys.readouterr().out) == (len(able) < 4)


def test_chosen_voices_that_cannot_speak_a_language_are_refused():
    with pytest.raises(SystemExit, match=r"hibari cannot speak German \(LANGUAGE=de\). Those that can: espeak"):
        choose_voices("hibari:1 espeak:1", "de", strict=True)
