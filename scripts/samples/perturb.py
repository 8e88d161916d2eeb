"""Make one rendering sound like other speakers: formants (length of the vocal tract), pitch, melody and tempo change
independently.

    sound = Rendering(sound, rate_hz).perturb(draw_perturbation(rng))

Resampling changes formants and pitch together and keeps every detail of the voice. WORLD (Morise et al. 2016, package
pyworld) changes them separately by analysis and synthesis. A vocal tract 15 % shorter than the speaker's is a child's,
12 % longer a tall man's. Voices read a word; people call it with more melody: in 401 recordings of one word F0 spanned
11.5 semitones (10th to 90th percentile, median), in its synthetic samples 7.5. So the melody is stretched, and rises or
falls as a whole.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import pyworld
from scipy.signal import resample_poly

FRAME_MS = 5.0  # of WORLD's analysis, its default
LOWEST_HZ, HIGHEST_HZ = 45.0, 550.0  # F0 of a creaky voice, and of a child that shouts
CHILD_SHARE = 0.2
RESAMPLED_SHARE = 0.3
WHISPER_SHARE = 0.06
MELODY = (0.6, 2.5)  # factor of F0's distance from its mean, in octaves
RISE_SD = 4.0  # semitones from start to end


@dataclass(frozen=True)
class Perturbation:
    formants: float  # factor of the formant frequencies; 1 leaves them
    pitch: float  # factor of F0
    tempo: float  # factor of the speed (WORLD only; with resampling tempo follows the formants)
    world: bool  # analyse and synthesise with WORLD, or resample
    breath: float  # from 0, as spoken, to 1, whispered (WORLD only)
    melody: float = 1.0  # factor of the melody's ups and downs (WORLD only)
    rise: float = 0.0  # semitones by which F0 rises from start to end, negative if it falls (WORLD only)


def draw_perturbation(rng: np.random.Generator) -> Perturbation:
    """Draw a speaker: mostly adults near the original, some children, some whisperers."""
    child = rng.random() < CHILD_SHARE
    formants = float(np.clip(rng.uniform(1.12, 1.28) if child else rng.lognormal(0.0, 0.08), 0.8, 1.3))
    if rng.random() < RESAMPLED_SHARE:
        return Perturbation(formants, formants, 1.0, False, 0.0)
    pitch = formants * 2 ** (rng.normal(3.0 if child else 0.0, 3.0) / 12)
    breath = rng.uniform(0.3, 1.0) if rng.random() < WHISPER_SHARE else 0.0
    return Perturbation(
        formants,
        float(np.clip(pitch, 0.6, 2.4)),
        float(rng.uniform(0.85, 1.2)),
        True,
        float(breath),
        float(np.exp(rng.uniform(*np.log(MELODY)))),
        float(rng.normal(0.0, RISE_SD)),
    )


def stretch_melody(f0: np.ndarray, melody: float, rise: float) -> np.ndarray:
    """F0 (frames,) in Hz, 0 where unvoiced, with another melody and the same mean.

    The distance from the mean, at most an octave, is multiplied by `melody`; the last voiced frame is raised `rise`
    semitones against the first.
    """
    voiced = np.flatnonzero(f0)
    if len(voiced) < 2:
        return f0
    octaves = np.log2(f0[voiced])
    place = (voiced - voiced[0]) / (voiced[-1] - voiced[0]) - 0.5
    out = f0.copy()
    out[voiced] = 2 ** (octaves.mean() + melody * np.clip(octaves - octaves.mean(), -1, 1) + rise / 12 * place)
    return out


class Rendering:
    """Speech, (samples,) float32, to be perturbed several times; WORLD analyses it once."""

    def __init__(self, sound: np.ndarray, rate_hz: int):
        self.sound, self.rate_hz = sound, rate_hz

    def perturb(self, perturbation: Perturbation) -> np.ndarray:
        """(samples,) float32 at the same rate; its length changes with the tempo only."""
        if perturbation.world:
            return self._synthesize(perturbation)
        return _resample(self.sound, perturbation.formants)

    @cached_property
    def _analysis(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """F0 (frames,) in Hz, 0 where unvoiced; log spectral envelope and aperiodicity (frames, bins), every FRAME_MS."""
        wave = np.ascontiguousarray(self.sound, np.float64)
        f0, times = pyworld.dio(wave, self.rate_hz, f0_floor=60.0, f0_ceil=500.0, frame_period=FRAME_MS)
        f0 = pyworld.stonemask(wave, f0, times, self.rate_hz)
        envelope = np.log(pyworld.cheaptrick(wave, f0, times, self.rate_hz) + 1e-16)
        # The slowest of all, and breath changes slowly: every other frame is enough.
        aperiodicity = pyworld.d4c(wave, np.ascontiguousarray(f0[::2]), np.ascontiguousarray(times[::2]), self.rate_hz)
        return f0, envelope, aperiodicity.repeat(2, axis=0)[: len(f0)]

    def _synthesize(self, perturbation: Perturbation) -> np.ndarray:
        f0, envelope, aperiodicity = self._analysis
        bins = np.arange(envelope.shape[1])
        original = np.minimum(bins / perturbation.formants, bins[-1])
        low = original.astype(int)
        high = np.minimum(low + 1, bins[-1])
        between = original - low
        warp = lambda table: table[:, low] * (1 - between) + table[:, high] * between
        envelope = np.ascontiguousarray(np.exp(warp(envelope)))
        aperiodicity = np.ascontiguousarray(np.clip(np.maximum(warp(aperiodicity), perturbation.breath), 0.0, 1.0))
        melody = stretch_melody(f0, perturbation.melody, perturbation.rise)
        f0 = np.where(f0 > 0, np.clip(melody * perturbation.pitch, LOWEST_HZ, HIGHEST_HZ), 0.0)
        period_ms = FRAME_MS / perturbation.tempo
        return pyworld.synthesize(f0, envelope, aperiodicity, self.rate_hz, period_ms).astype(np.float32)


def _resample(sound: np.ndarray, factor: float) -> np.ndarray:
    """Play (samples,) `factor` times faster: pitch, formants and tempo rise together."""
    ratio = Fraction(factor).limit_denominator(40)
    return resample_poly(sound, ratio.denominator, ratio.numerator).astype(np.float32)
