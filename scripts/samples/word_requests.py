"""Texts and requests for the samples of a word."""

from dataclasses import dataclass

from scripts.core.random_numbers import generator
from scripts.core.spectrogram_store import HELDOUT
from scripts.samples import phrases
from scripts.samples.dictionary import Dictionary
from scripts.samples.kinds import CONFUSABLE, FRAGMENT, POSITIVE
from scripts.samples.requests import SPLIT_SHARES, Planner, Request
from scripts.samples.voices import Script

HELDOUT_CLIPS = 200  # a hundred rank networks as well as eight hundred (docs/EXPERIMENTS.md)
CUT_SHARE = 0.3  # fragments cut out of renderings of the word, for each positive
FRAGMENTS_SHARE = 0.12  # of the rendered negatives
MANY_WORDS = 4  # of a phrase; the search for confusable phrases takes longer with more


@dataclass(frozen=True)
class WordTexts:
    """What is said in the samples of a word."""

    positives: list[str]
    confusable: list[tuple[float, str]]  # distance, text
    fragments: list[str]

    def describe(self) -> dict:
        """Entries for phrases.json."""
        return {
            "spellings": sorted(set(self.positives)),
            "near": [{"text": text, "distance": round(apart, 2)} for apart, text in self.confusable],
            "parts": self.fragments,
        }


def find_texts(text: str, dictionary: Dictionary, negatives: int, seed: int) -> WordTexts:
    """The texts for `negatives` hard negatives and any number of positives of the phrase `text`."""
    if (words := len(text.split())) > MANY_WORDS:
        print(f"looking for phrases that sound like these {words} words: this may take a minute", flush=True)
    count = max(50, negatives // 6)
    return WordTexts(
        positives=phrases.vary_punctuation(text),
        confusable=phrases.find_confusable_phrases(text, dictionary, count, generator(seed, "near", text)),
        fragments=phrases.find_fragments(text, dictionary),
    )


def plan_word(
    texts: WordTexts,
    dictionary: Dictionary,
    samples: int,
    negatives: int,
    planner: Planner,
    heldout_planner: Planner,
) -> list[Request]:
    """Requests for `samples` positives and `negatives` hard negatives of training, a twelfth more each for validation
    and testing, and up to HELDOUT_CLIPS positives of the held-out voices, if there are any."""
    scripts = {
        kind: [Script(text, dictionary.pronounce(text)) for text in spoken]
        for kind, spoken in (
            (POSITIVE, texts.positives),
            (CONFUSABLE, [text for _, text in texts.confusable]),
            (FRAGMENT, texts.fragments),
        )
    }
    requests: list[Request] = []
    for split, share in SPLIT_SHARES.items():
        positive, negative = (max(4, round(count * share)) for count in (samples, negatives))
        cut_share = min(CUT_SHARE, negative / positive / 2)
        rendered = negative - round(positive * cut_share)
        fragments = round(rendered * FRAGMENTS_SHARE) if texts.fragments else 0
        requests += planner.plan(POSITIVE, split, scripts[POSITIVE], positive, cut_share)
        for kind, clips in ((CONFUSABLE, rendered - fragments), (FRAGMENT, fragments)):
            if clips and scripts[kind]:
                requests += planner.plan(kind, split, scripts[kind], clips)
    if heldout_planner.shares:
        clips = min(HELDOUT_CLIPS, samples)
        requests += heldout_planner.plan(POSITIVE, HELDOUT, scripts[POSITIVE], clips)
    return requests
