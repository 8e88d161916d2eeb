"""Sizes, times, shares and tables as people read them."""

import pytest

from scripts.core import formatting


@pytest.mark.parametrize(
    "seconds, text",
    [(0.4, "0 s"), (59.7, "1 min 00 s"), (185, "3 min 05 s"), (3599.6, "1 h 00 min"), (3725, "1 h 02 min")],
)
def test_durations_are_written_in_two_units(seconds, text):
    assert formatting.duration(seconds) == text


def test_sizes_are_decimal():
    assert [formatting.size(count) for count in (0, 999, 1000, 2_340_000, 85e9)] == [
        "0 bytes",
        "999 bytes",
        "1.0 kB",
        "2.3 MB",
        "85.0 GB",
    ]


def test_figures_that_were_not_measured_are_marked():
    assert {formatting.size(None), formatting.duration(None), formatting.percent(None), formatting.number(None)} == {
        formatting.NOT_MEASURED
    }


def test_a_table_aligns_its_columns():
    assert formatting.table([("a", "1", "x"), ("bbb", "22", "y")]) == "  a    1   x\n  bbb  22  y"
