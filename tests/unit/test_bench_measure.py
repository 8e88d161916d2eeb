"""How benchmarks measure time and memory, and what they need."""

import math
import os

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from scripts.bench.measure import Measured, measure_seconds, run, take_median
from scripts.bench.run import check_packages
from scripts.bench.run import main as bench_main


def test_a_command_that_fails_has_no_time():
    assert math.isnan(measure_seconds(2, ["false"])) and 0 < measure_seconds(2, ["true"]) < 5


def test_the_median_run_has_the_highest_memory_of_all():
    runs = [Measured(10, 5, 100, 1), Measured(10, 1, 300, 2), Measured(10, 2, 200, 3)]
    assert take_median(runs) == Measured(10, 2, 300, 3) and take_median(runs).rate == 5


def test_a_command_that_prints_no_time_is_timed_as_a_whole():
    measured = run("scripts.publish.publish", "--help")
    assert measured.items == 1 and measured.seconds > 0 and math.isnan(measured.cpu_s)


def test_the_reference_network_is_as_large_as_official_models():
    from scripts.bench.stages.training import build_reference_network

    network = build_reference_network()
    assert network.output_shape == (None, 1) and 20_000 < network.count_params() < 40_000


def test_a_bench_without_the_references_packages_says_how_to_get_them(monkeypatch):
    monkeypatch.setattr("scripts.bench.run.find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="pip install audiomentations librosa, or leave out"):
        bench_main(["--data", "x", "--tables", "features conversion training", "--out", "y"])
    check_packages(["training", "samples"])
