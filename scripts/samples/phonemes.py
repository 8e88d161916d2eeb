"""How words are pronounced, and how far two pronunciations lie apart.

    dictionary = English(Path("data/datasets/voice_hibari/voice"))       # other languages: languages.py
    dictionary.pronounce("hey buster.")       # {'us': 'hˈA bˈʌstəɹ.', 'gb': 'hˈA bˈʌstə.'}
    distance(sounds('bˈʌstəɹ'), sounds('mˈʌstəɹ'))

Pronunciations are in misaki's alphabet, in which Kokoro and hibari were trained (A I O Q W Y are diphthongs; ʤ ʧ ʣ ʦ
are one letter; a tilde follows what is nasal). The distance is a weighted Levenshtein distance whose substitution cost
grows with the articulatory features in which two sounds differ (the idea of Kondrak 2000, ALINE; the weights are ours),
so that 1.0 is about one clearly other sound, 0.3 a change of voicing.
"""

import gzip
import json
from functools import cache, cached_property
from pathlib import Path

# Vowels: height 0 (open) .. 1 (close), backness 0 (front) .. 1 (back), roundedness; diphthongs: start and end.
_VOWELS = {
    "i": (1, 0, 0),
    "ɪ": (0.8, 0.2, 0),
    "ᵻ": (0.8, 0.35, 0),
    "ɨ": (0.9, 0.5, 0),
    "e": (0.7, 0, 0),
    "ɛ": (0.4, 0.1, 0),
    "æ": (0.15, 0.1, 0),
    "a": (0, 0.3, 0),
    "ɑ": (0, 0.9, 0),
    "ɐ": (0.2, 0.5, 0),
    "ʌ": (0.35, 0.7, 0),
    "ə": (0.5, 0.5, 0),
    "ᵊ": (0.5, 0.5, 0),
    "ɜ": (0.45, 0.5, 0),
    "ɚ": (0.5, 0.5, 0.2),
    "ɒ": (0.05, 1, 0.7),
    "ɔ": (0.35, 0.9, 0.8),
    "o": (0.65, 0.9, 0.9),
    "ʊ": (0.8, 0.8, 0.7),
    "u": (1, 0.9, 1),
    "y": (1, 0, 1),
    "ʏ": (0.8, 0.2, 0.8),
    "ø": (0.7, 0, 1),
    "œ": (0.4, 0.1, 0.8),
    "ɵ": (0.65, 0.5, 0.9),
    "ʉ": (1, 0.5, 1),
    "ɯ": (1, 0.9, 0),
    "ɤ": (0.65, 0.9, 0),
    "ɘ": (0.65, 0.5, 0),
}
_DIPHTHONGS = {"A": ("e", "ɪ"), "I": ("a", "ɪ"), "O": ("o", "ʊ"), "Q": ("ə", "ʊ"), "W": ("a", "ʊ"), "Y": ("ɔ", "ɪ")}
# Consonants: place 0 (lips) .. 1 (glottis), manner, voiced.
_CONSONANTS = {
    "p": (0, "stop", 0),
    "b": (0, "stop", 1),
    "m": (0, "nasal", 1),
    "f": (0.1, "fricative", 0),
    "v": (0.1, "fricative", 1),
    "θ": (0.25, "fricative", 0),
    "ð": (0.25, "fricative", 1),
    "t": (0.35, "stop", 0),
    "d": (0.35, "stop", 1),
    "ɾ": (0.35, "stop", 1),
    "T": (0.35, "stop", 1),
    "n": (0.35, "nasal", 1),
    "s": (0.35, "fricative", 0),
    "z": (0.35, "fricative", 1),
    "l": (0.35, "glide", 1),
    "ɹ": (0.45, "glide", 1),
    "ʃ": (0.5, "fricative", 0),
    "ʒ": (0.5, "fricative", 1),
    "ʧ": (0.5, "affricate", 0),
    "ʤ": (0.5, "affricate", 1),
    "j": (0.6, "glide", 1),
    "k": (0.75, "stop", 0),
    "ɡ": (0.75, "stop", 1),
    "ŋ": (0.75, "nasal", 1),
    "w": (0.15, "glide", 1),
    "h": (1, "fricative", 0),
    "ʔ": (1, "stop", 0),
    "ɸ": (0, "fricative", 0),
    "β": (0, "fricative", 1),
    "ʋ": (0.1, "glide", 1),
    "ʦ": (0.35, "affricate", 0),
    "ʣ": (0.35, "affricate", 1),
    "r": (0.35, "glide", 1),
    "ɫ": (0.35, "glide", 1),
    "ʂ": (0.45, "fricative", 0),
    "ʐ": (0.45, "fricative", 1),
    "ɕ": (0.55, "fricative", 0),
    "ʑ": (0.55, "fricative", 1),
    "ʨ": (0.55, "affricate", 0),
    "ʥ": (0.55, "affricate", 1),
    "ç": (0.6, "fricative", 0),
    "ʝ": (0.6, "fricative", 1),
    "c": (0.6, "stop", 0),
    "ɟ": (0.6, "stop", 1),
    "ɲ": (0.6, "nasal", 1),
    "ʎ": (0.6, "glide", 1),
    "ɥ": (0.6, "glide", 1),
    "x": (0.75, "fricative", 0),
    "ɣ": (0.75, "fricative", 1),
    "q": (0.85, "stop", 0),
    "χ": (0.85, "fricative", 0),
    "ʁ": (0.85, "glide", 1),
}
NASAL = "\u0303"  # a combining tilde
_KINSHIP = {
    frozenset(("stop", "affricate")): 0.4,
    frozenset(("fricative", "affricate")): 0.4,
    frozenset(("stop", "nasal")): 0.6,
}
GAP = 0.9  # cost of a sound more or less; half of it for a weak vowel
WEAK = {"ə", "ᵊ", "ɪ", "ᵻ"}


def sounds(phonemes: str) -> tuple[str, ...]:
    """The phonemes without stress, length and punctuation."""
    heard: list[str] = []
    for c in phonemes:
        if c in _VOWELS or c in _DIPHTHONGS or c in _CONSONANTS:
            heard.append(c)
        elif c == NASAL and heard and heard[-1] in _VOWELS:
            heard[-1] += c
    return tuple(heard)


def syllables(said: tuple[str, ...]) -> int:
    """How many syllables the sounds make: one for each vowel or diphthong."""
    return sum(sound[0] in _VOWELS or sound[0] in _DIPHTHONGS for sound in said)


@cache
def substitution(a: str, b: str) -> float:
    """Cost of hearing sound `b` for sound `a`: 0 the same .. 1.2 a vowel for a consonant."""
    if a == b:
        return 0.0
    if NASAL in a + b:
        oral_a, oral_b = a.rstrip(NASAL), b.rstrip(NASAL)
        return min(1.2, substitution(oral_a, oral_b) + 0.3 * ((a == oral_a) != (b == oral_b)))
    if a in _CONSONANTS and b in _CONSONANTS:
        (place_a, manner_a, voice_a), (place_b, manner_b, voice_b) = _CONSONANTS[a], _CONSONANTS[b]
        manner = 0.0 if manner_a == manner_b else _KINSHIP.get(frozenset((manner_a, manner_b)), 0.8)
        return min(1.0, 1.1 * abs(place_a - place_b) + manner + 0.3 * (voice_a != voice_b) + 0.1)
    if a in _CONSONANTS or b in _CONSONANTS:
        return 1.2
    ends = [[_VOWELS[v] for v in _DIPHTHONGS.get(x, (x, x))] for x in (a, b)]
    apart = [sum(abs(p - q) * w for p, q, w in zip(u, v, (0.7, 0.5, 0.3))) for u, v in zip(*ends)]
    return min(1.0, 0.1 + 0.5 * sum(apart))


def distance(a: tuple[str, ...], b: tuple[str, ...], limit: float = 99.0) -> float:
    """Weighted edit distance of two sound sequences; `limit` or more ends the search early with that bound."""
    row = first_row(b)
    for sound in a:
        row = row_after(row, b, sound)
        if min(row) >= limit:
            return limit
    return row[-1]


def first_row(b: tuple[str, ...]) -> list[float]:
    """How far every beginning of `b` lies from nothing: (len(b) + 1,)."""
    row = [0.0]
    for sound in b:
        row.append(row[-1] + _gap(sound))
    return row


def row_after(row: list[float], b: tuple[str, ...], sound: str) -> list[float]:
    """How far every beginning of `b` lies from a sequence and `sound`, where `row` says it of the sequence."""
    gap = _gap(sound)
    new = [row[0] + gap]
    for j, other in enumerate(b):
        new.append(min(row[j] + substitution(sound, other), row[j + 1] + gap, new[j] + _gap(other)))
    return new


@cache
def _gap(sound: str) -> float:
    return GAP / 2 if sound in WEAK else GAP


class Dictionary:
    """The words of a language and their sounds: `words` {word: sounds}, and `pronounce`."""

    words: dict[str, tuple[str, ...]]

    def pronounce(self, text: str) -> dict[str, str]:
        """Phonemes of a text, punctuation kept, by accent; the accent that `words` have comes first."""
        raise NotImplementedError

    def pronunciations(self, word: str) -> set[str]:
        """The pronunciations of a word that is several words ("read", "live"); none of any other."""
        return set()

    def sounds(self, text: str) -> tuple[str, ...]:
        """The sounds of a text in the accent that `words` have."""
        return sounds(next(iter(self.pronounce(text).values())))

    def near(self, target: tuple[str, ...], farthest: float) -> list[tuple[float, str]]:
        """All words within `farthest` of the target sounds: (distance, word), nearest first."""
        found = []
        for word, said in self.words.items():
            if abs(len(said) - len(target)) * GAP / 2 >= farthest:
                continue
            apart = distance(target, said, farthest)
            if apart < farthest:
                found.append((apart, word))
        return sorted(found)


class English(Dictionary):
    """English words and their sounds, from the lexicons that hibari carries (misaki's, Apache-2.0)."""

    def __init__(self, directory: Path):
        from scripts.samples.voices.hibari import load

        package = load(directory)
        self._assets = Path(package.__file__).parent / "assets"
        self._speakers = {}

    def pronounce(self, text: str) -> dict[str, str]:
        """Phonemes of a text, punctuation kept, by accent: us and gb. Words not in the lexicon are guessed by a
        network."""
        from hibari.g2p import G2P

        for accent, british in (("us", False), ("gb", True)):
            if accent not in self._speakers:
                self._speakers[accent] = G2P(british=british)
        return {accent: speaker(text) for accent, speaker in self._speakers.items()}

    @cached_property
    def _lexicon(self) -> dict:
        with gzip.open(self._assets / "lexicon_us_gold.json.gz", "rt", encoding="utf-8") as stored:
            return json.load(stored)

    def pronunciations(self, word: str) -> set[str]:
        entry = self._lexicon.get(word, self._lexicon.get(word.lower()))
        return {said for said in entry.values() if said} if isinstance(entry, dict) else set()

    @cached_property
    def words(self) -> dict[str, tuple[str, ...]]:
        """Every plain lower-case word of two sounds or more, with its American sounds."""
        plain = {}
        for word, said in self._lexicon.items():
            said = said.get("DEFAULT") if isinstance(said, dict) else said
            if said and word.isascii() and word.isalpha() and word.islower() and len(sounds(said)) >= 2:
                plain[word] = sounds(said)
        return plain
