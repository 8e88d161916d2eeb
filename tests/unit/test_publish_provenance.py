"""Where a published model comes from: the commit, licences and the machine."""

import pytest

from scripts.publish import machine, provenance, summary


def test_the_commit_of_an_image_comes_from_its_environment(monkeypatch, tmp_path):
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    monkeypatch.setenv("WAKEMAKE_COMMIT", "abc123-dirty")
    assert provenance.describe_code() == {"commit": "abc123", "dirty": True}
    monkeypatch.delenv("WAKEMAKE_COMMIT")
    assert provenance.describe_code() == {"commit": None, "dirty": None}


@pytest.mark.parametrize(
    "licence, restricted",
    [
        ("CC-BY-NC-4.0", True),
        ("CC BY-NC-SA 3.0", True),
        ("non-commercial use only", True),
        ("NonCommercial", True),
        ("CC-BY-4.0", False),
        ("NCSA", False),
        ("Apache-2.0", False),
        ("", False),
    ],
)
def test_licences_that_forbid_commerce(licence, restricted):
    assert summary.is_noncommercial(licence) is restricted


def test_available_memory_is_at_most_the_total():
    total, available = machine.measure_memory()
    assert 0 < available <= total
