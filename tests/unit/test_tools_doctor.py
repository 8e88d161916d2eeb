"""The doctor: what works on this machine, and what to do about failures."""

import os
import signal
import subprocess
import sys

import pytest

from scripts.publish import machine
from scripts.tools import checks, doctor


def test_the_disk_check_counts_what_is_there_already(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "measure_free_disk", lambda path: 2_000_000)
    (tmp_path / "datasets/a").mkdir(parents=True)
    (tmp_path / "datasets/a/big").write_bytes(bytes(1_000_000))
    assert checks.check_disk(tmp_path, 3).state == checks.OK
    refused = checks.check_disk(tmp_path, 4)
    assert refused.fatal and "DATA_DIR=" in refused.advice


def test_a_missing_program_gives_the_advice(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    check = checks.check_program("make", "install it", needed=True)
    assert (check.state, check.advice, check.fatal) == (checks.MISSING, "install it", True)


def test_an_old_program_is_not_enough(tmp_path, monkeypatch):
    make = tmp_path / "make"
    make.write_text("#!/bin/sh\necho GNU Make 3.81\n")
    make.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert checks.check_program("make", "Install it", at_least=(4, 3)).state == checks.FAILED
    assert checks.check_program("make", "Install it", at_least=(3, 81)).state == checks.OK


def test_a_missing_program_comes_with_the_command_that_installs_it(tmp_path, monkeypatch):
    (tmp_path / "dnf").touch(mode=0o755)
    (tmp_path / "bash").symlink_to("/bin/bash")
    monkeypatch.setenv("PATH", str(tmp_path))
    missing = {check.name: check.advice for check, _ in zip(checks.run_checks(tmp_path, 0, "off"), range(5))}
    assert "dnf install git" in missing["git"] and "dnf install make" in missing["make"]
    assert not {"apt-get", "npm"} & set(missing), "data come from addresses"


def test_a_crash_of_a_probe_is_a_failed_check(monkeypatch):
    died = subprocess.CompletedProcess([], -signal.SIGILL, "", "")
    monkeypatch.setattr(checks.subprocess, "run", lambda *_, **__: died)
    check = checks.check_library("TensorFlow on CPU", "tensorflow")
    assert check.fatal and "SIGILL" in check.result and "AVX" in check.result


def test_a_probe_runs_the_real_library():
    assert checks.run_probe("frontend") == (0, "one second of sound gives 98 frames of 40 channels")


def test_a_library_that_is_not_installed_gives_a_sentence(tmp_path):
    (tmp_path / "pymicro_features.py").write_text("raise ImportError('gone')")
    code, sentence = checks.run_probe("frontend", environment={"PYTHONPATH": str(tmp_path)})
    assert (code, sentence) == (1, "not installed: gone")


@pytest.mark.parametrize(
    "setting, gpus, outcome, state, fatal",
    [
        ("off", ["card"], None, checks.NOT_CHECKED, False),
        ("auto", [], None, checks.NOT_CHECKED, False),
        ("auto", ["card"], (3, "lists no GPU"), checks.NOT_CHECKED, False),
        ("auto", ["card"], (1, "broken"), checks.FAILED, False),
        ("on", [], (3, "lists no GPU"), checks.FAILED, True),
        ("on", ["card"], (1, "broken"), checks.FAILED, True),
        ("on", ["card"], (0, "right"), checks.OK, False),
    ],
)
def test_the_gpu_check_follows_the_setting(monkeypatch, setting, gpus, outcome, state, fatal):
    def probe(name):
        assert outcome, "no probe may run"
        return outcome

    monkeypatch.setattr(checks, "run_probe", probe)
    check = checks.check_gpu("TensorFlow on GPU", "tensorflow_gpu", setting, gpus, needed=True)
    assert (check.state, check.fatal) == (state, fatal)
    assert bool(check.advice) == (state in (checks.MISSING, checks.FAILED))


def checks_of(*states):
    return lambda *_: iter(
        [checks.Check(f"check {state} {needed}", state, "result", "do this", needed) for state, needed in states]
    )


def test_only_failures_that_the_default_settings_need_fail_the_doctor(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(
        doctor, "run_checks", checks_of((checks.OK, True), (checks.FAILED, False), (checks.NOT_CHECKED, True))
    )
    doctor.main(["--data", str(tmp_path)])
    assert "works" in capsys.readouterr().out
    monkeypatch.setattr(doctor, "run_checks", checks_of((checks.MISSING, True), (checks.FAILED, True)))
    with pytest.raises(SystemExit, match="2 things"):
        doctor.main(["--data", str(tmp_path)])


def test_the_whole_doctor_runs_here(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-m", "scripts.tools.doctor", "--data", str(tmp_path), "--needs-mb", "1", "--gpu", "off"],
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "not checked (GPU=off)" in ran.stdout and "voice espeak" in ran.stdout
    assert "oneDNN" not in ran.stdout + ran.stderr  # TensorFlow's chatter
