"""Fetching: the clients are stubs on PATH, the web is a server on loopback."""
import hashlib
import http.server
import json
import os
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from scripts.datasets import download, fetch, sources

DATA = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(DATA).hexdigest()


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Server(http.server.BaseHTTPRequestHandler):
    """Serves DATA; what goes wrong is said by the path, how often it already did by `counts`."""
    counts: dict = {}
    ranges: list = []
    over: threading.Event

    def do_GET(self):
        times = self.counts[self.path] = self.counts.get(self.path, 0) + 1
        wanted = self.headers.get("Range")
        self.ranges.append(wanted)
        if self.path == "/missing.zip":
            return self.send_error(404)
        if self.path == "/flaky.zip" and times < 3:
            return self.send_error(500)
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.path != "/noresume.zip" else 0
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(DATA) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(DATA) - 1}/{len(DATA)}")
        self.end_headers()
        if times == 1 and self.path in ("/cut.zip", "/noresume.zip"):
            self.wfile.write(DATA[:600_000])
        elif times == 1 and self.path == "/stall.zip":
            self.wfile.write(DATA[:600_000])
            self.over.wait(20)
        else:
            self.wfile.write(DATA[start:])

    def log_message(self, *_):
        pass


@pytest.fixture
def web(monkeypatch):
    Server.counts, Server.ranges = {}, []
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sources, "download", partial(download.download, stall_s=1.5, tries=3, first_wait_s=0.01))
    Server.over = threading.Event()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    Server.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


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


def main(out: Path, *pairs: tuple[str, str], more: tuple = ()) -> list[dict]:
    arguments = ["--name", "some", "--out", str(out), *more]
    for source, sha256 in pairs:
        arguments += ["--source", source, "--sha256", sha256]
    fetch.main(arguments)
    return json.loads((out / "fetched.json").read_text())


def test_a_file_from_the_web_is_verified_and_recorded(web, tmp_path):
    out = tmp_path / "archive"
    [entry] = main(out, (f"{web}/whole.zip?x=1", SHA256))
    assert entry == {"file": "whole.zip", "source": f"{web}/whole.zip?x=1", "sha256": SHA256, "bytes": len(DATA), "pinned": True}
    assert (out / "whole.zip").read_bytes() == DATA
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive"]


def test_a_good_file_is_not_fetched_again(web, tmp_path):
    out = tmp_path / "archive"
    main(out, (f"{web}/whole.zip", SHA256))
    os.utime(out, (1, 1))
    main(out, (f"{web}/whole.zip", SHA256))
    assert Server.counts == {"/whole.zip": 1}
    assert out.stat().st_mtime > 1e9


def test_a_damaged_file_is_fetched_again(web, tmp_path):
    out = tmp_path / "archive"
    main(out, (f"{web}/whole.zip", SHA256))
    (out / "whole.zip").write_bytes(DATA[:-1])
    main(out, (f"{web}/whole.zip", SHA256))
    assert (out / "whole.zip").read_bytes() == DATA and Server.counts["/whole.zip"] == 2


def test_a_cut_download_goes_on_where_it_ended(web, tmp_path):
    main(tmp_path / "archive", (f"{web}/cut.zip", SHA256))
    assert (tmp_path / "archive/cut.zip").read_bytes() == DATA
    first, second = Server.ranges
    assert first is None and 0 < int(second.removeprefix("bytes=").removesuffix("-")) <= 600_000


def test_a_server_that_cannot_resume_is_read_from_the_start(web, tmp_path):
    main(tmp_path / "archive", (f"{web}/noresume.zip", SHA256))
    assert (tmp_path / "archive/noresume.zip").read_bytes() == DATA


def test_a_stalled_download_is_given_up_and_resumed(web, tmp_path):
    started = time.monotonic()
    main(tmp_path / "archive", (f"{web}/stall.zip", SHA256))
    assert (tmp_path / "archive/stall.zip").read_bytes() == DATA
    assert Server.counts["/stall.zip"] == 2 and time.monotonic() - started < 15


def test_server_errors_are_retried(web, tmp_path):
    main(tmp_path / "archive", (f"{web}/flaky.zip", SHA256))
    assert Server.counts["/flaky.zip"] == 3


def test_a_missing_file_is_an_error_at_once(web, tmp_path):
    with pytest.raises(SystemExit, match="404"):
        main(tmp_path / "archive", (f"{web}/missing.zip", SHA256))
    assert Server.counts["/missing.zip"] == 1 and not (tmp_path / "archive").exists()


def test_nobody_answering_ends_in_a_sentence(web, tmp_path):
    with pytest.raises(SystemExit, match="3 attempts failed"):
        main(tmp_path / "archive", ("http://127.0.0.1:9/x.zip", SHA256))


def test_a_wrong_checksum_names_both_and_publishes_nothing(web, tmp_path):
    with pytest.raises(SystemExit) as error:
        main(tmp_path / "archive", (f"{web}/whole.zip", SHA256), (f"{web}/other.zip", "0" * 64))
    assert "0" * 64 in str(error.value) and SHA256 in str(error.value)
    assert not (tmp_path / "archive").exists()


def test_what_was_good_before_a_failure_is_not_fetched_twice(web, tmp_path):
    with pytest.raises(SystemExit):
        main(tmp_path / "archive", (f"{web}/whole.zip", SHA256), (f"{web}/missing.zip", "1" * 64))
    main(tmp_path / "archive", (f"{web}/whole.zip", SHA256))
    assert Server.counts["/whole.zip"] == 1


def test_a_full_disk_is_said_before_anything_is_fetched(web, tmp_path):
    with pytest.raises(SystemExit, match="MB free, this dataset needs 999,999,999 MB"):
        main(tmp_path / "deep/archive", (f"{web}/whole.zip", SHA256), more=("--needs-mb", "999999999"))
    assert Server.counts == {}


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


@pytest.mark.parametrize("arguments, said", [(["--source", "a:b", "--sha256", "0" * 64], "expected pypi:"),
                                             (["--source", "npm:a@1", "npm:b@1", "--sha256", "0" * 64], "2 sources but 1 checksums"),
                                             (["--source", "npm:a@1", "--sha256", "beef"], "no SHA-256")])
def test_a_table_that_makes_no_sense_is_refused(tmp_path, arguments, said):
    with pytest.raises(SystemExit, match=said):
        fetch.main(["--name", "some", "--out", str(tmp_path / "archive"), *arguments])


def test_file_names():
    assert sources.file_name("https://h/a/b%20c.zip?download=true") == "b_c.zip"
    assert sources.debian_version("klettres-data_4%3a22.12.3-1_all.deb") == "4:22.12.3-1"
