"""The phrase is said in several ways, and sentences are varied."""

import numpy as np

from scripts.samples.dictionary import Dictionary
from scripts.samples.phonemes import parse_sounds
from scripts.samples.phrases import PAUSES, draw_sentences, find_called_phrases, vary_punctuation


def test_the_phrase_as_typed_is_among_its_variants():
    assert {"hey buster.", "hey buster?"} < set(vary_punctuation("hey buster."))


def test_several_words_are_said_with_a_pause_between_two_in_two_of_nine_variants():
    assert vary_punctuation("hey, buster!")[7:] == ["hey, buster.", "hey... buster."]
    assert vary_punctuation("ok big buster")[14:] == [
        "ok, big buster.",
        "ok... big buster.",
        "ok big, buster.",
        "ok big... buster.",
    ]
    assert not any(pause in text for text in vary_punctuation("buster.") for pause in PAUSES)


def test_sentences_are_filled_in_and_varied():
    sentences = draw_sentences(200, np.random.default_rng(1))
    assert len(set(sentences)) > 150 and not any(set("{}|") & set(text) for text in sentences)


class Names(Dictionary):
    """Words and names, nearly all of three syllables."""

    phonemes = {
        "computer": "kəmpjˈuTəɹ",
        "commuter": "kəmjˈuTəɹ",
        "electric": "əlˈɛktɹɪk",
        "lemonade": "lˌɛmənˈAd",
        "Tahiti": "təhˈiTi",
        "Bermuda": "bəɹmjˈudə",
        "London": "lˈʌndən",
    }
    names = ["Tahiti", "Bermuda", "London"]
    words = {word: parse_sounds(said) for word, said in phonemes.items() if word.islower()}

    def pronounce(self, text):
        return {"us": " ".join(self.phonemes.get(word, "hˈA") for word in text.split())}


def find_called(phrase, pinned=()):
    return set(find_called_phrases(phrase, list(pinned), Names(), 9, np.random.default_rng(1)))


def test_what_is_called_has_the_syllables_and_the_stress_of_the_phrase_and_is_not_near_it():
    assert find_called("computer") == {"electric", "Tahiti", "Bermuda"}  # not what is nearly the phrase


def test_what_is_called_is_not_near_a_pinned_pronunciation():
    assert find_called("computer", ["bəɹmjˈudəɹ"]) == {"electric", "Tahiti"}


def test_nothing_is_called_for_a_phrase_of_several_words():
    assert find_called("hey, London!") == set()
