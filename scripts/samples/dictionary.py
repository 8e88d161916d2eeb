"""The words of a language and their pronunciations.

    dictionary = open_dictionary("en", Path("data/datasets"))
    dictionary.pronounce("hey buster.")       # {'us': 'hˈA bˈʌstəɹ.', 'gb': 'hˈA bˈʌstə.'}

English has misaki's lexicons. Every other language has the most frequent words of wordfreq's list, pronounced by eSpeak
NG.
"""

import gzip
import importlib
import json
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from types import ModuleType

from scripts.samples.espeak import phonemize
from scripts.samples.languages import LANGUAGES
from scripts.samples.phonemes import GAP, distance, parse_sounds, to_misaki

MOST_FREQUENT = 20_000  # words of a language among which confusable phrases are looked for


class Dictionary:
    """The words of a language and their sounds: `words` {word: sounds}, and `pronounce`."""

    words: dict[str, tuple[str, ...]]

    @property
    def names(self) -> list[str]:
        """Names of people and places that are known beside the words."""
        return []

    def pronounce(self, text: str) -> dict[str, str]:
        """Phonemes of a text with its punctuation, by accent; the accent of `words` comes first."""
        raise NotImplementedError

    def list_pronunciations(self, word: str) -> set[str]:
        """The pronunciations of a homograph ("read", "live"); an empty set for any other word."""
        return set()

    def find_sounds(self, text: str) -> tuple[str, ...]:
        """The sounds of a text in the accent of `words`."""
        return parse_sounds(next(iter(self.pronounce(text).values())))

    def find_similar(self, target: tuple[str, ...], farthest: float) -> list[tuple[float, str]]:
        """All words nearer than `farthest` to the target sounds: (distance, word), nearest first."""
        similar = []
        for word, sounds in self.words.items():
            if abs(len(sounds) - len(target)) * GAP / 2 >= farthest:
                continue
            apart = distance(target, sounds, farthest)
            if apart < farthest:
                similar.append((apart, word))
        return sorted(similar)


def import_hibari(directory: Path) -> ModuleType:
    """Import the package `hibari`, a voice and a dictionary, from DATA_DIR/datasets/voice_hibari/voice."""
    if not (directory / "hibari/tts.py").exists():
        raise SystemExit(f"{directory}/hibari is missing: the voice is not there yet. Run 'make datasets' first.")
    if str(directory) not in sys.path:
        sys.path.insert(0, str(directory))
    return importlib.import_module("hibari")


class English(Dictionary):
    """English words and their sounds, from the lexicons in the package hibari (misaki's, Apache-2.0)."""

    def __init__(self, directory: Path):
        package = import_hibari(directory)
        self._assets = Path(str(package.__file__)).parent / "assets"
        self._pronounce: dict[str, Callable[[str], str]] = {}

    def pronounce(self, text: str) -> dict[str, str]:
        """Phonemes of a text with its punctuation, by accent: us and gb. A network guesses words that are not in the
        lexicon."""
        if not self._pronounce:
            g2p = importlib.import_module("hibari.g2p")
            self._pronounce = {"us": g2p.G2P(british=False), "gb": g2p.G2P(british=True)}
        return {accent: pronounce(text) for accent, pronounce in self._pronounce.items()}

    @cached_property
    def _lexicon(self) -> dict:
        with gzip.open(self._assets / "lexicon_us_gold.json.gz", "rt", encoding="utf-8") as file:
            return json.load(file)

    def list_pronunciations(self, word: str) -> set[str]:
        entry = self._lexicon.get(word, self._lexicon.get(word.lower()))
        return {phonemes for phonemes in entry.values() if phonemes} if isinstance(entry, dict) else set()

    @cached_property
    def names(self) -> list[str]:  # type: ignore[override]
        return [
            word
            for word in self._lexicon
            if word.isascii() and word.isalpha() and word[1:].islower() and word[0].isupper()
        ]

    @cached_property
    def words(self) -> dict[str, tuple[str, ...]]:  # type: ignore[override]
        """Every plain lower-case word of two sounds or more, with its American sounds."""
        plain = {}
        for word, entry in self._lexicon.items():
            phonemes = entry.get("DEFAULT") if isinstance(entry, dict) else entry
            if phonemes and word.isascii() and word.isalpha() and word.islower():
                sounds = parse_sounds(phonemes)
                if len(sounds) >= 2:
                    plain[word] = sounds
        return plain


class WordList(Dictionary):
    """A language whose words are a list, the most frequent first, and whose pronunciations are eSpeak NG's."""

    def __init__(self, language: str, path: Path):
        if not path.exists():
            raise SystemExit(
                f"{path} is missing: the words of {LANGUAGES[language].name} are not there yet. Run 'make datasets "
                f"LANGUAGE={language}' first."
            )
        self.language, self._path = language, path

    def pronounce(self, text: str) -> dict[str, str]:
        return {self.language: to_misaki(phonemize(text, LANGUAGES[self.language].accents[0], tie="^"))}

    @cached_property
    def words(self) -> dict[str, tuple[str, ...]]:  # type: ignore[override]
        """The most frequent words of two sounds or more, without those that eSpeak NG takes for foreign."""
        words = {}
        for word in self._path.read_text(encoding="utf-8").split()[:MOST_FREQUENT]:
            phonemes = phonemize(word, LANGUAGES[self.language].accents[0], tie="^", foreign=True)
            if "(" not in phonemes and len(sounds := parse_sounds(to_misaki(phonemes))) >= 2:
                words[word] = sounds
        return words


def open_dictionary(language: str, datasets: Path) -> Dictionary:
    """The dictionary of a language (a code of LANGUAGES). SystemExit if its dataset is missing."""
    if language.startswith("en"):
        return English(datasets / "voice_hibari/voice")
    return WordList(language, datasets / f"words_frequent/voice/{language}.txt")
