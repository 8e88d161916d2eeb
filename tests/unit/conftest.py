"""A host on loopback, for the tests of fetching."""

import pytest
from fetching import DATA
from loopback import Host

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
