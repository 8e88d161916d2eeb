"""Clips rendered again equal the stored ones, and the worst clip results are shown."""

import io

import numpy as np
import pytest
import soundfile
from test_features_build import NAMES, house, run  # noqa: F401 (house is a fixture)

from scripts.core import audio
from scripts.core.files import read_json, read_jsonl
from scripts.core.spectrogram_store import CONDITIONS, open_store
from scripts.evaluation import example_clips
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
    for name in ("SHORT_UTTERANCES", "MUSIC_CLIPS", "NOISE_CLIPS"):
        few.setattr(common_tasks, name, dict.fromkeys(("training", "validation", "testing"), 1))
    return run(make_word, house, root / "word", "--jobs", "1"), run(make_common, house, root / "common", "--jobs", "1")


def test_every_clip_rendered_again_has_the_stored_spectrogram(built, house, tmp_path):  # noqa: F811
    files = open_recordings(house / "datasets", DATASETS)
    sources = {split: Sources(files, split) for split in ("validation", "testing")}
    samples = house / "word" / "samples"
    tasks = example_clips.list_tasks(
        word_tasks.plan_word(read_jsonl(samples / "index.jsonl"), samples), read_json(built[0] / "report.json")
    )
    tasks |= example_clips.list_tasks(common_tasks.plan_ambient(files, 1), read_json(built[1] / "report.json"))
    rendered = 0
    for place, listed in tasks.items():
        folder = built[1] if place[1].endswith("_ambient") else built[0]
        if place[1] == "training":
            continue
        store = open_store(folder / place[0] / place[1] / f"{place[2]}_mmap")
        for clip in range(len(store)):
            scene = example_clips.render_again(listed, clip, np.array(store[clip]), sources, seed=1)
            np.testing.assert_array_equal(scene.frames(), store[clip])
            assert scene.end_frame == store.end_frame[clip]
            rendered += 1
    assert (
        rendered == 2 * (4 + 3 + 2) + 4 + 7
    )  # both splits: the word's clips and four streams; in validation also three slowed ones
    assert (
        example_clips.render_again(listed, 0, np.array(store[0]), sources, seed=2) is None
    )  # another seed is another clip
    assert example_clips.render_again(listed, 99, np.array(store[0]), sources, seed=1) is None


def test_tasks_that_were_skipped_when_the_store_was_built_are_left_out(house):  # noqa: F811
    samples = house / "word" / "samples"
    tasks = word_tasks.plan_word(read_jsonl(samples / "index.jsonl"), samples)
    place = ("positive", "testing", "positive")
    first, *rest = example_clips.list_tasks(tasks, {})[place]
    assert (
        example_clips.list_tasks(tasks, {"skipped": [f"{first.title}: no speech between 0 s and 1 s"]})[place] == rest
    )


def test_a_store_keeps_the_conditions_of_each_clip(built):
    store = open_store(built[0] / "positive" / "training" / "positive_mmap")
    assert set(store.conditions["setting"]) <= {"quiet", "background", "talk"} and set(store.conditions["room"]) <= {
        "",
        "rooms_x",
    }
    assert store.conditions.keys() == CONDITIONS.keys() and all(
        len(values) == len(store) for values in store.conditions.values()
    )
    assert (store.conditions["setting"] == "quiet").any() and np.isfinite(store.conditions["snr_db"]).any()


def make_result(
    number: int, detected: bool, cutoff: float, name: str = "positive", mode: str = "testing", **more
) -> dict:
    return {
        "set": name,
        "number": number,
        "store": name,
        "mode": mode,
        "name": name,
        "clip": number,
        "row": number,
        "heard": detected,
        "early": False,
        "frame": 100,
        "highest_cutoff": cutoff,
        **more,
    }


def test_the_worst_results_are_shown_and_each_rendering_only_once():
    index = [
        {"text": "hey", "speaker": "a"},
        {"text": "hey", "speaker": "a"},
        {"text": "hey", "speaker": "b"},
        {"text": "hey", "speaker": "c"},
    ]
    results = [
        make_result(0, False, 0.4),
        make_result(1, False, 0.1),
        make_result(2, False, 0.3),
        make_result(3, True, 0.95),
        make_result(0, True, 0.9, name="near"),
        make_result(7, True, 0.91, name="speech", mode="testing_ambient"),
        make_result(7, True, 0.99, name="speech", mode="testing_ambient", frame=900),
    ]
    chosen = [
        (kind, result["number"], result["highest_cutoff"])
        for kind, result in example_clips.choose_examples(results, index)
    ]
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
    sound, gain_db = example_clips.amplify(quiet)
    assert 20 * np.log10(audio.rms(sound)) == pytest.approx(
        example_clips.LOUDNESS_DBFS, abs=0.1
    ) and gain_db == pytest.approx(43, abs=0.5)
    spike = quiet.copy()
    spike[100] = 0.5
    assert np.abs(example_clips.amplify(spike)[0]).max() == pytest.approx(example_clips.PEAK)
    assert not example_clips.amplify(np.zeros(100, np.float32))[0].any()


def test_sounds_are_written_as_mp3_of_the_same_length_and_bytes(tmp_path):
    tone = (0.3 * np.sin(np.arange(24_000) / 6)).astype(np.float32)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        example_clips.write_examples(
            [example_clips.Example({"kind": "miss"}, np.zeros((150, 40), np.uint16), np.zeros(50, np.uint8), tone)],
            tmp_path / name,
        )
    one = (tmp_path / "one" / "0.mp3").read_bytes()
    sound, rate_hz = soundfile.read(io.BytesIO(one))
    assert (
        rate_hz == 16_000
        and len(sound) == pytest.approx(24_000, abs=600)
        and audio.rms(sound) == pytest.approx(audio.rms(tone), rel=0.1)
    )
    assert one == (tmp_path / "two" / "0.mp3").read_bytes()
