"""Augmentation of spectrograms in training: warping of channels and tempo, and masks.

factors = draw_warp(rng)
clip, end = warp(clip, end, factors)
clip = mask(clip, rng)
"""

import numba
import numpy as np

from scripts.core.frontend import CHANNELS

# Each clip as if another speaker said it: channels stretched as by a longer or shorter vocal tract (VTLP, Jaitly &
# Hinton 2013), time as by faster or slower speech.
WARP_CHANCE, TRACT_SPREAD, TEMPO_SPREAD = 0.7, 0.07, 0.10
# SpecAugment (Park et al. 2019) of each clip.
FREQUENCY_MASKS, WIDEST_MASK, TIME_MASK_CHANCE, LONGEST_MASK = 2, 6, 0.4, 15

Warp = tuple[float, float]  # factors of the channels and of the tempo


def draw_warp(rng: np.random.Generator) -> Warp | None:
    """By what factors a clip's channels and its tempo are stretched; None: not at all."""
    return tuple(np.exp(rng.uniform(-1, 1, 2) * (TRACT_SPREAD, TEMPO_SPREAD))) if rng.random() < WARP_CHANCE else None


def warp(clip: np.ndarray, end: int, factors: Warp | None) -> tuple[np.ndarray, int]:
    """(frames, 40) with its channels and its time stretched, and the new place of frame `end` (-1: none)."""
    if factors is None:
        return clip, end
    tract, tempo = factors
    source = np.clip(np.arange(CHANNELS) * tract, 0, CHANNELS - 1.001)
    low = source.astype(int)
    share = (source - low).astype(np.float32)
    return _stretch(np.asarray(clip), tempo, low, share), int(end / tempo) if end >= 0 else -1


@numba.njit(cache=True, nogil=True)
def _stretch(clip, tempo, low, share):
    # (frames / tempo, channels): frame i is frame i * tempo of the clip, and each channel lies between `low` and the next.
    stretched = np.empty((int(len(clip) / tempo), len(low)), np.uint16)
    one = np.float32(1)
    for i in range(len(stretched)):
        frame = clip[int(i * tempo)]
        for channel in range(len(low)):
            below, above = np.float32(frame[low[channel]]), np.float32(frame[low[channel] + 1])
            stretched[i, channel] = np.uint16(below * (one - share[channel]) + above * share[channel])
    return stretched


def mask(clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A copy of (frames, 40) with random bands of channels and of time set to zero."""
    clip = clip.copy()
    for _ in range(FREQUENCY_MASKS):
        width = int(rng.integers(WIDEST_MASK + 1))
        first = int(rng.integers(CHANNELS - width + 1))
        clip[:, first : first + width] = 0
    if rng.random() < TIME_MASK_CHANCE:
        width = int(rng.integers(LONGEST_MASK + 1))
        first = int(rng.integers(max(1, len(clip) - width)))
        clip[first : first + width] = 0
    return clip
