"""What the engine costs: items that sleep, so that other work on the machine counts little. `-s` shows the figures."""

import time
from functools import partial

import pytest
import work_for_workers as work

from scripts.core.cluster import connect
from scripts.core.parallel import parallel

ITEMS, ITEM_S = 600, 0.1  # a minute for one process


@pytest.fixture
def took(machines, monkeypatch):
    """took(address, jobs): seconds of all items, with starting and ending what does them."""

    def measure(address: str, jobs: int = 1, items: int = ITEMS) -> float:
        monkeypatch.setenv("WAKEMAKE_CLUSTER", address)
        monkeypatch.setenv("WAKEMAKE_DATA", str(machines.data))
        begun = time.monotonic()
        assert list(parallel(partial(work.sleep, ITEM_S), range(items), jobs, "t")) == list(range(items))
        return time.monotonic() - begun

    return measure


def test_local_workers_are_as_fast_as_processes(took):
    items = 2 * ITEMS  # a minute for two
    processes, workers = took("", 2, items), took("local:2", 2, items)
    print(f"\n{items} items of {ITEM_S} s: {processes:.1f} s with JOBS=2, {workers:.1f} s with CLUSTER=local:2")
    assert workers < 1.1 * processes


def test_two_workers_do_nearly_twice_as_much_as_one(machines, took):
    machines.scheduler()
    machines.worker()
    one = took(machines.address)
    machines.worker()
    two = took(machines.address)
    print(f"\n{ITEMS} items of {ITEM_S} s: {one:.1f} s with one worker, {two:.1f} s with two: {one / two:.2f} times")
    assert one / two > 1.7


def test_a_task_costs_a_few_milliseconds(machines):
    machines.scheduler()
    machines.worker()
    with connect(machines.address, machines.data) as cluster:
        for number in range(20):
            cluster.submit(work.sleep, 0, number, key=f"first-{number}").result()
        begun, count = time.monotonic(), 300
        for number in range(count):
            cluster.submit(work.sleep, 0, number, key=f"task-{number}").result()
        each = (time.monotonic() - begun) / count
    print(f"\none task after another, which does nothing: {1000 * each:.1f} ms each")
    assert each < 0.05
