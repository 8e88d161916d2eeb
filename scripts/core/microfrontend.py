"""The arithmetic of TFLM's audio frontend, for many frames at once.

    amplitudes = compute_amplitudes(pcm)     # (samples,) int16 -> (frames, 40) uint32, each frame by itself
    frames = normalise(amplitudes, noise)    # (frames, 40) uint16; updates the noise estimate in place

A device computes 10 ms at a time in C (tensorflow/lite/experimental/microfrontend, configured as in ESPHome). Numba
compiles the same arithmetic here for blocks of frames, so that one instruction serves several of them; it takes a sixth
of the time. Every value equals the device's to the bit: integers wrap, round and overflow in the same places.
tests/unit/test_core_frontend.py compares with the device's own code (PyPI pymicro-features).

A frame is 30 ms under a Hann window, shifted to full scale; then come a 16-bit fixed-point FFT (kissfft's, radix 4), and
the square roots of the power in 40 triangular mel channels between 125 and 7500 Hz. From frame to frame, steady noise
is subtracted, the gain of each channel follows its noise (PCAN, Wang et al. 2017, arXiv 1607.05666), and the logarithm
is taken.
"""

import numba
import numpy as np

from scripts.core.frontend import CHANNELS, FRAME_SAMPLES, WINDOW_SAMPLES, frames_in
from scripts.core.microfrontend_tables import (
    CORRECTION_BITS,
    FFT,
    GAIN_BITS,
    HALF,
    SMOOTHING_BITS,
    WINDOW_BITS,
    make_bands,
    make_gains,
    make_logs,
    make_order,
    make_rotations,
    make_window,
)

BLOCK = 32  # frames at once; the data of their FFT fit in the processor's first cache
SHARE_BITS = 14
EVEN_SMOOTHING, ODD_SMOOTHING, LEAST_SIGNAL = (int(share * (1 << SHARE_BITS)) for share in (0.025, 0.06, 0.05))
RATIO_BITS, PCAN_BITS = 12, 6
LOG_SHIFT, LN_2 = 6, 45_426  # LN_2 in 16 bits

_compiled = numba.njit(cache=True, boundscheck=False)
_frames_in = _compiled(frames_in)

_HANN, _ORDER = make_window(), make_order()
_ROTATIONS = make_rotations(-2 * np.pi * np.arange(HALF) / HALF)
_REAL_ROTATIONS = make_rotations(-np.pi * (np.arange(HALF // 2 + 1) / HALF + 0.5))
_FIRST, _CHANNEL, _WEIGHTS = make_bands()
_GAINS, _LOGS = make_gains(), make_logs()

# Numba makes 64 bits of every sum. The casts keep the 32 bits of the C code, which also lets a processor compute more
# values at once. BLOCK frames are in the last axis.


@_compiled
def _multiply(value, of_32768):
    """A 16-bit value times a 15-bit fraction, rounded."""
    return np.int32(np.int16(np.int32(np.int32(np.int32(value) * np.int32(of_32768)) + np.int32(1 << 14)) >> 15))


@_compiled
def _multiply_complex(a, b, c, d):
    """The real part of (a + bi)(c + di) in 15-bit fractions, rounded. The imaginary part is _multiply_complex(a, -b, d, c)."""
    return np.int32(np.int16(np.int32(np.int32(np.int32(a * c) - np.int32(b * d)) + np.int32(1 << 14)) >> 15))


@_compiled
def _rotate(re, im, c, d):
    """A quarter of (re + im i) times (c + di)."""
    a, b = _multiply(re, 8191), _multiply(im, 8191)
    return _multiply_complex(a, b, c, d), _multiply_complex(a, np.int32(-b), d, c)


@_compiled
def _rotation(k):
    return np.int32(_ROTATIONS[k, 0]), np.int32(_ROTATIONS[k, 1])


@_compiled
def _fft(re, im):
    """The FFT of (HALF, BLOCK) int16 in _ORDER, in place; every pass divides its sums by four."""
    size, stride = 1, HALF // 4
    while size < HALF:
        for group in range(0, HALF, 4 * size):
            for k in range(size):
                (c1, d1), (c2, d2), (c3, d3) = (
                    _rotation(k * stride),
                    _rotation(2 * k * stride),
                    _rotation(3 * k * stride),
                )
                at = group + k
                re0, re1, re2, re3 = re[at], re[at + size], re[at + 2 * size], re[at + 3 * size]
                im0, im1, im2, im3 = im[at], im[at + size], im[at + 2 * size], im[at + 3 * size]
                for f in range(BLOCK):
                    a, b = _multiply(re0[f], 8191), _multiply(im0[f], 8191)
                    r1, i1 = _rotate(re1[f], im1[f], c1, d1)
                    r2, i2 = _rotate(re2[f], im2[f], c2, d2)
                    r3, i3 = _rotate(re3[f], im3[f], c3, d3)
                    re0[f], im0[f] = np.int16(a + r2 + r1 + r3), np.int16(b + i2 + i1 + i3)
                    re1[f], im1[f] = np.int16(a - r2 + i1 - i3), np.int16(b - i2 - r1 + r3)
                    re2[f], im2[f] = np.int16(a + r2 - r1 - r3), np.int16(b + i2 - i1 - i3)
                    re3[f], im3[f] = np.int16(a - r2 - i1 + i3), np.int16(b - i2 + r1 - r3)
        size, stride = size * 4, stride // 4


@_compiled
def _power(re, im, place, power):
    """Write |FFT|**2 at one bin into `power` (BLOCK,) int64; the even samples of the signal went into `re`, the odd ones
    into `im`."""
    mirrored = place > HALF // 2
    k = HALF - place if mirrored else place
    c, d = np.int32(_REAL_ROTATIONS[k, 0]), np.int32(_REAL_ROTATIONS[k, 1])
    for f in range(BLOCK):
        a, b = _multiply(re[k, f], 16383), _multiply(im[k, f], 16383)
        x, y = _multiply(re[HALF - k, f], 16383), _multiply(np.int16(-im[HALF - k, f]), 16383)
        r, i = np.int32(np.int16(a - x)), np.int32(np.int16(b - y))
        r, i = _multiply_complex(r, i, c, d), _multiply_complex(r, np.int32(-i), d, c)
        a, b = np.int32(np.int16(a + x)), np.int32(np.int16(b + y))
        r, i = np.int32(a - r if mirrored else a + r) >> 1, np.int32(i - b if mirrored else i + b) >> 1
        power[f] = r * r + i * i


@_compiled
def compute_amplitudes(pcm):
    """(samples,) int16, writeable -> (frames, 40) uint32: the amplitude of each channel in each frame; frame i begins at
    sample 160 i."""
    frames = _frames_in(len(pcm))
    amplitudes = np.empty((frames, CHANNELS), np.uint32)
    re, im, frame = np.zeros((HALF, BLOCK), np.int16), np.zeros((HALF, BLOCK), np.int16), np.zeros(FFT, np.int16)
    shift, power, sums = np.zeros(BLOCK, np.int64), np.zeros(BLOCK, np.int64), np.zeros((CHANNELS + 2, BLOCK), np.int64)
    for start in range(0, frames, BLOCK):
        here = min(BLOCK, frames - start)
        for f in range(here):
            for i in range(WINDOW_SAMPLES):
                frame[i] = np.int16(
                    np.int32(np.int32(pcm[(start + f) * FRAME_SAMPLES + i]) * np.int32(_HANN[i])) >> WINDOW_BITS
                )
            peak = np.int16(0)
            for i in range(WINDOW_SAMPLES):
                peak = max(peak, np.int16(abs(np.int32(frame[i]))))
            shift[f] = 15 - _count_bits(peak)
            for i in range(HALF):
                re[i, f] = np.int16(np.int32(frame[2 * _ORDER[i]]) << np.int32(shift[f]))
                im[i, f] = np.int16(np.int32(frame[2 * _ORDER[i] + 1]) << np.int32(shift[f]))
        _fft(re, im)
        sums[:] = 0
        for place in range(len(_CHANNEL)):
            _power(re, im, _FIRST + place, power)
            lower, upper = sums[_CHANNEL[place]], sums[_CHANNEL[place] + 1]
            lower_weight, upper_weight = _WEIGHTS[place]
            for f in range(BLOCK):
                lower[f] += lower_weight * power[f]
                upper[f] += upper_weight * power[f]
        for c in range(CHANNELS):
            for f in range(here):
                total = sums[c + 1, f]
                root = np.int64(np.sqrt(np.float64(total)))  # total < 2**49, so only the rounding below is missing
                root += total - root * root > root and root != 65535
                amplitudes[start + f, c] = root >> shift[f]
    return amplitudes


@_compiled
def _count_bits(value):
    """The number of bits of an unsigned number below 2**32."""
    bits = 0
    for step in (16, 8, 4, 2, 1):
        more = step if value >> step else 0
        value, bits = value >> more, bits + more
    return bits + value


@_compiled
def _gain(noise):
    """PCAN's gain for a noise estimate, from the parabola of its octave."""
    bits = _count_bits(noise)
    part = (noise << 21 >> bits + 10) & 0x3FF
    return _GAINS[bits, 0] + (((_GAINS[bits, 2] * part >> 5) + (_GAINS[bits, 1] << 5)) * part + (1 << 14) >> 15)


@_compiled
def _log(value):
    """64 ln(value), 0 for 0."""
    value = max(value, 1)
    octave = _count_bits(value) - 1
    part = (value - (1 << octave)) << 16 >> octave
    segment = part >> 9
    log2 = (
        (octave << 16) + part + _LOGS[segment] + ((_LOGS[segment + 1] - _LOGS[segment]) * (part - (segment << 9)) >> 16)
    )
    return ((LN_2 * log2 + 32768 >> 16) << LOG_SHIFT) + 32768 >> 16


@_compiled
def normalise(amplitudes, noise):
    """(frames, 40) uint32 -> (frames, 40) uint16, the device's features. Updates `noise` (40,) int64, at first zeros."""
    out = np.empty(amplitudes.shape, np.uint16)
    for f in range(len(amplitudes)):
        for c in range(CHANNELS):
            signal = np.int64(amplitudes[f, c])
            smoothing = ODD_SMOOTHING if c & 1 else EVEN_SMOOTHING
            scaled = (signal << SMOOTHING_BITS) & 0xFFFFFFFF
            noise[c] = scaled * smoothing + noise[c] * ((1 << SHARE_BITS) - smoothing) >> SHARE_BITS
            signal = max(scaled - min(noise[c], scaled) >> SMOOTHING_BITS, signal * LEAST_SIGNAL >> SHARE_BITS)
            ratio = signal * _gain(noise[c]) >> GAIN_BITS - CORRECTION_BITS - RATIO_BITS
            small = ratio * ratio >> 2 + 2 * RATIO_BITS - PCAN_BITS
            large = (ratio >> RATIO_BITS - PCAN_BITS) - (1 << PCAN_BITS)
            out[f, c] = _log((small if ratio < 2 << RATIO_BITS else large) << CORRECTION_BITS)
    return out
