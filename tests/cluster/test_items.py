"""Items as tasks: the results of one process, in order, whatever happens to workers."""

import os
import signal
import threading
from functools import partial

import pytest
import work_for_workers as work
from conftest import until

from scripts.core import cluster as connection
from scripts.core.parallel import parallel


@pytest.fixture
def cluster(machines, monkeypatch):
    """A scheduler, and parallel() gives its items to it."""
    monkeypatch.setenv("WAKEMAKE_CLUSTER", machines.address)
    monkeypatch.setenv("WAKEMAKE_DATA", str(machines.data))
    machines.its_scheduler = machines.scheduler(DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL="6 s")
    return machines


def results_of(function, items, **options):
    return list(parallel(function, items, 0, "t", **options))


def test_results_are_those_of_one_process_and_each_worker_builds_its_state_once(cluster, monkeypatch):
    cluster.worker(jobs=2)
    items = list(range(120))
    assert results_of(work.draw, items) == list(map(work.draw, items))
    counted = results_of(work.count, items, chunk=4, state=partial(work.Counter, 100))
    assert [item for item, _, _ in counted] == items
    processes = {process for _, process, _ in counted}
    assert len(processes) == 2 and os.getpid() not in processes
    for process in processes:
        seen = [number for _, of, number in counted if of == process]
        assert sorted(seen) == list(range(101, 101 + len(seen)))
    assert list((cluster.data / "cluster/calls").iterdir()) == []
    with pytest.raises(ValueError, match="no model here"):
        results_of(work.count, items, state=partial(work.refuse, "no model here"))
    with pytest.raises(KeyError, match="item 0"):
        results_of(work.fail, items)
    with pytest.raises(SystemExit, match="the sentence of item 0"):
        results_of(work.leave, items)
    assert results_of(work.in_a_process_of_its_own, [-1, -2]) == [1, 2], (
        "the workers went on, and an item may start processes"
    )


def test_a_killed_worker_is_named_and_its_work_done_by_another(cluster, capfd):
    cluster.worker(jobs=2)
    tasks = [(number, str(cluster.folder), (17, 60)) for number in range(100)]
    assert results_of(work.draw_or_die, tasks, chunk=4) == list(map(work.draw, range(100)))
    assert "is lost; what it had begun is done by another" in capfd.readouterr().err
    assert (cluster.folder / "died-17").exists() and (cluster.folder / "died-60").exists()


def test_an_item_that_ends_every_worker_is_named_after_three(cluster, capfd):
    cluster.worker(jobs=2)
    tasks = [(number, "unused", (-1,)) for number in range(100)]
    with pytest.raises(
        SystemExit, match=r"t: item 14 of 100 ended every worker that tried it.*\(13, 'unused', \(-1,\)\)"
    ):
        results_of(work.draw_or_die, tasks, chunk=4)
    assert 3 <= capfd.readouterr().err.count("is lost") <= 4


def test_when_all_workers_are_killed_a_sentence_says_so_and_new_ones_go_on(cluster, capfd):
    first = cluster.worker(jobs=2)
    thread, results = in_background(work.draw, range(400))
    until(lambda: len(results) > 20)
    first.stop()
    said = ""

    def is_said():
        nonlocal said
        said += capfd.readouterr().err
        return f"no worker is left at {cluster.address}: start some (make worker CLUSTER={cluster.address})" in said

    until(is_said, 60)
    assert thread.is_alive()
    cluster.worker(jobs=1)
    thread.join(120)
    assert results == list(map(work.draw, range(400)))


def test_where_no_worker_comes_back_it_ends_with_a_sentence(cluster, monkeypatch):
    monkeypatch.setattr(connection, "PATIENCE_S", 3)
    first = cluster.worker(jobs=2)
    errors: list = []
    thread, results = in_background(work.draw, range(400), errors)
    until(lambda: len(results) > 20)
    first.stop()
    thread.join(60)
    assert not thread.is_alive() and len(errors) == 1
    assert f"No worker is left at {cluster.address}, and none has come for " in str(errors[0])
    assert list((cluster.data / "cluster/calls").iterdir()) == []


def test_a_worker_that_comes_late_gets_work_and_one_that_leaves_in_peace_loses_none(cluster):
    first = cluster.worker(jobs=1)
    thread, results = in_background(work.slow, range(160))
    until(lambda: len(results) > 2)
    before = {process for _, process in results}
    cluster.worker(jobs=1)
    until(lambda: {process for _, process in results} > before)
    os.killpg(first.process.pid, signal.SIGTERM)
    thread.join(200)
    assert [item for item, _ in results] == list(range(160)) and len({process for _, process in results}) == 2


def test_a_stopped_workers_work_is_done_by_another_after_the_time_out(cluster):
    stopped = cluster.worker(jobs=1)
    cluster.worker(jobs=1)
    thread, results = in_background(work.draw, range(400))
    until(lambda: len(results) > 20)
    os.killpg(stopped.process.pid, signal.SIGSTOP)
    thread.join(200)
    assert results == list(map(work.draw, range(400)))


def test_a_killed_scheduler_ends_the_stage_with_a_sentence(cluster):
    cluster.worker(jobs=1)
    errors: list = []
    thread, results = in_background(work.draw, range(2000), errors)
    until(lambda: len(results) > 20)
    cluster.its_scheduler.stop()
    thread.join(60)
    assert not thread.is_alive() and len(errors) == 1 and isinstance(errors[0], SystemExit)
    assert f"The scheduler at {cluster.address} is gone. What was finished is kept" in str(errors[0])


def test_local_workers_give_the_same_and_are_ended_with_it(machines, monkeypatch):
    monkeypatch.setenv("WAKEMAKE_CLUSTER", "local:2")
    monkeypatch.setenv("WAKEMAKE_DATA", str(machines.data))
    results = results_of(work.slow, range(12), chunk=1)
    processes = {process for _, process in results}
    assert [item for item, _ in results] == list(range(12)) and len(processes) == 2
    until(lambda: not any(alive(process) for process in processes), 10)
    assert results_of(work.in_a_process_of_its_own, [-1, -2]) == [1, 2], "an item may start processes"


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def in_background(function, items, errors: list | None = None):
    """A thread that runs parallel(), and the list that it fills."""
    results: list = []

    def run():
        try:
            for result in parallel(function, items, 0, "t"):
                results.append(result)
        except SystemExit as error:
            if errors is None:
                raise
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, results
