"""Requests for the samples that all words share."""

from scripts.core.random_numbers import generator
from scripts.samples.dictionary import Dictionary
from scripts.samples.kinds import SENTENCE, WORD
from scripts.samples.phrases import draw_sentences, draw_words
from scripts.samples.requests import SPLIT_SHARES, Planner, Request
from scripts.samples.voices import Script

SENTENCES_SHARE = 0.15


def plan_common(
    samples: int, language: str, dictionary: Dictionary, planner: Planner
) -> tuple[list[Request], dict[str, list[str]]]:
    """Requests for `samples` clips of training and a twelfth more each for validation and testing; and, for
    phrases.json, the sentences of each split."""
    requests: list[Request] = []
    phrases = {}
    for split, share in SPLIT_SHARES.items():
        clips = max(4, round(samples * share))
        long = round(clips * SENTENCES_SHARE)
        rng = generator(planner.seed, "common", split)
        words = draw_words(dictionary, clips, rng)
        sentences = draw_sentences(max(4, long), rng, language.split("-")[0], dictionary)
        scripts = {
            kind: [Script(text, dictionary.pronounce(text)) for text in texts]
            for kind, texts in ((WORD, words), (SENTENCE, sentences))
        }
        requests += planner.plan(WORD, split, scripts[WORD], clips - long)
        sentence_planner = planner.without_slow_voices() if split == "training" else planner
        requests += sentence_planner.plan(SENTENCE, split, scripts[SENTENCE], long)
        phrases[split] = sentences
    return requests, phrases
