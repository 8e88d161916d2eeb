"""`make verify` on a word so small that two builds take little: the real stages, one job against two, byte for byte."""

import re

import pytest
import tiny


@pytest.fixture(scope="module")
def house(tmp_path_factory, espeak_says) -> tiny.House:
    return tiny.house(tmp_path_factory.mktemp("house"), espeak_says)


def test_the_same_word_twice_is_the_same_bytes_whatever_jobs_is(house):
    first = house.make("train", "JOBS=1")
    assert first.returncode == 0, first.stdout[-6000:]
    ran = house.make("verify", "JOBS=2")
    assert ran.returncode == 0 and "Both builds are the same." in ran.stdout, ran.stdout[-6000:]
    assert not (house.root / "data/verify").exists()
    for part in ("common samples", "common features", "samples", "features", "model", "evaluation", "published"):
        assert re.search(rf"(?m)^{part}: \d+ files, .*: the same$", ran.stdout), part
