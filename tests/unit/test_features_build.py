"""The two commands on tiny inputs: the files they write are complete and the same for any JOBS, and bad input is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

from scripts.core import audio, files
from scripts.core.spectrogram_store import open_store, open_stores
from scripts.features import build, common_tasks, make_common, make_word

NAMES = ("rooms_x", "noise_x", "music_x", "speech_x")


def voice(seconds: float, seed: int) -> np.ndarray:
    """Half a second of noise, a pause, and so on."""
    time = np.arange(int(seconds * 16_000)) / 16_000
    return (0.2 * np.random.default_rng(seed).standard_normal(len(time)) * (time % 0.8 < 0.5)).astype(np.float32)


def dataset(folder: Path, name: str, kind: str, sounds: list[np.ndarray]) -> None:
    index = []
    for split in ("training", "validation", "testing"):
        for number, sound in enumerate(sounds):
            path = f"{split}/g_{split}/{number}.wav"
            (folder / name / "16k" / path).parent.mkdir(parents=True, exist_ok=True)
            audio.write(folder / name / "16k" / path, sound)
            index.append(
                {"path": path, "kind": kind, "split": split, "group": f"g_{split}", "duration_s": len(sound) / 16_000}
            )
    files.write_json(folder / name / "16k" / "index.json", {"files": index, "skipped": []})


def samples(folder: Path, kinds: dict[str, int]) -> None:
    rows = []
    for split in ("training", "validation", "testing"):
        for kind, count in kinds.items():
            for number in range(count):
                path = f"{split}/{kind}/{number:06d}.wav"
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                audio.write(folder / path, np.pad(voice(0.5, number), 800))
                rows.append(
                    {
                        "path": path,
                        "split": split,
                        "kind": kind,
                        "label": int(kind == "positive"),
                        "start_s": 0.05,
                        "end_s": 0.55,
                        "duration_s": 0.6,
                    }
                )
    files.write_jsonl(folder / "index.jsonl", rows)


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("house")
    response = np.zeros(2_000, np.float32)
    response[[0, 900]] = 1.0, 0.4
    dataset(root / "datasets", "rooms_x", "rooms", [response])
    dataset(root / "datasets", "noise_x", "noise", [voice(0.3, 1), voice(2.0, 2)])
    dataset(root / "datasets", "music_x", "music", [voice(12.0, 3)])
    dataset(root / "datasets", "speech_x", "speech", [voice(4.0, 4), voice(7.0, 5)])
    dataset(root / "datasets", "short_x", "short", [voice(0.5, 6), voice(0.4, 7)])
    (root / "datasets" / "voice_x" / "voice").mkdir(parents=True)
    samples(root / "word" / "samples", {"positive": 4, "near": 3, "part": 2})
    samples(root / "common" / "samples", {"word": 3, "sentence": 2})
    return root


def run(command, house: Path, out: Path, *more: str, names=(*NAMES, "short_x", "voice_x")) -> Path:
    chosen = [argument for name in names for argument in ("--dataset", name)]
    where = "word" if command is make_word else "common"
    if command is make_word and "--repeats" not in more:
        more = (*more, "--repeats", "1", "--teaching", "1")
    command.main(
        [
            "--samples",
            str(house / where / "samples"),
            "--datasets",
            str(house / "datasets"),
            *chosen,
            "--out",
            str(out),
            *more,
        ]
    )
    return out


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_words_stores_are_complete_and_the_same_for_any_jobs(house, tmp_path):
    one = run(make_word, house, tmp_path / "one" / "features", "--jobs", "1")
    two = run(make_word, house, tmp_path / "two" / "features", "--jobs", "2")
    assert contents(one) == contents(two)
    other = run(make_word, house, tmp_path / "other" / "features", "--jobs", "1", "--seed", "2")
    assert contents(one) != contents(other)
    rows = files.read_jsonl(house / "word" / "samples" / "index.jsonl")
    for mode, split in (
        ("training", "training"),
        ("teaching", "training"),
        ("teaching_noisy", "training"),
        ("validation", "validation"),
        ("testing", "testing"),
    ):
        for name, kinds in (("positive", {"positive"}), ("near", {"near"}), ("part", {"part"})):
            store = open_store(one / name / mode / f"{name}_mmap")
            expected = [line for line, row in enumerate(rows) if row["split"] == split and row["kind"] in kinds]
            assert store.row.tolist() == expected and set(store.source) == {"samples"}
            for index in range(len(store)):
                assert 10 < store.end_frame[index] < store.lengths[index] - 20  # a tail of 0.35 s or more follows
    assert {line["stage"]: line["items"] for line in files.read_jsonl(tmp_path / "one" / "times.jsonl")} == {
        "features": len(rows) + 18
    }, "the nine of training three times"


def test_repeats_are_for_training_and_differ(house, tmp_path):
    out = run(make_word, house, tmp_path / "features", "--jobs", "1", "--repeats", "3", "--teaching", "2")
    training, testing = (open_store(out / "positive" / mode / "positive_mmap") for mode in ("training", "testing"))
    assert (len(training), len(testing)) == (12, 4)
    first, second = training[0], training[1]
    assert training.row[0] == training.row[1] and (first.shape != second.shape or not np.array_equal(first, second))
    teaching = open_store(out / "positive/teaching/positive_mmap")
    assert teaching.row.tolist() == sorted([*range(4)] * 2) and not {clip.tobytes() for clip in teaching} & {
        clip.tobytes() for clip in training
    }


def test_the_student_hears_the_same_clips_with_noise_over_them(house, tmp_path):
    out = run(make_word, house, tmp_path / "features", "--jobs", "1", "--repeats", "1", "--teaching", "2")
    for name in ("positive", "near", "part"):
        plain, noisy = (open_store(out / name / mode / f"{name}_mmap") for mode in ("teaching", "teaching_noisy"))
        assert (
            len(plain) > 0
            and np.array_equal(plain.lengths, noisy.lengths)
            and plain.end_frame.tolist() == noisy.end_frame.tolist()
        )
        for one, other in zip(plain, noisy):
            assert not np.array_equal(one, other)
            loud = one > np.percentile(one, 98)
            assert np.median(np.abs(one[loud].astype(int) - other[loud])) < 120, "the loudest of a clip is still itself"


def test_common_stores_are_complete_and_the_same_for_any_jobs(house, tmp_path, monkeypatch):
    for name, count in (("SHORT_UTTERANCES", 3), ("MUSIC_CLIPS", 2), ("NOISE_CLIPS", 3)):
        monkeypatch.setattr(common_tasks, name, dict.fromkeys(("training", "validation", "testing"), count))
    one = run(make_common, house, tmp_path / "one" / "features", "--jobs", "1")
    two = run(make_common, house, tmp_path / "two" / "features", "--jobs", "2")
    assert contents(one) == contents(two)
    for mode in ("training", "validation", "testing"):
        short = open_store(one / "short" / mode / "short_mmap")
        assert (
            sorted(short.source) == ["pieces"] * 3 + ["samples"] * 3 + ["short_x"] * 2 and (short.end_frame > 0).all()
        )
        assert [store.lengths.tolist() for store in open_stores(one, "short", mode + "_noisy")] == (
            [short.lengths.tolist()] if mode == "training" else []
        )
        for name in ("speech", "music", "noise"):
            (store,) = open_stores(one, name, mode)
            assert len(store) > 0 and (store.end_frame == -1).all()
    for mode in ("validation_ambient", "testing_ambient"):
        assert [store.name for store in open_stores(one, "speech", mode)] == ["plain", "rooms"]
        assert [store.name for store in open_stores(one, "mixed", mode)] == ["mixed", "music"]
        for store in (*open_stores(one, "speech", mode), open_stores(one, "mixed", mode)[0]):
            assert store.hours * 3600 > 4.0 + 7.0 + 0.5 + 0.4  # every file of the split is in every pass
        marked = [
            set(store.marks[:, 2]) for store in (*open_stores(one, "speech", mode), *open_stores(one, "mixed", mode))
        ]
        assert marked[0] == marked[1] == marked[2] and len(marked[0]) == 4 and min(marked[0]) >= 0, (
            "a recording has one number everywhere"
        )
        assert len(marked[3]) == 1 and not marked[3] & marked[0]
        slow = open_stores(one, "slow", mode)
        assert [store.name for store in slow] == (
            ["slow_mixed", "slow_plain", "slow_rooms"] if mode == "validation_ambient" else []
        )
        assert all(set(store.marks[:, 2]) == marked[0] for store in slow), "the same recordings"
        assert all(store.hours > 1.05 * usual.hours for store, usual in zip(slow[1:], open_stores(one, "speech", mode)))
    report = json.loads((one / "report.json").read_text())
    assert report["recordings"]["testing"]["speech"] == {"files": 2, "hours": pytest.approx(11 / 3600, abs=1e-5)}
    assert report["stores"]["speech"]["testing_ambient"]["plain"]["clips"] == 1


def test_a_few_bad_clips_are_skipped_and_counted_and_many_are_an_error(house, tmp_path, capsys, monkeypatch):
    bad = tmp_path / "word" / "samples"
    samples(bad, {"positive": 4, "near": 3, "part": 2})
    (bad / "training/positive/000001.wav").write_bytes(b"no sound")
    arguments = [
        "--samples",
        str(bad),
        "--datasets",
        str(house / "datasets"),
        "--jobs",
        "1",
        "--repeats",
        "1",
        "--teaching",
        "1",
        "--out",
        str(tmp_path / "features"),
    ]
    with pytest.raises(SystemExit, match="3 of 45 clips could not be made"):
        make_word.main(arguments)
    assert not list(tmp_path.glob("features*"))
    monkeypatch.setattr(build, "MOST_SKIPPED", 0.07)
    make_word.main(arguments)
    assert "3 of 45 clips skipped" in capsys.readouterr().out
    store = open_store(tmp_path / "features/positive/training/positive_mmap")
    assert store.row.tolist() == [0, 2, 3]
    assert "000001.wav" in json.loads((tmp_path / "features/report.json").read_text())["skipped"][0]


def test_missing_input_is_named_in_a_sentence(house, tmp_path):
    with pytest.raises(SystemExit, match="make convert-music_y"):
        run(make_word, house, tmp_path / "features", names=("music_y",))
    with pytest.raises(SystemExit, match="make samples"):
        make_word.main(
            [
                "--samples",
                str(tmp_path / "none"),
                "--datasets",
                str(house / "datasets"),
                "--out",
                str(tmp_path / "features"),
            ]
        )
    assert not (tmp_path / "features").exists()


def test_without_recordings_scenes_are_made_with_a_warning(house, tmp_path, capsys):
    out = run(make_word, house, tmp_path / "features", "--jobs", "1", names=())
    assert "warning: no rooms, noise, music, speech recordings in the training split" in capsys.readouterr().out
    assert len(open_store(out / "positive" / "training" / "positive_mmap")) == 4
