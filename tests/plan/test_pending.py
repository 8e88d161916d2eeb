"""`make status` says what the next train would redo and why, from make's own plan."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scripts.tools import pending

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def ask(trained, monkeypatch):
    """ask(*arguments, word): (stages, reasons) of the next `make train` in a build that was trained."""
    monkeypatch.chdir(trained.root)

    def run(*arguments, **options):
        return pending.find_reasons(trained.built("-n", "--trace", "train", *arguments, **options), "hey_buster")

    return run


@pytest.mark.parametrize(
    "typed, stages, why",
    [
        ((), [], []),
        (
            ("TRAINING_STEPS=40000",),
            ["train", "export", "evaluation", "examples", "publication"],
            ["TRAINING_STEPS 2000 -> 40000"],
        ),
        (('TITLE=It\'s "me"',), ["publication"], ['TITLE (empty) -> It\'s "me"']),
        (
            ("VOICES=espeak:60  piper:40",),
            [
                "samples",
                "features",
                "common samples",
                "common features",
                "common embeddings",
                "common pretrained",
                "train",
                "export",
                "evaluation",
                "examples",
                "publication",
            ],
            ["VOICES kokoro:45 piper:15 hibari:10 espeak:30 -> espeak:60  piper:40"],
        ),
        (("JOBS=9",), [], []),
    ],
)
def test_a_changed_setting_is_the_reason(ask, typed, stages, why):
    assert ask(*typed) == (stages, why)


def test_another_spelling_is_a_reason(ask):
    assert ask(word="hey buster")[1] == ["WORD hey buster. -> hey buster"]


def test_missing_and_older_files_are_reasons(ask, trained):
    (trained.root / "data/work/hey_buster/export.stamp").unlink()
    stages, why = ask()
    assert stages == ["export", "evaluation", "examples", "publication"] and why == ["not there yet: export"]
    (trained.root / "data/datasets/music_hold/16k.stamp").touch()
    (trained.root / "scripts/evaluation/evaluate.py").touch()
    stages, why = ask()
    assert stages[0] == "features" and "data/datasets/music_hold/16k.stamp is newer than what was made from it" in why
    assert "there is newer code in scripts/evaluation" in why


@pytest.mark.parametrize("option, stages, why", [("-r", True, [pending.COPY]), ("-a", False, [])])
def test_a_copy_without_times_is_the_reason(trained, monkeypatch, option, stages, why):
    build = type(trained)(trained.root.parent / "copy")
    ended = time.time() - 600
    started = datetime.fromtimestamp(ended - 5, UTC).isoformat(timespec="seconds")
    times = trained.root / "data/work/hey_buster/times.jsonl"
    times.write_text(json.dumps({"stage": "samples", "started": started, "seconds": 5.0}) + "\n")
    os.utime(times, (ended, ended))
    subprocess.run(["cp", option, trained.root, build.root], check=True)
    for order, path in enumerate(
        sorted(build.root.glob("data/**/*"), reverse=True)
    ):  # cp -r goes by the directory, in any order
        if option == "-r":
            os.utime(path, (time.time() - 30 + order / 1000,) * 2)
    for path in build.root.glob("scripts/**/*.py"):
        os.utime(path, (ended, ended))
    monkeypatch.chdir(build.root)
    stages_and_reasons = pending.find_reasons(build.built("-n", "--trace", "train"), "hey_buster")
    assert (bool(stages_and_reasons[0]), stages_and_reasons[1]) == (stages, why)


def test_a_changed_dataset_is_a_reason(ask, trained):
    trained.replace("scripts/datasets/datasets.mk", "8d6b39d6", "00000000")
    stages, why = ask()
    assert stages[:3] == ["music_hold download", "music_hold extraction", "music_hold conversion"] and why == [
        "music_hold_SHA256 changed"
    ]


def test_status_asks_make_with_the_settings_in_force(trained):
    trained.built("samples", word="computer")
    ran = subprocess.run(
        [sys.executable, "-m", "scripts.tools.status", "--data", "data"],
        cwd=trained.root,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MAKEFLAGS": "-- PYTHON=./fake-python TRAINING_STEPS=9"},
        check=True,
    )
    lines = ran.stdout.splitlines()
    at = lines.index("What the next train would redo")
    assert lines[at + 1] == "  computer    features, train, export, evaluation, examples, publication"
    assert lines[at + 2].strip() == "because not there yet: features, train, export, evaluation, examples, publication"
    assert lines[at + 3 : at + 5] == [
        "  hey_buster  train, export, evaluation, examples, publication",
        "              because TRAINING_STEPS 2000 -> 9",
    ]
