"""Kokoro-82M: 54 people, and every mixture of two is one more speaker.

A person is a table of style vectors (510, 256), a row for each number of tokens; the first 128 numbers determine the
timbre, the last 128 the prosody (StyleTTS 2, hexgrad/Kokoro-82M). So a speaker here is a mixture of two people for the
timbre and a third for the prosody.
"""

from pathlib import Path

import numpy as np

from scripts.core.arrays import read_npz
from scripts.core.files import read_json
from scripts.samples.languages import LANGUAGES
from scripts.samples.voices.base import Script, draw_slowness
from scripts.samples.voices.onnx import open_session

RATE_HZ = 24_000
FRAME_MS = 25
# People of validation and testing; they are never mixed into training.
VALIDATION = ("af_kore", "am_echo", "bm_lewis")
TESTING = ("af_sarah", "am_puck", "bf_lily")
FOREIGN_SHARE = 0.25  # of English speakers: people whose first language is not English
EDGE_CAP_FRAMES = 3  # silence before and after the phrase, 75 ms: scenes add their own


class Kokoro:
    name, clips_per_rendering = "kokoro", 5

    def __init__(self, directory: Path, language: str = "en"):
        self.language, self.native = language, LANGUAGES[language].kokoro
        self.session = open_session(directory / "kokoro.onnx")
        self.styles = dict(sorted(read_npz(directory / "voices.npz").items()))
        self.vocabulary = read_json(directory / "vocabulary.json", dict, "vocab")["vocab"]

    def speakers(self, split: str) -> list[str]:
        """Names of the people of a split."""
        reserved = {"validation": VALIDATION, "testing": TESTING}
        if split in reserved:
            return list(reserved[split])
        return [person for person in self.styles if person not in VALIDATION + TESTING]

    def draw_speaker(self, split: str, rng: np.random.Generator) -> str:
        """A mixture: 'timbre1*0.62+timbre2/prosody'."""
        people = self.speakers(split)
        if self.language != "en":
            return self._draw_foreign_speaker(people, rng)
        english = [p for p in people if p[:2] in self.native]
        foreign = [p for p in people if p[:2] not in self.native]
        first, second, third = (
            rng.choice(foreign if foreign and rng.random() < FOREIGN_SHARE else english) for _ in range(3)
        )
        share = 1.0 if rng.random() < 0.25 else rng.uniform(0.3, 0.9)
        return f"{first}*{share:.2f}+{second}/{third}"

    def _draw_foreign_speaker(self, people: list[str], rng: np.random.Generator) -> str:
        """A mixture for a language with few people of its own: the prosody is theirs, the timbre anybody's.

        So no timbre of validation and testing is in training, in any language, though the prosody may be.
        """
        native = [p for p in people if p[:2] in self.native] or [p for p in self.styles if p[:2] in self.native]
        first, second = (rng.choice(native if native[0] in people and rng.random() < 0.4 else people) for _ in range(2))
        return f"{first}*{rng.uniform(0.3, 1.0):.2f}+{second}/{rng.choice(native)}"

    def _phonemes(self, script: Script, speaker: str, rng: np.random.Generator) -> str:
        if script.pronunciation:
            return script.pronunciation
        if self.language != "en":
            return script.phonemes["gb" if self.language == "en-gb" else self.language]
        british = speaker[0] == "b"
        return script.phonemes["gb" if british != (rng.random() < 0.1) else "us"]

    def _style(self, speaker: str, tokens: int) -> np.ndarray:
        """(1, 256) float32: the style of a speaker for an utterance of `tokens` tokens."""
        mix, prosody = speaker.split("/")
        first, second = mix.split("+")
        first, share = first.split("*")
        row = min(tokens, 510) - 1
        style = float(share) * self.styles[first][row] + (1 - float(share)) * self.styles[second][row]
        style[128:] = 0.5 * style[128:] + 0.5 * self.styles[prosody][row, 128:]
        return style[None]

    def speak(self, script: Script, speaker: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
        """Render at a drawn pace, rhythm and pitch. Returns (samples,) float32 at 24 kHz."""
        phonemes = self._phonemes(script, speaker, rng)
        tokens = [self.vocabulary[c] for c in phonemes if c in self.vocabulary]
        if not tokens:
            raise ValueError(f"Kokoro knows no phoneme of {script.text!r} ({phonemes!r})")
        count = len(tokens) + 2
        pace = draw_slowness(script, rng) * rng.uniform(0.85, 1.18, count)
        cap = np.full(count, 24.0)
        cap[[0, -1]] = EDGE_CAP_FRAMES
        for i, character in enumerate(c for c in phonemes if c in self.vocabulary):
            if character in ".,!?;:—…":
                cap[i + 1] = rng.integers(2, 8)
        sound = self.session.run(
            None,
            {
                "tokens": np.array([[0, *tokens, 0]], np.int64),
                "style": self._style(speaker, len(tokens)),
                "speed": np.ones(1, np.float32),
                "pace": pace[None].astype(np.float32),
                "cap": cap[None].astype(np.float32),
                "pitch": np.array(2 ** (rng.normal(0, 2.0) / 12), np.float32),
            },
        )[0]
        return np.asarray(sound, np.float32).ravel(), RATE_HZ
