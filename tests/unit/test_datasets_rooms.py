"""Simulated rooms: what is drawn is plausible, what comes out obeys physics, and both are repeatable."""

import json

import numpy as np
import pytest
import soundfile

from scripts.core.random_numbers import generator
from scripts.datasets import impulse_response, rooms, shoebox


def decaying(rt60_s: float, rate_hz: int = 16_000, seconds: float = 1.0) -> np.ndarray:
    """Noise whose level falls by 60 dB in rt60_s."""
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    return np.random.default_rng(1).standard_normal(len(t)) * 10 ** (-3 * t / rt60_s)


@pytest.mark.parametrize("rt60_s", [0.2, 0.5, 0.9])
def test_reverberation_time_of_a_decay_is_measured(rt60_s):
    assert impulse_response.measure_rt60_s(decaying(rt60_s, seconds=2), 16_000) == pytest.approx(rt60_s, rel=0.07)


def test_the_direct_sound_may_be_weaker_than_a_reflection():
    response = np.zeros(100)
    response[[20, 21, 60]] = 0.4, 0.6, -1.0
    assert impulse_response.find_direct_sound(response) == 21
    assert impulse_response.align(response) == pytest.approx(np.concatenate([[0.6], np.zeros(38), [-1.0]]))


def test_a_response_ends_where_it_has_fallen_by_60_db():
    response = np.zeros(4000)
    response[[0, 500, 3000]] = 2.0, 0.02, 0.0019
    assert len(impulse_response.align(response)) == 501


def test_a_silent_response_is_refused():
    with pytest.raises(ValueError, match="silent"):
        impulse_response.align(np.zeros(100))


def test_absorption_follows_sabines_formula():
    # 5 x 4 x 2.5 m: V = 50, S = 85; RT60 = 0.161 V / (S a).
    assert shoebox.sabine_absorption(np.array([5, 4, 2.5]), 0.5) == pytest.approx(0.161 * 50 / (85 * 0.5), rel=0.01)


def test_drawn_rooms_are_plausible_homes():
    drawn = [shoebox.draw_shoebox(generator(1, "room", number)) for number in range(500)]
    for room in drawn:
        assert 0.15 <= room.rt60_s <= 0.9 and 0.02 < room.absorption < 0.7
        assert 0.29 < room.distance_m < 5.01 and 2.3 <= room.size_m[2] <= 3.2
        assert np.linalg.norm(np.subtract(room.person_m, room.device_m)) == pytest.approx(room.distance_m)
        for point in (room.person_m, room.device_m):
            assert np.all(np.array(point) > 0.09) and np.all(np.array(point) < np.array(room.size_m) - 0.09)
    assert [room.split for room in drawn].count("training") == pytest.approx(400, abs=40)
    assert len({room.size_m for room in drawn}) == 500


def test_less_absorption_gives_a_longer_reverberation():
    room = shoebox.draw_shoebox(generator(1, "room", 3))._replace(
        size_m=(5.0, 4.0, 2.5), person_m=(1.0, 1.0, 1.5), device_m=(3.0, 1.0, 1.5), distance_m=2.0
    )
    times = [
        impulse_response.measure_rt60_s(
            shoebox.simulate(room._replace(absorption=shoebox.sabine_absorption(np.array(room.size_m), rt60_s)), 1),
            16_000,
        )
        for rt60_s in (0.25, 0.8)
    ]
    assert 0.15 < times[0] < 0.35 and 0.55 < times[1] < 1.0


def test_the_same_seed_gives_the_same_rooms_whatever_the_jobs(tmp_path, capsys):
    for name, jobs in (("one", 1), ("two", 2)):
        rooms.main(["--out", str(tmp_path / name), "--count", "6", "--seed", "4", "--jobs", str(jobs)])
    index = json.loads((tmp_path / "one/index.json").read_text())
    assert index == json.loads((tmp_path / "two/index.json").read_text()) and len(index["files"]) == 6
    for entry in index["files"]:
        data = (tmp_path / "one" / entry["path"]).read_bytes()
        assert data == (tmp_path / "two" / entry["path"]).read_bytes()
        sound, rate_hz = soundfile.read(tmp_path / "one" / entry["path"])
        assert rate_hz == 16_000 and np.abs(sound).max() == pytest.approx(1, abs=1e-3)
        assert abs(sound[0]) > 0.2 and 0.05 < entry["rt60_s"] < 1.2
    rooms.main(["--out", str(tmp_path / "other"), "--count", "6", "--seed", "5", "--jobs", "1"])
    assert json.loads((tmp_path / "other/index.json").read_text()) != index
    assert "6 rooms" in capsys.readouterr().out


def test_a_count_of_zero_is_refused(tmp_path):
    with pytest.raises(SystemExit, match="at least one room"):
        rooms.main(["--out", str(tmp_path / "out"), "--count", "0"])
