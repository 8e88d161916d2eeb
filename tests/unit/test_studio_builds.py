"""The queue of the studio: what it starts, how it finds it again, and what it says of it."""

import os
import re
import signal
import stat
import time
from pathlib import Path

import pytest

from scripts.core.damaged import DamagedError
from scripts.studio.builds import Builds, hold_queue, show_command
from scripts.studio.estimates import find_progress

MAKE = """#!/bin/sh
# Stands in for make: it plans two stages, and works at them until the file "go" is there.
case "$*" in
  *refused*) echo "Makefile:1: *** WORD=\\"refused\\": no voice reads it.  Stop." >&2; exit 2 ;;
  *print-SLUG*) for each; do case "$each" in print-SLUG) ;; print-*) echo "${each#print-}=100" ;; WORD=*) echo "SLUG=$(echo "${each#WORD=}" | tr ' ' _ | tr -d .)" ;; esac; done ;;
  *-n*) echo "python -m scripts.core.run_stage --title 'hey_buster: samples' --log x"; echo "echo \\"== environment: self-test\\"" ;;
  *)
    echo "$@" >>"$HERE/calls"
    echo "== hey_buster: samples (log: x)"
    echo "speak: 500/1000 clips (10.0/s)"
    until [ -e "$HERE/go" ]; do sleep 0.05; done
    case "$*" in *broken*) echo "there is no more disk"; exit 2 ;; esac ;;
esac
"""


@pytest.fixture
def open_builds(tmp_path, monkeypatch):
    """open_builds(): the queue of a directory, as a studio that has just been started sees it."""
    monkeypatch.setenv("HERE", str(tmp_path))
    make = tmp_path / "make"
    make.write_text(MAKE)
    make.chmod(make.stat().st_mode | stat.S_IXUSR)
    opened = []

    def start() -> Builds:
        opened.append(Builds(tmp_path / "data", [str(make)]))
        return opened[-1]

    yield start
    (tmp_path / "go").touch()
    for each in opened[-1].describe() if opened else []:
        wait(opened[-1], each["word"], lambda state: state != "running")


def wait(builds: Builds, word: str, is_reached) -> dict:
    """What is said of a word once its state is reached."""
    end = time.monotonic() + 30
    while True:
        builds.tick()
        (about,) = [each for each in builds.describe() if each["word"] == word]
        if is_reached(about["state"]):
            return about
        assert time.monotonic() < end, about
        time.sleep(0.05)


def calls(tmp_path: Path) -> list[str]:
    path = tmp_path / "calls"
    return path.read_text().splitlines() if path.exists() else []


def test_words_are_trained_one_after_another(open_builds, tmp_path):
    builds = open_builds()
    builds.add("hey buster.", "en", "quick")
    builds.add("computer", "de", "default")
    assert [each["state"] for each in builds.describe()] == ["running", "waiting"]
    with pytest.raises(ValueError, match="in the queue already"):
        builds.add("computer", "de", "default")
    (tmp_path / "go").touch()
    wait(builds, "computer", lambda state: state == "done")
    assert calls(tmp_path) == [
        "train WORD=hey buster. SAMPLES=1000 NEGATIVE_SAMPLES=1000 TRAINING_STEPS=1500 TEACHERS=0",
        "train WORD=computer LANGUAGE=de",
    ]
    assert builds.describe()[0]["command"] == (
        'make train WORD="hey buster." SAMPLES=1000 NEGATIVE_SAMPLES=1000 TRAINING_STEPS=1500 TEACHERS=0'
    )


def test_the_line_for_the_terminal_has_what_the_studio_was_given(monkeypatch):
    monkeypatch.setenv("MAKEFLAGS", "w -- DATA_DIR=/my\\ disk PORT=1 HOST=0.0.0.0 SAMPLES=60")
    assert show_command(["train", "WORD=hey you", "SAMPLES=1000"]) == (
        'make train WORD="hey you" SAMPLES=1000 DATA_DIR="/my disk"'
    )


def test_the_language_of_the_studio_is_not_said_again(open_builds):
    builds = open_builds()
    builds.language = "de"
    assert builds.plan("hallo", "de", "default").goal == ["train", "WORD=hallo"]
    assert builds.plan("hello", "en", "default").goal == ["train", "WORD=hello", "LANGUAGE=en"]


def test_a_studio_that_is_started_again_finds_the_training(open_builds, tmp_path):
    open_builds().add("hey buster.", "en", "default")
    again = open_builds()
    again._children.clear()
    assert wait(again, "hey buster.", lambda state: True)["state"] == "running"
    (tmp_path / "go").touch()
    assert wait(again, "hey buster.", lambda state: state != "running")["state"] == "done"
    assert len(calls(tmp_path)) == 1, "it was not started a second time"


def test_a_training_can_be_stopped_and_continued(open_builds, tmp_path):
    builds = open_builds()
    id = builds.add("hey buster.", "en", "default").id
    builds.add("computer", "en", "default")
    with pytest.raises(ValueError, match="stop it first"):
        builds.remove(id)
    builds.stop(id)
    wait(builds, "hey buster.", lambda state: state == "stopped")
    wait(builds, "computer", lambda state: state == "running")
    builds.go_on(id)
    assert [each["state"] for each in builds.describe()] == ["running", "waiting"], "behind those that wait"
    (tmp_path / "go").touch()
    wait(builds, "hey buster.", lambda state: state == "done")
    builds.remove(id)
    assert [each["word"] for each in builds.describe()] == ["computer"]
    assert not list((tmp_path / "data/studio").glob(f"{id}*"))


def test_a_training_that_fails_says_why(open_builds, tmp_path):
    builds = open_builds()
    builds.add("broken", "en", "default")
    (tmp_path / "go").touch()
    assert wait(builds, "broken", lambda state: state == "failed")["why"] == "there is no more disk"


def test_a_training_that_was_killed_counts_as_stopped(open_builds):
    builds = open_builds()
    build = builds.add("hey buster.", "en", "default")
    os.killpg(build.pid, signal.SIGKILL)
    wait(builds, "hey buster.", lambda state: state == "stopped")


def test_a_second_studio_of_the_same_directory_is_refused(tmp_path):
    with hold_queue(tmp_path), pytest.raises(SystemExit, match="is running already"), hold_queue(tmp_path):
        pass
    with hold_queue(tmp_path):
        pass


def test_a_damaged_queue_is_named(open_builds, tmp_path):
    builds = open_builds()
    builds.add("hey buster.", "en", "default")
    builds.stop(builds.describe()[0]["id"])
    wait(builds, "hey buster.", lambda state: state == "stopped")
    queue = tmp_path / "data/studio/builds.json"
    for damaged in ("[", "{}", '[{"id": 1}]'):
        queue.write_text(damaged)
        with pytest.raises(DamagedError, match="builds.json"):
            Builds(tmp_path / "data", ["make"])


def test_what_make_refuses_is_not_queued(open_builds):
    builds = open_builds()
    with pytest.raises(ValueError, match='^WORD="refused": no voice reads it$'):
        builds.add("refused", "en", "default")
    with pytest.raises(ValueError, match="is no quality"):
        builds.add("hey buster.", "en", "best")
    assert builds.describe() == []


TEACHERS, STUDENT = "training teacher 1, teacher 2, teacher 3", "training student: 100/2000 step (1.0/s)"
STAGES = ["hey_buster: samples", "hey_buster: features", "hey_buster: train", "hey_buster: publish"]
TRAINING = [f"== {each} (log: x)" for each in STAGES[:3]]


@pytest.mark.parametrize(
    "lines, stage, number, share",
    [
        ([], "", 1, 0.0),
        (["== hey_buster: samples (log: x)", "speak: 500/1000 clips (1.0/s)"], STAGES[0], 1, 0.21),
        (["== environment: self-test", "== hey_buster: samples (log: x)"], STAGES[0], 1, 0.0),
        ([*TRAINING, f"{TEACHERS}: 2400/4800 step (1.0/s)"], STAGES[2], 3, 0.67),
        ([*TRAINING, f"{TEACHERS}: 4800/4800 step (1.0/s)", STUDENT], STAGES[2], 3, 0.853),
        ([*TRAINING, "teacher 1: step 500/1600 positive=0.1"], STAGES[2], 3, 0.494),
        ([*(f"== {each} (log: x)" for each in STAGES)], STAGES[3], 4, 0.96),
    ],
)
def test_progress_is_read_off_the_log(lines, stage, number, share):
    about = find_progress(lines, STAGES, {}, pace=1.0)
    assert (about["stage"], about["number"], about["of"]) == (stage, number, 4)
    assert about["share"] == pytest.approx(share, abs=0.02)
    assert re.fullmatch(r"(about \d min|under a minute) left", about["left"])
    half = find_progress(lines, STAGES, {}, pace=0.5)
    assert half["share"] == about["share"] and (half["left"] != about["left"]) == (number < 4)
