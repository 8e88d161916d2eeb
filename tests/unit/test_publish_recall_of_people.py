"""The sentence about people: it goes by their recordings, and its figures are those of docs/RESULTS.md."""

import re
from pathlib import Path

from scripts.publish.recall_of_people import PEOPLE, WORST_PEOPLE, describe_recall_of_people

RESULTS = Path(__file__).resolve().parents[2] / "docs/RESULTS.md"


def test_recordings_of_people_come_before_the_test():
    assert describe_recall_of_people(0.54, (9, 12)) == "Of 12 recordings of people it detects 9."
    assert describe_recall_of_people(0.11, (1, 1)).startswith(
        "Of 1 recording of people it detects 1. Few recordings say little"
    )


def test_the_figure_of_the_test_is_not_taken_for_theirs():
    assert "54" not in describe_recall_of_people(0.54) and str(PEOPLE) in describe_recall_of_people(0.54)
    assert "try another" in describe_recall_of_people(0.24) and str(PEOPLE) not in describe_recall_of_people(0.24)
    assert "Nobody has tried it" in describe_recall_of_people(None)


def test_its_figures_are_those_of_the_results():
    results = RESULTS.read_text(encoding="utf-8")
    assert f"Means over the eight words: {PEOPLE}.0% clean" in results
    assert re.search(rf"\(the worst\) \| 411 \| {WORST_PEOPLE - 1}\.9%", results)
