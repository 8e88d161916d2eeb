"""What to say: the phrase itself, confusable phrases, fragments of it, other words, and whole sentences.

Everything here is text; requests.py decides which voice says it.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import product
from math import inf
from pathlib import Path

import numpy as np

from scripts.samples.dictionary import Dictionary
from scripts.samples.phonemes import (
    advance_row,
    count_syllables,
    distance,
    parse_sounds,
    start_row,
    stress_pattern,
)

# A confusable phrase must differ by more than accents do, or the model unlearns the wake word: 0.75 is less than one
# clearly different sound, and more than a voiced sound in place of a voiceless one.
NEAREST = 0.75
FARTHEST = 2.6
MOST_COMBINATIONS = 300_000  # for phrases of eight words and more
WORD = r"[^\s.,!?;:]+"
# Phrases that are called in the wake word's tone, and not meant, are at least as far from it.
CALLED_FROM_PHRASE = 1.9
NAMES_SHARE = 2 / 3  # of the phrases that are called, where a dictionary has names
PAUSES = (", ", "... ")
Option = tuple[float, str, tuple[str, ...]]  # distance, text, sounds


def vary_punctuation(phrase: str) -> list[str]:
    """The phrase as typed and with other punctuation: a statement, a question, a call, or continued speech.

    If it has several words, two in nine of these have a pause between two words: people pause there, and voices do not
    (docs/EXPERIMENTS.md).

    >>> vary_punctuation("hey buster.")[5:]
    ['hey buster?', 'hey buster,', 'hey, buster.', 'hey... buster.']
    """
    bare = phrase.strip().rstrip(".,!?;:")
    ends = [phrase.strip(), phrase.strip(), bare, bare + ".", bare + "!", bare + "?", bare + ","]
    words = re.findall(WORD, phrase)
    breaks = range(1, len(words))
    return ends * max(1, len(breaks)) + [
        " ".join(words[:i]) + pause + " ".join(words[i:]) + "." for i in breaks for pause in PAUSES
    ]


def find_fragments(phrase: str, dictionary: Dictionary) -> list[str]:
    """Texts that share sounds with the phrase and are not the phrase: its words and runs of words, words like the
    beginnings and ends of its words, each of these twice, and its words in reverse order."""
    words = re.findall(WORD, phrase)
    whole = " ".join(words)
    fragments = {" ".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1)} - {whole}
    for word in words:
        sounds = dictionary.find_sounds(word)
        for cut in range(2, len(sounds) - 1):
            for half in (sounds[:cut], sounds[cut:]):
                fragments.update(similar for _, similar in dictionary.find_similar(half, 0.6)[:2])
    fragments |= {f"{fragment} {fragment}" for fragment in list(fragments)}
    if len(words) > 1:
        fragments.add(" ".join(reversed(words)))
    return sorted(fragments - {phrase.strip(), whole})


def find_confusable_phrases(
    phrase: str, dictionary: Dictionary, count: int, rng: np.random.Generator
) -> list[tuple[float, str]]:
    """Up to `count` phrases that sound nearly like `phrase`: (distance, text), nearest first.

    Each word is replaced by words that sound similar, or by two words that sound like its halves ("snow ball"). The
    phrases are ranked by the distance of the whole; homophones and other accents (nearer than NEAREST) are left out.
    """
    words = re.findall(WORD, phrase)
    sounds = [dictionary.find_sounds(word) for word in words]
    whole = tuple(sound for word in sounds for sound in word)
    choices = [
        _find_options(word, target, dictionary)[: options_per_word(len(words))] for word, target in zip(words, sounds)
    ]
    phrases: dict[tuple[str, ...], tuple[float, str]] = {}
    for apart, combination in search_combinations(choices, whole):
        combined = tuple(sound for option in combination for sound in option[2])
        if combined in phrases:  # a homophone of one that is there
            continue
        if NEAREST <= apart < FARTHEST:
            phrases[combined] = apart, " ".join(option[1] for option in combination)
    ranked = sorted(phrases.values())
    if len(ranked) > count:  # half of them the nearest, half drawn from the rest
        rest = rng.permutation(np.arange(count // 2, len(ranked)))[: count - count // 2]
        ranked = ranked[: count // 2] + [ranked[i] for i in sorted(rest)]
    return ranked


def find_called_phrases(
    phrase: str, pinned: Sequence[str], dictionary: Dictionary, count: int, rng: np.random.Generator
) -> list[str]:
    """Up to `count` names and words with the syllables and the stress of a phrase that is one word: people call them in
    the same tone. None is near the phrase, or one of its `pinned` pronunciations.

    A phrase of several words has none: they gained nothing there (docs/EXPERIMENTS.md).
    """
    words = re.findall(WORD, phrase)
    if len(words) > 1:
        return []
    pronunciations = [*pinned, *dictionary.pronounce(words[0]).values()]
    pattern = stress_pattern(pronunciations[0])
    targets = [parse_sounds(pronunciation) for pronunciation in pronunciations]
    as_long = [word for word, sounds in dictionary.words.items() if count_syllables(sounds) == len(pattern)]
    called: list[str] = []
    for pool, wanted in ((dictionary.names, round(count * NAMES_SHARE)), (as_long, count)):
        for number in rng.permutation(len(pool)):
            if len(called) >= wanted:
                break
            phonemes = next(iter(dictionary.pronounce(pool[number]).values()))
            sounds = parse_sounds(phonemes)
            if stress_pattern(phonemes) == pattern and all(
                distance(target, sounds, CALLED_FROM_PHRASE) >= CALLED_FROM_PHRASE for target in targets
            ):
                called.append(pool[number])
    return called


def _find_options(word: str, target: tuple[str, ...], dictionary: Dictionary) -> list[Option]:
    """What may stand for a word of these sounds: the word itself, similar words, and pairs of words; nearest first."""
    options: list[Option] = [(0.0, word, target)]
    options += [(d, w, dictionary.words[w]) for d, w in dictionary.find_similar(target, FARTHEST)[:150]]
    for cut in range(2, len(target) - 1):
        heads = dictionary.find_similar(target[:cut], 1.3)[:12]
        tails = dictionary.find_similar(target[cut:], 1.3)[:12]
        options += [
            (d + e, f"{v} {w}", dictionary.words[v] + dictionary.words[w]) for (d, v), (e, w) in product(heads, tails)
        ]
    return sorted(options, key=lambda option: option[0])


def options_per_word(words: int) -> int:
    """How many options each word of a phrase has: their combinations grow with every word, and are bounded."""
    if words == 1:
        return 400
    return max(8, int(4000 ** (1 / words))) if words < 8 else max(2, int(MOST_COMBINATIONS ** (1 / words)))


def search_combinations(
    choices: list[list[Option]], whole: tuple[str, ...]
) -> Iterator[tuple[float, tuple[Option, ...]]]:
    """The combinations of one option a word that are nearer than FARTHEST to `whole`, in the order of itertools.product:
    (distance, combination).

    A prefix is given up with all that could follow if even its best continuation is too far away: a phrase of seven
    words has millions of combinations, and few are near.
    """

    def extend_row(row: list[float], sounds: tuple[str, ...]) -> list[float]:
        for sound in sounds:
            row = advance_row(row, whole, sound)
        return row

    # rest[k][j]: the least cost of words k and later after the first j sounds of the phrase are matched.
    rest = [start_row(whole[::-1])[::-1]]
    for options in reversed(choices):
        costs = []
        for j in range(len(whole) + 1):
            only = [inf] * j + start_row(whole[j:])
            costs.append(min(x + y for _, _, sounds in options for x, y in zip(extend_row(only, sounds), rest[0])))
        rest.insert(0, costs)

    def extend(chosen: tuple[Option, ...], row: list[float]) -> Iterator[tuple[float, tuple[Option, ...]]]:
        if len(chosen) == len(choices):
            yield row[-1], chosen
            return
        for option in choices[len(chosen)]:
            after = extend_row(row, option[2])
            least = min(x + y for x, y in zip(after, rest[len(chosen) + 1]))
            if least < FARTHEST + 1e-6:  # sums round differently
                yield from extend((*chosen, option), after)

    return extend((), start_row(whole))


def draw_words(dictionary: Dictionary, count: int, rng: np.random.Generator) -> list[str]:
    """`count` texts of one to three random words; short words are likelier."""
    words = np.array(sorted(dictionary.words))
    weights = np.array([1.0 / max(3, len(dictionary.words[w])) ** 1.5 for w in words])
    weights /= weights.sum()
    sizes = rng.choice([1, 2, 3], count, p=[0.5, 0.4, 0.1])
    return [" ".join(rng.choice(words, size, p=weights)) for size in sizes]


def draw_sentences(
    count: int, rng: np.random.Generator, language: str = "en", dictionary: Dictionary | None = None
) -> list[str]:
    """`count` sentences as people say them at home, from the templates in sentences/LANGUAGE.txt: {a|b|c} is a choice.

    For a language without templates, four to nine of the most frequent words of `dictionary` in a row.
    """
    file = Path(__file__).parent / "sentences" / f"{language}.txt"
    if not file.exists():
        if dictionary is None:
            raise ValueError(f"{file} is missing, and there is no dictionary to draw words from")
        frequent = list(dictionary.words)[:2000]
        return [" ".join(rng.choice(frequent, rng.integers(4, 10))).capitalize() + "." for _ in range(count)]
    lines = file.read_text(encoding="utf-8").splitlines()
    templates = [line for line in lines if line and not line.startswith("#")]
    fill = lambda match: str(rng.choice(match.group(1).split("|")))
    sentences = []
    for _ in range(count):
        text = templates[rng.integers(len(templates))]
        while "{" in text:
            text = re.sub(r"\{([^{}]*)\}", fill, text)
        sentences.append(text)
    return sentences
