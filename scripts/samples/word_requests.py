"""Texts and requests for the samples of a word."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from scripts.core.random_numbers import generator
from scripts.core.spectrogram_store import HELDOUT
from scripts.samples import phrases
from scripts.samples.dictionary import Dictionary
from scripts.samples.kinds import CALLED, CONFUSABLE, FRAGMENT, POSITIVE, REJECTED
from scripts.samples.phonemes import distance, parse_sounds
from scripts.samples.pronunciations import parse_pronunciation
from scripts.samples.requests import SPLIT_SHARES, Planner, Request
from scripts.samples.voices import Script

HELDOUT_CLIPS = 200  # a hundred rank networks as well as eight hundred (docs/EXPERIMENTS.md)
CUT_SHARE = 0.3  # fragments cut out of renderings of the word, for each positive
CALLED_SHARE = 0.2  # names and words that are called, of training alone, for each hard negative
CALLED_PHRASES = 150
FRAGMENTS_SHARE = 0.12  # of the rendered negatives
REJECTED_SHARE = 0.2  # phrases of NEGATIVE_PHRASES, for each hard negative
SAME_SOUNDS = 0.5  # a phrase nearer than this sounds like another
MANY_WORDS = 4  # of a phrase; the search for confusable phrases takes longer with more


@dataclass(frozen=True)
class WordTexts:
    """What is said in the samples of a word."""

    positives: list[str]
    confusable: list[tuple[float, str]]  # distance, text
    fragments: list[str]
    called: list[str] = field(default_factory=list)
    pinned: list[str] = field(default_factory=list)  # pronunciations that PRONUNCIATION gives
    rejected: list[str] = field(default_factory=list)  # NEGATIVE_PHRASES

    def describe(self) -> dict:
        """Entries for phrases.json."""
        return {
            "spellings": sorted(set(self.positives)),
            "near": [{"text": text, "distance": round(apart, 2)} for apart, text in self.confusable],
            "parts": self.fragments,
            "called": self.called,
            "pinned": self.pinned,
            "rejected": self.rejected,
        }


def pin_pronunciations(written: str, language: str, dictionary: Dictionary) -> list[str]:
    """The pronunciations that PRONUNCIATION gives; none if it is empty. SystemExit if it is not understood."""
    if not written:
        return []
    if not language.startswith("en"):
        raise SystemExit(
            f"PRONUNCIATION={written!r} is for English alone: in LANGUAGE={language} spell WORD as it sounds."
        )
    try:
        return parse_pronunciation(written, dictionary.pronounce)
    except ValueError as error:
        raise SystemExit(f"PRONUNCIATION={written!r}: {error}. Or spell it as it sounds, without slashes.") from None


def punctuate(text: str, pronunciation: str) -> str:
    """A pronunciation with the punctuation of its text; if they have not as many words, with that of its end.

    >>> punctuate("hey, buster!", "hˈA bˈʌstə")
    'hˈA, bˈʌstə!'
    """
    if not pronunciation:
        return ""
    words, spoken = re.findall(phrases.WORD, text), iter(pronunciation.split(" "))
    if len(words) != pronunciation.count(" ") + 1:
        return pronunciation + re.split(phrases.WORD, text)[-1].strip()
    return re.sub(phrases.WORD, lambda _: next(spoken), text)


def vary_spellings(spellings: Sequence[str]) -> list[str]:
    """Each spelling with every punctuation, all equally often.

    >>> texts = vary_spellings(["buster", "hey buster"])
    >>> sum("hey" in text for text in texts) / len(texts)
    0.5
    """
    varied = [phrases.vary_punctuation(spelling) for spelling in spellings]
    times = math.lcm(*map(len, varied))
    return [text for texts in varied for text in texts * (times // len(texts))]


def refuse_rejected_word(
    rejected: Sequence[str], spellings: Sequence[str], dictionary: Dictionary, pinned: Sequence[str] = ()
) -> None:
    """SystemExit if one of NEGATIVE_PHRASES sounds like the word, or like a `pinned` pronunciation of it."""
    for phrase in rejected:
        for spelling in spellings:
            if sounds_alike(phrase, spelling, dictionary):
                raise SystemExit(
                    f"NEGATIVE_PHRASES: {phrase!r} sounds like {spelling!r}, which the model is to detect. Leave it out."
                )
        for pronunciation in pinned:
            if distance(dictionary.find_sounds(phrase), parse_sounds(pronunciation), SAME_SOUNDS) < SAME_SOUNDS:
                raise SystemExit(
                    f"NEGATIVE_PHRASES: {phrase!r} sounds like PRONUNCIATION (/{pronunciation}/), which the model is to detect. "
                    "Leave it out."
                )


def sounds_alike(phrase: str, other: str, dictionary: Dictionary) -> bool:
    """Whether two texts have nearly the same sounds."""
    apart = distance(dictionary.find_sounds(phrase), dictionary.find_sounds(other), SAME_SOUNDS)
    return apart < SAME_SOUNDS


def find_texts(
    text: str,
    dictionary: Dictionary,
    negatives: int,
    seed: int,
    pinned: Sequence[str] = (),
    spellings: Sequence[str] = (),
    rejected: Sequence[str] = (),
) -> WordTexts:
    """The texts for `negatives` hard negatives and any number of positives of the phrase `text`, which is said in the
    `pinned` pronunciations if there are any. `spellings` are positives too; `rejected` are not, whatever they sound like."""
    refuse_rejected_word(rejected, (text, *spellings), dictionary, pinned)

    def unlike(texts: Iterable[str], others: Sequence[str]) -> list[str]:
        return [each for each in texts if not any(sounds_alike(each, other, dictionary) for other in others)]

    if (words := len(text.split())) > MANY_WORDS:
        print(f"looking for phrases that sound like these {words} words: this may take a minute", flush=True)
    count = max(50, negatives // 6)
    called_rng = generator(seed, "called", text)
    confusable = phrases.find_confusable_phrases(text, dictionary, count, generator(seed, "near", text))
    kept = set(unlike((phrase for _, phrase in confusable), (*spellings, *rejected)))
    return WordTexts(
        positives=vary_spellings((text, *spellings)) if spellings else phrases.vary_punctuation(text),
        confusable=[row for row in confusable if row[1] in kept],
        # "computer" is a part of "hey computer", and no negative where SPELLINGS has it.
        fragments=unlike(phrases.find_fragments(text, dictionary), spellings),
        called=unlike(phrases.find_called_phrases(text, pinned, dictionary, CALLED_PHRASES, called_rng), spellings),
        pinned=list(pinned),
        rejected=list(rejected),
    )


def make_positive_scripts(texts: WordTexts, dictionary: Dictionary) -> list[Script]:
    """The phrase as voices read it, or in each pinned pronunciation."""
    return [
        Script(text, dictionary.pronounce(text), punctuate(text, pronunciation))
        for text in texts.positives
        for pronunciation in texts.pinned or [""]
    ]


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
    scripts = {POSITIVE: make_positive_scripts(texts, dictionary)} | {
        kind: [Script(text, dictionary.pronounce(text)) for text in spoken]
        for kind, spoken in (
            (CONFUSABLE, [text for _, text in texts.confusable]),
            (FRAGMENT, texts.fragments),
            (REJECTED, [end for text in texts.rejected for end in phrases.vary_punctuation(text)[:7]]),
            (CALLED, [end for text in texts.called for end in phrases.vary_punctuation(text)[:7]]),
        )
    }
    requests: list[Request] = []
    for split, share in SPLIT_SHARES.items():
        positive, negative = (max(4, round(count * share)) for count in (samples, negatives))
        cut_share = min(CUT_SHARE, negative / positive / 2)
        rendered = negative - round(positive * cut_share)
        fragments = round(rendered * FRAGMENTS_SHARE) if texts.fragments else 0
        requests += planner.plan(POSITIVE, split, scripts[POSITIVE], positive, cut_share)
        rejected = max(4, round(negative * REJECTED_SHARE))
        for kind, clips in ((CONFUSABLE, rendered - fragments), (FRAGMENT, fragments), (REJECTED, rejected)):
            if clips and scripts[kind]:
                requests += planner.plan(kind, split, scripts[kind], clips)
    if scripts[CALLED]:
        requests += planner.plan(CALLED, "training", scripts[CALLED], round(negatives * CALLED_SHARE))
    if heldout_planner.shares:
        clips = min(HELDOUT_CLIPS, samples)
        requests += heldout_planner.plan(POSITIVE, HELDOUT, scripts[POSITIVE], clips)
    return requests
