"""The arithmetic of TFLM's audio frontend, for many frames at once.

    heard = amplitudes(pcm)                  # (samples,) int16 -> (frames, 40) uint32, each frame by itself
    frames = normalised(heard, noise)        # (frames, 40) uint16, and the estimate of the noise moves on

What a device computes 10 ms at a time in C (tensorflow/lite/experimental/microfrontend, configured as ESPHome does),
Numba compiles here for blocks of frames, so that one instruction serves several of them: a sixth of the time. Every
value is the device's to the bit, for integers wrap, round and overflow where its do;
tests/unit/test_core_frontend.py compares with its own code (PyPI pymicro-features).

A frame is 30 ms under a Hann window, a 16-bit fixed-point FFT (kissfft's, radix 4) of it shifted to full scale, the
square root of what 40 triangular mel channels between 125 and 7500 Hz collect; then, from frame to frame, steady noise
is taken away, the gain of each channel follows its noise (PCAN, Wang et al. 2017, arXiv 1607.05666), and the logarithm
is taken.
"""

import numba
import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ
from scripts.core.frontend import CHANNELS, FRAME_SAMPLES, WINDOW_SAMPLES, frames_in

FFT = 512
HALF = FFT // 2  # the length of the complex FFT that one of real numbers is made of
LOW_HZ, HIGH_HZ = 125.0, 7500.0
BLOCK = 32  # frames at once: what their FFT works on stays in the processor's nearest cache
WINDOW_BITS = WEIGHT_BITS = 12
SMOOTHING_BITS, SHARE_BITS = 10, 14
EVEN_SMOOTHING, ODD_SMOOTHING, LEAST_SIGNAL = (int(share * (1 << SHARE_BITS)) for share in (0.025, 0.06, 0.05))
PCAN_STRENGTH, PCAN_OFFSET, GAIN_BITS, RATIO_BITS, PCAN_BITS = 0.95, 80.0, 21, 12, 6
CORRECTION_BITS = FFT.bit_length() - 1 - WEIGHT_BITS // 2  # how far an amplitude lies below the sound's own scale
LOG_SEGMENTS, LOG_SHIFT, LN_2 = 128, 6, 45_426  # LN_2 in 16 bits

_compiled = numba.njit(cache=True, boundscheck=False)
_frames_in = _compiled(frames_in)


# ---- tables, in the float32 that the C code has
# ------------------------------------------------------------------------


def _window() -> np.ndarray:
    phase = np.float32(np.float32(np.pi) * 2 / WINDOW_SAMPLES) * (
        np.arange(WINDOW_SAMPLES, dtype=np.float32) + np.float32(0.5)
    )
    hann = np.float32(0.5) - np.float32(0.5) * np.cos(phase.astype(np.float64)).astype(np.float32)
    return np.floor(hann * np.float32(1 << WINDOW_BITS) + np.float32(0.5)).astype(np.int16)


def _turns(angles: np.ndarray) -> np.ndarray:
    """(n, 2) int16: cosine and sine of angles as 15-bit fractions."""
    return np.floor(0.5 + 32767 * np.stack([np.cos(angles), np.sin(angles)], axis=1)).astype(np.int16)


def _order() -> np.ndarray:
    """Where each input of the FFT comes from: the digits of its place to base 4, backwards."""
    places, backwards = np.arange(HALF), np.zeros(HALF, int)
    for _ in range(4):
        places, backwards = places // 4, backwards * 4 + places % 4
    return backwards


def _mel(hz) -> np.ndarray:
    return np.float32(1127) * np.log1p((np.asarray(hz, np.float32) / np.float32(700)).astype(np.float64)).astype(
        np.float32
    )


def _bands() -> tuple[int, np.ndarray, np.ndarray]:
    """The first bin that is heard; from there the channel that each rises to, and (bins, 2) its weights for that and
    the next."""
    low, high = _mel(LOW_HZ), _mel(HIGH_HZ)
    edges = np.append(low, low + (high - low) / np.float32(CHANNELS + 1) * np.arange(1, CHANNELS + 2, dtype=np.float32))
    first, mel = int(1.5 + LOW_HZ / (SAMPLE_RATE_HZ / FFT)), _mel(np.arange(HALF + 1) * (SAMPLE_RATE_HZ / FFT))
    mel = mel[first : int(np.searchsorted(mel, edges[-1], "right"))]
    channel = np.searchsorted(edges[1:], mel, "left")
    share = (edges[1:][channel] - mel) / (edges[1:][channel] - edges[channel])
    weights = np.floor(np.stack([share, 1 - share], axis=1) * np.float32(1 << WEIGHT_BITS) + np.float32(0.5)).astype(
        np.int64
    )
    for place, rising in (
        (149, 2471),
        (221, 1401),
    ):  # the log1pf of devices is not rounded right; elsewhere that changes nothing
        weights[place - first] = rising, (1 << WEIGHT_BITS) - rising
    return first, channel, weights


def _gains() -> np.ndarray:
    """(33, 3) int64: of noise with so many bits the gain where they begin, and the parabola through the middle and the
    end."""

    def gain(noise: int) -> int:
        return int(
            min(
                32767,
                2.0**GAIN_BITS * (noise / 2 ** (SMOOTHING_BITS - CORRECTION_BITS) + PCAN_OFFSET) ** -PCAN_STRENGTH
                + 0.5,
            )
        )

    rows = [(gain(0), 0, 0), (gain(1), 0, 0)]
    for bits in range(2, 33):
        start = 1 << bits - 1
        middle, end = (gain(noise) - gain(start) for noise in (start + start // 2, 2 * start - (bits == 32)))
        rows.append((gain(start), 4 * middle - end, 2 * end - 4 * middle))
    return np.array(rows, np.int64)


def _logs() -> np.ndarray:
    """How far log2 lies above the line from one power of two to the next, in 16 bits, where segments of the octave
    begin."""
    at = np.arange(LOG_SEGMENTS + 1) / LOG_SEGMENTS
    return np.append(np.rint((np.log2(1 + at) - at) * 65536), 0).astype(np.int64)


_HANN, _ORDER = _window(), _order()
_TURNS = _turns(-2 * np.pi * np.arange(HALF) / HALF)
_REAL_TURNS = _turns(-np.pi * (np.arange(HALF // 2 + 1) / HALF + 0.5))
_FIRST, _CHANNEL, _WEIGHTS = _bands()
_GAINS, _LOGS = _gains(), _logs()


# ---- each frame by itself: BLOCK of them in the last axis
# -------------------------------------------------------------- Numba makes 64 bits of every sum; the casts keep to the
# 32 that the C code has, of which a processor does more at once.


@_compiled
def _share(value, of_32768):
    """A 16-bit value times a 15-bit fraction, rounded."""
    return np.int32(np.int16(np.int32(np.int32(np.int32(value) * np.int32(of_32768)) + np.int32(1 << 14)) >> 15))


@_compiled
def _product(a, b, c, d):
    """The real part of (a + bi)(c + di) in 15-bit fractions, rounded. The imaginary one is _product(a, -b, d, c)."""
    return np.int32(np.int16(np.int32(np.int32(np.int32(a * c) - np.int32(b * d)) + np.int32(1 << 14)) >> 15))


@_compiled
def _turned(re, im, c, d):
    """A quarter of (re + im i) times (c + di)."""
    a, b = _share(re, 8191), _share(im, 8191)
    return _product(a, b, c, d), _product(a, np.int32(-b), d, c)


@_compiled
def _turn(k):
    return np.int32(_TURNS[k, 0]), np.int32(_TURNS[k, 1])


@_compiled
def _fft(re, im):
    """In place, the FFT of (HALF, BLOCK) int16 that are in _ORDER; every stage keeps a quarter of its sums."""
    size, stride = 1, HALF // 4
    while size < HALF:
        for group in range(0, HALF, 4 * size):
            for k in range(size):
                (c1, d1), (c2, d2), (c3, d3) = _turn(k * stride), _turn(2 * k * stride), _turn(3 * k * stride)
                at = group + k
                re0, re1, re2, re3 = re[at], re[at + size], re[at + 2 * size], re[at + 3 * size]
                im0, im1, im2, im3 = im[at], im[at + size], im[at + 2 * size], im[at + 3 * size]
                for f in range(BLOCK):
                    a, b = _share(re0[f], 8191), _share(im0[f], 8191)
                    r1, i1 = _turned(re1[f], im1[f], c1, d1)
                    r2, i2 = _turned(re2[f], im2[f], c2, d2)
                    r3, i3 = _turned(re3[f], im3[f], c3, d3)
                    re0[f], im0[f] = np.int16(a + r2 + r1 + r3), np.int16(b + i2 + i1 + i3)
                    re1[f], im1[f] = np.int16(a - r2 + i1 - i3), np.int16(b - i2 - r1 + r3)
                    re2[f], im2[f] = np.int16(a + r2 - r1 - r3), np.int16(b + i2 - i1 - i3)
                    re3[f], im3[f] = np.int16(a - r2 - i1 + i3), np.int16(b - i2 + r1 - r3)
        size, stride = size * 4, stride // 4


@_compiled
def _power(re, im, place, power):
    """(BLOCK,) int64 into `power`: |FFT|**2 at a bin of the real signal whose even samples were `re` and odd ones
    `im`."""
    mirrored = place > HALF // 2
    k = HALF - place if mirrored else place
    c, d = np.int32(_REAL_TURNS[k, 0]), np.int32(_REAL_TURNS[k, 1])
    for f in range(BLOCK):
        a, b = _share(re[k, f], 16383), _share(im[k, f], 16383)
        x, y = _share(re[HALF - k, f], 16383), _share(np.int16(-im[HALF - k, f]), 16383)
        r, i = np.int32(np.int16(a - x)), np.int32(np.int16(b - y))
        r, i = _product(r, i, c, d), _product(r, np.int32(-i), d, c)
        a, b = np.int32(np.int16(a + x)), np.int32(np.int16(b + y))
        r, i = np.int32(a - r if mirrored else a + r) >> 1, np.int32(i - b if mirrored else i + b) >> 1
        power[f] = r * r + i * i


@_compiled
def amplitudes(pcm):
    """(samples,) int16, writeable -> (frames, 40) uint32: what each channel hears in each frame; frame i begins at
    sample 160 i."""
    frames = _frames_in(len(pcm))
    heard = np.empty((frames, CHANNELS), np.uint32)
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
            shift[f] = 15 - _bits(peak)
            for i in range(HALF):
                re[i, f] = np.int16(np.int32(frame[2 * _ORDER[i]]) << np.int32(shift[f]))
                im[i, f] = np.int16(np.int32(frame[2 * _ORDER[i] + 1]) << np.int32(shift[f]))
        _fft(re, im)
        sums[:] = 0
        for place in range(len(_CHANNEL)):
            _power(re, im, _FIRST + place, power)
            rising, falling = sums[_CHANNEL[place]], sums[_CHANNEL[place] + 1]
            up, down = _WEIGHTS[place]
            for f in range(BLOCK):
                rising[f] += up * power[f]
                falling[f] += down * power[f]
        for c in range(CHANNELS):
            for f in range(here):
                total = sums[c + 1, f]
                root = np.int64(
                    np.sqrt(np.float64(total))
                )  # of less than 2**49: exact but for the rounding that follows
                root += total - root * root > root and root != 65535
                heard[start + f, c] = root >> shift[f]
    return heard


# ---- from frame to frame
# -----------------------------------------------------------------------------------------------


@_compiled
def _bits(value):
    """How many bits an unsigned number below 2**32 takes."""
    bits = 0
    for step in (16, 8, 4, 2, 1):
        more = step if value >> step else 0
        value, bits = value >> more, bits + more
    return bits + value


@_compiled
def _gain(noise):
    """PCAN's gain for an estimate of the noise: on the parabola of its octave."""
    bits = _bits(noise)
    part = (noise << 21 >> bits + 10) & 0x3FF
    return _GAINS[bits, 0] + (((_GAINS[bits, 2] * part >> 5) + (_GAINS[bits, 1] << 5)) * part + (1 << 14) >> 15)


@_compiled
def _log(value):
    """64 ln(value), 0 for 0."""
    value = max(value, 1)
    octave = _bits(value) - 1
    part = (value - (1 << octave)) << 16 >> octave
    segment = part >> 9
    log2 = (
        (octave << 16) + part + _LOGS[segment] + ((_LOGS[segment + 1] - _LOGS[segment]) * (part - (segment << 9)) >> 16)
    )
    return ((LN_2 * log2 + 32768 >> 16) << LOG_SHIFT) + 32768 >> 16


@_compiled
def normalised(heard, noise):
    """(frames, 40) uint32 -> (frames, 40) uint16, the device's features. `noise` (40,) int64, zeros at first, moves
    on."""
    out = np.empty(heard.shape, np.uint16)
    for f in range(len(heard)):
        for c in range(CHANNELS):
            signal = np.int64(heard[f, c])
            smoothing = ODD_SMOOTHING if c & 1 else EVEN_SMOOTHING
            scaled = (signal << SMOOTHING_BITS) & 0xFFFFFFFF
            noise[c] = scaled * smoothing + noise[c] * ((1 << SHARE_BITS) - smoothing) >> SHARE_BITS
            signal = max(scaled - min(noise[c], scaled) >> SMOOTHING_BITS, signal * LEAST_SIGNAL >> SHARE_BITS)
            ratio = signal * _gain(noise[c]) >> GAIN_BITS - CORRECTION_BITS - RATIO_BITS
            small, large = (
                ratio * ratio >> 2 + 2 * RATIO_BITS - PCAN_BITS,
                (ratio >> RATIO_BITS - PCAN_BITS) - (1 << PCAN_BITS),
            )
            out[f, c] = _log((small if ratio < 2 << RATIO_BITS else large) << CORRECTION_BITS)
    return out
