"""Every command of every page: make plans it in a build of stand-ins, others run as far as they can here."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# ROBUSTNESS.md tells of lines typed wrongly, each with a test of its own; CHANGELOG.md of lines of other times.
PAGES = ["README.md", "CONTRIBUTING.md"] + [
    str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md")) if path.name != "ROBUSTNESS.md"
]
SHELLS = ("sh", "bash", "shell", "console")
PROGRAMS = ("make", "gmake", "sudo", "git", "docker", "podman", "mkdir", "cd", "ssh", "brew", "esphome")
# Their indented blocks also hold formats and paths: there only what begins with a program is a command.
WITH_FORMATS = ("docs/ARCHITECTURE.md", "docs/SYSTEMS.md", "docs/stages/", "docs/build.md", "docs/studio.md")
HARMLESS = ("mkdir -p ",)  # run as they stand, in an empty directory
ELSEWHERE = {  # what no test here can run, and why
    "sudo apt-get": "needs root and changes the machine; the packages are those of .ci/run",
    "docker": "no container engine; tests/container runs what is in the image",
    "brew": "needs a Mac",
    "ssh": "needs another machine",
    "srun": "needs Slurm; tests/cluster plays it",
    "kubectl": "needs Kubernetes; tests/cluster reads what is applied",
    "git clone": "needs the network",
    "git -C microWakeWord": "needs that clone",
    "cd ": "into a clone",
}
DEFAULTS = ("LANGUAGE=en", "VOICES=espeak", "MORE_DATASETS=", "CLEANUP_ARCHIVES=0", "CLEANUP_INTERMEDIATE=0")


def commands(page: str) -> list[str]:
    """The command lines of a page: in indented blocks, in blocks marked sh, and in backticks."""
    text = (ROOT / page).read_text(encoding="utf-8")
    fenced = re.findall(r"^ *```(\w*)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    plain = re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line for language, body in fenced if language in SHELLS for line in joined(body)]
    indented = [
        line for block in re.findall(r"(?:^ {4,}\S.*\n)+", plain, re.MULTILINE) for line in joined(block) if line
    ]
    if page.startswith(WITH_FORMATS):
        indented = [line for line in indented if without_variables(line)[1].split(" ")[0] in PROGRAMS]
    lines += [line for line in indented if not re.match(r"[-*|\d]", line)]  # lists within lists
    lines += [" ".join(code.split()) for code in re.findall(r"`((?:make|ssh|sudo)(?: [^`]*)?)`", plain)]
    lines = [part.strip() for line in lines for part in re.sub(r"\s+# .*", "", line).split(" && ")]
    return [line.removeprefix("$ ") for line in lines if line and not line.startswith("#")]


def joined(block: str) -> list[str]:
    return [line.strip() for line in block.replace("\\\n", " ").splitlines()]


def without_variables(line: str) -> tuple[dict[str, str], str]:
    """A line's leading NAME=value of the environment, and the rest."""
    variables = {}
    while found := re.match(r'([A-Z_]+)=("[^"]*"|\S*) +(?=\S)', line):
        variables[found[1]] = found[2].strip('"')
        line = line[found.end() :]
    return variables, line


ALL = sorted({line for page in PAGES for line in commands(page)})
MAKE = sorted({line.replace("gmake ", "make ", 1) for line in ALL if re.match(r"g?make\b", without_variables(line)[1])})


def test_there_are_commands_to_execute():
    assert {'make train WORD="hey buster."', "make test", 'make try WORD="hey buster."'} <= set(commands("README.md"))
    assert len(MAKE) > 40


@pytest.fixture(scope="module")
def shared(once):
    """One trained build for all commands; they are only planned in it."""
    for name in ("words.txt", "my_words.txt"):
        (once.root / name).write_text("hey buster.\n")
    (once.root / "bin").mkdir(exist_ok=True)
    if not (once.root / "bin/docker").exists():
        (once.root / "bin/docker").symlink_to(shutil.which("true"))
    shutil.copy2(ROOT / "requirements.in", once.root / "requirements.in")
    return once


def filled(line: str) -> list[str]:
    """The words of a make command, with something real where the page says NAME, SETTING or `...`."""
    for pattern, real in (
        ('"..."', '"hey buster."'),
        ("-NAME", "-music_hold"),
        ("-SETTING", "-SAMPLES"),
        ("-SETTING", "-SAMPLES"),
        ("print-VAR", "print-SAMPLES"),
        ("$PWD", str(ROOT)),
        ("convert-music_mine", "convert-music_hold"),  # tests/plan/test_recipes.py makes music_mine
    ):
        line = line.replace(pattern, real)
    return [word for word in shlex.split(line)[1:] if not word.startswith("DATA_DIR=/")]


@pytest.mark.parametrize("line", MAKE)
def test_make_plans_a_command(shared, line):
    variables, command = without_variables(line)
    arguments = filled(command)
    ran = shared.make("-n", *arguments, word=None, **variables)
    if ran.returncode and len(arguments) == 1:  # only named in the text: then make says what else to type
        assert f"Type: make {arguments[0]} " in ran.stderr
        return
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("page", [page for page in PAGES if page != "CONTRIBUTING.md" and "/stages/" not in page])
def test_a_user_types_make_and_no_module(page):
    assert "python -m" not in (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("line", [line for line in ALL if line.startswith(HARMLESS)])
def test_a_harmless_command_runs(line, tmp_path):
    subprocess.run(["bash", "-euc", line], cwd=tmp_path, check=True)


def test_pages_show_no_other_commands():
    known = (*ELSEWHERE, *HARMLESS)
    unknown = [line for line in ALL if not re.match(r"g?make\b", without_variables(line)[1])]
    assert [line for line in unknown if not line.startswith(known)] == [], "say above why this cannot be executed"


@pytest.mark.parametrize("profile", ["starter", "small", "full"])
def test_the_sizes_of_a_profile_are_those_of_make_help(profile):
    ran = subprocess.run(
        ["make", "help", f"PROFILE={profile}", *DEFAULTS],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    printed = re.search(r"(\d+) MB to fetch, (\d+) MB of disk on the way \((\d+) MB", ran.stdout)
    row = re.search(
        rf"\| `{profile}` \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|",
        (ROOT / "docs/datasets.md").read_text(encoding="utf-8"),
    )
    assert row.groups() == tuple(f"{int(mb) / 1000:.1f}" for mb in printed.groups())


def test_what_must_be_installed_is_what_the_clean_machine_of_the_tests_gets():
    (line,) = [line for line in commands("README.md") if line.startswith("sudo apt-get install git")]
    assert set(line.split()[3:]) - {"git"} <= set(re.findall(r"[\w-]+", (ROOT / ".ci/run").read_text()))
