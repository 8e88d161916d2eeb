"""A scene keeps the place of the speech, with other sounds around it, and labels the frame in which the speech ends."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scripts.core import audio
from scripts.core.frontend import FRAME_SAMPLES, WINDOW_SAMPLES
from scripts.core.random_numbers import generator
from scripts.features import scene
from scripts.features.sources import Recording, Sources


def speech() -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * 500 * np.arange(12_800) / 16_000)).astype(np.float32)


def bare(lead: int = 8_000, tail: int = 8_000) -> scene.Scene:
    """A scene with nothing but the speech."""
    return replace(
        scene.draw(generator(0, "bare"), Sources([], "training"), 12_800),
        lead=lead,
        tail=tail,
        emphasis_db=None,
        before=None,
        after=None,
        room=None,
        background=None,
        telephone=False,
        microphone=generator(4, "clean"),
        level_dbfs=-20.0,
        floor=None,
        peak=0.99,
    )


def power_at(sound: np.ndarray, hz: float) -> float:
    return float(np.abs(np.dot(sound, np.exp(-2j * np.pi * hz * np.arange(len(sound)) / 16_000))) / max(len(sound), 1))


@pytest.fixture(autouse=True)
def without_microphone(monkeypatch, request):
    if "microphone" not in request.node.name:
        monkeypatch.setattr(scene, "apply_microphone", lambda rng, sound: sound)


def test_speech_stands_between_lead_and_tail_at_its_level():
    sound, start = scene.render(bare(), speech())
    assert start == 8_000 and len(sound) == 8_000 + 12_800 + 8_000
    assert audio.rms(sound[:8_000]) == audio.rms(sound[-8_000:]) == 0
    assert 20 * np.log10(audio.rms(sound[8_000:20_800])) == pytest.approx(-20.0, abs=0.01)


def test_background_runs_through_the_whole_clip_at_its_snr():
    noise = np.random.default_rng(1).standard_normal(28_800).astype(np.float32)
    sound, _ = scene.render(replace(bare(), background=noise, snr_db=6.0), speech())
    around = audio.rms(np.concatenate([sound[:8_000], sound[-8_000:]]))
    together = audio.rms(sound[8_000:20_800])
    assert 10 * np.log10((together**2 - around**2) / around**2) == pytest.approx(6.0, abs=0.3)


def test_other_speech_is_before_and_after_the_word():
    other = (0.2 * np.sin(2 * np.pi * 6_000 * np.arange(4_000) / 16_000)).astype(np.float32)
    sound, start = scene.render(
        replace(bare(), before=other, before_gap=1_600, after=other, after_gap=800, talk_db=0.0), speech()
    )
    assert power_at(sound[2_400:6_400], 6_000) > 0.01 and power_at(sound[21_600:25_600], 6_000) > 0.01
    assert power_at(sound[6_400:21_600], 6_000) < 1e-4
    assert audio.rms(sound[:2_400]) == audio.rms(sound[6_400:8_000]) == 0


def test_a_word_that_trails_off_does_so_in_its_scene_and_keeps_its_level():
    sound, start = scene.render(replace(bare(), emphasis_db=np.array([0.0, 0.0, -10.0, -10.0]), contrast=1.0), speech())
    word = sound[start : start + 12_800]
    assert 20 * np.log10(audio.rms(word[-3_200:-200]) / audio.rms(word[200:3_200])) == pytest.approx(-10.0, abs=0.1)
    assert 20 * np.log10(audio.rms(word)) == pytest.approx(-20.0, abs=0.01)
    assert audio.rms(sound[:start]) == audio.rms(sound[start + 12_800 :]) == 0


def test_a_loud_scene_is_kept_below_its_peak():
    sound, _ = scene.render(replace(bare(), level_dbfs=3.0), speech())
    assert np.abs(sound).max() == pytest.approx(0.99, abs=1e-4)


@pytest.mark.parametrize("end", [0.30, 0.3333, 0.71])
def test_end_frame_is_the_first_that_covers_the_end_of_the_speech(end, monkeypatch):
    """Two utterances that differ in their last sample only have the same spectrogram until end_frame."""
    monkeypatch.setattr(scene, "SITUATION_SHARES", {"quiet": 1.0})
    monkeypatch.setattr(scene, "EMPHASIS_SHARE", 0.0)  # it depends on the loudness of the 80 ms around
    monkeypatch.setattr(scene.augment, "set_rms", lambda sound, *level: sound)
    last = round(end * 16_000)
    one = np.zeros(16_000, np.float32)
    one[1_600:last] = 0.01 * np.random.default_rng(0).standard_normal(last - 1_600)
    other = one.copy()
    other[last - 1] += 0.9
    for number in range(8):
        clip = scene.render_clip(generator(7, end, number), Sources([], "training"), one, 0.1, end)
        others = scene.render_clip(generator(7, end, number), Sources([], "training"), other, 0.1, end)
        first = np.flatnonzero((clip.frames() != others.frames()).any(axis=1))[0]
        assert clip.end_frame <= first <= clip.end_frame + 1  # the window is near zero at its end


def test_warm_up_is_not_in_the_clip():
    """Frames of a clip are lead-in (less warm-up), speech and tail; end_frame counts from the first kept one."""
    for number in range(20):
        rng = generator(8, number)
        drawn = scene.draw(generator(8, number), Sources([], "training"), len(speech()))
        clip = scene.render_clip(rng, Sources([], "training"), speech(), 0.03, 0.74)
        lead = drawn.lead - scene.WARM_UP_FRAMES * FRAME_SAMPLES
        assert 0.2 * 16_000 - 1 <= lead <= 1.5 * 16_000
        assert (
            len(clip.frames())
            == 1 + (drawn.lead + 12_800 + drawn.tail - WINDOW_SAMPLES) // FRAME_SAMPLES - scene.WARM_UP_FRAMES
        )
        assert clip.end_frame == int(np.ceil((lead + 0.74 * 16_000 - WINDOW_SAMPLES) / FRAME_SAMPLES))


def test_all_situations_are_drawn_in_their_shares(files):
    sources = Sources(files, "training")
    drawn = [scene.draw(generator(9, number), sources, 12_800) for number in range(600)]
    talk = np.mean([one.before is not None or one.after is not None for one in drawn])
    noisy = np.mean([one.background is not None for one in drawn])
    assert talk == pytest.approx(0.20, abs=0.05) and noisy == pytest.approx(0.45 + 0.05, abs=0.06)
    assert np.mean([one.room is not None for one in drawn]) == pytest.approx(scene.ROOM_SHARE, abs=0.06)
    assert np.mean([one.emphasis_db is not None for one in drawn]) == pytest.approx(scene.EMPHASIS_SHARE, abs=0.06)
    assert (
        min(one.contrast for one in drawn) >= scene.CONTRAST[0]
        and max(one.contrast for one in drawn) <= scene.CONTRAST[1]
    )
    for one in drawn:
        total = one.lead + 12_800 + one.tail
        assert one.background is None or len(one.background) == total
        assert one.before is None or len(one.before) + one.before_gap <= one.lead
        assert one.after is None or len(one.after) + one.after_gap <= one.tail
        assert one.floor_dbfs <= one.level_dbfs - scene.FLOOR_BELOW_DB


def test_with_rooms_and_microphone_a_clip_depends_on_its_name_alone(files):
    def render(number: int) -> np.ndarray:
        return scene.render_clip(generator(10, number), Sources(files, "training"), speech(), 0.0, 0.8).frames()

    forward = [render(number) for number in range(12)]
    backward = [render(number) for number in reversed(range(12))][::-1]
    for one, other in zip(forward, backward):
        np.testing.assert_array_equal(one, other)


def test_the_stored_conditions_are_those_of_the_sound():
    """The stored signal-to-noise ratio is that measured in the sound, and the room has the values of its index."""
    noise = np.random.default_rng(1).standard_normal(28_800).astype(np.float32)
    floor = np.random.default_rng(2).standard_normal(28_800).astype(np.float32)
    drawn = replace(bare(), background=noise, snr_db=12.0, floor=floor, floor_dbfs=-32.0)
    conditions = scene.describe(drawn)
    sound, start = scene.render(drawn, speech())
    around, together = audio.rms(sound[:start]), audio.rms(sound[start : start + 12_800])
    assert conditions["snr_db"] == pytest.approx(20 * np.log10(np.sqrt(together**2 - around**2) / around), abs=0.3)
    assert (conditions["setting"], conditions["room"]) == ("background", "") and np.isnan(conditions["distance_m"])
    room = Recording(Path("012.wav"), "rooms_x", "rooms", "training", 0.2, 12, rt60_s=0.35, distance_m=1.2)
    conditions = scene.describe(replace(bare(), room_recording=room))
    assert conditions["setting"] == "quiet" and np.isnan(conditions["snr_db"])
    assert (conditions["room"], conditions["rt60_s"], conditions["distance_m"]) == ("rooms_x", 0.35, 1.2)


def test_silence_is_refused():
    with pytest.raises(ValueError, match="no speech"):
        scene.render_clip(generator(1), Sources([], "training"), np.zeros(16_000, np.float32), 0.1, 0.9)


def test_a_split_uses_its_own_recordings_only(files):
    for file in files:
        if file.split == "training":
            file.path.unlink()
    rooms = {
        drawn.room_recording.path
        for drawn in (scene.draw(generator(11, number), Sources(files, "testing"), 12_800) for number in range(60))
        if drawn.room_recording
    }
    assert {path.name for path in rooms} == {"testing-rooms.wav"}
