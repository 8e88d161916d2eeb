"""A Piper voice (VITS, ONNX), very natural, with one speaker or many.

Its input is Piper's sequence of ids: ^ phonemes $ with the pad _ after each (rhasspy/piper, phonemize/phoneme_ids).
"""

import unicodedata
from pathlib import Path

import numpy as np

from scripts.core.files import read_json
from scripts.samples.espeak import phonemize
from scripts.samples.pronunciations import to_ipa
from scripts.samples.voices.base import Script, draw_slowness, select_split
from scripts.samples.voices.onnx import open_session

ENOUGH = 24  # speakers, so that each split gets some
SILENT = "_^$ .,!?;:"  # symbols without a sound
LONGEST = 64  # frames of 12 or 16 ms that one id may last
END_CAP_FRAMES = 3  # of each of the two to four ids after the phrase, which are silence: scenes add their own


def phoneme_ids(config: dict, script: Script) -> list[int]:
    """The ids of a script for a Piper voice with this configuration (voice.json)."""
    table = config["phoneme_id_map"]
    if config.get("phoneme_type") == "text":
        phonemes = script.text
    else:
        phonemes = (
            to_ipa(script.pronunciation) if script.pronunciation else phonemize(script.text, config["espeak"]["voice"])
        )
    ids = [*table["^"], *table["_"]]
    for phoneme in unicodedata.normalize("NFD", phonemes):
        if phoneme in table:
            ids += [*table[phoneme], *table["_"]]
    return ids + table["$"]


class Piper:
    clips_per_rendering = 3

    def __init__(self, directory: Path, name: str = "piper"):
        self.name = name
        self.session = open_session(directory / "voice.onnx")
        self.noise_channels = {each.name: each.shape for each in self.session.get_inputs()}["noise"][1]
        self.config = read_json(directory / "voice.json", dict, "audio", "phoneme_id_map")
        self.rate_hz = self.config["audio"]["sample_rate"]
        self.end_cap = END_CAP_FRAMES
        self.silent = [number for symbol in SILENT for number in self.config["phoneme_id_map"].get(symbol, [])]
        count = self.config.get("num_speakers", 1)
        self.people = (
            [str(number) for number in range(count)]
            if count > 1
            else ["joe" if name == "piper" else name.split("-")[1]]
        )

    def speakers(self, split: str) -> list[str]:
        """Many speakers are divided among the splits; a few are for training only."""
        if len(self.people) < ENOUGH:
            return self.people if split == "training" else []
        return select_split(self.people, split)

    def draw_speaker(self, split: str, rng: np.random.Generator) -> str:
        return self.people[0] if len(self.people) == 1 else str(rng.choice(self.speakers(split)))

    def speak(self, script: Script, speaker: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
        """Render with drawn length and noise scales. Returns (samples,) float32 at the voice's rate."""
        ids = phoneme_ids(self.config, script)
        cap = np.full(len(ids), LONGEST, np.float32)
        audible = np.flatnonzero(~np.isin(ids, self.silent))
        if len(audible):
            cap[audible[-1] + 2 :] = self.end_cap  # the id after the last sound is its decay
        scales = np.array([rng.uniform(0.5, 0.9), draw_slowness(script, rng), rng.uniform(0.6, 1.0)], np.float32)
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
