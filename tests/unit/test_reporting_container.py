"""The container's entrypoint and the completion, run here with a make that only says what it was given."""
import os
import subprocess
from pathlib import Path

import pytest

DOCKER = Path(__file__).resolve().parents[2] / "docker"


@pytest.fixture
def run(tmp_path):
    """Run the entrypoint with a stub make on PATH."""
    stub = tmp_path / "bin" / "make"
    stub.parent.mkdir()
    stub.write_text("#!/bin/bash\nprintf '<%s>' \"$@\"; pwd\n")
    stub.chmod(0o755)

    def entrypoint(data_dir, *arguments):
        environment = {**os.environ, "PATH": f"{stub.parent}:{os.environ['PATH']}", "DATA_DIR": str(data_dir)}
        return subprocess.run(["bash", DOCKER / "entrypoint.sh", *arguments], env=environment, capture_output=True, text=True)

    return entrypoint


def test_arguments_reach_make_as_they_are(run, tmp_path):
    ran = run(tmp_path, "train", 'WORD=hey "buster" it\'s.')
    assert ran.returncode == 0 and ran.stdout == f'<DATA_DIR={tmp_path}><train><WORD=hey "buster" it\'s.>{DOCKER.parent}\n'


def test_a_directory_that_is_no_mount_is_warned_of(run, tmp_path):
    assert f"WARNING: {tmp_path} is not mounted" in run(tmp_path, "help").stderr


def test_a_mount_is_not_warned_of(run):
    assert "not mounted" not in run("/proc", "help").stderr


def test_a_missing_environment_is_told_and_one_that_is_there_is_not(run, tmp_path):
    assert "no environment" in run(tmp_path, "help").stderr
    python = tmp_path / "venv/bin/python"
    python.parent.mkdir(parents=True)
    python.touch(mode=0o755)
    assert "no environment" not in run(tmp_path, "help").stderr


def completed(folder, typed):
    """What the completion offers for the last word typed."""
    script = f"""source {DOCKER}/completion.bash; cd {folder}; COMP_WORDS=(make '{typed}'); COMP_CWORD=1
                 compopt() {{ :; }}; _wakemake; printf '%s\\n' "${{COMPREPLY[@]}}" """
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True).stdout.split()


def test_targets_and_options_are_offered(tmp_path):
    (tmp_path / "config.mk").write_text("# how many\nSAMPLES = 4\nSEED ?= 1\n")
    (tmp_path / "Makefile").write_text("include config.mk\n.PHONY: help train test\nhelp: ;\ntrain: data/x.stamp ;\ntest: ;\ndata/x.stamp: ;\n")
    assert completed(tmp_path, "t") == ["test", "train"]
    assert completed(tmp_path, "SA") == ["SAMPLES="]
    assert completed(tmp_path, "d") == []


def test_nothing_is_offered_elsewhere(tmp_path):
    (tmp_path / "Makefile").write_text("train: ;\n")
    assert completed(tmp_path, "t") == []


def test_the_ignore_file_lets_through_what_is_copied():
    copied = [word for line in (DOCKER / "Dockerfile").read_text().splitlines() if line.startswith("COPY ") and "--from" not in line
              for word in line.split()[1:-1]]
    allowed = {line[1:] for line in (DOCKER / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied and all(word.rstrip("/").split("/")[0] in allowed for word in copied)
    assert all((DOCKER.parent / word).exists() for word in copied if word != "README.md")
