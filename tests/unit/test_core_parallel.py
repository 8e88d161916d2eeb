"""Several processes give the results of one, and the death of a worker is neither fatal at once nor silent."""

import os
import signal
import threading
from functools import partial
from pathlib import Path

import pytest

from scripts.core.parallel import parallel
from scripts.core.random_numbers import generator


def draw(item):
    return generator(1, "item", item).random()


def die_once(task):
    number, marker = task
    if number == 13 and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def die(number):
    os.kill(os.getpid(), signal.SIGKILL)


def test_the_number_of_jobs_changes_nothing():
    assert list(parallel(draw, range(40), 1, "t")) == list(parallel(draw, range(40), 3, "t"))


def test_without_shared_memory_one_process_does_all_with_a_warning(monkeypatch, capsys):
    from multiprocessing import synchronize

    def fail(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(synchronize.SemLock, "__init__", fail)
    assert list(parallel(draw, range(8), 2, "t")) == list(map(draw, range(8)))
    assert (
        "several processes cannot work together here ([Errno 30] Read-only file system; does /dev/shm exist"
        in capsys.readouterr().err
    )


def threads(item):
    return os.environ["OMP_NUM_THREADS"]


def test_workers_have_one_thread_and_later_processes_are_unaffected(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert list(parallel(threads, range(4), 2, "t")) == ["1"] * 4
    assert "OMP_NUM_THREADS" not in os.environ
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert list(parallel(threads, range(4), 2, "t")) == ["3"] * 4
    assert os.environ["OMP_NUM_THREADS"] == "3"


class Counter:
    """A state: where it was built, with what, and how many items it has seen. A lock cannot travel between processes."""

    def __init__(self, start: int):
        self.process, self.seen, self.lock = os.getpid(), start, threading.Lock()


def count(counter: Counter, item: int) -> tuple[int, int, int]:
    counter.seen += 1
    return item, counter.process, counter.seen


@pytest.mark.parametrize("jobs", [1, 3])
def test_each_process_builds_its_state_once(jobs):
    results = list(parallel(count, range(40), jobs, "t", chunk=4, state=partial(Counter, 100)))
    assert [item for item, _, _ in results] == list(range(40))
    for process in {process for _, process, _ in results}:
        counts = [seen for _, of, seen in results if of == process]
        assert counts == list(range(101, 101 + len(counts)))
    assert (jobs == 1) == ({process for _, process, _ in results} == {os.getpid()})


def nothing() -> None:
    return None


def describe(state, item):
    return f"{state} {item}"


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_state_may_be_none(jobs):
    assert list(parallel(describe, range(2), jobs, "t", chunk=1, state=nothing)) == ["None 0", "None 1"]


def refuse(reason: str):
    raise ValueError(reason)


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_of_the_state_is_raised_as_it_is(jobs, capfd):
    with pytest.raises(ValueError, match="no model here"):
        list(parallel(count, range(4), jobs, "t", state=partial(refuse, "no model here")))
    assert "died" not in capfd.readouterr().err


def test_the_work_of_a_dead_worker_is_done_again_with_a_message(tmp_path, capfd):
    tasks = [(number, str(tmp_path / "died")) for number in range(40)]
    assert list(parallel(die_once, tasks, 2, "t", chunk=4)) == list(range(40))
    assert "a worker process died" in capfd.readouterr().err


def test_workers_that_keep_dying_end_the_stage_with_a_sentence(capfd):
    with pytest.raises(SystemExit, match="JOBS=1"):
        list(parallel(die, range(10), 2, "t"))
