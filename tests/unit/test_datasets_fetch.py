"""The fetch command, against a server on loopback: resuming, retrying, verifying, mirrors, tokens, offline."""

import hashlib
import os
import time

import pytest
from fetching import DATA, SHA256, main, sha
from loopback import Host, etag

from scripts.datasets import addresses, download, fetch


def test_a_file_from_the_web_is_verified_and_recorded(web, tmp_path):
    out = tmp_path / "archive"
    [entry] = main(out, (f"{web.url}/whole.zip?x=1", SHA256))
    assert entry == {
        "file": "whole.zip",
        "source": f"{web.url}/whole.zip?x=1",
        "sha256": SHA256,
        "bytes": len(DATA),
        "pinned": True,
    }
    assert (out / "whole.zip").read_bytes() == DATA
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "lock"]


def test_a_good_file_is_not_fetched_again(web, tmp_path):
    out = tmp_path / "archive"
    main(out, (f"{web.url}/whole.zip", SHA256))
    os.utime(out, (1, 1))
    main(out, (f"{web.url}/whole.zip", SHA256))
    assert web.counts == {"/whole.zip": 1}
    assert out.stat().st_mtime > 1e9


def test_a_damaged_file_is_fetched_again(web, tmp_path):
    out = tmp_path / "archive"
    main(out, (f"{web.url}/whole.zip", SHA256))
    (out / "whole.zip").write_bytes(DATA[:-1])
    main(out, (f"{web.url}/whole.zip", SHA256))
    assert (out / "whole.zip").read_bytes() == DATA and web.counts["/whole.zip"] == 2


@pytest.mark.parametrize("cut", [0, 1, 600_000, len(DATA) - 1])
def test_a_cut_download_continues_where_it_ended(web, tmp_path, cut):
    web.faults["/cut.zip"] = [f"cut {cut}"]
    main(tmp_path / "archive", (f"{web.url}/cut.zip", SHA256))
    assert (tmp_path / "archive/cut.zip").read_bytes() == DATA
    assert web.ranges("/cut.zip") == [None, f"bytes={cut}-" if cut else None]
    if cut:
        assert web.requests[1][1]["If-Range"] == etag(DATA)


def test_a_file_that_changed_in_between_is_not_joined_to_the_old_one(web, tmp_path):
    new = DATA[::-1]
    web.faults["/cut.zip"] = ["cut 600000", "status 503", "status 503", "status 503"]
    with pytest.raises(SystemExit, match="3 attempts failed"):
        main(tmp_path / "archive", (f"{web.url}/cut.zip", hashlib.sha256(new).hexdigest()))
    web.files["/cut.zip"] = new
    main(tmp_path / "archive", (f"{web.url}/cut.zip", hashlib.sha256(new).hexdigest()))
    assert (tmp_path / "archive/cut.zip").read_bytes() == new


def test_a_server_that_cannot_resume_sends_the_whole_file_again(web, tmp_path):
    web.faults["/cut.zip"] = ["cut 600000", "norange"]
    main(tmp_path / "archive", (f"{web.url}/cut.zip", SHA256))
    assert (tmp_path / "archive/cut.zip").read_bytes() == DATA


def test_a_stalled_download_is_resumed(web, tmp_path):
    web.faults["/cut.zip"] = ["stall 600000"]
    started = time.monotonic()
    main(tmp_path / "archive", (f"{web.url}/cut.zip", SHA256))
    assert web.ranges("/cut.zip") == [None, "bytes=600000-"] and time.monotonic() - started < 15


def test_a_server_that_sends_almost_nothing_counts_as_silent():
    class Body:
        raw = property(lambda self: self)

        def read1(self, *_, **__):
            time.sleep(0.02)
            return b"x"

    with pytest.raises(ConnectionError, match="only .* bytes came in"):
        for _ in download.read_chunks(Body(), stall_s=0.1):
            pass


def test_server_errors_are_retried(web, tmp_path):
    web.faults["/flaky.zip"] = ["status 500", "status 503"]
    main(tmp_path / "archive", (f"{web.url}/flaky.zip", SHA256))
    assert web.counts["/flaky.zip"] == 3


def test_a_chunked_response_marks_its_own_end(web, tmp_path):
    web.faults["/whole.zip"] = ["chunked"]
    main(tmp_path / "archive", (f"{web.url}/whole.zip", SHA256))
    assert (tmp_path / "archive/whole.zip").read_bytes() == DATA


def test_a_file_of_unknown_length_is_refused(web, tmp_path):
    web.faults["/whole.zip"] = ["nolength"]
    with pytest.raises(SystemExit, match="does not give its length"):
        main(tmp_path / "archive", (f"{web.url}/whole.zip", SHA256))


def test_a_file_of_another_size_is_refused_before_it_is_fetched(web, tmp_path):
    with pytest.raises(SystemExit, match="has 1,024,000 bytes, expected 5"):
        main(tmp_path / "archive", (f"{web.url}/whole.zip", SHA256), more=("--bytes", "5"))
    main(tmp_path / "archive", (f"{web.url}/whole.zip", SHA256), more=("--bytes", str(len(DATA))))


def test_a_missing_file_is_not_retried(web, tmp_path):
    with pytest.raises(SystemExit, match="404"):
        main(tmp_path / "archive", (f"{web.url}/missing.zip", SHA256))
    assert web.counts["/missing.zip"] == 1 and not (tmp_path / "archive").exists()


def test_a_host_that_refuses_connections_is_named_in_a_sentence(web, tmp_path):
    with pytest.raises(
        SystemExit,
        match=r"http://127.0.0.1:9/x.zip: 3 attempts failed, the last with: Failed to establish a new connection: .*refused\n",
    ):
        main(tmp_path / "archive", ("http://127.0.0.1:9/x.zip", SHA256))


def test_a_wrong_checksum_names_both_and_publishes_nothing(web, tmp_path):
    with pytest.raises(SystemExit) as error:
        main(tmp_path / "archive", (f"{web.url}/whole.zip", SHA256), (f"{web.url}/other.zip", "0" * 64))
    assert "0" * 64 in str(error.value) and SHA256 in str(error.value) and "has the wrong checksum" in str(error.value)
    assert not (tmp_path / "archive").exists()


def test_files_verified_before_a_failure_are_not_fetched_twice(web, tmp_path):
    with pytest.raises(SystemExit):
        main(tmp_path / "archive", (f"{web.url}/whole.zip", SHA256), (f"{web.url}/missing.zip", "1" * 64))
    main(tmp_path / "archive", (f"{web.url}/whole.zip", SHA256))
    assert web.counts["/whole.zip"] == 1


def test_too_little_disk_space_is_an_error_before_anything_is_fetched(web, tmp_path):
    with pytest.raises(SystemExit, match="MB free, 999,999,999 MB are needed.*CLEANUP_ARCHIVES=1"):
        main(tmp_path / "deep/archive", (f"{web.url}/whole.zip", SHA256), more=("--needs-mb", "999999999"))
    assert web.counts == {}


# ---- mirrors


def test_mirrors_are_tried_in_order(web, tmp_path, capfd):
    web.faults["/other.zip"] = ["status 404"]
    web.files["/cut.zip"] = DATA[:-1]
    [entry] = main(tmp_path / "archive", (f"{web.url}/other.zip|{web.url}/cut.zip|{web.url}/whole.zip", SHA256))
    assert entry["source"] == f"{web.url}/whole.zip" and list(web.counts) == ["/other.zip", "/cut.zip", "/whole.zip"]
    printed = capfd.readouterr().err
    assert "404" in printed and "wrong checksum" in printed
    main(tmp_path / "archive", (f"{web.url}/other.zip|{web.url}/cut.zip|{web.url}/whole.zip", SHA256))
    assert web.counts.total() == 3, "a file from a mirror is good the second time"


def test_a_mirror_replaces_a_host_that_never_answers(web, tmp_path):
    web.faults["/other.zip"] = ["deaf"] * 3
    [entry] = main(tmp_path / "archive", (f"{web.url}/other.zip|{web.url}/whole.zip", SHA256))
    assert entry["source"] == f"{web.url}/whole.zip"


def test_several_files_may_replace_one(web, tmp_path):
    web.files["/other.zip"] = DATA[:-1]
    entries = main(tmp_path / "archive", (f"{web.url}/gone.tar|{web.url}/whole.zip,{web.url}/other.zip", "?"))
    assert [entry["file"] for entry in entries] == ["whole.zip", "other.zip"]
    with pytest.raises(SystemExit, match="(?s)404.*404"):
        main(tmp_path / "more", (f"{web.url}/gone.tar|{web.url}/whole.zip,{web.url}/gone.zip", "?"))


def test_mirrors_of_the_user_come_first(web, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", f"{web.url}/hub/")
    monkeypatch.setenv("WAKEMAKE_MIRRORS", f"https://a.example/x={web.url}/a https://b.example={web.url}/b")
    assert addresses.urls("https://huggingface.co/datasets/x") == [f"{web.url}/hub/datasets/x"], (
        "HF_ENDPOINT replaces it"
    )
    assert addresses.urls("https://a.example/x/y.zip") == [f"{web.url}/a/y.zip", "https://a.example/x/y.zip"]
    assert addresses.urls("https://a.example/xy.zip") == ["https://a.example/xy.zip"]
    assert addresses.urls("https://b.example/y.zip") == [f"{web.url}/b/y.zip", "https://b.example/y.zip"]
    web.files["/b/y.zip"] = DATA
    [entry] = main(tmp_path / "archive", ("https://b.example/y.zip", SHA256))
    assert entry["source"] == "https://b.example/y.zip", "its source is the address, whichever mirror had it"


def test_the_proxy_of_the_environment_is_used(web, tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", web.url)
    monkeypatch.setenv("no_proxy", "")
    web.files["http://datasets.invalid/whole.zip"] = DATA
    main(tmp_path / "archive", ("http://datasets.invalid/whole.zip", SHA256))
    assert web.counts == {"http://datasets.invalid/whole.zip": 1}


# ---- the token


def test_the_token_is_sent_to_its_own_host_only(web, tmp_path, monkeypatch):
    with Host() as elsewhere:
        elsewhere.files["/data.zip"] = DATA
        web.faults["/hub/datasets/a/b/resolve/main/whole.zip"] = [f"redirect {elsewhere.url}/data.zip"]
        monkeypatch.setenv("HF_ENDPOINT", f"{web.url}/hub")
        monkeypatch.setenv("HF_TOKEN", "hf_secret")
        main(tmp_path / "archive", ("https://huggingface.co/datasets/a/b/resolve/main/whole.zip", SHA256))
        main(tmp_path / "other", (f"{elsewhere.url}/data.zip", SHA256))
        assert web.requests[0][1]["Authorization"] == "Bearer hf_secret"
        assert len(elsewhere.requests) == 2 and not any("Authorization" in headers for _, headers in elsewhere.requests)


def test_a_forbidden_file_asks_for_the_token(web, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", f"{web.url}/hub")
    web.faults["/hub/datasets/a/b/resolve/main/whole.zip"] = ["status 401"]
    with pytest.raises(SystemExit, match="401.*HF_TOKEN"):
        main(tmp_path / "archive", ("https://huggingface.co/datasets/a/b/resolve/main/whole.zip", SHA256))


# ---- unknown checksums


def test_an_unknown_checksum_is_remembered_and_enforced(web, tmp_path):
    [entry] = main(tmp_path / "one/archive", (f"{web.url}/whole.zip", "?"), more=("--lock", str(tmp_path / "sums")))
    assert entry["pinned"] is False and entry["sha256"] == SHA256
    assert f"{SHA256}  {len(DATA)}  {web.url}/whole.zip\n" in (tmp_path / "sums").read_text()
    [entry] = main(tmp_path / "two/archive", (f"{web.url}/whole.zip", "?"), more=("--lock", str(tmp_path / "sums")))
    assert entry["pinned"] is True
    web.files["/whole.zip"] = DATA[::-1]
    with pytest.raises(SystemExit, match=r"(?s)wrong checksum.*sums"):
        main(tmp_path / "three/archive", (f"{web.url}/whole.zip", "?"), more=("--lock", str(tmp_path / "sums")))
    assert not (tmp_path / "three/archive").exists()
    main(tmp_path / "one/archive", (f"{web.url}/whole.zip", "?"), more=("--lock", str(tmp_path / "sums")))


def test_a_sha1_from_the_table_is_compared(web, tmp_path):
    main(tmp_path / "archive", (f"{web.url}/whole.zip", "sha1:" + hashlib.sha1(DATA).hexdigest()))
    with pytest.raises(SystemExit, match="expected sha1 0000"):
        main(tmp_path / "other", (f"{web.url}/whole.zip", "sha1:" + "0" * 40))


# ---- by hand and offline


def test_offline_names_missing_files_and_uses_those_put_there(web, tmp_path):
    pairs = (
        (f"{web.url}/a/whole.zip|{web.url}/b/whole.zip", SHA256),
        ("pypi:joe-x==1.0.0", sha("wheel")),
        (f"{web.url}/other.zip", "?"),
    )
    offline = ("--offline", "1", "--by-hand", str(tmp_path / "by_hand"))
    with pytest.raises(SystemExit) as error:
        main(tmp_path / "archive", *pairs, more=offline)
    assert all(
        name in str(error.value) for name in ("whole.zip", "joe_x-1.0.0-*.whl", "other.zip", str(tmp_path / "by_hand"))
    )
    (tmp_path / "by_hand").mkdir()
    (tmp_path / "by_hand/whole.zip").write_bytes(DATA)
    (tmp_path / "by_hand/joe_x-1.0.0-py3-none-any.whl").write_bytes(b"wheel")
    (tmp_path / "by_hand/other.zip").write_bytes(b"other")
    entries = main(tmp_path / "archive", *pairs, more=offline)
    assert [entry["pinned"] for entry in entries] == [True, True, False] and web.requests == []
    assert len(list((tmp_path / "by_hand").iterdir())) == 3


def test_a_wrong_file_put_there_by_hand_is_not_used_and_stays(web, tmp_path, capfd):
    (tmp_path / "by_hand").mkdir()
    (tmp_path / "by_hand/whole.zip").write_bytes(b"something else")
    with pytest.raises(SystemExit, match="OFFLINE=1"):
        main(tmp_path / "archive", (f"{web.url}/whole.zip", SHA256), more=("--offline", "1"))
    assert "is not used" in capfd.readouterr().err and (tmp_path / "by_hand/whole.zip").exists()
    main(tmp_path / "archive", (f"{web.url}/whole.zip", SHA256))
    assert (tmp_path / "archive/whole.zip").read_bytes() == DATA


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--package", "apt:a=1", "--sha256", "0" * 64], "'apt:a=1' is not an address: expected https://"),
        (["--package", "pypi:a==1|npm:a@1", "--sha256", "0" * 64], "'npm:a@1' is not an address"),
        (["--package", "pypi:a==1", "pypi:b==1", "--sha256", "0" * 64], "2 packages but 1 checksums"),
        (["--package", "pypi:a==1", "--sha256", "beef"], "no SHA-256"),
        (["--package", "pypi:a==1", "--sha256", "?", "--bytes", "1", "2"], "1 packages but 2 sizes"),
    ],
)
def test_an_inconsistent_row_of_the_table_is_refused(tmp_path, arguments, message):
    with pytest.raises(SystemExit, match=message):
        fetch.main(["--name", "some", "--out", str(tmp_path / "archive"), *arguments])


def test_names_of_files_follow_their_addresses():
    assert addresses.file_name("https://h/a/b%20c.zip?download=true") == "b_c.zip"
    assert addresses.file_name("https://huggingface.co/datasets/a/b/tree/main/c") == "b-c.tar"
    assert addresses.file_name("https://h/datasets/a/b/tree/main/c.zip") == "c.zip", "only Hugging Face has folders"
    assert (
        addresses.file_patterns("https://h/pool/klettres-data_22.12.3~repack-1+b1_all.deb")[0]
        == "klettres-data_22.12.3~repack-1+b1_all.deb"
    )
    assert addresses.file_patterns("pypi:joe-x==1.0") == ["joe_x-1.0-*.whl", "joe-x-1.0-*.whl"]
