"""A Piper voice (VITS, ONNX): one speaker, very natural. English voice joe (CC0 data).

The id sequence is Piper's: ^ phonemes $ with the pad _ after each (rhasspy/piper, phonemize/phoneme_ids).
"""
import json
from pathlib import Path

import numpy as np

from scripts.datasets.voices import PIPER_CHANNELS, PIPER_FRAMES
from scripts.samples.voices import Script, onnx_session, slowness
from scripts.samples.voices.espeak import phonemize


class Piper:
    name, takes = "piper", 2

    def __init__(self, directory: Path):
        self.session = onnx_session(directory / "voice.onnx")
        self.settings = json.loads((directory / "voice.json").read_text(encoding="utf-8"))
        self.rate_hz = self.settings["audio"]["sample_rate"]

    def speakers(self, split: str) -> list[str]:
        """One person only, so training alone."""
        return ["joe"] if split == "training" else []

    def cast(self, split: str, rng: np.random.Generator) -> str:
        return "joe"

    def speak(self, script: Script, speaker: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
        """Say it with drawn length and noise scales. Returns (samples,) float32 at the voice's rate."""
        table = self.settings["phoneme_id_map"]
        ids = [*table["^"], *table["_"]]
        for phoneme in phonemize(script.text, self.settings["espeak"]["voice"]):
            if phoneme in table:
                ids += [*table[phoneme], *table["_"]]
        ids += table["$"]
        scales = np.array([rng.uniform(0.5, 0.9), slowness(script, rng), rng.uniform(0.6, 1.0)], np.float32)
        sound = self.session.run(None, {
            "input": np.array([ids], np.int64), "input_lengths": np.array([len(ids)], np.int64), "scales": scales,
            "noise": rng.standard_normal((1, PIPER_CHANNELS, PIPER_FRAMES), np.float32)})[0]
        return np.asarray(sound, np.float32).ravel(), self.rate_hz
