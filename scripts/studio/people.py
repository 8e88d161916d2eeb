"""The few people who speak a phrase on the page: the same for every spelling, with names that say who they are.

people = list_people("en")
sound = Booth(Path("data/datasets")).speak("hey buster.", "en", people[0].key)      # (samples,) float32 at 16 kHz
"""

import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from scripts.core import audio
from scripts.core.random_numbers import generator
from scripts.samples.advice import is_spelled_out
from scripts.samples.dictionary import Dictionary, open_dictionary
from scripts.samples.generate import trim_silence
from scripts.samples.languages import LANGUAGES
from scripts.samples.spelling import normalise
from scripts.samples.voices import Script, Voice, open_voices

SEED = 1
# Of Kokoro's people, by the prefix of their names; the first of each is heard.
ORIGIN = {"a": "American", "b": "British", "e": "Spanish", "f": "French", "i": "Italian", "p": "Brazilian"}
KOKORO = {
    "af": "af_heart",
    "am": "am_michael",
    "bf": "bf_emma",
    "bm": "bm_george",
    "ef": "ef_dora",
    "em": "em_alex",
    "ff": "ff_siwis",
    "if": "if_sara",
    "im": "im_nicola",
    "pf": "pf_dora",
    "pm": "pm_alex",
}
ENGLISH = ("bf", "am")  # with Joe of Piper and Heart of hibari these are four people of three engines
ESPEAK = {"m3": "man", "f2": "woman"}


@dataclass(frozen=True)
class Person:
    """Somebody who speaks: `voice` and `speaker` as the samples name them."""

    key: str
    name: str
    voice: str
    speaker: str


def list_people(language: str) -> list[Person]:
    """Up to four people who speak a language (a code of LANGUAGES), of as many engines as there are.

    >>> [person.name for person in list_people("en")]
    ['British woman, Kokoro', 'American man, Kokoro', 'American man, Piper', 'American woman, hibari']
    >>> [person.name for person in list_people("de")]
    ['German man, eSpeak NG', 'German woman, eSpeak NG']
    """
    known = LANGUAGES[language]
    kokoro = []
    for prefix in ENGLISH if language == "en" else known.kokoro:
        name = KOKORO[prefix]
        kind = "woman" if prefix[1] == "f" else "man"
        kokoro.append(Person(name, f"{ORIGIN[prefix[0]]} {kind}, Kokoro", "kokoro", f"{name}*1.00+{name}/{name}"))
    if language == "en":
        joe = Person("joe", "American man, Piper", "piper", "joe")
        return [*kokoro, joe, Person("heart", "American woman, hibari", "hibari", "heart")]
    espeak = [
        Person(variant, f"{known.name} {kind}, eSpeak NG", "espeak", f"{known.accents[0]}+{variant}")
        for variant, kind in ESPEAK.items()
    ]
    return [*kokoro, *espeak]


class Booth:
    """Speaks with the voices that are below `datasets`, one text at a time; what was spoken is remembered."""

    def __init__(self, datasets: Path) -> None:
        self._datasets, self._lock = datasets, threading.Lock()
        self._voice = lru_cache(maxsize=None)(self._open_voice)
        self.dictionary = lru_cache(maxsize=None)(self._open_dictionary)
        self._render = lru_cache(maxsize=200)(self._render_once)

    def _open_voice(self, name: str, language: str) -> Voice:
        return open_voices([name], self._datasets, language)[name]

    def _open_dictionary(self, language: str) -> Dictionary | None:
        try:
            return open_dictionary(language, self._datasets)
        except SystemExit:
            return None  # a first training fetches it

    def speak(self, phrase: str, language: str, key: str) -> np.ndarray:
        """A phrase, as (samples,) float32 at 16 kHz. ValueError in a sentence where that is not possible."""
        person = next((person for person in list_people(language) if person.key == key), None)
        if person is None:
            raise ValueError(f"nobody called {key!r} speaks {LANGUAGES[language].name} here.")
        spelling = normalise(phrase, language, is_spelled_out)
        if spelling.refusals:
            raise ValueError(". ".join(spelling.refusals))
        with self._lock:
            return self._render(spelling.text, language, person)

    def _render_once(self, text: str, language: str, person: Person) -> np.ndarray:
        dictionary = self.dictionary(language)
        if dictionary is None and person.voice != "espeak":
            raise ValueError(
                f"the words of {LANGUAGES[language].name} are not here yet: a first training fetches them."
            )
        try:
            voice = self._voice(person.voice, language)
        except (SystemExit, OSError) as error:
            raise ValueError(f"{person.name}, is not here yet: a first training fetches this voice ({error})") from None
        rng = generator(SEED, "studio", text, person.key)
        script = Script(text, dictionary.pronounce(text) if dictionary else {})
        sound, rate_hz = voice.speak(script, person.speaker, rng)
        return trim_silence(audio.resample(sound, rate_hz)).sound
