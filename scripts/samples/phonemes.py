"""The sounds of a pronunciation, and the distance between two pronunciations.

    >>> parse_sounds("bˈʌstəɹ!")
    ('b', 'ʌ', 's', 't', 'ə', 'ɹ')
    >>> round(distance(parse_sounds("bˈʌstəɹ"), parse_sounds("mˈʌstəɹ")), 2)
    0.7

Pronunciations are in misaki's alphabet, in which Kokoro and hibari were trained (A I O Q W Y are diphthongs; ʤ ʧ ʣ ʦ
are one letter; a tilde follows a nasal vowel). The distance is a weighted Levenshtein distance whose substitution cost
grows with the articulatory features in which two sounds differ (the idea of Kondrak 2000, ALINE; the weights are ours):
1.0 is about one clearly different sound, 0.3 a change of voicing.
"""

from functools import cache

# Vowels: height 0 (open) .. 1 (close), backness 0 (front) .. 1 (back), roundedness; diphthongs: start and end.
VOWELS = {
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
DIPHTHONGS = {"A": ("e", "ɪ"), "I": ("a", "ɪ"), "O": ("o", "ʊ"), "Q": ("ə", "ʊ"), "W": ("a", "ʊ"), "Y": ("ɔ", "ɪ")}
# Consonants: place 0 (lips) .. 1 (glottis), manner, voiced.
CONSONANTS = {
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
GAP = 0.9  # cost of an inserted or deleted sound; half of it for a weak vowel
WEAK = {"ə", "ᵊ", "ɪ", "ᵻ"}


# What eSpeak NG writes with a tie, in the alphabet of Kokoro (misaki, Apache-2.0: its mapping of eSpeak's phonemes).
TIED = {
    "a^ɪ": "I",
    "a^ʊ": "W",
    "d^z": "ʣ",
    "d^ʒ": "ʤ",
    "e^ɪ": "A",
    "o^ʊ": "O",
    "ə^ʊ": "Q",
    "s^s": "S",
    "t^s": "ʦ",
    "t^ʃ": "ʧ",
    "ɔ^ɪ": "Y",
}


def to_misaki(phonemes: str) -> str:
    """eSpeak NG's phonemes, tied by ^, in misaki's alphabet."""
    for tied, letter in TIED.items():
        phonemes = phonemes.replace(tied, letter)
    return phonemes.replace("^", "").replace("-", "")


def parse_sounds(phonemes: str) -> tuple[str, ...]:
    """The phonemes without stress, length and punctuation."""
    sounds: list[str] = []
    for c in phonemes:
        if c in VOWELS or c in DIPHTHONGS or c in CONSONANTS:
            sounds.append(c)
        elif c == NASAL and sounds and sounds[-1] in VOWELS:
            sounds[-1] += c
    return tuple(sounds)


def count_syllables(sounds: tuple[str, ...]) -> int:
    """How many syllables the sounds make: one for each vowel or diphthong."""
    return sum(sound[0] in VOWELS or sound[0] in DIPHTHONGS for sound in sounds)


def stress_pattern(phonemes: str) -> tuple[bool, ...]:
    """For each syllable whether it has the primary stress.

    >>> stress_pattern("kəmpjˈuTəɹ")
    (False, True, False)
    """
    return tuple(phonemes[i - 1 : i] == "ˈ" for i, c in enumerate(phonemes) if c in VOWELS or c in DIPHTHONGS)


@cache
def substitution_cost(a: str, b: str) -> float:
    """Cost of sound `b` in place of sound `a`: from 0 for the same sound to 1.2 for a vowel in place of a consonant."""
    if a == b:
        return 0.0
    if NASAL in a + b:
        oral_a, oral_b = a.rstrip(NASAL), b.rstrip(NASAL)
        return min(1.2, substitution_cost(oral_a, oral_b) + 0.3 * ((a == oral_a) != (b == oral_b)))
    if a in CONSONANTS and b in CONSONANTS:
        (place_a, manner_a, voice_a), (place_b, manner_b, voice_b) = CONSONANTS[a], CONSONANTS[b]
        manner = 0.0 if manner_a == manner_b else _KINSHIP.get(frozenset((manner_a, manner_b)), 0.8)
        return min(1.0, 1.1 * abs(place_a - place_b) + manner + 0.3 * (voice_a != voice_b) + 0.1)
    if a in CONSONANTS or b in CONSONANTS:
        return 1.2
    ends = [[VOWELS[v] for v in DIPHTHONGS.get(x, (x, x))] for x in (a, b)]
    apart = [sum(abs(p - q) * w for p, q, w in zip(u, v, (0.7, 0.5, 0.3))) for u, v in zip(*ends)]
    return min(1.0, 0.1 + 0.5 * sum(apart))


def distance(a: tuple[str, ...], b: tuple[str, ...], limit: float = 99.0) -> float:
    """Weighted edit distance of two sound sequences. A distance of `limit` or more may end early and return `limit`."""
    row = start_row(b)
    for sound in a:
        row = advance_row(row, b, sound)
        if min(row) >= limit:
            return limit
    return row[-1]


def start_row(b: tuple[str, ...]) -> list[float]:
    """Distances from the empty sequence to every prefix of `b`: (len(b) + 1,)."""
    row = [0.0]
    for sound in b:
        row.append(row[-1] + _gap(sound))
    return row


def advance_row(row: list[float], b: tuple[str, ...], sound: str) -> list[float]:
    """Distances from a sequence followed by `sound` to every prefix of `b`; `row` has those from the sequence alone."""
    gap = _gap(sound)
    new = [row[0] + gap]
    for j, other in enumerate(b):
        new.append(min(row[j] + substitution_cost(sound, other), row[j + 1] + gap, new[j] + _gap(other)))
    return new


@cache
def _gap(sound: str) -> float:
    return GAP / 2 if sound in WEAK else GAP
