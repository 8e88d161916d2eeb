"""Make one rendering sound like other people: formants (length of the vocal tract), pitch, melody and tempo moved
apart.

    bent = Rendering(sound, rate_hz).bent(draw(rng))

Formants and pitch move together by resampling, which keeps every detail of the voice; apart by WORLD (Morise et al.
2016, package pyworld), which takes it to pieces. A tract 15 % shorter than the speaker's own is a child's, 12 % longer
a tall man's. Voices read a word; people who call it sing: of 401 recordings of one word F0 covered 11.5 semitones (from
the 10th to the 90th percentile, median), of its synthetic samples 7.5. So the melody is stretched, and rises or falls
as a whole.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

FRAME_MS = 5.0  # between two looks of WORLD, its default
LOWEST_HZ, HIGHEST_HZ = 45.0, 550.0  # F0 of a creaky voice, and of a child that shouts
CHILD_SHARE = 0.2
RESAMPLED_SHARE = 0.3
MELODY = (0.6, 2.5)  # of how far F0 is from its mean, in octaves
RISE_SD = 4.0  # semitones from begin to end


@dataclass(frozen=True)
class Bend:
    formants: float  # ratio by which formant frequencies rise; 1 leaves them
    pitch: float  # ratio by which F0 rises
    tempo: float  # ratio by which speech gets faster (WORLD only; resampling makes tempo follow the formants)
    world: bool  # take apart with WORLD, or resample
    breath: float  # 0 as spoken .. 1 no voice left (WORLD only)
    melody: float = 1.0  # ratio by which the melody's ups and downs grow (WORLD only)
    rise: float = 0.0  # semitones by which F0 rises from begin to end, negative where it falls (WORLD only)


def draw(rng: np.random.Generator) -> Bend:
    """Draw one listener's next stranger: mostly adults near the original, some children, some whisperers."""
    child = rng.random() < CHILD_SHARE
    formants = float(np.clip(rng.uniform(1.12, 1.28) if child else rng.lognormal(0.0, 0.08), 0.8, 1.3))
    if rng.random() < RESAMPLED_SHARE:
        return Bend(formants, formants, 1.0, False, 0.0)
    pitch = formants * 2 ** (rng.normal(3.0 if child else 0.0, 3.0) / 12)
    breath = rng.uniform(0.3, 1.0) if rng.random() < 0.06 else 0.0
    return Bend(
        formants,
        float(np.clip(pitch, 0.6, 2.4)),
        float(rng.uniform(0.85, 1.2)),
        True,
        float(breath),
        float(np.exp(rng.uniform(*np.log(MELODY)))),
        float(rng.normal(0.0, RISE_SD)),
    )


def sung(f0: np.ndarray, melody: float, rise: float) -> np.ndarray:
    """F0 (frames,) in Hz, 0 where there is no voice, about the same mean: its distance from that, an octave at most,
    grown `melody` times, and `rise` semitones more at the end of the voice than at its begin."""
    voiced = np.flatnonzero(f0)
    if len(voiced) < 2:
        return f0
    octaves = np.log2(f0[voiced])
    place = (voiced - voiced[0]) / (voiced[-1] - voiced[0]) - 0.5
    out = f0.copy()
    out[voiced] = 2 ** (octaves.mean() + melody * np.clip(octaves - octaves.mean(), -1, 1) + rise / 12 * place)
    return out


class Rendering:
    """Speech, (samples,) float32, that is to be bent several times: what WORLD finds in it is found once."""

    def __init__(self, sound: np.ndarray, rate_hz: int):
        self.sound, self.rate_hz = sound, rate_hz

    def bent(self, bend: Bend) -> np.ndarray:
        """(samples,) float32 at the same rate, and about as long unless tempo moves it."""
        return self._spoken_again(bend) if bend.world else _resampled(self.sound, bend.formants)

    @cached_property
    def _parts(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """F0 (frames,) in Hz, 0 where there is no voice; log spectral envelope and aperiodicity (frames, bins), every
        FRAME_MS."""
        import pyworld

        wave = np.ascontiguousarray(self.sound, np.float64)
        f0, times = pyworld.dio(wave, self.rate_hz, f0_floor=60.0, f0_ceil=500.0, frame_period=FRAME_MS)
        f0 = pyworld.stonemask(wave, f0, times, self.rate_hz)
        envelope = np.log(pyworld.cheaptrick(wave, f0, times, self.rate_hz) + 1e-16)
        # The dearest of all, and breath changes slowly: every other look is enough.
        aperiodicity = pyworld.d4c(wave, np.ascontiguousarray(f0[::2]), np.ascontiguousarray(times[::2]), self.rate_hz)
        return f0, envelope, aperiodicity.repeat(2, axis=0)[: len(f0)]

    def _spoken_again(self, bend: Bend) -> np.ndarray:
        import pyworld

        f0, envelope, aperiodicity = self._parts
        bins = np.arange(envelope.shape[1])
        source = np.minimum(bins / bend.formants, bins[-1])
        low = source.astype(int)
        high = np.minimum(low + 1, bins[-1])
        between = source - low
        warp = lambda table: table[:, low] * (1 - between) + table[:, high] * between
        envelope = np.ascontiguousarray(np.exp(warp(envelope)))
        aperiodicity = np.ascontiguousarray(np.clip(np.maximum(warp(aperiodicity), bend.breath), 0.0, 1.0))
        f0 = np.where(f0 > 0, np.clip(sung(f0, bend.melody, bend.rise) * bend.pitch, LOWEST_HZ, HIGHEST_HZ), 0.0)
        return pyworld.synthesize(f0, envelope, aperiodicity, self.rate_hz, FRAME_MS / bend.tempo).astype(np.float32)


def _resampled(sound: np.ndarray, ratio: float) -> np.ndarray:
    """Play (samples,) `ratio` times faster: pitch, formants and tempo rise together."""
    from scipy.signal import resample_poly

    step = Fraction(ratio).limit_denominator(40)
    return resample_poly(sound, step.denominator, step.numerator).astype(np.float32)
