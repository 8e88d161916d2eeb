"""A host on loopback for the tests of fetching, and small features for the tests of training."""

import pytest
from fetching import DATA
from loopback import Host
from spectrograms import write_store

from scripts.datasets import http_client


@pytest.fixture
def web(monkeypatch):
    """A host that has DATA under these names; nothing but its faults makes them differ."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "HF_TOKEN", "HF_ENDPOINT", "WAKEMAKE_MIRRORS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(http_client, "PATIENCE", http_client.Patience(stall_s=1.5, tries=3, first_wait_s=0.01))
    with Host() as host:
        host.files = {f"/{name}.zip": DATA for name in ("whole", "other", "cut", "flaky")}
        yield host


@pytest.fixture
def word_and_common(tmp_path):
    """Folders of a word's features, whose spectrograms are 1000 everywhere, and of the common ones, which are 100."""
    word, common = tmp_path / "word", tmp_path / "common"
    write_store(word / "positive/training", 1000, frames=120, clips=4, end=90)
    write_store(word / "near/training", 100, frames=110, clips=4, end=80)
    write_store(common / "speech/training", 100, frames=900, clips=2)
    return word, common
