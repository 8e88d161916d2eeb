"""Make one rendering sound like other people: formants (length of the vocal tract), pitch and tempo moved apart.

    bent = apply(sound, rate_hz, draw(rng))

Formants and pitch move together by resampling, which keeps every detail of the voice; apart by WORLD (Morise et al. 2016,
package pyworld), which takes it to pieces. A tract 15 % shorter than the speaker's own is a child's, 12 % longer a tall man's.
"""
from dataclasses import dataclass
from fractions import Fraction

import numpy as np


@dataclass(frozen=True)
class Bend:
    formants: float      # ratio by which formant frequencies rise; 1 leaves them
    pitch: float         # ratio by which F0 rises
    tempo: float         # ratio by which speech gets faster (WORLD only; resampling makes tempo follow the formants)
    world: bool          # take apart with WORLD, or resample
    breath: float        # 0 as spoken .. 1 no voice left (WORLD only)


def draw(rng: np.random.Generator) -> Bend:
    """Draw one listener's next stranger: mostly adults near the original, some children, some whisperers."""
    child = rng.random() < 0.12
    formants = float(np.clip(rng.uniform(1.12, 1.28) if child else rng.lognormal(0.0, 0.08), 0.8, 1.3))
    if rng.random() < 0.5:
        return Bend(formants, formants, 1.0, False, 0.0)
    pitch = formants * 2 ** (rng.normal(2.0 if child else 0.0, 2.5) / 12)
    breath = rng.uniform(0.3, 1.0) if rng.random() < 0.06 else 0.0
    return Bend(formants, float(np.clip(pitch, 0.6, 1.9)), float(rng.uniform(0.85, 1.2)), True, float(breath))


def apply(sound: np.ndarray, rate_hz: int, bend: Bend) -> np.ndarray:
    """Bend (samples,) float32 speech. The result has the same rate and, unless tempo moves it, about the same length."""
    if not bend.world:
        return _resampled(sound, bend.formants)
    import pyworld

    wave = np.ascontiguousarray(sound, np.float64)
    f0, times = pyworld.dio(wave, rate_hz, f0_floor=60.0, f0_ceil=500.0)
    f0 = pyworld.stonemask(wave, f0, times, rate_hz)
    envelope = pyworld.cheaptrick(wave, f0, times, rate_hz)
    aperiodicity = pyworld.d4c(wave, f0, times, rate_hz)
    bins = np.arange(envelope.shape[1])
    source = np.minimum(bins / bend.formants, bins[-1])
    low = source.astype(int)
    high = np.minimum(low + 1, bins[-1])
    between = source - low
    warp = lambda table: table[:, low] * (1 - between) + table[:, high] * between
    envelope = np.ascontiguousarray(np.exp(warp(np.log(envelope + 1e-16))))
    aperiodicity = np.ascontiguousarray(np.clip(np.maximum(warp(aperiodicity), bend.breath), 0.0, 1.0))
    spoken = pyworld.synthesize(f0 * bend.pitch, envelope, aperiodicity, rate_hz, frame_period=5.0 / bend.tempo)
    return spoken.astype(np.float32)


def _resampled(sound: np.ndarray, ratio: float) -> np.ndarray:
    """Play (samples,) `ratio` times faster: pitch, formants and tempo rise together."""
    from scipy.signal import resample_poly

    step = Fraction(ratio).limit_denominator(40)
    return resample_poly(sound, step.denominator, step.numerator).astype(np.float32)
