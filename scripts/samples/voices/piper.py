"""A Piper voice (VITS, ONNX), very natural: one speaker, or as many as it was trained with.

The id sequence is Piper's: ^ phonemes $ with the pad _ after each (rhasspy/piper, phonemize/phoneme_ids).
"""

import unicodedata
from pathlib import Path

import numpy as np

from scripts.core.files import read_json
from scripts.samples.voices import Script, held_out, onnx_session, slowness
from scripts.samples.voices.espeak import phonemize

ENOUGH = 24  # people, of whom some can be held out
SILENT = "_^$ .,!?;:"  # what no sound is made for
LONGEST = 64  # frames of 12 or 16 ms that one id may last
END_CAP_FRAMES = 3  # silence after the phrase, each of its two to four ids: the scenes add their own


def phoneme_ids(settings: dict, text: str) -> list[int]:
    """What a Piper voice is given to say `text`."""
    table = settings["phoneme_id_map"]
    said = text if settings.get("phoneme_type") == "text" else phonemize(text, settings["espeak"]["voice"])
    ids = [*table["^"], *table["_"]]
    for phoneme in unicodedata.normalize("NFD", said):
        if phoneme in table:
            ids += [*table[phoneme], *table["_"]]
    return ids + table["$"]


class Piper:
    takes = 3

    def __init__(self, directory: Path, name: str = "piper"):
        self.name = name
        self.session = onnx_session(directory / "voice.onnx")
        self.noise_channels = {each.name: each.shape for each in self.session.get_inputs()}["noise"][1]
        self.settings = read_json(directory / "voice.json", dict, "audio", "phoneme_id_map")
        self.rate_hz = self.settings["audio"]["sample_rate"]
        self.end_cap = END_CAP_FRAMES
        self.silent = [number for symbol in SILENT for number in self.settings["phoneme_id_map"].get(symbol, [])]
        count = self.settings.get("num_speakers", 1)
        self.people = (
            [str(number) for number in range(count)]
            if count > 1
            else ["joe" if name == "piper" else name.split("-")[1]]
        )

    def speakers(self, split: str) -> list[str]:
        """Some of many people are held out; a few serve training alone."""
        if len(self.people) < ENOUGH:
            return self.people if split == "training" else []
        return held_out(self.people, split)

    def cast(self, split: str, rng: np.random.Generator) -> str:
        return self.people[0] if len(self.people) == 1 else str(rng.choice(self.speakers(split)))

    def speak(self, script: Script, speaker: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
        """Say it with drawn length and noise scales. Returns (samples,) float32 at the voice's rate."""
        ids = phoneme_ids(self.settings, script.text)
        cap = np.full(len(ids), LONGEST, np.float32)
        heard = np.flatnonzero(~np.isin(ids, self.silent))
        if len(heard):
            cap[heard[-1] + 2 :] = self.end_cap  # what is directly after the last sound is its decay
        scales = np.array([rng.uniform(0.5, 0.9), slowness(script, rng), rng.uniform(0.6, 1.0)], np.float32)
        inputs = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": scales,
            "cap": cap[None, None],
            "noise": rng.standard_normal((1, self.noise_channels, int(cap.sum())), np.float32),
        }
        if len(self.people) > 1:
            inputs["sid"] = np.array([int(speaker)], np.int64)
        return np.asarray(self.session.run(None, inputs)[0], np.float32).ravel(), self.rate_hz
