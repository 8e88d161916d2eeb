"""Synthetic sounds for tests."""

import numpy as np

RATE = 16_000


def pulses(f0_hz: float, seconds: float = 1.0) -> np.ndarray:
    """A buzz with that fundamental: (samples,) float32 at 16 kHz."""
    time = np.arange(int(seconds * RATE)) / RATE
    return (0.05 * sum(np.cos(2 * np.pi * f0_hz * n * time) for n in range(1, 20))).astype(np.float32)
