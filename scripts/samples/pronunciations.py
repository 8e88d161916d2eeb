"""Pronunciations that a user gives, in the alphabets of the voices.

    >>> parse_pronunciation("/kəmˈpjuːtər/", dict)
    ['kəmpjˈutəɹ']
    >>> to_ipa("kəmpjˈutəɹ"), to_mnemonics("kəmpjˈutəɹ")
    ('kəmpjˈuːtɚ', "[[k@mpj'u:t3]]")

Kokoro and hibari take misaki's alphabet (phonemes.py), Piper IPA as eSpeak NG writes it, eSpeak NG its mnemonics.
"""

import re
from collections.abc import Callable

from scripts.samples.phonemes import CONSONANTS, DIPHTHONGS, TIED, VOWELS

STRESS = "ˈˌ"


def is_vowel(sound: str) -> bool:
    return sound in VOWELS or sound in DIPHTHONGS


IPA = {"A": "eɪ", "I": "aɪ", "O": "oʊ", "Q": "əʊ", "W": "aʊ", "Y": "ɔɪ", "ʤ": "dʒ", "ʧ": "tʃ", "ʣ": "dz", "ʦ": "ts",
       "T": "ɾ", "ᵊ": "ə", "ᵻ": "ɪ", "i": "iː", "u": "uː", "ɑ": "ɑː", "ɔ": "ɔː"}  # fmt: skip


def to_ipa(phonemes: str) -> str:
    """An English pronunciation as eSpeak NG writes it, as Piper's voices expect it.

    >>> to_ipa("kɑmpjˈutəɹ!")
    'kɑːmpjˈuːtɚ!'
    """
    phonemes = phonemes.replace("ː", "").replace("ɜɹ", "ɜː").replace("əɹ", "ɚ")
    return "".join(IPA.get(c, c) for c in phonemes)


MNEMONICS = {
    "ə": "@", "ᵊ": "@", "ɐ": "a#", "ɪ": "I", "ᵻ": "I", "i": "i:", "u": "u:", "ʊ": "U", "ʌ": "V", "æ": "a", "ɑ": "A:",
    "ɒ": "0", "ɔ": "O:", "ɛ": "E", "e": "E", "o": "O:", "A": "eI", "I": "aI", "O": "oU", "Q": "oU", "W": "aU",
    "Y": "OI", "ɜ": "3:", "ɚ": "3", "ɹ": "r", "ʃ": "S", "ʒ": "Z", "ʤ": "dZ", "ʧ": "tS", "θ": "T", "ð": "D", "ŋ": "N",
    "ɡ": "g", "ɾ": "t#", "T": "t#", "ˈ": "'", "ˌ": ",", " ": "||", "ʔ": "?", "ː": "",
}  # fmt: skip


def to_mnemonics(phonemes: str) -> str:
    """An English pronunciation as eSpeak NG takes it in a text, between [[ and ]].

    >>> to_mnemonics("hˈA kɑmpjˈutəɹ!")
    "[[h'eI||kA:mpj'u:t3]]!"
    """
    phonemes = phonemes.replace("ɜɹ", "ɜ").replace("əɹ", "ɚ")
    pieces = [piece.strip() for piece in re.split(r"([.,!?;:]+)", phonemes)]
    return " ".join(
        piece if piece[0] in ".,!?;:" else f"[[{''.join(MNEMONICS.get(c, c) for c in piece)}]]"
        for piece in pieces
        if piece
    ).replace("]] ", "]]")


def from_ipa(written: str) -> str:
    """IPA of an English pronunciation in misaki's alphabet; a stress mark goes to the vowel of its syllable. ValueError
    names a letter that stands for no English sound.

    >>> from_ipa("kəmˈpjuːtər")
    'kəmpjˈutəɹ'
    """
    phonemes = written.translate(str.maketrans("gr',", "ɡɹˈˌ", ".ː:"))
    for two, one in (*((tied.replace("^", ""), letter) for tied, letter in TIED.items()), ("ɚ", "əɹ"), ("ɝ", "ɜɹ")):
        phonemes = phonemes.replace(two, one)
    if strange := [c for c in phonemes if not (is_vowel(c) or c in CONSONANTS or c in STRESS + " ")]:
        raise ValueError(f"{strange[0]!r} in /{written}/ is no sound of English as dictionaries write it in IPA")
    return re.sub(
        rf"([{STRESS}])([^{STRESS} ]*?)(?=[{''.join(VOWELS)}{''.join(DIPHTHONGS)}])", r"\2\1", phonemes
    ).strip()


def parse_pronunciation(written: str, pronounce: Callable[[str], dict[str, str]]) -> list[str]:
    """The pronunciations that a user asks for: IPA between slashes, as often as there are ways to say it, or a respelling, of
    which `pronounce` knows the accents. ValueError with a sentence if it is neither.

    >>> parse_pronunciation("/ˈhædoʊkɛn/ /həˈduːkən/", dict)
    ['hˈædOkɛn', 'hədˈukən']
    """
    if "/" not in written:
        return list(dict.fromkeys(re.sub("[.,!?;:]", "", phonemes) for phonemes in pronounce(written).values()))
    if not re.fullmatch(r"\s*(/[^/]+/[\s,;]*)+", written):
        raise ValueError(
            "IPA stands between two slashes, each pronunciation between its own: /kəmˈpjuːtə/ /ˈkɒmpjuːtɑ/"
        )
    pronunciations = [from_ipa(ipa) for ipa in re.findall("/([^/]+)/", written)]
    if mute := [p for p in pronunciations if not any(map(is_vowel, p))]:
        raise ValueError(f"/{mute[0]}/ has no vowel, so no syllable")
    return pronunciations
