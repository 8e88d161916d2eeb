"""Flite, an older synthesiser with the voices of four people, three American and one Scottish, through its C library.

Functions used (CMU Flite 2, flite.h): flite_init, register_cmu_us_NAME, flite_text_to_wave, delete_wave,
feat_set_float. The libraries are Debian's, unpacked in the data directory. They are linked to libasound, which lies
beside them and is not used.
"""

import ctypes
from pathlib import Path

import numpy as np

from scripts.core import system
from scripts.samples.voices.base import Script, draw_slowness

SPEAKERS = {"awb": "awb", "kal": "kal16", "rms": "rms", "slt": "slt"}  # kal16: kal at 16 kHz
LIBRARIES = (
    "libasound",
    "libflite",
    "libflite_usenglish",
    "libflite_cmulex",
    *(f"libflite_cmu_us_{name}" for name in SPEAKERS.values()),
)


class _Wave(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_char_p),
        ("rate_hz", ctypes.c_int),
        ("count", ctypes.c_int),
        ("channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    ]


class _Voice(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("features", ctypes.c_void_p)]  # the other fields are not needed


class Flite:
    name, clips_per_rendering = "flite", 1

    def __init__(self, directory: Path):
        if system.MACOS:
            raise SystemExit("VOICES names flite, which exists for Linux only: on macOS leave it out of VOICES.")
        loaded = {}
        for name in LIBRARIES:  # each after those it needs
            files = sorted(directory.glob(f"{name}.so*"))
            if not files:
                raise SystemExit(
                    f"{directory}/{name}.so is missing: the voice is not there yet. Run 'make datasets VOICES=flite' first."
                )
            loaded[name] = ctypes.CDLL(str(files[0]), mode=ctypes.RTLD_GLOBAL)
        self.library = loaded["libflite"]
        self.library.flite_text_to_wave.restype = ctypes.POINTER(_Wave)
        self.library.flite_init()
        self.voices = {}
        for speaker, name in SPEAKERS.items():
            register = loaded[f"libflite_cmu_us_{name}"][f"register_cmu_us_{name}"]
            register.restype = ctypes.POINTER(_Voice)
            self.voices[speaker] = register(None)

    def speakers(self, split: str) -> list[str]:
        """For training only: four speakers are too few for the other splits."""
        return sorted(self.voices) if split == "training" else []

    def draw_speaker(self, split: str, rng: np.random.Generator) -> str:
        return str(rng.choice(sorted(self.voices)))

    def speak(self, script: Script, speaker: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
        """Render at a drawn pace and pitch. Returns (samples,) float32 at 16 kHz."""
        voice = self.voices[speaker]
        for feature, value in (
            (b"duration_stretch", draw_slowness(script, rng)),
            (b"f0_shift", 2 ** (rng.normal(0, 2.0) / 12)),
        ):
            self.library.feat_set_float(ctypes.c_void_p(voice.contents.features), feature, ctypes.c_float(value))
        ctypes.CDLL(None).srand(int(rng.integers(2**31)))  # its breath noise comes from rand()
        wave = self.library.flite_text_to_wave(script.text.encode(), voice)
        if not wave or not wave.contents.count:
            raise ValueError(f"Flite says nothing for {script.text!r}")
        sound = np.ctypeslib.as_array(wave.contents.samples, (wave.contents.count,)).astype(np.float32) / 32768
        rate_hz = wave.contents.rate_hz
        self.library.delete_wave(wave)
        return sound, rate_hz
