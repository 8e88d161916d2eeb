"""The phrase is said in several ways, and sentences are varied."""

import numpy as np

from scripts.samples.phrases import PAUSES, draw_sentences, vary_punctuation


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
