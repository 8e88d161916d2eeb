"""Items as tasks of two local workers; tests/cluster does the same with schedulers, several workers, and their deaths."""

from functools import partial

import pytest

from scripts.core.parallel import parallel
from scripts.core.random_numbers import generator

pytest.importorskip("distributed", reason="make test-cluster installs Dask")


def draw(seed: int, item: int) -> float:
    return generator(seed, "item", item).random()


def test_local_workers_give_the_results_of_one_process(tmp_path, monkeypatch):
    monkeypatch.setenv("WAKEMAKE_CLUSTER", "local:2")
    monkeypatch.setenv("WAKEMAKE_DATA", str(tmp_path))
    results = list(parallel(draw, range(40), 0, "t", chunk=3, state=partial(int, "7")))
    assert results == [draw(7, item) for item in range(40)]
    assert sorted(path.name for path in (tmp_path / "cluster").rglob("*")) == ["calls", "token"]
