"""Distances between pronunciations rank like human listeners."""

import pytest

from scripts.samples.phonemes import GAP, distance, parse_sounds, substitution_cost


def test_equal_sounds_have_distance_zero():
    assert distance(parse_sounds("bˈʌstəɹ"), parse_sounds("bʌstəɹ")) == 0


@pytest.mark.parametrize(
    "near, far", [("p b", "p s"), ("s z", "s m"), ("ɪ i", "ɪ ɑ"), ("ʧ ʃ", "ʧ m"), ("m n", "m s"), ("A ɛ", "A u")]
)
def test_similar_sounds_are_nearer_than_others(near, far):
    assert substitution_cost(*near.split()) < substitution_cost(*far.split())


def test_distance_is_symmetric_and_counts_missing_sounds():
    word, shorter = parse_sounds("snˈObY"), parse_sounds("nˈObY")
    assert distance(word, shorter) == pytest.approx(GAP) == distance(shorter, word)


def test_a_limit_ends_the_search_with_that_bound():
    assert distance(parse_sounds("snˈObY"), parse_sounds("kəmpjˈuTəɹ"), limit=1.0) == 1.0


def test_stress_length_and_punctuation_are_not_sounds():
    assert parse_sounds("vjˈuː, ɡlˈɑːs!") == ("v", "j", "u", "ɡ", "l", "ɑ", "s")


def test_words_are_ranked_by_how_alike_they_sound():
    ranked = sorted(
        ["mˈʌstəɹ", "dˈʌstəɹ", "kəmpjˈuTəɹ", "bˈʌstəɹ"],
        key=lambda phonemes: distance(parse_sounds("bˈʌstəɹ"), parse_sounds(phonemes)),
    )
    assert ranked[0] == "bˈʌstəɹ" and ranked[-1] == "kəmpjˈuTəɹ"
