"""Fetching a folder of Hugging Face by its list."""

import tarfile

import pytest
from fetching import main
from reference import listing

TREE = "https://huggingface.co/datasets/who/what/tree/main/wavs"


@pytest.fixture
def folder(web, monkeypatch) -> dict[str, bytes]:
    """A folder of three files on Hugging Face, listed on two pages."""
    monkeypatch.setenv("HF_ENDPOINT", f"{web.url}/hub")
    page, content = (
        "/hub/api/datasets/who/what/tree/main/wavs",
        {f"{name}.wav": name.encode() * 999 for name in ("b", "a", "c d")},
    )
    web.files |= {
        page: listing("wavs", {name: content[name] for name in ("b.wav", "a.wav")}),
        f"{page}/2": listing("wavs", {"c d.wav": content["c d.wav"]}),
    }
    web.headers[page] = {"Link": f'<{web.url}{page}/2>; rel="next"'}
    web.files |= {
        f"/hub/datasets/who/what/resolve/main/wavs/{name.replace(' ', '%20')}": data for name, data in content.items()
    }
    return content


def test_a_folder_is_packed_into_the_same_archive_each_time(web, folder, tmp_path):
    web.faults["/hub/datasets/who/what/resolve/main/wavs/a.wav"] = ["status 503", "cut 10"]
    [entry] = main(tmp_path / "archive", (TREE, "?"))
    with tarfile.open(tmp_path / "archive" / entry["file"]) as tar:
        assert {member.name: tar.extractfile(member).read() for member in tar} == {
            f"wavs/{name}": data for name, data in folder.items()
        }
    [again] = main(tmp_path / "again", (TREE, "?"))
    assert again["sha256"] == entry["sha256"] and entry["file"] == again["file"] == "what-wavs.tar"


@pytest.mark.parametrize("name", ["a.wav", "b.wav"])
def test_a_file_that_differs_from_the_folders_list_is_refused(web, folder, tmp_path, name):
    path = f"/hub/datasets/who/what/resolve/main/wavs/{name}"
    web.files[path] = web.files[path][::-1].replace(name[0].encode(), b"x", 1)
    with pytest.raises(SystemExit, match="not what the list of files says"):
        main(tmp_path / "archive", (TREE, "?"))


def test_each_mirror_of_a_folder_is_tried_in_turn(web, folder, tmp_path, monkeypatch):
    """The first mirror has nothing; the second passes on the origin's links to further pages."""
    monkeypatch.delenv("HF_ENDPOINT")
    host = "https://huggingface.co"
    monkeypatch.setenv("WAKEMAKE_MIRRORS", f"{host}={web.url}/empty {host}={web.url}/hub")
    page = "/hub/api/datasets/who/what/tree/main/wavs"
    web.headers[page] = {"Link": f'<{host}/api/datasets/who/what/tree/main/wavs/2>; rel="next"'}
    [entry] = main(tmp_path / "archive", (TREE, "?"))
    with tarfile.open(tmp_path / "archive" / entry["file"]) as tar:
        assert len(tar.getnames()) == len(folder)
    assert entry["source"] == TREE and web.requests[0][0].startswith("/empty/")
