"""Intervals of shares and of rates per hour."""

import numpy as np
import pytest

from scripts.core.statistics import rate_interval, wilson_interval


def test_intervals_equal_published_values():
    assert wilson_interval(0, 10) == [0.0, 0.277533] and wilson_interval(10, 10) == [0.722467, 1.0]
    assert wilson_interval(0, 0) == [0.0, 1.0]
    assert rate_interval(0, 1.0) == [0.0, 3.689] and rate_interval(3, 2.0) == [0.309, 4.384], (
        "independent events: Garwood's interval"
    )
    assert rate_interval(0, 1.0, 0, 3) == [0.0, pytest.approx(3 * 3.689, abs=0.003)], (
        "a recording that sounds three times is not three hours of evidence"
    )
    assert (
        rate_interval(9, 1.0, 27, 3)[0] < rate_interval(9, 1.0)[0]
        and rate_interval(9, 1.0, 27, 3)[1] > rate_interval(9, 1.0)[1]
    )


def test_the_interval_of_grouped_events_covers_the_true_rate_and_that_of_independent_events_does_not():
    rng, mean = np.random.default_rng(1), 8 * (1 + 3) / 2
    covered = np.zeros(2)
    for _ in range(2_000):
        singles, triples = rng.poisson(mean / 2), rng.poisson(mean / 6)  # half of the events come in threes
        events, squares = int(singles + 3 * triples), int(singles + 9 * triples)
        for which, (low, high) in enumerate((rate_interval(events, 1.0, squares, 3), rate_interval(events, 1.0))):
            covered[which] += low <= mean <= high
    grouped, independent = covered / 2_000
    assert grouped >= 0.94 and independent < 0.9
