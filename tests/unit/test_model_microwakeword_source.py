"""The source of the reference trainer is accepted from anywhere if it is that of its commit; else a sentence says what
to do."""

import shutil
import socket
import subprocess
import threading
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler

import pytest

from scripts.model import microwakeword_package, microwakeword_source

FILES = {
    "__init__.py": "",
    "train.py": "def train(): ...\n",
    "layers/stream.py": "class Stream: ...\n",
    "layers.py": "# sorts between\n",
}


@pytest.fixture
def clone(tmp_path):
    """A folder as git or an unpacked archive would leave it."""
    for name, text in FILES.items():
        path = tmp_path / "microWakeWord-71677bd" / "microwakeword" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "microWakeWord-71677bd" / "README.md").write_text("not looked at")
    return tmp_path / "microWakeWord-71677bd"


@pytest.fixture
def tree(clone):
    return microwakeword_package.name_tree(clone / "microwakeword")


def bring(origin, tree, tmp_path):
    microwakeword_source.main(["--origin", str(origin), "--tree", tree, "--out", str(tmp_path / "source")])
    return {str(path.relative_to(tmp_path / "source")) for path in (tmp_path / "source").rglob("*") if path.is_file()}


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed, which would tell the name")
def test_a_tree_has_the_name_git_gives_it(clone, tree):
    (clone / "microwakeword/__pycache__").mkdir()
    (clone / "microwakeword/__pycache__/train.pyc").write_text("byte code")
    assert microwakeword_package.name_tree(clone / "microwakeword") == tree
    shutil.rmtree(clone / "microwakeword/__pycache__")
    git = partial(subprocess.check_output, cwd=clone / "microwakeword", text=True)
    git(["git", "init", "--quiet"])
    git(["git", "-c", "core.autocrlf=false", "add", "."])
    assert git(["git", "write-tree"]).strip() == tree


@pytest.mark.parametrize("form", ["clone", "zip", "gztar", "file address"])
def test_it_is_accepted_in_any_form(clone, tree, tmp_path, form):
    origin = clone
    if form != "clone":
        origin = shutil.make_archive(
            str(tmp_path / "by hand"), "gztar" if form == "gztar" else "zip", tmp_path, clone.name
        )
    if form == "file address":
        origin = "file://" + origin.replace(" ", "%20")
    assert bring(origin, tree, tmp_path) == {f"microwakeword/{name}" for name in FILES}


def test_it_is_accepted_from_an_address(clone, tree, tmp_path):
    shutil.make_archive(str(tmp_path / "71677bd"), "zip", tmp_path, clone.name)
    with HTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=tmp_path)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            address = f"http://127.0.0.1:{server.server_port}"
            assert "microwakeword/train.py" in bring(f"{address}/71677bd.zip", tree, tmp_path)
            with pytest.raises(
                SystemExit, match="could not be downloaded: .* 404 .* default trainer .* TRAINER_SOURCE="
            ):
                bring(f"{address}/gone.zip", tree, tmp_path)
        finally:
            server.shutdown()


def test_an_address_that_does_not_answer_ends_with_a_sentence(tree, tmp_path, monkeypatch):
    monkeypatch.setattr(microwakeword_package, "TRIES", 1)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(
            SystemExit, match="could not be downloaded: http://127.0.0.1.* default trainer .* TRAINER_SOURCE="
        ):
            bring(f"http://127.0.0.1:{nobody.getsockname()[1]}/71677bd.zip", tree, tmp_path)
    assert not (tmp_path / "source").exists()


@pytest.mark.parametrize(
    "damage, message",
    [
        (lambda clone: (clone / "microwakeword/train.py").write_text("import os\n"), "holds another microWakeWord"),
        (lambda clone: (clone / "microwakeword/more.py").write_text(""), "holds another microWakeWord"),
        (lambda clone: (clone / "microwakeword/layers/stream.py").unlink(), "holds another microWakeWord"),
        (lambda clone: shutil.rmtree(clone / "microwakeword"), "has no folder microwakeword"),
        (shutil.rmtree, "is not there"),
    ],
)
def test_other_content_than_the_commits_is_refused_and_an_earlier_source_stays(clone, tree, tmp_path, damage, message):
    bring(clone, tree, tmp_path)
    damage(clone)
    with pytest.raises(SystemExit, match=message):
        bring(clone, tree, tmp_path)
    assert (tmp_path / "source/microwakeword/train.py").read_text() == FILES["train.py"]


def test_a_damaged_archive_ends_with_a_sentence(tree, tmp_path):
    (tmp_path / "half.zip").write_bytes(b"PK\x03\x04 and then the line went dead")
    with pytest.raises(SystemExit, match="half.zip cannot be unpacked"):
        bring(tmp_path / "half.zip", tree, tmp_path)
