"""Clips are divided among voices exactly, trimmed to their speech, and fragments hold no whole word."""

import numpy as np
import pytest
from sounds import RATE, pulses

from scripts.core import audio
from scripts.core.files import read_json, read_jsonl
from scripts.core.random_numbers import generator
from scripts.samples.generate import SPARE_S, VoiceSet, cut_fragment, generate, limit_silence, trim_silence
from scripts.samples.requests import Request
from scripts.samples.voices import Script
from scripts.samples.voices.base import CALLED, READ, draw_slowness


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 24_000])
def test_silence_around_a_rendering_is_not_perturbed(rate_hz):
    speech = np.sin(np.arange(rate_hz // 2) * 0.3).astype(np.float32)
    kept = limit_silence(np.pad(speech, (rate_hz, 2 * rate_hz)), rate_hz)
    assert len(kept) / rate_hz == pytest.approx(0.5 + 2 * SPARE_S, abs=0.021)
    assert np.abs(kept).sum() == pytest.approx(np.abs(speech).sum())
    assert len(limit_silence(np.zeros(100, np.float32), rate_hz)) == 100  # trim_silence refuses it


def test_short_texts_are_stretched_and_sentences_are_not():
    def draw(sounds):
        script = Script("x", {"us": "a" * sounds})
        return np.array([draw_slowness(script, generator(1, "slowness", number)) for number in range(400)])

    word, phrase, sentence = draw(6), draw(16), draw(40)
    assert CALLED[0] <= word.min() < 1.0 and 1.9 < word.max() <= CALLED[1]
    assert np.median(word) == pytest.approx(np.sqrt(CALLED[0] * CALLED[1]), rel=0.05)
    assert phrase.max() <= 1.7 / (16 * 0.08) + 1e-9 < word.max()
    assert READ[0] <= sentence.min() and sentence.max() <= READ[1]


def test_trimming_keeps_a_margin_and_finds_the_speech():
    sound = np.concatenate([np.zeros(8000), pulses(150, 0.5), np.zeros(12000)]).astype(np.float32)
    clip = trim_silence(sound)
    assert (clip.start_s, clip.end_s) == pytest.approx((0.05, 0.55), abs=0.011)
    assert len(clip.sound) / RATE == pytest.approx(0.6, abs=0.02)
    assert np.abs(clip.sound).max() == pytest.approx(0.5)


def test_silence_is_refused():
    with pytest.raises(ValueError, match="of speech"):
        trim_silence(np.zeros(RATE, np.float32))


def test_a_fragment_keeps_no_more_than_six_tenths_in_one_stretch():
    ramp = np.linspace(0.2, 1.0, RATE).astype(np.float32) * pulses(150)  # rises, so that its order is seen
    for seed in range(40):
        fragment = cut_fragment(ramp, np.random.default_rng(seed))
        first, last = audio.speech_bounds(fragment)
        level = np.array([audio.rms(part) for part in np.array_split(fragment[first:last], 20)])
        longest_rise = max(len(run) for run in np.split(level, np.flatnonzero(np.diff(level) < -0.02) + 1))
        assert longest_rise / 20 * (last - first) <= 0.66 * RATE


def test_samples_are_the_same_for_any_number_of_processes(tmp_path):
    requests = [Request("training", "positive", number, Script("hey buster.", {}), "espeak", 1, 1) for number in (0, 1)]
    voice_set = VoiceSet(["espeak"], tmp_path, "en")
    counts = [generate(requests, {"word": "x"}, voice_set, 1, jobs, 10, tmp_path / str(jobs)) for jobs in (1, 2)]
    assert counts[0] == counts[1] == {"training positive": 2, "training part": 2}
    files = [{path.name: path.read_bytes() for path in (tmp_path / jobs).rglob("*.*")} for jobs in ("1", "2")]
    assert files[0] == files[1] and len(files[0]) == 6
    rows = read_jsonl(tmp_path / "1/index.jsonl")
    assert [row["label"] for row in rows] == [0, 0, 1, 1] and rows[0]["text"] == "(cut) hey buster."
    assert read_json(tmp_path / "1/phrases.json") == {"word": "x"}


def test_failed_clips_are_counted_and_too_many_are_an_error(tmp_path):
    requests = [Request("training", "positive", 0, Script("...", {}), "espeak", 1)]
    with pytest.raises(SystemExit, match="1 of 1 clips failed, more than 2 %: the first because of espeak"):
        generate(requests, {}, VoiceSet(["espeak"], tmp_path, "en"), 1, 1, 10, tmp_path / "out")
    assert not (tmp_path / "out").exists()
