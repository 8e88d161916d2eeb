"""The spectrogram is what the device computes, and a frame is where we say it is."""
import numpy as np
import pytest

from scripts.features.frontend import CHANNELS, Frontend, end_frame, frames_in, pcm16, spectrogram


def sound(seconds: float, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(int(seconds * 16_000))).astype(np.float32)


def ten_ms_loop(pcm: bytes) -> np.ndarray:
    """The frontend as a device feeds it: 320 bytes a call. (frames, 40) float."""
    from pymicro_features import MicroFrontend

    frontend, at, frames = MicroFrontend(), 0, []
    while at + 320 <= len(pcm):
        output = frontend.process_samples(pcm[at:at + 320])
        at += output.samples_read * 2
        if output.features:
            frames.append(output.features)
    return np.asarray(frames)


@pytest.mark.parametrize("seconds", [0.03, 0.5, 3.017])
def test_stored_values_are_the_frontends_own_integers(seconds):
    noise = sound(seconds)
    expected = ten_ms_loop(pcm16(noise).tobytes())
    frames = spectrogram(noise)
    assert frames.dtype == np.uint16 and frames.shape == (frames_in(len(noise)), CHANNELS)
    np.testing.assert_array_equal(frames * 0.0390625, expected)  # 0.0390625 = 1 / 25.6 exactly
    assert frames.max() > 300


def test_pieces_of_any_length_give_what_the_whole_gives():
    noise, running = sound(2.0), Frontend()
    pieces = [running.push(piece) for piece in np.split(noise, [1, 100, 161, 5_000, 5_007, 31_000])]
    np.testing.assert_array_equal(np.concatenate(pieces), spectrogram(noise))


def test_a_fresh_frontend_forgets_the_clip_before():
    spectrogram(sound(1.0, seed=1))
    np.testing.assert_array_equal(spectrogram(sound(0.5)), spectrogram(sound(0.5)))
    running = Frontend()
    running.push(sound(1.0, seed=1))
    assert not np.array_equal(running.push(sound(0.5))[2:], spectrogram(sound(0.5)))


def test_too_short_a_sound_has_no_frames():
    assert spectrogram(np.zeros(479, np.float32)).shape == (0, CHANNELS)
    assert spectrogram(np.zeros(480, np.float32)).shape == (1, CHANNELS)


def test_pcm_of_a_16_bit_file_is_that_files_integers():
    integers = np.arange(-32768, 32768)
    np.testing.assert_array_equal(pcm16((integers / 32768).astype(np.float32)), integers)
    np.testing.assert_array_equal(pcm16(np.array([1.5, -1.5])), [32767, -32768])


@pytest.mark.parametrize("last", [479, 480, 8_000, 8_001, 8_159, 8_160])
def test_end_frame_is_the_first_frame_that_has_heard_the_last_sample(last):
    click = np.zeros(16_000, np.float32)
    click[last] = 0.9
    heard = [i for i in range(frames_in(len(click))) if 160 * i <= last < 160 * i + 480]
    assert end_frame(last + 1) == heard[0]
    # In the spectrogram: the frame before end_frame is as silent as the first, and within 20 ms the click is there
    # (the window of the first frame to hear it is near zero at its end).
    frames = spectrogram(click).astype(int)
    first = end_frame(last + 1)
    assert frames[:first].sum() == 0
    assert frames[first:first + 3].sum() > 0
