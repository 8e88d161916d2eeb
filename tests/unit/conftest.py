"""What several files of tests need: a host on loopback, recordings, small features, and a server in a thread."""

import threading

import numpy as np
import pytest
from fetching import DATA
from loopback import Host
from spectrograms import write_store

from scripts.core import audio
from scripts.datasets import http_client
from scripts.features.sources import Recording
from scripts.live.server import Server


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


@pytest.fixture
def files(tmp_path) -> list[Recording]:
    """A dataset of each kind in two splits; each kind has a frequency of its own."""
    rng = np.random.default_rng(0)
    time = np.arange(16_000) / 16_000
    response = (rng.standard_normal(3_000) * np.exp(-np.arange(3_000) / 400) * 0.2).astype(np.float32)
    response[0] = 1.0
    sounds = {
        "rooms": response,
        "noise": 0.1 * rng.standard_normal(4_000),
        "music": np.tile(0.2 * np.sin(2 * np.pi * 3_000 * time), 5),
        "speech": np.tile(0.2 * np.sin(2 * np.pi * 6_000 * time), 3),
    }
    recordings = []
    for split in ("training", "testing"):
        for kind, sound in sounds.items():
            path = tmp_path / f"{split}-{kind}.wav"
            audio.write(path, np.asarray(sound, np.float32))
            recordings.append(Recording(path, f"{kind}_x", kind, split, len(sound) / 16_000, 0))
    return recordings


@pytest.fixture
def serve():
    """serve(app, host, ...): a Server of the application in a thread, which ends with the test."""
    started = []

    def start(app, host="127.0.0.1", **options):
        server = Server(app, host, **options)
        started.append((server, thread := threading.Thread(target=server.run)))
        thread.start()
        return server

    yield start
    for server, thread in started:
        server.should_exit = True
        thread.join()
