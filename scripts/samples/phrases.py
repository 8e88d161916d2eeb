"""What to say: the phrase itself, what is nearly the phrase, other words, and whole sentences.

Everything here is text; who says it is decided in generate.py.
"""

import re
from collections.abc import Iterator
from itertools import product
from math import inf
from pathlib import Path

import numpy as np

from scripts.samples.phonemes import Dictionary, first_row, row_after

# A near-miss must differ by more than accents do, or the model unlearns the word itself: 0.75 is less than one clearly
# other sound, more than a voiced for a voiceless one.
NEAREST = 0.75
FARTHEST = 2.6
COMBINATIONS = 300_000  # at most, of eight words and more
WORD = r"[^\s.,!?;:]+"
PAUSES = (", ", "... ")


def spellings(phrase: str) -> list[str]:
    """The phrase as typed and with other ends: said as a statement, a question, a call, or running on.

    Of several words two in nine are said with a pause between two: people make one, and voices do not
    (docs/EXPERIMENTS.md).
    """
    bare = phrase.strip().rstrip(".,!?;:")
    ends = [phrase.strip(), phrase.strip(), bare, bare + ".", bare + "!", bare + "?", bare + ","]
    words = re.findall(WORD, phrase)
    breaks = range(1, len(words))
    return ends * max(1, len(breaks)) + [
        " ".join(words[:i]) + pause + " ".join(words[i:]) + "." for i in breaks for pause in PAUSES
    ]


def parts(phrase: str, dictionary: Dictionary) -> list[str]:
    """What is in the phrase but is not the phrase: its words, runs of them, words like its heads and tails, the words
    turned round."""
    words = re.findall(WORD, phrase)
    pieces = {" ".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1)} - {" ".join(words)}
    for word in words:
        target = dictionary.sounds(word)
        for cut in range(2, len(target) - 1):
            for piece in (target[:cut], target[cut:]):
                pieces.update(near for _, near in dictionary.near(piece, 0.6)[:2])
    pieces |= {f"{piece} {piece}" for piece in list(pieces)}
    if len(words) > 1:
        pieces.add(" ".join(reversed(words)))
    return sorted(pieces - {phrase.strip(), " ".join(words)})


def near_misses(phrase: str, dictionary: Dictionary, count: int, rng: np.random.Generator) -> list[tuple[float, str]]:
    """Up to `count` phrases that sound nearly like `phrase`: (distance, text), nearest first.

    Each word is exchanged for words that sound like it, or is split and its pieces exchanged ("snow ball"); what is
    left is ranked by the distance of the whole, homophones and accents (nearer than NEAREST) removed.
    """
    words = re.findall(WORD, phrase)
    said = [dictionary.sounds(word) for word in words]
    whole = tuple(sound for word in said for sound in word)
    choices = []
    for word, target in zip(words, said):
        options = [(0.0, word, target)]
        options += [(d, w, dictionary.words[w]) for d, w in dictionary.near(target, FARTHEST)[:150]]
        for cut in range(2, len(target) - 1):
            heads = dictionary.near(target[:cut], 1.3)[:12]
            tails = dictionary.near(target[cut:], 1.3)[:12]
            options += [
                (d + e, f"{v} {w}", dictionary.words[v] + dictionary.words[w])
                for (d, v), (e, w) in product(heads, tails)
            ]
        options.sort(key=lambda option: option[0])
        choices.append(options[: _options(len(words))])
    found = {}
    for apart, combination in _within(choices, whole):
        said_so = tuple(sound for option in combination for sound in option[2])
        if said_so in found:  # a homophone of one we have
            continue
        if NEAREST <= apart < FARTHEST:
            found[said_so] = apart, " ".join(option[1] for option in combination)
    ranked = sorted(found.values())
    if len(ranked) > count:  # half the nearest, half from the rest
        rest = rng.permutation(np.arange(count // 2, len(ranked)))[: count - count // 2]
        ranked = ranked[: count // 2] + [ranked[i] for i in sorted(rest)]
    return ranked


def _options(words: int) -> int:
    """Of how many options each word of a phrase has its choice: the combinations grow with every word, and their number
    is bounded."""
    if words == 1:
        return 400
    return max(8, int(4000 ** (1 / words))) if words < 8 else max(2, int(COMBINATIONS ** (1 / words)))


def _within(choices: list[list[tuple]], whole: tuple[str, ...]) -> Iterator[tuple[float, tuple]]:
    """The combinations of one option a word that are nearer than FARTHEST to `whole`, in the order of
    itertools.product.

    (distance, combination). A beginning is left with all that could follow it where even the best that follows is too
    far away: of seven words there are millions of combinations, and few are near.
    """

    def heard(row: list[float], said: tuple[str, ...]) -> list[float]:
        for sound in said:
            row = row_after(row, whole, sound)
        return row

    # rest[k][j]: what words k and later cost at least, where the first j sounds of the phrase are spoken for.
    rest = [first_row(whole[::-1])[::-1]]
    for options in reversed(choices):
        costs = []
        for j in range(len(whole) + 1):
            only = [inf] * j + first_row(whole[j:])
            costs.append(min(x + y for _, _, said in options for x, y in zip(heard(only, said), rest[0])))
        rest.insert(0, costs)

    def extend(chosen: tuple, row: list[float]) -> Iterator[tuple[float, tuple]]:
        if len(chosen) == len(choices):
            yield row[-1], chosen
            return
        for option in choices[len(chosen)]:
            after = heard(row, option[2])
            if (
                min(x + y for x, y in zip(after, rest[len(chosen) + 1])) < FARTHEST + 1e-6
            ):  # for the rounding of the sums
                yield from extend((*chosen, option), after)

    return extend((), first_row(whole))


def random_words(dictionary: Dictionary, count: int, rng: np.random.Generator) -> list[str]:
    """`count` utterances of one to three random words, short ones preferred."""
    words = np.array(sorted(dictionary.words))
    weights = np.array([1.0 / max(3, len(dictionary.words[w])) ** 1.5 for w in words])
    weights /= weights.sum()
    sizes = rng.choice([1, 2, 3], count, p=[0.5, 0.4, 0.1])
    return [" ".join(rng.choice(words, size, p=weights)) for size in sizes]


def sentences(
    count: int, rng: np.random.Generator, language: str = "en", dictionary: Dictionary | None = None
) -> list[str]:
    """`count` sentences as people say them at home, drawn from the templates of sentences/LANGUAGE.txt: {a|b|c} is a
    choice.

    A language without templates gets the commonest words of its `dictionary`, four to nine in a row.
    """
    file = Path(__file__).parent / "sentences" / f"{language}.txt"
    if not file.exists():
        common = list(dictionary.words)[:2000]
        return [" ".join(rng.choice(common, rng.integers(4, 10))).capitalize() + "." for _ in range(count)]
    lines = file.read_text(encoding="utf-8").splitlines()
    templates = [line for line in lines if line and not line.startswith("#")]
    fill = lambda match: str(rng.choice(match.group(1).split("|")))
    drawn = []
    for _ in range(count):
        text = templates[rng.integers(len(templates))]
        while "{" in text:
            text = re.sub(r"\{([^{}]*)\}", fill, text)
        drawn.append(text)
    return drawn
