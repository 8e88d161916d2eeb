"""Recordings as a device would hear them: noise at a ratio, padding, and a stream cut into chunks."""

import numpy as np
import pytest

from scripts.core import audio
from scripts.core.spectrogram import compute_spectrogram
from scripts.core.spectrogram_store import open_store
from scripts.tools import recordings


@pytest.fixture(scope="module")
def talk(tmp_path_factory, espeak_says):
    folder = tmp_path_factory.mktemp("talk")
    for number, voice in enumerate(("en-us", "en-us+m3", "en-us+f2")):
        text = "the weather will be fine until tomorrow evening"
        audio.write(folder / f"{number}.wav", espeak_says(text, voice))
    return folder


def test_noise_is_mixed_at_the_ratio():
    random = np.random.default_rng(0)
    sound, noise = (
        0.2 * random.standard_normal(16_000).astype(np.float32),
        0.5 * random.standard_normal(5_000).astype(np.float32),
    )
    mixed = recordings.NoiseMixer(noise, 6.0)(sound, "a")
    snr_db = 10 * np.log10(np.mean(sound**2) / np.mean((mixed - sound) ** 2))
    assert snr_db == pytest.approx(6.0, abs=0.2)
    assert np.array_equal(mixed, recordings.NoiseMixer(noise, 6.0)(sound, "a")) and not np.array_equal(
        mixed, recordings.NoiseMixer(noise, 6.0)(sound, "b")
    )


def test_chunks_join_to_the_whole_stream(talk, monkeypatch):
    files = recordings.list_recordings(talk)
    monkeypatch.setattr(recordings, "CHUNK_S", 3)
    monkeypatch.setattr(recordings, "OVERLAP_S", 2)
    chunks = recordings.split_stream({path: len(audio.read(path)) for path in files})
    joined = np.concatenate([recordings.make_chunk(recordings.NoiseMixer(), chunk) for chunk in chunks])
    whole = compute_spectrogram(
        np.concatenate([recordings.NoiseMixer()(audio.read(path), path.name) for path in files])
    )
    seconds = sum(audio.duration_s(path) for path in files)
    assert len(chunks) == -(-seconds // 3) and len(chunks) > 1
    assert 0 <= len(joined) - len(whole) <= 2, "the last frames reach beyond the sound"
    assert np.array_equal(joined[:300], whole[:300]), "the first chunk is the beginning"
    difference = np.abs(joined[: len(whole)].astype(int) - whole)
    assert np.median(difference) <= 2 and np.percentile(difference, 99) < 60, "later frontends have settled to the same"


def test_a_clip_that_was_cut_short_is_padded_on_both_sides(tmp_path):
    audio.write(tmp_path / "short.wav", 0.1 * np.ones(4_000, np.float32))
    folder = recordings.prepare_clips([tmp_path / "short.wav"], recordings.NO_NOISE, 1, tmp_path / "kept")
    (length,) = open_store(folder / "clips_mmap").lengths
    assert length == pytest.approx((0.5 + 0.25 + 1.0) / 0.01, abs=3)


def test_kept_spectrograms_depend_on_the_files_and_the_noise(talk, tmp_path):
    files = recordings.list_recordings(talk)
    noise = recordings.Noise((files[0],), 10.0)
    plain, again, noisy = (
        recordings.prepare_stream(files[1:], chosen, 1, tmp_path)
        for chosen in (recordings.NO_NOISE, recordings.NO_NOISE, noise)
    )
    fewer = recordings.prepare_stream(files[2:], recordings.NO_NOISE, 1, tmp_path)
    assert plain == again and len({plain, noisy, fewer}) == 3
    first, second = (open_store(folder / "stream_mmap")[0] for folder in (plain, noisy))
    assert first.shape == second.shape and not np.array_equal(first, second)
    assert recordings.read_report(plain) == {"files": 2, "skipped": [], "faults": []}
