"""The doctor's trial of a voice: it speaks one word."""

import os
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np

from scripts.core import audio
from scripts.samples import preview
from scripts.samples.voices import Script
from scripts.samples.voices.espeak import Espeak

MIN_SPEECH_S = 0.1


def probe_voice(name: str, datasets: Path) -> str:
    """Let a voice say "hello"; a sentence on how long it took. ValueError if there is silence only.

    espeak is tried without the pronunciation dictionary, which is a dataset.
    """
    sound = _speak_espeak() if name == "espeak" else _speak_preview(name, datasets)
    first, last = audio.speech_bounds(sound)
    seconds = (last - first) / audio.SAMPLE_RATE_HZ
    if seconds < MIN_SPEECH_S:
        raise ValueError(f"its voice is silent: {len(sound)} samples without speech")
    return f'"hello" takes it {seconds:.2f} s'


def _speak_espeak() -> np.ndarray:
    sound, rate_hz = Espeak("en").speak(Script("hello", {}), "en-us", np.random.default_rng(1))
    return audio.resample(sound, rate_hz)


def _speak_preview(name: str, datasets: Path) -> np.ndarray:
    os.environ["WORD"] = "hello"
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(sys.stderr):
        path = Path(folder) / "hello.wav"
        arguments = {"--datasets": datasets, "--voices": name, "--language": "en", "--seed": 1, "--out": path}
        preview.main([text for option, value in arguments.items() for text in (option, str(value))])
        return audio.read(path)
