"""Kokoro-82M: 54 voices, and every mixture of two is one more speaker.

A voice is a table of style vectors (510, 256), one row per number of tokens; its first 128 numbers colour the sound,
the last 128 steer the prosody (StyleTTS 2, hexgrad/Kokoro-82M). So a speaker here is a mixture of two voices for the
sound and a third for the prosody.
"""

from pathlib import Path

import numpy as np

from scripts.core.files import read_json, read_npz
from scripts.samples.languages import LANGUAGES
from scripts.samples.voices import Script, onnx_session, slowness

RATE_HZ = 24_000
FRAME_MS = 25
# Held-out people: the English speakers of validation and testing are never mixed into training.
VALIDATION = ("af_kore", "am_echo", "bm_lewis")
TESTING = ("af_sarah", "am_puck", "bf_lily")
FOREIGN_SHARE = 0.25  # of training speakers: people whose first language is not English
EDGE_CAP_FRAMES = 3  # silence before and after the phrase, 75 ms: the scenes add their own


class Kokoro:
    name, takes = "kokoro", 5

    def __init__(self, directory: Path, language: str = "en"):
        self.language, self.native = language, LANGUAGES[language].kokoro
        self.session = onnx_session(directory / "kokoro.onnx")
        self.styles = dict(sorted(read_npz(directory / "voices.npz").items()))
        self.vocabulary = read_json(directory / "vocabulary.json", dict, "vocab")["vocab"]

    def speakers(self, split: str) -> list[str]:
        """Names of the voices of a split."""
        held = {"validation": VALIDATION, "testing": TESTING}
        return list(held[split]) if split in held else [v for v in self.styles if v not in VALIDATION + TESTING]

    def cast(self, split: str, rng: np.random.Generator) -> str:
        """Draw a speaker: 'sound1*0.62+sound2/prosody'."""
        people = self.speakers(split)
        if self.language != "en":
            return self._cast_abroad(people, rng)
        english = [p for p in people if p[:2] in self.native]
        foreign = [p for p in people if p[:2] not in self.native]
        first, second, third = (
            rng.choice(foreign if foreign and rng.random() < FOREIGN_SHARE else english) for _ in range(3)
        )
        share = 1.0 if rng.random() < 0.25 else rng.uniform(0.3, 0.9)
        return f"{first}*{share:.2f}+{second}/{third}"

    def _cast_abroad(self, people: list[str], rng: np.random.Generator) -> str:
        """The same for a language with few voices of its own: theirs is the prosody, while anybody lends the sound of a
        voice.

        So the people of validation and testing are strangers in every language, though their melody may be known.
        """
        native = [p for p in people if p[:2] in self.native] or [p for p in self.styles if p[:2] in self.native]
        first, second = (rng.choice(native if native[0] in people and rng.random() < 0.4 else people) for _ in range(2))
        return f"{first}*{rng.uniform(0.3, 1.0):.2f}+{second}/{rng.choice(native)}"

    def _phonemes(self, script: Script, speaker: str, rng: np.random.Generator) -> str:
        if self.language != "en":
            return script.phonemes["gb" if self.language == "en-gb" else self.language]
        british = speaker[0] == "b"
        return script.phonemes["gb" if british != (rng.random() < 0.1) else "us"]

    def _style(self, speaker: str, tokens: int) -> np.ndarray:
        """(1, 256) float32 style of a speaker for an utterance of `tokens` tokens."""
        mix, prosody = speaker.split("/")
        first, second = mix.split("+")
        first, share = first.split("*")
        row = min(tokens, 510) - 1
        style = float(share) * self.styles[first][row] + (1 - float(share)) * self.styles[second][row]
        style[128:] = 0.5 * style[128:] + 0.5 * self.styles[prosody][row, 128:]
        return style[None]

    def speak(self, script: Script, speaker: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
        """Say it at a drawn pace, rhythm and pitch. Returns (samples,) float32 at 24 kHz."""
        phonemes = self._phonemes(script, speaker, rng)
        tokens = [self.vocabulary[c] for c in phonemes if c in self.vocabulary]
        if not tokens:
            raise ValueError(f"no phoneme of {script.text!r} ({phonemes!r}) is known to Kokoro")
        count = len(tokens) + 2
        pace = slowness(script, rng) * rng.uniform(0.85, 1.18, count)
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
