"""docs/RESULTS.md has a place for each table that a benchmark writes."""

import re
from pathlib import Path

import pytest

from scripts.bench.document import replace_table
from scripts.bench.tables import TABLES

RESULTS = (Path(__file__).resolve().parents[2] / "docs/RESULTS.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*TABLES, "quality", "official"])
def test_a_table_is_written_in_its_place_and_nowhere_else(name):
    changed = replace_table(RESULTS, name, "| new |")
    assert f"<!-- table: {name} -->\n| new |\n<!-- end: {name} -->" in changed
    outside = rf"<!-- table: {name} -->.*?<!-- end: {name} -->"
    assert re.sub(outside, "", changed, flags=re.DOTALL) == re.sub(outside, "", RESULTS, flags=re.DOTALL)


def test_a_document_without_that_place_is_named():
    with pytest.raises(ValueError, match="table: nothing"):
        replace_table(RESULTS, "nothing", "")
