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


def test_a_folder_is_fetched_by_its_list_and_packed_the_same_each_time(web, folder, tmp_path):
    web.faults["/hub/datasets/who/what/resolve/main/wavs/a.wav"] = ["status 503", "cut 10"]
    [entry] = main(tmp_path / "archive", (TREE, "?"))
    with tarfile.open(tmp_path / "archive" / entry["file"]) as tar:
        assert {member.name: tar.extractfile(member).read() for member in tar} == {
            f"wavs/{name}": data for name, data in folder.items()
        }
    [again] = main(tmp_path / "again", (TREE, "?"))
    assert again["sha256"] == entry["sha256"] and entry["file"] == again["file"] == "what-wavs.tar"


@pytest.mark.parametrize("name", ["a.wav", "b.wav"])
def test_a_folders_file_that_is_not_what_the_list_says_is_refused(web, folder, tmp_path, name):
    path = f"/hub/datasets/who/what/resolve/main/wavs/{name}"
    web.files[path] = web.files[path][::-1].replace(name[0].encode(), b"x", 1)
    with pytest.raises(SystemExit, match="not what the list of files says"):
        main(tmp_path / "archive", (TREE, "?"))
