"""Fetching that is killed, fills the disk, or runs twice at once: nothing is lost, and no incomplete file is published."""

import os
import resource
import signal
import time

import pytest
from fetching import DATA, SHA256, main
from loopback import in_a_child

from scripts.datasets import download, fetch, http_client


def test_a_killed_download_continues(web, tmp_path):
    web.faults["/cut.zip"] = ["stall 600000"]

    def fetch_until_killed():
        http_client.PATIENCE = http_client.PATIENCE._replace(stall_s=20)
        fetch.main(
            [
                "--name",
                "some",
                "--out",
                str(tmp_path / "archive"),
                "--package",
                f"{web.url}/cut.zip",
                "--sha256",
                SHA256,
            ]
        )

    child = os.fork()
    if not child:
        fetch_until_killed()
        os._exit(0)
    deadline = time.monotonic() + 20
    while not any(path.stat().st_size == 600_000 for path in tmp_path.glob("archive.fetching/*.partial")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert not (tmp_path / "archive").exists() and not list(tmp_path.glob("archive.fetching/cut.zip"))
    main(tmp_path / "archive", (f"{web.url}/cut.zip", SHA256))
    assert web.ranges("/cut.zip") == [None, "bytes=600000-"]


def test_a_download_killed_after_its_last_byte_is_complete(web, tmp_path):
    target = tmp_path / "whole.zip"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            download.download(f"{web.url}/whole.zip", target)
    download.download(f"{web.url}/whole.zip", target)
    assert target.read_bytes() == DATA and web.ranges("/whole.zip") == [None, f"bytes={len(DATA)}-"]


def test_a_full_disk_ends_in_a_sentence_and_loses_nothing(web, tmp_path, capfd):
    def with_little_space():
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
        main(tmp_path / "archive", (f"{web.url}/whole.zip", SHA256))

    assert in_a_child(with_little_space) == 3
    assert "The disk is full" in capfd.readouterr().err and not (tmp_path / "archive").exists()
    main(tmp_path / "archive", (f"{web.url}/whole.zip", SHA256))
    assert web.ranges("/whole.zip") == [None, "bytes=300000-"]


def test_two_commands_at_once_fetch_once(web, tmp_path, capfd):
    web.faults["/whole.zip"] = ["stall 600000"]
    children = []
    for _ in range(2):
        if not (child := os.fork()):
            os._exit(0 if main(tmp_path / "archive", (f"{web.url}/whole.zip", SHA256)) else 1)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
    assert web.counts == {"/whole.zip": 2} and (tmp_path / "archive/whole.zip").read_bytes() == DATA
    printed = capfd.readouterr()
    assert "another make is at work" in printed.err and "just been made" in printed.out
