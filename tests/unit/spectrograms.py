"""Small spectrogram stores and sounds for the tests of training."""

from pathlib import Path

import numpy as np

from scripts.core import spectrogram_store


def write_store(folder: Path, value: int, frames: int, clips: int = 1, end: int = -1) -> None:
    """Write clips of one value everywhere into folder/NAME_mmap, by the name of the store; features/STORE/MODE is the
    folder."""
    clip = spectrogram_store.Clip(np.full((frames, 40), value, np.uint16), end)
    spectrogram_store.write(folder, folder.parent.name, [clip] * clips)


def babble(seconds: float, seed: int) -> np.ndarray:
    """Noise that comes and goes: (samples,) float32."""
    rng = np.random.default_rng(seed)
    loudness = np.repeat(rng.uniform(0.0005, 0.3, int(seconds * 10)), 1600)
    return (rng.standard_normal(len(loudness)) * loudness).astype(np.float32)
