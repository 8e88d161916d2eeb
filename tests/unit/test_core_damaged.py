"""Truncated or garbled files end in a sentence with a remedy; listings continue after one."""

import json
import os
import pickle
import subprocess
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from scripts.core import audio, damaged, spectrogram_store
from scripts.core.arrays import read_npz
from scripts.core.damaged import DamagedError
from scripts.core.files import read_json, read_jsonl, write_json
from scripts.core.parallel import parallel
from scripts.features.sources import list_recordings as dataset_files
from scripts.live.published import find_published
from scripts.model.manifest import Manifest
from scripts.publish import report
from scripts.tools import pending, status


def read_message(function, *arguments) -> str:
    """The sentence of the SystemExit that it raises."""
    with pytest.raises(SystemExit) as ended:
        function(*arguments)
    assert isinstance(ended.value.code, str) and "\n" not in ended.value.code
    return ended.value.code


# ---- reading


def test_a_file_that_is_not_json_gives_a_remedy(tmp_path):
    path = tmp_path / "work/hey_buster/features/report.json"
    path.parent.mkdir(parents=True)
    (tmp_path / "work/hey_buster/features.stamp").touch()
    way = f"Delete {tmp_path / 'work/hey_buster/features.stamp'} and type the same line again: it is made again."
    for content, what in (
        (b'{"a": ', "it is not JSON"),
        (b"", "it is not JSON"),
        (b"\xff\xfe{}", "not UTF-8 text"),
        (b"[]", "it holds a list, expected a dict"),
        (b"{}", "it has no recordings"),
    ):
        path.write_bytes(content)
        sentence = read_message(read_json, path, dict, "recordings")
        assert sentence.startswith(f"{path} is damaged: ") and what in sentence and sentence.endswith(way)
    path.unlink()
    assert read_message(read_json, path).startswith(f"{path} is missing. Delete")
    path.mkdir()
    assert "cannot be read: Is a directory" in read_message(read_json, path)


def test_a_damaged_line_is_named(tmp_path):
    path = tmp_path / "index.jsonl"
    for content, what in (
        ('{"path": "a"}\n{"pa', "line 2 is not JSON"),
        ('{"path": "a"}\n[1]\n', "line 2 holds a list"),
        ('{"kind": "a"}\n', "line 1 has no path"),
    ):
        path.write_text(content)
        assert what in read_message(lambda: read_jsonl(path, "path"))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[: len(data) // 2],
        lambda data: b"",
        lambda data: b"\0" * len(data),
        lambda data: data[:200] + b"\xa5" * 64 + data[264:],
        lambda data: b'{"not": "numpy"}',
    ],
)
def test_arrays_that_are_damaged(tmp_path, spoil):
    path = tmp_path / "weights.npz"
    np.savez(path, a=np.arange(1_000), b=np.ones(5))
    path.write_bytes(spoil(path.read_bytes()))
    assert read_message(read_npz, path).startswith(f"{path} is damaged: ")


def test_arrays_that_would_run_code_are_not_opened(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "owned"),)

    np.savez(tmp_path / "evil.npz", a=np.array([Evil()], object))
    (tmp_path / "plain.npz").write_bytes(pickle.dumps(Evil()))
    for name in ("evil.npz", "plain.npz"):
        assert "is damaged" in read_message(read_npz, tmp_path / name)
    assert not (tmp_path / "owned").exists()


def test_the_remedy_names_the_stage_that_made_the_file(tmp_path):
    work = tmp_path / "work/hey_buster"
    (work / "model").mkdir(parents=True)
    for stage in ("model", "export", "published"):
        (work / f"{stage}.stamp").touch()
    target = tmp_path / "output/20261122-120000-hey_buster-300-200"
    target.mkdir(parents=True)
    (tmp_path / "output/hey_buster").symlink_to(target.name)
    assert "model.stamp" in damaged.describe_remedy(work / "model/weights.npz")
    assert "export.stamp" in damaged.describe_remedy(work / "model/model.tflite")
    for folder in (target, tmp_path / "output/hey_buster"):
        assert f"Delete {work / 'published.stamp'}" in damaged.describe_remedy(folder / "metrics.json")
    (work / "published.stamp").unlink()
    assert "make train for this word: a new model" in damaged.describe_remedy(target / "metrics.json")
    assert "edited it" in damaged.describe_remedy(Path("elsewhere.json"))


def test_the_error_can_travel_between_processes(tmp_path):
    error = DamagedError(tmp_path / "a.json", "is damaged: it ends")
    again = pickle.loads(pickle.dumps(error))
    assert (again.code, again.problem, again.path) == (error.code, error.problem, error.path)


# ---- stores, samples, datasets, voices


@pytest.fixture
def stored(tmp_path):
    clip = spectrogram_store.Clip(np.ones((7, 40), np.uint16), 3, 0, "samples", {"room": "a"})
    spectrogram_store.write(tmp_path, "positive", [clip] * 5)
    return tmp_path / "positive_mmap"


def test_a_damaged_store_is_a_sentence(stored):
    whole = {
        path: path.read_bytes()
        for path in [*stored.rglob("*"), stored.with_name("positive_clips.npz")]
        if path.is_file()
    }
    detected = []
    for path, data in whole.items():
        for spoilt in (data[: len(data) // 2], b"\xa5" * len(data)):
            if path == stored / "data.ninja" and len(spoilt) == len(data):
                continue  # other values: no reader can tell
            path.write_bytes(spoilt)
            try:
                found = spectrogram_store.open_store(stored)
                assert len(found) == 5 and all(np.array_equal(found[i], np.ones((7, 40))) for i in range(5)), path.name
            except DamagedError as error:
                detected.append(path.name)
                assert (
                    str(error.code).startswith(str(stored.parent))
                    and "damaged" in str(error.code)
                    or "holds" in str(error.code)
                )
            path.write_bytes(data)
    assert {"data.ninja", "positive_clips.npz", "shape.ninja", "dtype.ninja"} <= set(detected)


def test_a_damaged_index_of_a_dataset_is_a_sentence(tmp_path):
    folder = tmp_path / "music_x/16k"
    folder.mkdir(parents=True)
    (tmp_path / "music_x/16k.stamp").touch()
    for content, what in (
        ('{"files": [{"path": "a.wav"}]}', "it has no 'split'"),
        ('{"files": 5}', "'int'"),
        ('{"fi', "not JSON"),
        ("{}", "it has no files"),
    ):
        (folder / "index.json").write_text(content)
        sentence = read_message(dataset_files, tmp_path, ["music_x"])
        assert what in sentence and f"Delete {tmp_path / 'music_x/16k.stamp'}" in sentence


def test_a_damaged_voice_is_a_sentence(tmp_path):
    from scripts.samples.voices.onnx import open_session

    (tmp_path / "voice").mkdir()
    (tmp_path / "voice.stamp").touch()
    (tmp_path / "voice/kokoro.onnx").write_bytes(b"\x08\x07half of a network")
    sentence = read_message(open_session, tmp_path / "voice/kokoro.onnx")
    assert "kokoro.onnx is damaged: " in sentence and f"Delete {tmp_path / 'voice.stamp'}" in sentence


def pair(state, item):
    return state, item


def refuse(path):
    raise DamagedError(Path(path), "is damaged: it ends")


def test_an_error_in_the_start_of_a_worker_reaches_the_user(tmp_path, capfd):
    """It was taken for a death of the worker, three times, and "perhaps because memory ran out"."""
    sentence = read_message(
        lambda: list(parallel(pair, range(20), 2, "t", state=partial(refuse, str(tmp_path / "voices.npz"))))
    )
    assert sentence.startswith(f"{tmp_path / 'voices.npz'} is damaged: it ends.")
    assert "worker" not in capfd.readouterr().err


def test_a_damaged_checkpoint_starts_training_from_scratch_and_says_so(tmp_path, capsys):
    from scripts.model import checkpoint

    checkpoint.save(tmp_path / "checkpoint.npz", {"done": 3, "identity": {}, "legs": [[0, 9]], "weights": np.ones(9)})
    path = tmp_path / "checkpoint.npz"
    path.write_bytes(path.read_bytes()[:-90])
    assert checkpoint.resume(tmp_path, {}, 9) is None and not path.exists()
    assert f"starting from scratch: {path} is damaged" in capsys.readouterr().out


# ---- published models


@pytest.fixture
def model(alexa_data, tmp_path):
    """A published alexa of one's own to spoil: its directory."""
    source = (alexa_data / "output/alexa").resolve()
    target = tmp_path / "output" / source.name
    target.mkdir(parents=True)
    for path in source.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    (tmp_path / "output/alexa").symlink_to(target.name)
    return target


@pytest.mark.parametrize(
    "field, value, what",
    [
        ("probability_cutoff", "0,8", "probability_cutoff is '0,8'; expected a number such as 0.97"),
        ("probability_cutoff", "0.8", "and under 1 (without quotes: 0.8)."),
        ("probability_cutoff", 80, "probability_cutoff is 80; expected"),
        ("probability_cutoff", None, "probability_cutoff is None; expected"),
        ("sliding_window_size", 0, "sliding_window_size is 0; expected a whole number such as 5, at least 1"),
        ("sliding_window_size", "5", "(without quotes: 5)"),
        ("sliding_window_size", 5.5, "sliding_window_size is 5.5; expected"),
        ("sliding_window_size", True, "sliding_window_size is True; expected"),
        ("model", "../alexa.tflite", "model is '../alexa.tflite'; expected the name of a .tflite file"),
        ("model", "other.tflite", "model is 'other.tflite', and there is no such file beside it"),
        ("wake_word", 7, "wake_word is 7; expected some text"),
        ("micro", [], "micro is []; expected an object"),
    ],
)
def test_a_manifest_edited_by_hand(model, tmp_path, field, value, what):
    facts = json.loads((model / "alexa.json").read_text())
    (facts if field in facts else facts["micro"])[field] = value
    write_json(model / "alexa.json", facts)
    sentence = read_message(find_published, tmp_path, "alexa")
    assert (
        sentence.startswith(f"{model / 'alexa.json'} cannot be used: ")
        and what in sentence
        and "Put that right in the file" in sentence
    )


def test_a_manifest_with_a_missing_comma_or_a_byte_order_mark(model, tmp_path):
    path = model / "alexa.json"
    whole = path.read_text()
    path.write_text(whole.replace(",", "", 1))
    assert f"{path} is damaged: it is not JSON (Expecting ',' delimiter: line " in read_message(
        find_published, tmp_path, "alexa"
    )
    path.write_bytes(b"\xef\xbb\xbf" + whole.encode())  # as Windows' Notepad saves it
    assert Manifest.read(path).title == "Alexa"
    path.write_text(whole[:-1] + ', "note": "mine"}' if whole.endswith("}") else whole)
    assert find_published(tmp_path, "alexa").window == Manifest.read(path).window, (
        "fields that listening does not need may differ"
    )


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:9_000],
        lambda data: b"",
        lambda data: b"version https://git-lfs.github.com/spec/v1\n" * 3,
        lambda data: bytes(len(data)),
    ],
)
def test_a_model_that_is_damaged(model, tmp_path, spoil):
    from scripts.evaluation.inference import StreamingModel
    from scripts.live.streaming import StreamingDetector

    path = model / "alexa.tflite"
    path.write_bytes(spoil(path.read_bytes()))
    assert read_message(StreamingDetector, find_published(tmp_path, "alexa")).startswith(f"{path} is damaged: ")
    assert read_message(StreamingModel, path).startswith(f"{path} is damaged: ")


def test_a_model_other_than_the_checked_one_is_refused(model, tmp_path):
    from scripts.core.files import sha256
    from scripts.live.streaming import StreamingDetector

    path = model / "alexa.tflite"
    write_json(model / "device.json", {"sha256": sha256(path)})
    StreamingDetector(find_published(tmp_path, "alexa"))
    data = bytearray(path.read_bytes())
    data[30_000] ^= 1  # a weight: any reader takes it
    path.write_bytes(data)
    assert "is not the model that was checked against the device's rules" in read_message(
        StreamingDetector, find_published(tmp_path, "alexa")
    )


def test_a_report_of_damaged_files_is_a_sentence(published_model, tmp_path):
    import shutil

    data = tmp_path / "data"
    shutil.copytree(published_model, data, symlinks=True)
    (directory,) = [path for path in (data / "output").iterdir() if not path.is_symlink()]
    for path in (
        directory / "metrics.json",
        directory / "build.json",
        data / "work/hey_buster/examples/examples.json",
        data / "work/hey_buster/examples/examples.npz",
    ):
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        assert f"{path.name} is damaged" in read_message(report.main, ["--data", str(data), "--slug", "hey_buster"])
        path.write_bytes(whole)


# ---- listings


def test_status_gives_an_unreadable_word_a_line_and_lists_the_others(tmp_path, capsysbinary, monkeypatch):
    make = tmp_path / "make"
    make.write_text("#!/bin/sh\nexit 0\n")
    make.chmod(0o755)
    lines = {
        "good": b"WORD=hey buster.\n",
        "latin": b"WORD=caf\xe9\n",
        "zeros": bytes(40),
        "cut": b"LANGUAGE=en\nWO",
        "empty": b"",
        "nul": b"WORD=a\0b\n",
    }
    for name, content in lines.items():
        (tmp_path / "work" / name).mkdir(parents=True)
        (tmp_path / "work" / name / "samples.params").write_bytes(content)
    (tmp_path / "work/folder/samples.params").mkdir(parents=True)
    Path(os.fsdecode(os.fsencode(tmp_path / "work") + b"/\xfc")).mkdir()
    good = tmp_path / "output/20261122-120000-good-1-2"
    for number, (name, build, metrics) in enumerate(
        [
            ("good", '{"title": "Good"}', '{"testing": {"recall": 0.5}}'),
            ("half", '{"tit', "{}"),
            ("list", "[]", "{}"),
            ("text", "{}", '{"testing": {"recall": "0,5"}}'),
            ("bytes", "{}", None),
        ]
    ):
        folder = tmp_path / f"output/2026112{number}-120000-{name}-1-2"
        folder.mkdir(parents=True)
        (folder / "build.json").write_text(build)
        (folder / "metrics.json").write_bytes(b"\xff\xfe" if metrics is None else metrics.encode())
    status.main(["--data", str(tmp_path), "--make", str(make)])
    printed = capsysbinary.readouterr().out.decode()
    rows = {
        line.split()[0]: line
        for line in printed.partition("What the next train would redo")[2].partition("Datasets")[0].splitlines()
        if line.strip()
    }
    assert rows["good"].split() == ["good", "nothing"] and rows["latin"].split() == ["latin", "nothing"]
    for name in ("zeros", "cut", "empty", "folder"):
        assert "does not hold the phrase" in rows[name], name
    assert "make refuses" in rows["nul"]
    assert (
        "recall 50.0 %" in printed
        and "build.json is damaged: it is not JSON" in printed
        and "it holds a list" in printed
    )
    assert (
        "recall or fa_per_hour of testing is not a number" in printed
        and "metrics.json is damaged: it is not UTF-8 text" in printed
    )
    assert "\ufffd" in printed and not good.exists()


def test_a_phrase_that_is_not_utf8_reaches_make_unchanged(tmp_path):
    make = tmp_path / "make"
    make.write_text('#!/bin/sh\nprintf "%s\\n" "$4" >"$0.asked"; printf "\\351\\n"\n')
    make.chmod(0o755)
    (tmp_path / "samples.params").write_bytes(b"WORD=caf\xe9\n")
    assert pending.ask_make(pending.read_params(tmp_path / "samples.params")["WORD"], str(make)) == "\udce9\n"
    assert (tmp_path / "make.asked").read_bytes() == b"WORD=caf\xe9\n"
    assert pending.find_differences(tmp_path / "samples.params", {"WORD": "cafe"}) == ["WORD caf\udce9 -> cafe"]
    (tmp_path / "recordings.params").write_text("RECORDINGS_SUM=1 2\n")
    changed = pending.find_differences(tmp_path / "recordings.params", {"RECORDINGS_SUM": "3 4"})
    assert changed == ["your recordings have changed"]


def test_the_commands_end_in_the_sentence_alone(model, tmp_path):
    (model / "alexa.json").write_text("{")
    audio.write(tmp_path / "a.wav", np.zeros(16_000, np.float32))
    import sys

    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "scripts.live.detect",
            "--data",
            str(tmp_path),
            "--slug",
            "alexa",
            "--wav",
            str(tmp_path / "a.wav"),
        ],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert (
        ran.returncode == 1
        and ran.stdout == ""
        and len(ran.stderr.strip().splitlines()) == 1
        and "alexa.json is damaged: it is not JSON" in ran.stderr
    )


def test_a_dataset_with_file_names_that_are_not_utf8_is_converted(tmp_path, capsys):
    """It ended after all work, in the index that could not be written."""
    from scripts.datasets import convert_sounds

    raw = tmp_path / "raw/package"
    raw.mkdir(parents=True)
    tone = (0.3 * np.sin(np.arange(16_000) / 5)).astype(np.float32)
    for number in range(60):
        audio.write(raw / f"{number}.wav", tone * (1 - number / 100))
    for name, content in ((b"caf\xe9.wav", tone / 3), (b"cafe\xff.wav", tone / 4), (b"again\xe9.wav", tone)):
        audio.write(raw / os.fsdecode(name), content)
    Path(raw, os.fsdecode(b"bad\xe9.wav")).write_text("no sound")
    index = convert_sounds.convert_dataset("music_x", "music", tmp_path / "raw", tmp_path / "16k", 1)
    assert len(index["files"]) == 62 and "bad\ufffd.wav" in index["skipped"][0]["path"]
    assert (
        read_json(tmp_path / "16k/index.json") == index and "skipped package/bad\ufffd.wav" in capsys.readouterr().err
    )


def test_a_damaged_journal_costs_the_files_in_it_alone(tmp_path):
    from scripts.datasets.conversion_journal import ConversionJournal

    chosen = [{"path": "a"}, {"path": "b"}]
    first = ConversionJournal(tmp_path / "waiting", chosen)
    first.add("a", {"left_out": "silent"})
    with (tmp_path / "waiting/finished.jsonl").open("ab") as out:
        out.write(b'{"path": "b", "resu\n[]\n\xff\xff\n{"path": "c"}\n')
    assert ConversionJournal(tmp_path / "waiting", chosen).results == {"a": {"left_out": "silent"}}


@pytest.mark.parametrize("note", [b"", b'{"validator"', b"[]", b"\xff", b"{}"])
def test_a_damaged_note_of_a_download_restarts_it(tmp_path, note):
    from scripts.datasets.download import PartialFile

    partial = PartialFile("https://example.org/a.zip", tmp_path / "a.zip")
    assert partial.validator() is None
    partial.path.write_bytes(b"abc")
    partial.note.write_bytes(note)
    assert partial.validator() is None


def test_damaged_times_do_not_keep_a_model_from_being_published(tmp_path, capsys):
    from scripts.publish.provenance import last_times

    (tmp_path / "times.jsonl").write_text(
        '{"stage": "train", "seconds": 1}\n{"stage": "exp{"stage": "export", "seconds": 2}\n'
    )
    assert last_times(tmp_path) == []
    assert capsys.readouterr().out.startswith(f"warning: {tmp_path / 'times.jsonl'} is damaged: line 2 is not JSON")


def test_licences_of_undamaged_datasets_are_listed(tmp_path, capsys):
    from scripts.datasets import licences

    for name, content in (
        ("good", '[{"source": "apt:x", "sha256": "ab", "pinned": true}]'),
        ("half", "[{"),
        ("odd", '[{"source": "x"}]'),
    ):
        (tmp_path / name / "archive").mkdir(parents=True)
        (tmp_path / name / "archive/fetched.json").write_text(content)
        (tmp_path / name / "archive.stamp").touch()
    licences.main(["--datasets", str(tmp_path), "--name", "half", "odd", "good", "--licence", "good=CC0-1.0"])
    printed = capsys.readouterr().out
    assert (
        "apt:x  sha256 ab" in printed
        and f"Delete {tmp_path / 'half/archive.stamp'}" in printed
        and "it has no 'sha256'" in printed
    )


def test_a_summary_or_report_with_missing_figures_is_a_sentence(published_model, tmp_path):
    import shutil

    from scripts.publish import summary

    data = tmp_path / "data"
    shutil.copytree(published_model, data, symlinks=True)
    (directory,) = [path for path in (data / "output").iterdir() if not path.is_symlink()]
    build, given = read_json(directory / "build.json"), ["--data", str(data), "--slug", "hey_buster"]
    for damage in ({"slug": None, "times": 5}, {"times": {"word": [{}]}}, {"machine": "x"}):
        write_json(directory / "build.json", build | damage)
        assert "is damaged: " in read_message(summary.main, given) and directory.name in read_message(
            summary.main, given
        )
    write_json(directory / "build.json", build)
    write_json(directory / "metrics.json", {"sliding_window_size": 5})
    assert "is damaged: " in read_message(report.main, given)


def test_two_builds_of_which_one_is_damaged_differ(tmp_path):
    from scripts.tools.verify import are_same

    (tmp_path / "a.json").write_text('{"published": 1}')
    (tmp_path / "b.json").write_text('{"publi')
    assert not are_same(tmp_path / "a.json", tmp_path / "b.json")


def test_a_sound_that_ends_early_is_not_taken_for_a_short_one(tmp_path):
    from scripts.features.sources import read_segment

    path = tmp_path / "a.wav"
    audio.write(path, np.full(16_000, 0.1, np.float32))
    assert (
        len(read_segment(path)) == 16_000
        and len(read_segment(path, 15_000, 9_000)) == 1_000
        and len(read_segment(path, 20_000, 5)) == 0
    )
    os.truncate(path, 9_000)
    assert len(read_segment(path, 0, 4_000)) == 4_000, "what is there is as it was"
    for where in ((), (4_000, 4_000), (15_000,)):
        with pytest.raises(ValueError, match="a.wav cannot be read as 16-bit WAV: it ends too early"):
            read_segment(path, *where)


def test_many_damaged_samples_end_the_stage_with_a_remedy(tmp_path):
    from scripts.features import make_word

    rows = []
    for number in range(6):
        audio.write(tmp_path / f"{number}.wav", np.full(16_000, 0.1, np.float32))
        rows.append(
            {
                "path": f"{number}.wav",
                "split": "validation",
                "kind": "positive",
                "label": 1,
                "start_s": 0.1,
                "end_s": 0.9,
            }
        )
    (tmp_path / "index.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    os.truncate(tmp_path / "3.wav", 30)
    sentence = read_message(
        make_word.main,
        ["--samples", str(tmp_path), "--datasets", str(tmp_path), "--jobs", "1", "--out", str(tmp_path / "features")],
    )
    assert (
        "1 of 6 clips could not be made" in sentence
        and "3.wav cannot be read" in sentence
        and "delete the stamp" in sentence
    )
    assert not (tmp_path / "features").exists()
