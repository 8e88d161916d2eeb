"""The languages a word can be spoken in, and what is known of each: its name, its accents, its words.

    dictionary = open_dictionary("de", Path("data/datasets"))
    dictionary.pronounce("Hallo Küche.")          # {'de': 'hˈaloː kˈʏçə.'}

English has misaki's lexicons; every other language the commonest words of wordfreq's list, pronounced by eSpeak NG.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from scripts.samples.phonemes import Dictionary, English, sounds

COMMONEST = 20_000  # words of a language that its near-misses are looked for among


@dataclass(frozen=True)
class Language:
    """A language: its name, the eSpeak NG voices that speak it (the first says how words sound), and how Kokoro's
    begin."""

    name: str
    accents: tuple[str, ...]
    kokoro: tuple[str, ...] = ()


_BRITISH = ("en", "en-gb-x-rp", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-gbcwmd")
LANGUAGES = {
    "en": Language(
        "English",
        ("en-us", "en-us", "en-us", "en", "en-gb-x-rp", "en-gb-scotland", "en-029", "en-gb-x-gbclan", "en-gb-x-gbcwmd"),
        ("af", "am", "bf", "bm"),
    ),
    "en-gb": Language("British English", _BRITISH, ("bf", "bm")),
    "de": Language("German", ("de",)),
    "es": Language("Spanish", ("es", "es-419"), ("ef", "em")),
    "fr": Language("French", ("fr", "fr-be", "fr-ch"), ("ff",)),
    "it": Language("Italian", ("it",), ("if", "im")),
    "nl": Language("Dutch", ("nl",)),
    "pt": Language("Portuguese", ("pt-br", "pt"), ("pf", "pm")),
    "ca": Language("Catalan", ("ca",)),
    "cs": Language("Czech", ("cs",)),
    "da": Language("Danish", ("da",)),
    "fi": Language("Finnish", ("fi",)),
    "hu": Language("Hungarian", ("hu",)),
    "nb": Language("Norwegian", ("nb",)),
    "pl": Language("Polish", ("pl",)),
    "ro": Language("Romanian", ("ro",)),
    "sv": Language("Swedish", ("sv",)),
    "tr": Language("Turkish", ("tr",)),
}
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


def misaki(phonemes: str) -> str:
    """eSpeak NG's phonemes, tied by ^, in the alphabet in which Kokoro was trained."""
    for tied, letter in TIED.items():
        phonemes = phonemes.replace(tied, letter)
    return phonemes.replace("^", "").replace("-", "")


class Listed(Dictionary):
    """A language of which the words are a list, the commonest first, and eSpeak NG knows how they sound."""

    def __init__(self, language: str, words: Path):
        if not words.exists():
            raise SystemExit(
                f"{words} is missing: the words of {LANGUAGES[language].name} are not there yet. Run 'make datasets "
                f"LANGUAGE={language}' first."
            )
        self.language, self._list = language, words

    def pronounce(self, text: str) -> dict[str, str]:
        from scripts.samples.voices.espeak import phonemize

        return {self.language: misaki(phonemize(text, LANGUAGES[self.language].accents[0], tie="^"))}

    @cached_property
    def words(self) -> dict[str, tuple[str, ...]]:
        """The commonest words of two sounds or more; what eSpeak NG itself takes for a foreign word is left out."""
        from scripts.samples.voices.espeak import phonemize

        found = {}
        for word in self._list.read_text(encoding="utf-8").split()[:COMMONEST]:
            phonemes = phonemize(word, LANGUAGES[self.language].accents[0], tie="^", foreign=True)
            if "(" not in phonemes and len(said := sounds(misaki(phonemes))) >= 2:
                found[word] = said
        return found


def open_dictionary(language: str, datasets: Path) -> Dictionary:
    """The words of a language."""
    if language.startswith("en"):
        return English(datasets / "voice_hibari/voice")
    return Listed(language, datasets / f"words_frequent/voice/{language}.txt")
