"""The doctor: what works on this machine, and what to do about what does not."""

import os
import signal
import subprocess
import sys

import pytest

from scripts.publish import machine
from scripts.tools import doctor


def test_the_disk_check_counts_what_is_there_already(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "measure_free_disk", lambda path: 2_000_000)
    (tmp_path / "datasets/a").mkdir(parents=True)
    (tmp_path / "datasets/a/big").write_bytes(bytes(1_000_000))
    assert doctor.disk(tmp_path, 3).state == doctor.OK
    refused = doctor.disk(tmp_path, 4)
    assert refused.fatal and "DATA_DIR=" in refused.advice


def test_a_missing_program_says_what_to_do(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    check = doctor.program("make", "install it", needed=True)
    assert (check.state, check.advice, check.fatal) == (doctor.MISSING, "install it", True)


def test_an_old_program_is_not_enough(tmp_path, monkeypatch):
    make = tmp_path / "make"
    make.write_text("#!/bin/sh\necho GNU Make 3.81\n")
    make.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert doctor.program("make", "Install it", at_least=(4, 3)).state == doctor.FAILED
    assert doctor.program("make", "Install it", at_least=(3, 81)).state == doctor.OK


def test_a_missing_program_comes_with_the_command_that_installs_it(tmp_path, monkeypatch):
    (tmp_path / "dnf").touch(mode=0o755)
    (tmp_path / "bash").symlink_to("/bin/bash")
    monkeypatch.setenv("PATH", str(tmp_path))
    missing = {check.name: check.advice for check, _ in zip(doctor.checks(tmp_path, 0, "off"), range(5))}
    assert "dnf install git" in missing["git"] and "dnf install make" in missing["make"]
    assert not {"apt-get", "npm"} & set(missing), "data come from addresses"


def test_a_probe_that_crashes_is_a_finding(monkeypatch):
    died = subprocess.CompletedProcess([], -signal.SIGILL, "", "")
    monkeypatch.setattr(doctor.subprocess, "run", lambda *_, **__: died)
    check = doctor.library("TensorFlow on CPU", "tensorflow")
    assert check.fatal and "SIGILL" in check.found and "AVX" in check.found


def test_a_probe_runs_the_real_library():
    assert doctor.probe("frontend") == (0, "one second of sound gives 98 frames of 40 channels")


def test_a_library_that_is_not_installed_is_told_in_a_sentence(tmp_path):
    (tmp_path / "pymicro_features.py").write_text("raise ImportError('gone')")
    code, sentence = doctor.probe("frontend", environment={"PYTHONPATH": str(tmp_path)})
    assert (code, sentence) == (1, "not installed: gone")


@pytest.mark.parametrize(
    "wanted, listed, answer, state, fatal",
    [
        ("off", ["card"], None, doctor.NOT_ASKED, False),
        ("auto", [], None, doctor.NOT_ASKED, False),
        ("auto", ["card"], (3, "lists no GPU"), doctor.NOT_ASKED, False),
        ("auto", ["card"], (1, "broken"), doctor.FAILED, False),
        ("on", [], (3, "lists no GPU"), doctor.FAILED, True),
        ("on", ["card"], (1, "broken"), doctor.FAILED, True),
        ("on", ["card"], (0, "right"), doctor.OK, False),
    ],
)
def test_the_gpu_is_judged_by_what_was_asked(monkeypatch, wanted, listed, answer, state, fatal):
    def probe(name):
        assert answer, "nothing was asked for, and yet a probe ran"
        return answer

    monkeypatch.setattr(doctor, "probe", probe)
    check = doctor.on_gpu("TensorFlow on GPU", "tensorflow_gpu", wanted, listed, needed=True)
    assert (check.state, check.fatal) == (state, fatal)
    assert bool(check.advice) == (state in (doctor.MISSING, doctor.FAILED))


def checks_of(*states):
    return lambda *_: iter(
        [doctor.Check(f"check {state} {needed}", state, "found", "do this", needed) for state, needed in states]
    )


def test_only_what_the_default_job_needs_fails_the_doctor(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(
        doctor, "checks", checks_of((doctor.OK, True), (doctor.FAILED, False), (doctor.NOT_ASKED, True))
    )
    doctor.main(["--data", str(tmp_path)])
    assert "works" in capsys.readouterr().out
    monkeypatch.setattr(doctor, "checks", checks_of((doctor.MISSING, True), (doctor.FAILED, True)))
    with pytest.raises(SystemExit, match="2 things"):
        doctor.main(["--data", str(tmp_path)])


def test_the_whole_doctor_runs_here(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-m", "scripts.tools.doctor", "--data", str(tmp_path), "--needs-mb", "1", "--gpu", "off"],
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "not asked for (GPU=off)" in ran.stdout and "voice espeak" in ran.stdout
    assert "oneDNN" not in ran.stdout + ran.stderr  # TensorFlow's chatter
