"""Distances between pronunciations rank as ears do, and the shares of voices are read as written."""

import pytest

from scripts.samples.phonemes import GAP, distance, sounds, substitution
from scripts.samples.voices import parse_shares


def test_the_same_sounds_are_no_distance_apart():
    assert distance(sounds("bˈʌstəɹ"), sounds("bʌstəɹ")) == 0


@pytest.mark.parametrize(
    "near, far", [("p b", "p s"), ("s z", "s m"), ("ɪ i", "ɪ ɑ"), ("ʧ ʃ", "ʧ m"), ("m n", "m s"), ("A ɛ", "A u")]
)
def test_kindred_sounds_are_nearer_than_strangers(near, far):
    assert substitution(*near.split()) < substitution(*far.split())


def test_distance_is_symmetric_and_counts_missing_sounds():
    word, shorter = sounds("snˈObY"), sounds("nˈObY")
    assert distance(word, shorter) == pytest.approx(GAP) == distance(shorter, word)


def test_a_limit_ends_the_search_with_that_bound():
    assert distance(sounds("snˈObY"), sounds("kəmpjˈuTəɹ"), limit=1.0) == 1.0


def test_stress_length_and_punctuation_are_not_sounds():
    assert sounds("vjˈuː, ɡlˈɑːs!") == ("v", "j", "u", "ɡ", "l", "ɑ", "s")


def test_shares_of_voices():
    assert parse_shares("kokoro:40 espeak:10.5 piper") == {"kokoro": 40.0, "espeak": 10.5, "piper": 1.0}
    assert parse_shares("kokoro:1 espeak:0") == {"kokoro": 1.0}


@pytest.mark.parametrize(
    "text, says",
    [
        ("kokorro:1", "unknown voice 'kokorro'"),
        ("kokoro:many", "expected a number"),
        ("kokoro:-1", "0 or more"),
        ("kokoro:0", "no voice has a share"),
        ("", "no voice has a share"),
    ],
)
def test_wrong_shares_are_refused_with_a_sentence(text, says):
    with pytest.raises(ValueError, match=says):
        parse_shares(text)


def test_words_are_ranked_by_how_alike_they_sound():
    ranked = sorted(
        ["mˈʌstəɹ", "dˈʌstəɹ", "kəmpjˈuTəɹ", "bˈʌstəɹ"], key=lambda said: distance(sounds("bˈʌstəɹ"), sounds(said))
    )
    assert ranked[0] == "bˈʌstəɹ" and ranked[-1] == "kəmpjˈuTəɹ"
