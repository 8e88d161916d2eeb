"""Every command of the README and the other guides is executed: make's in a build of stand-ins, the rest as far as it
goes here."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# ROBUSTNESS.md tells of lines typed wrongly, each with a test of its own.
GUIDES = (
    "README.md",
    *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")) if path.name != "ROBUSTNESS.md"),
)
HARMLESS = ("mkdir -p ",)  # typed as they stand, in an empty directory
ELSEWHERE = {  # what no test here can run, and why
    "sudo apt-get": "needs root and changes the machine; the packages are those of .ci/run",
    "docker": "no container engine; tests/container runs what is in the image",
    "esphome": "needs a device",
    "ssh": "needs another machine",
    "git clone": "needs the network",
    "make convert-music_mine": "tests/plan/test_recipes.py follows that recipe",
}


def commands(guide: str) -> list[str]:
    """The command lines of a guide: in indented blocks, in blocks marked sh, and in backticks where they begin with
    make."""
    text = (ROOT / guide).read_text(encoding="utf-8")
    fenced = re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    plain = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    blocks = [body for language, body in fenced if language in ("sh", "bash", "shell", "console")]
    if guide == "README.md":  # in the others, indented blocks hold formats and paths too
        blocks += [
            "".join(line[4:] + "\n" for line in block.splitlines())
            for block in re.findall(r"(?:^ {4}\S.*\n(?: {4,}.*\n)*)+", plain, re.MULTILINE)
        ]
    found = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    found += [" ".join(code.split()) for code in re.findall(r"`((?:make|ssh|sudo)(?: [^`]*)?)`", plain)]
    lines = [re.sub(r"\s+# .*", "", line).strip().removeprefix("$ ") for line in found]
    return [line for line in lines if line and not line.startswith("#")]


ALL = sorted({line for guide in GUIDES for line in commands(guide)})
DEFAULTS = (
    "LANGUAGE=en",
    "VOICES=espeak",
    "MORE_DATASETS=",
    "CLEANUP_ARCHIVES=0",
    "CLEANUP_INTERMEDIATE=0",
)  # whatever config.local.mk says
MAKE = [line for line in ALL if re.match(r"make\b", line) and line not in ELSEWHERE]


def filled(line: str) -> list[str]:
    """The words of a make command, with something real where the guide says NAME, KNOB or `...`."""
    line = (
        line.replace('"..."', '"hey buster."')
        .replace("-NAME", "-music_hold")
        .replace("-KNOB", "-SAMPLES")
        .replace("print-VAR", "print-SAMPLES")
    )
    return shlex.split(line)[1:]


def test_there_are_commands_to_execute():
    assert {
        'make train WORD="hey buster."',
        "make test",
        'make sample WORD="hey buster."',
        "make status TRAINING_STEPS=4000",
    } <= set(commands("README.md"))
    assert len(MAKE) > 25


@pytest.mark.parametrize("line", MAKE)
def test_a_make_command_does_what_it_says_it_does(trained, line):
    arguments = [word for word in filled(line) if not word.startswith("DATA_DIR=/")]
    (trained.root / "words.txt").write_text("hey buster.\n")
    shutil.copy2(trained.root / "words.txt", trained.root / "my_words.txt")
    (trained.root / "bin").mkdir()
    (trained.root / "bin/docker").symlink_to(shutil.which("true"))
    shutil.copy2(ROOT / "requirements.in", trained.root / "requirements.in")
    ran = trained.make(*arguments, word=None)
    if ran.returncode and len(arguments) == 1:  # only named in the text: then make says what else to type
        assert f"Type: make {arguments[0]} " in ran.stderr
        return
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("line", [line for line in ALL if "/bin/python -m " in line])
def test_a_python_command_has_that_module_and_these_options(line):
    words = shlex.split(line)
    ran = subprocess.run([sys.executable, "-m", words[2], "--help"], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert [word for word in words[3:] if word.startswith("--") and word not in ran.stdout] == []


@pytest.mark.parametrize("line", [line for line in ALL if line.startswith(HARMLESS)])
def test_a_harmless_command_runs(line, tmp_path):
    subprocess.run(["bash", "-euc", line], cwd=tmp_path, check=True)


@pytest.mark.parametrize("profile", ["starter", "small", "full"])
def test_the_sizes_of_a_profile_are_those_make_reckons_with(profile):
    ran = subprocess.run(
        ["make", "help", f"PROFILE={profile}", *DEFAULTS],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    said = re.search(r"(\d+) MB to fetch, (\d+) MB of disk on the way \((\d+) MB", ran.stdout)
    row = re.search(
        rf"\| `{profile}` \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", (ROOT / "README.md").read_text(encoding="utf-8")
    )
    assert row.groups() == tuple(f"{int(mb) / 1000:.1f}" for mb in said.groups())


def test_nothing_else_is_told_to_be_typed():
    known = (*ELSEWHERE, *HARMLESS)
    unknown = [
        line for line in ALL if line not in MAKE and "/bin/python -m " not in line and not line.startswith(known)
    ]
    assert unknown == [], "say in this test how these are executed, or why they cannot be"


def test_what_must_be_installed_is_what_the_clean_machine_of_the_tests_gets():
    (line,) = [line for line in commands("README.md") if line.startswith("sudo apt-get install git")]
    assert set(line.split()[3:]) - {"git"} <= set(re.findall(r"[\w-]+", (ROOT / ".ci/run").read_text()))
