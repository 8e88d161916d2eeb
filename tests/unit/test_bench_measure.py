"""What the benchmarks measure with."""

import math
import os

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from scripts.bench.measure import Measured, median, run, seconds_of


def test_a_command_that_fails_has_no_time():
    assert math.isnan(seconds_of(2, ["false"])) and 0 < seconds_of(2, ["true"]) < 5


def test_the_median_run_is_told_with_the_highest_memory_of_all():
    runs = [Measured(10, 5, 100, 1), Measured(10, 1, 300, 2), Measured(10, 2, 200, 3)]
    assert median(runs) == Measured(10, 2, 300, 3) and median(runs).rate == 5


def test_a_stage_that_says_no_time_of_its_own_is_timed_as_a_whole():
    told = run("scripts.publish.publish", "--help")
    assert told.items == 1 and told.seconds > 0 and math.isnan(told.cpu_s)


def test_the_reference_network_is_as_large_as_official_models():
    from scripts.bench import reference_pipeline

    network = reference_pipeline.network()
    assert network.output_shape == (None, 1) and 20_000 < network.count_params() < 40_000


def test_a_bench_without_the_references_packages_says_how_to_get_them(monkeypatch):
    from scripts.bench import run as bench

    monkeypatch.setattr(bench, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="pip install audiomentations librosa, or leave out"):
        bench.main(["--data", "x", "--parts", "features conversion training", "--out", "y"])
    bench.refuse_without_packages(["training", "samples"])
