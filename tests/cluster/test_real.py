"""The real stages of tiny words by workers: the bytes of one process, whatever happens to the workers."""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import psutil
import pytest
import tiny
from conftest import free_port, until

from scripts.tools import verify

WORDS = {"aloha": "aloha", "mahalo": "mahalo | SAMPLES=14", "banana": "banana"}


class Build:
    """A DATA_DIR of its own beside the others of a house: `make` in it, and programs that run meanwhile."""

    def __init__(self, house: tiny.House, name: str, like: Path | None = None):
        self.house, self.name, self.data, self.started = house, name, house.root / name, []
        self.data.mkdir(exist_ok=True)
        if like:
            shutil.copytree(like / "common", self.data / "common", symlinks=True, copy_function=shutil.copy2)
            (self.data / "datasets").symlink_to(like / "datasets")
        (house.root / "words.txt").write_text("\n".join(WORDS.values()) + "\n")

    def start(self, *arguments: str, word: str = tiny.WORD) -> subprocess.Popen:
        said = self.data / f"said-{len(self.started)}"
        with said.open("w") as out:
            process = subprocess.Popen(
                **self.house.process(*arguments, f"DATA_DIR={self.name}", word=word),
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        process.said = said.read_text
        self.started.append(process)
        return process

    def words(self, *arguments: str) -> subprocess.Popen:
        return self.start("words", "WORDS=words.txt", *arguments, word="")

    def finish(self, process: subprocess.Popen, status: int = 0) -> str:
        process.wait(400)
        assert process.returncode == status, process.said()[-6000:]
        return process.said()

    def serve(self, count: int = 2) -> str:
        """A scheduler and `count` workers of one thread, by make; the address."""
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.scheduler = self.start("scheduler", f"CLUSTER={self.address}", word="")
        self.workers = [self.worker() for _ in range(count)]
        return self.address

    def worker(self) -> subprocess.Popen:
        worker = self.start("worker", f"CLUSTER={self.address}", "JOBS=1", word="")
        until(lambda: "Registered to:" in worker.said(), 120, worker.said)
        return worker

    def name_of(self, worker: subprocess.Popen) -> str:
        return re.search(r"worker: (\S+), ", worker.said())[1]

    def end(self) -> None:
        for process in self.started:
            end(process)


def end(process: subprocess.Popen, how: int = signal.SIGKILL) -> None:
    """A signal to all of a process group."""
    if process.poll() is None:
        os.killpg(process.pid, how)
        process.wait(60)


def assert_same(one: Path, other: Path, words=tuple(WORDS)) -> None:
    """All that verify compares, of each word."""
    for word in words:
        for stage, folder in verify.list_stages(one, word).items():
            if stage == "pretraining":  # of INIT=embedding
                continue
            compared = verify.list_files(folder)
            assert compared, folder
            assert not verify.list_differences(folder, verify.list_stages(other, word)[stage]), (word, stage)


@pytest.fixture(scope="module")
def alone(tmp_path_factory, espeak_says) -> Build:
    """The words by one process."""
    made = Build(tiny.house(tmp_path_factory.mktemp("house"), espeak_says), "data")
    made.finish(made.words("JOBS=1"))
    return made


@pytest.fixture
def build(alone):
    """A DATA_DIR with the same datasets and common stages."""
    made = Build(alone.house, f"data-{len(list(alone.house.root.glob('data*')))}", like=alone.data)
    yield made
    made.end()


def test_three_words_by_two_local_workers_are_those_of_one_process(alone, build):
    said = build.finish(build.words("CLUSTER=local:2"))
    assert "3/3 done, 0 failed" in said and "for 2 workers at local:2" in said
    assert_same(alone.data, build.data)


def test_the_common_stages_and_a_word_by_items_are_those_of_one_process(alone, build):
    shutil.rmtree(build.data / "common")
    build.finish(build.start("train", "CLUSTER=local:2"))
    assert_same(alone.data, build.data, ["aloha"])


def stage_runs(word: str, data: Path, stage: str) -> bool:
    """Whether a word's make is in a stage now."""
    log = data / "cluster/logs" / f"{word}.log"
    return log.exists() and bool(re.search(rf"(?m)^== {word}: {stage}", log.read_text()))


@pytest.mark.parametrize("stage", ["train", "evaluate"])
def test_a_worker_killed_in_a_stage_of_its_word_changes_no_byte(alone, build, stage):
    process = build.words(f"CLUSTER={build.serve()}")
    until(lambda: stage_runs("mahalo", build.data, stage), 300, process.said)
    by = re.search(r"mahalo: begun by (\S+)", process.said())[1]
    (victim,) = (worker for worker in build.workers if by.startswith(build.name_of(worker)))
    family = psutil.Process(victim.pid).children(recursive=True)
    end(victim)
    said = build.finish(process)
    assert f"mahalo: worker {by} is lost; begun again by " in said and "3/3 done, 0 failed" in said
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in family)
    assert_same(alone.data, build.data)
    assert not list(build.data.rglob("*.part"))


def living(family: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in family if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("stage", ["samples", "train"])
def test_after_ctrl_c_of_one_word_nothing_is_left_and_the_same_line_goes_on(alone, build, stage):
    process = build.start("train", "CLUSTER=local:2")
    until(lambda: f"== aloha: {stage}" in process.said(), 300, process.said)
    if stage == "samples":
        until(lambda: list(build.data.glob("cluster/calls/*/*.begun")), 60, process.said)
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) > 1
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(60) != 0
    until(lambda: not living(family), 10, lambda: str(living(family)))
    assert "Traceback" not in process.said() and not list(build.data.glob("output/*"))
    assert list(build.data.glob("cluster/calls/*")) == []
    build.finish(build.start("train", "CLUSTER=local:2"))
    assert_same(alone.data, build.data, ["aloha"])
    assert not list(build.data.rglob("*.part"))
