"""Several makes at once: they wait for one another with a sentence, take turns with what they share, and never mix."""

import os
import random
import signal
import subprocess
import time
from contextlib import suppress

import pytest

WAITING = "another make is at work on it"


class Running:
    """A make that runs beside others."""

    def __init__(self, build, *arguments, **options):
        self.said = build.root / f"said-{time.monotonic_ns()}"
        with self.said.open("w") as out:
            self.process = subprocess.Popen(
                **build.process(*arguments, **options), stdout=out, stderr=out, start_new_session=True
            )

    def until(self, condition):
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, self.said.read_text()
            time.sleep(0.02)

    def all_ended(self) -> bool:
        """Whether no process that it started is left, also after it was killed itself."""
        self.process.poll()
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return True
        return False

    def waits(self):
        self.until(lambda: WAITING in self.said.read_text())

    def ended(self) -> str:
        """What it printed, once it has succeeded."""
        assert self.process.wait(60) == 0, self.said.read_text()
        return self.said.read_text()


@pytest.fixture
def running(request):
    """running(build, ...): a make in the background, which the test does not outlive."""
    made = []

    def run(build, *arguments, **options):
        made.append(Running(build, *arguments, **options))
        if "FAKE_HANG" in options:
            made[-1].until((build.root / "hanging").exists)
        return made[-1]

    yield run
    for each in made:
        if each.process.poll() is None:
            os.killpg(each.process.pid, signal.SIGKILL)
            each.process.wait()


def contents(build) -> dict:
    """What a build has made, but for logs and locks."""
    return {
        path.relative_to(build.root): path.read_text()
        for path in build.root.glob("data/**/*")
        if path.is_file() and path.parent.name != "locks"
    }


def starts(build) -> list[str]:
    """The stages that were begun, "module output", in order."""
    return [line.removeprefix("start ") for line in build.log() if line.startswith("start")]


@pytest.mark.parametrize("count", [2, 8])
def test_makes_at_once_make_shared_files_once(fresh, running, count):
    makes = [running(fresh, "train", word=f"word {number}") for number in range(count)]
    for make in makes:
        make.ended()
    begun = starts(fresh)
    assert max(map(begun.count, (each for each in begun if "summary" not in each))) == 1, begun
    for stage in ("scripts.samples.speak_common", "scripts.features.make_common", "scripts.model.pretrain"):
        assert sum(each.startswith(stage) for each in begun) == 1
    assert sum(each.startswith("scripts.samples.speak_word") for each in begun) == count
    assert all(fresh.plan("train", word=f"word {number}") == set() for number in range(count))


def test_the_same_word_at_once_is_built_once(fresh, running):
    first = running(fresh, "train", FAKE_HANG="scripts.model.train")
    second = running(fresh, "train")
    second.waits()
    (fresh.root / "hanging").unlink()
    first.ended()
    assert "hey_buster: another make is at work on it (process " in second.ended()
    assert sum(each.startswith("scripts.model.train") for each in starts(fresh)) == 1


def test_other_options_for_the_same_word_wait_and_are_built_after_it(fresh, running):
    first = running(fresh, "train", "SAMPLES=5", FAKE_HANG="scripts.features.make_word")
    second = running(fresh, "train", "SAMPLES=7")
    second.waits()
    assert "SAMPLES=5\n" in (fresh.root / "data/work/hey_buster/samples.params").read_text()
    (fresh.root / "hanging").unlink()
    first.ended()
    second.ended()
    begun = [each.split()[0] for each in starts(fresh)]
    word = [
        each
        for each in begun
        if each
        in (
            "scripts.samples.speak_word",
            "scripts.features.make_word",
            "scripts.model.train",
            "scripts.publish.publish",
        )
    ]
    assert word == word[:4] * 2 and len(set(word)) == 4
    assert "SAMPLES=7" in (fresh.root / "data/output/hey_buster/made").read_text()


def test_a_make_does_not_change_files_that_another_uses(trained, running):
    first = running(trained, "train", "TRAINING_STEPS=9", FAKE_HANG="scripts.model.train")
    second = running(trained, "train", "COMMON_SAMPLES=9", word="computer")
    second.waits()
    assert "COMMON_SAMPLES=9\n" not in (trained.root / "data/common/samples.params").read_text()
    trained.built("train", word="another")  # which changes nothing, and so need not wait
    (trained.root / "hanging").unlink()
    first.ended()
    second.ended()
    assert "COMMON_SAMPLES=9\n" in (trained.root / "data/common/samples.params").read_text()


@pytest.mark.parametrize("killed", ["all", "make alone"])
def test_a_killed_holder_is_waited_for_no_longer_than_its_work_lasts(fresh, running, killed):
    first = running(fresh, "train", FAKE_HANG="scripts.samples.speak_common")
    second = running(fresh, "train", word="computer")
    second.waits()
    if killed == "all":
        os.killpg(first.process.pid, signal.SIGKILL)
        second.ended()
        assert sum(each.startswith("scripts.samples.speak_common") for each in starts(fresh)) == 2
    else:  # what it started lives on, is not disturbed, and builds its word to the end
        os.kill(first.process.pid, signal.SIGKILL)
        time.sleep(0.5)
        assert second.process.poll() is None
        (fresh.root / "hanging").unlink()
        second.ended()
        first.until(first.all_ended)
        assert sum(each.startswith("scripts.samples.speak_common") for each in starts(fresh)) == 1
    assert not list(fresh.root.glob("data/**/*.part")) and fresh.plan("train", word="computer") == set()


@pytest.mark.parametrize("killed", ["all", "make alone"])
def test_twenty_kills_at_random_times_do_not_change_the_result(fresh, once, running, killed):
    moments = random.Random(33)
    for _ in range(20):
        make = running(fresh, "train", FAKE_SLOW="0.03")
        with suppress(subprocess.TimeoutExpired):
            make.process.wait(moments.uniform(0.1, 1.2))
        if make.process.poll() is None:
            (os.killpg if killed == "all" else os.kill)(make.process.pid, signal.SIGKILL)
        make.said.unlink()
    fresh.built("train")
    assert contents(fresh) == contents(once)
    assert fresh.plan("train") == set()


def test_a_clock_set_back_hides_no_changed_option(trained):
    for path in trained.root.glob("data/**/*"):
        at = path.lstat().st_mtime + 3600
        os.utime(path, (at, at), follow_symlinks=False)
    ran = trained.make("train", "SAMPLES=9")
    assert "data: the clock was set back, so " in ran.stderr and "in their order" in ran.stderr
    assert [each.split()[0] for each in starts(trained)][:2] == [
        "scripts.samples.speak_word",
        "scripts.features.make_word",
    ]
    assert "SAMPLES=9" in (trained.root / "data/output/hey_buster/made").read_text()
    assert trained.built("train", "SAMPLES=9") and starts(trained) == []


@pytest.mark.parametrize("mask", [0o077, 0o000, 0o022])
def test_odd_umasks(fresh, once, running, mask):
    before = os.umask(mask)
    try:
        makes = [running(fresh, "train", word=word) for word in ("hey buster.", "computer")]
        for make in makes:
            make.ended()
    finally:
        os.umask(before)
    assert fresh.plan("train") == set()


def test_commands_that_only_read_do_not_wait(trained, running):
    running(trained, "train", "COMMON_SAMPLES=9", FAKE_HANG="scripts.samples.speak_common")
    for target in ("status", "summary", "detect", "report", "doctor"):
        assert WAITING not in trained.make(target).stderr


def test_two_makes_make_one_environment(with_environment, running):
    makes = [running(with_environment, "venv", word=None) for _ in range(2)] + [
        running(with_environment, "tensorboard", word=None)
    ]
    for make in makes:
        make.ended()
    assert sum(line.startswith("install") for line in with_environment.log()) == 1


def test_two_directories_with_the_same_datasets_wait_only_where_these_change(trained, running):
    other = trained.root / "other"
    other.mkdir()
    (other / "datasets").symlink_to(trained.root / "data/datasets")
    first = running(trained, "train", "TRAINING_STEPS=9", FAKE_HANG="scripts.model.train")
    trained.built("features", "DATA_DIR=other")
    trained.built("train", "DATA_DIR=other")  # makes common stages of its own, from datasets that are used here
    (trained.root / "data/datasets/music_hold/16k.stamp").unlink()
    second = running(trained, "train", "DATA_DIR=other", word="computer")
    second.waits()
    (trained.root / "hanging").unlink()
    first.ended()
    second.ended()


def test_a_cleaner_waits(trained, running):
    first = running(trained, "train", "TRAINING_STEPS=9", FAKE_HANG="scripts.model.train")
    for goals, word in ((["clean-work"], "hey buster."), (["clean-datasets"], None)):
        cleaner = running(trained, *goals, word=word)
        cleaner.waits()
        os.killpg(cleaner.process.pid, signal.SIGINT)
    (trained.root / "hanging").unlink()
    first.ended()


def test_verify_does_not_wait_for_itself(trained):
    assert WAITING not in trained.make("verify").stderr


def test_ctrl_c_ends_the_waiting_without_a_traceback(trained, running):
    running(trained, "train", "TRAINING_STEPS=9", FAKE_HANG="scripts.model.train")
    second = running(trained, "train")
    second.waits()
    os.killpg(second.process.pid, signal.SIGINT)
    assert second.process.wait(20) in (2, -signal.SIGINT) and "Traceback" not in second.said.read_text()


def test_stages_receive_signals(fresh):
    (fresh.root / "fake-python").rename(fresh.root / "inner")
    (fresh.root / "fake-python").write_text('#!/bin/sh\ngrep SigIgn /proc/$$/status >>ignored\nexec ./inner "$@"\n')
    (fresh.root / "fake-python").chmod(0o755)
    fresh.built("samples")
    assert not any(
        int(line.split()[1], 16) & 1 << (signal.SIGPIPE - 1)
        for line in (fresh.root / "ignored").read_text().splitlines()
    )


def test_dry_runs_lock_nothing(fresh):
    fresh.built("-n", "train")
    fresh.make("-q", "train")
    assert not (fresh.root / "data").exists()
