"""Work in parallel gives what work in a row gives, and a worker's death is neither fatal at once nor silent."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from scripts.core.parallel import generator, parallel


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


def test_without_shared_memory_one_process_does_all_and_it_is_said(monkeypatch, capsys):
    from multiprocessing import synchronize

    def fail(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(synchronize.SemLock, "__init__", fail)
    assert list(parallel(draw, range(8), 2, "t")) == list(map(draw, range(8)))
    assert (
        "several processes cannot work together here ([Errno 30] Read-only file system; is /dev/shm there"
        in capsys.readouterr().err
    )


def threads(item):
    return os.environ["OMP_NUM_THREADS"]


def test_workers_have_one_thread_and_what_comes_after_them_is_not_told_so(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert list(parallel(threads, range(4), 2, "t")) == ["1"] * 4
    assert "OMP_NUM_THREADS" not in os.environ
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert list(parallel(threads, range(4), 2, "t")) == ["3"] * 4
    assert os.environ["OMP_NUM_THREADS"] == "3"


def test_names_make_different_numbers_and_the_same_name_the_same():
    assert generator(1, "a", 2).random() == generator(1, "a", 2).random()
    assert (
        len(
            {
                generator(1, "a", 2).random(),
                generator(2, "a", 2).random(),
                generator(1, "a", 3).random(),
                generator(1, "b", 2).random(),
            }
        )
        == 4
    )
    assert isinstance(generator(1).random(), float) and not np.isnan(generator(1).random())


def test_the_work_of_a_dead_worker_is_done_again_and_it_is_said(tmp_path, capfd):
    tasks = [(number, str(tmp_path / "died")) for number in range(40)]
    assert list(parallel(die_once, tasks, 2, "t", chunk=4)) == list(range(40))
    assert "a worker process died" in capfd.readouterr().err


def test_workers_that_keep_dying_end_it_with_a_sentence(capfd):
    with pytest.raises(SystemExit, match="JOBS=1"):
        list(parallel(die, range(10), 2, "t"))
