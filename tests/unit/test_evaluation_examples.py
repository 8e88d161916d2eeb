"""Clips made again are the clips that were stored; of what the model says of them the worst is shown."""

import io

import numpy as np
import pytest
import soundfile
from test_features_stages import NAMES, house, run  # noqa: F401 (house is a fixture)

from scripts.core import audio
from scripts.core.files import read_json, read_jsonl
from scripts.core.spectrogram_store import CONDITIONS, open_store
from scripts.evaluation import breakdowns, clip_results, examples
from scripts.evaluation.inference import Scores
from scripts.features import common_tasks, make_common, make_word, word_tasks
from scripts.features.build import open_recordings
from scripts.features.sources import Sources

DATASETS = [*NAMES, "short_x", "voice_x"]


@pytest.fixture(scope="module")
def built(house, tmp_path_factory, request):  # noqa: F811
    """The word's and the common stores of a small house."""
    root = tmp_path_factory.mktemp("built")
    few = pytest.MonkeyPatch()
    request.addfinalizer(few.undo)
    for name in ("SHORT_PIECES", "MUSIC_CLIPS", "NOISE_CLIPS"):
        few.setattr(common_tasks, name, dict.fromkeys(("training", "validation", "testing"), 1))
    return run(make_word, house, root / "word", "--jobs", "1"), run(make_common, house, root / "common", "--jobs", "1")


def test_every_clip_made_again_has_the_stored_spectrogram(built, house, tmp_path):  # noqa: F811
    files = open_recordings(house / "datasets", DATASETS)
    sources = {split: Sources(files, split) for split in ("validation", "testing")}
    samples = house / "word" / "samples"
    tasks = examples.tasks_in_store(
        word_tasks.plan_word(read_jsonl(samples / "index.jsonl"), samples), read_json(built[0] / "report.json")
    )
    tasks |= examples.tasks_in_store(common_tasks.plan_ambient(files, 1), read_json(built[1] / "report.json"))
    again = 0
    for place, listed in tasks.items():
        folder = built[1] if place[1].endswith("_ambient") else built[0]
        if place[1] == "training":
            continue
        store = open_store(folder / place[0] / place[1] / f"{place[2]}_mmap")
        for clip in range(len(store)):
            take = examples.made_again(listed, clip, np.array(store[clip]), sources, seed=1)
            np.testing.assert_array_equal(take.frames(), store[clip])
            assert take.end_frame == store.end_frame[clip]
            again += 1
    assert (
        again == 2 * (4 + 3 + 2) + 4 + 7
    )  # both splits: the word's clips, and four streams; of validation three slowed ones
    assert examples.made_again(listed, 0, np.array(store[0]), sources, seed=2) is None  # another seed is another clip
    assert examples.made_again(listed, 99, np.array(store[0]), sources, seed=1) is None


def test_what_was_skipped_when_the_store_was_built_is_skipped_again(house):  # noqa: F811
    samples = house / "word" / "samples"
    tasks = word_tasks.plan_word(read_jsonl(samples / "index.jsonl"), samples)
    place = ("positive", "testing", "positive")
    first, *rest = examples.tasks_in_store(tasks, {})[place]
    assert examples.tasks_in_store(tasks, {"skipped": [f"{first.title}: no speech between 0 s and 1 s"]})[place] == rest


def test_the_conditions_of_a_clip_are_kept_with_it(built):
    store = open_store(built[0] / "positive" / "training" / "positive_mmap")
    assert set(store.conditions["setting"]) <= {"quiet", "background", "talk"} and set(store.conditions["room"]) <= {
        "",
        "rooms_x",
    }
    assert store.conditions.keys() == CONDITIONS.keys() and all(
        len(values) == len(store) for values in store.conditions.values()
    )
    assert (store.conditions["setting"] == "quiet").any() and np.isfinite(store.conditions["snr_db"]).any()


class FakeStore:
    def __init__(self, path, rows):
        self.path, self.name, self.row = path, path.name.removesuffix("_mmap"), np.array(rows)
        self.conditions = {name: np.full(len(rows), unknown) for name, unknown in CONDITIONS.items()}

    def __len__(self):
        return len(self.row)


def test_verdicts_of_clips_and_streams(tmp_path):
    loud, late, silent = (
        np.array(values, np.uint8)
        for values in ([0] * 40 + [250] * 8 + [0] * 12, [0] * 20 + [250] * 8 + [0] * 32, [0] * 60)
    )
    store = FakeStore(tmp_path / "positive" / "testing" / "positive_mmap", [4, 5, 6])
    lines = clip_results.of_clips(
        "positive", [store], Scores.of([loud, late, silent], 3), 5, 200, np.array([[90, 180]] * 3)
    )
    assert [line["heard"] for line in lines] == [True, False, False] and [line["early"] for line in lines] == [
        False,
        True,
        False,
    ]
    assert [line["row"] for line in lines] == [4, 5, 6] and (lines[0]["store"], lines[0]["mode"], lines[0]["name"]) == (
        "positive",
        "testing",
        "positive",
    )
    assert lines[0]["frame"] == 3 * 44 and lines[0]["highest_cutoff"] == 0.98 and lines[2]["highest_cutoff"] == 0.0
    stream = FakeStore(tmp_path / "speech" / "testing_ambient" / "rooms_mmap", [-1, -1])
    found = clip_results.of_streams("speech", [stream], Scores.of([silent, loud], 3), 5, 200)
    assert [(line["clip"], line["frame"], line["highest_cutoff"]) for line in found] == [(1, 3 * 44, 0.98)]


def line(number: int, heard: bool, cutoff: float, of: str = "positive", mode: str = "testing", **more) -> dict:
    return {
        "set": of,
        "number": number,
        "store": of,
        "mode": mode,
        "name": of,
        "clip": number,
        "row": number,
        "heard": heard,
        "early": False,
        "frame": 100,
        "highest_cutoff": cutoff,
        **more,
    }


def test_the_worst_are_shown_and_each_rendering_once():
    index = [
        {"text": "hey", "speaker": "a"},
        {"text": "hey", "speaker": "a"},
        {"text": "hey", "speaker": "b"},
        {"text": "hey", "speaker": "c"},
    ]
    lines = [
        line(0, False, 0.4),
        line(1, False, 0.1),
        line(2, False, 0.3),
        line(3, True, 0.95),
        line(0, True, 0.9, of="near"),
        line(7, True, 0.91, of="speech", mode="testing_ambient"),
        line(7, True, 0.99, of="speech", mode="testing_ambient", frame=900),
    ]
    chosen = [(kind, verdict["number"], verdict["highest_cutoff"]) for kind, verdict in examples.choose(lines, index)]
    assert chosen == [
        ("miss", 1, 0.1),
        ("miss", 2, 0.3),
        ("false_accept", 7, 0.99),
        ("false_accept", 7, 0.91),
        ("near", 0, 0.9),
        ("heard", 3, 0.95),
    ]


def test_a_quiet_clip_is_played_louder_without_clipping():
    quiet = (1e-3 * np.sin(np.arange(16_000) / 5)).astype(np.float32)
    sound, gain_db = examples.louder(quiet)
    assert 20 * np.log10(audio.rms(sound)) == pytest.approx(
        examples.LOUDNESS_DBFS, abs=0.1
    ) and gain_db == pytest.approx(43, abs=0.5)
    spike = quiet.copy()
    spike[100] = 0.5
    assert np.abs(examples.louder(spike)[0]).max() == pytest.approx(examples.PEAK)
    assert not examples.louder(np.zeros(100, np.float32))[0].any()


def test_sounds_are_written_as_mp3_of_their_length(tmp_path):
    tone = (0.3 * np.sin(np.arange(24_000) / 6)).astype(np.float32)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        examples.write_examples(
            [examples.Example({"kind": "miss"}, np.zeros((150, 40), np.uint16), np.zeros(50, np.uint8), tone)],
            tmp_path / name,
        )
    one = (tmp_path / "one" / "0.mp3").read_bytes()
    heard, rate_hz = soundfile.read(io.BytesIO(one))
    assert (
        rate_hz == 16_000
        and len(heard) == pytest.approx(24_000, abs=600)
        and audio.rms(heard) == pytest.approx(audio.rms(tone), rel=0.1)
    )
    assert one == (tmp_path / "two" / "0.mp3").read_bytes()


def test_voices_tell_their_speaker_and_accent():
    rows = [
        {"voice": "kokoro", "speaker": "bf_lily*0.45+am_puck/bf_lily"},
        {"voice": "kokoro", "speaker": "af_sarah*1.00+am_puck/af_sarah"},
        {"voice": "espeak", "speaker": "en-gb-scotland+benjamin"},
        {"voice": "mine", "speaker": "me", "accent": "Bavarian"},
        {},
    ]
    assert [breakdowns.speaker(row) for row in rows] == [
        "am_puck",
        "af_sarah",
        "en-gb-scotland+benjamin",
        "me",
        breakdowns.UNKNOWN,
    ]
    assert [breakdowns.accent(row) for row in rows] == [
        "British English",
        "American English",
        "Scottish English",
        "Bavarian",
        breakdowns.UNKNOWN,
    ]


def test_recall_is_told_by_the_conditions_of_each_clip(tmp_path):
    store = FakeStore(tmp_path / "positive" / "testing" / "positive_mmap", [0, 1, 0, 1, -1])
    store.conditions |= {
        "setting": np.array(["quiet", "talk", "background", "quiet", ""]),
        "room": np.array(["", "r", "r", "r", ""]),
        "distance_m": np.array([np.nan, 0.7, 2.4, np.nan, np.nan]),
        "snr_db": np.array([np.nan, 3.0, 30.0, 14.0, np.nan]),
        "rt60_s": np.array([np.nan, 0.2, 0.7, np.nan, np.nan]),
    }
    by = breakdowns.recall_by(
        [store],
        [{"voice": "kokoro", "speaker": "a/b"}, {"voice": "espeak", "speaker": "en-us+m3"}],
        [True, False, True, True, False],
    )
    assert {name: each["heard"] for name, each in by["by_distance"].items()} == {
        "at the microphone": 1,
        "up to 1 m": 0,
        "over 2 m": 1,
        breakdowns.NO_DISTANCE: 1,
        "not known": 0,
    }
    assert [(name, each["n"]) for name, each in by["by_distance"].items()][-1] == ("not known", 1)
    assert list(by["by_snr"]) == ["under 6 dB", "12 to 18 dB", "over 24 dB", "no noise at all", "not known"]
    assert (
        by["by_company"]["nothing else"] == {"heard": 2, "n": 2, "share": 1.0} and by["by_voice"]["not known"]["n"] == 1
    )
