"""doctor, status, provenance and the way figures are written."""

import os
import signal
import subprocess
import sys

import pytest

from scripts.core import formatting
from scripts.core.files import write_json
from scripts.publish import machine, provenance, summary
from scripts.tools import doctor, status

# ---- figures


@pytest.mark.parametrize(
    "seconds, said",
    [(0.4, "0 s"), (59.7, "1 min 00 s"), (185, "3 min 05 s"), (3599.6, "1 h 00 min"), (3725, "1 h 02 min")],
)
def test_durations(seconds, said):
    assert formatting.duration(seconds) == said


def test_sizes_are_decimal():
    assert [formatting.size(count) for count in (0, 999, 1000, 2_340_000, 85e9)] == [
        "0 bytes",
        "999 bytes",
        "1.0 kB",
        "2.3 MB",
        "85.0 GB",
    ]


def test_nothing_measured_is_said_to_be_so():
    assert {formatting.size(None), formatting.duration(None), formatting.percent(None), formatting.number(None)} == {
        formatting.NOT_MEASURED
    }


def test_a_table_aligns_its_columns():
    assert formatting.table([("a", "1", "x"), ("bbb", "22", "y")]) == "  a    1   x\n  bbb  22  y"


# ---- doctor


def test_the_disk_check_counts_what_is_there_already(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "free_disk", lambda path: 2_000_000)
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


# ---- status


def test_status_of_an_empty_directory(tmp_path, capsys):
    status.main(["--data", str(tmp_path / "nothing"), "--datasets", "voice_joe"])
    said = capsys.readouterr().out
    assert said.count("none yet") == 2 and "voice_joe  not here" in said
    assert not (tmp_path / "nothing").exists()


def test_status_tells_how_far_things_are(tmp_path):
    (tmp_path / "work/hey_buster").mkdir(parents=True)
    for stage in ("samples", "features"):
        (tmp_path / "work/hey_buster" / f"{stage}.stamp").touch()
    (tmp_path / "datasets/joe/voice").mkdir(parents=True)
    (tmp_path / "datasets/joe/voice.stamp").write_bytes(b"12345")
    published = tmp_path / "output/20261122-120000-hey_buster-1-2"
    published.mkdir(parents=True)
    write_json(published / "build.json", {"title": "Hey Buster"})
    write_json(published / "metrics.json", {"testing": {"recall": 0.5}})
    (tmp_path / "output/hey_buster").symlink_to(published.name)
    (tmp_path / "output/20261122-130000-hey_buster-1-2.part").mkdir()
    assert status.words(tmp_path) == [("hey_buster", "samples, features", "0 bytes")]
    assert status.datasets(tmp_path, ["other"]) == [("other", "not here", "0 bytes"), ("joe", "ready", "5 bytes")]
    assert status.models(tmp_path) == [
        (published.name, "Hey Buster", "recall 50.0 %", "false accepts per hour not measured", "newest")
    ]


def test_sizes_do_not_follow_links(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real/file").write_bytes(bytes(100))
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/link").symlink_to(tmp_path / "real")
    assert status.tree_size(tmp_path / "real") == 100 and status.tree_size(tmp_path / "tree") < 100


# ---- provenance, licences


def test_the_commit_of_an_image_comes_from_its_environment(monkeypatch, tmp_path):
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    monkeypatch.setenv("WAKEMAKE_COMMIT", "abc123-dirty")
    assert provenance.code() == {"commit": "abc123", "dirty": True}
    monkeypatch.delenv("WAKEMAKE_COMMIT")
    assert provenance.code() == {"commit": None, "dirty": None}


@pytest.mark.parametrize(
    "licence, restricted",
    [
        ("CC-BY-NC-4.0", True),
        ("CC BY-NC-SA 3.0", True),
        ("non-commercial use only", True),
        ("NonCommercial", True),
        ("CC-BY-4.0", False),
        ("NCSA", False),
        ("Apache-2.0", False),
        ("", False),
    ],
)
def test_licences_that_forbid_commerce(licence, restricted):
    assert summary.is_noncommercial(licence) is restricted


def test_memory_is_what_the_machine_has():
    total, available = machine.memory()
    assert 0 < available <= total
