"""Settings and goals as people write them: understood, or refused in a sentence before anything runs."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

LOCAL = "config.local.mk"


def value(build, setting: str, *arguments: str, word: str | None = None, **environment: str) -> str:
    return build.built("-s", f"print-{setting}", *arguments, word=word, **environment).rstrip("\n").partition("=")[2]


def nothing_ran(build) -> bool:
    return (
        not (build.root / "data").exists()
        and not (build.root / "fake.log").exists()
        and not (build.root / "owned").exists()
    )


# ---- goals


@pytest.mark.parametrize(
    "typed, answer",
    [
        (["train", "WORD=hey", "buster"], 'make train WORD="hey buster"'),
        (["WORD=hey", "buster"], 'make train WORD="hey buster"'),
        (["train", "hey", "buster"], 'make train WORD="hey buster"'),
        (["detect", "WORD=hey", "buster"], 'make detect WORD="hey buster"'),
        (["train", "WORD=“hey", "buster”"], 'make train WORD="hey buster"'),
        (["train", "WORD=x y", "TITLE=Hey", "Buster"], 'make train TITLE="Hey Buster"'),
        (["train", "WORD=x y", "VOICES=kokoro:50", "espeak:50"], 'make train VOICES="kokoro:50 espeak:50"'),
        (["train WORD=hey"], 'make train WORD="hey"'),
        (["train", "WORD:hey"], 'make train WORD="hey"'),
        (["words", "WORDS=my", "words.txt"], 'make words WORDS="my words.txt"'),
        (["train", "WORD=x", "TITLE=Hey", "Buster"], 'WORD="..." TITLE="..."'),
        (["tain"], "did you mean 'make train'?"),
        (["tain", "WORD=hey buster"], "did you mean 'make train'?"),
        (["train", "clean-wrok", "WORD=hey buster"], "did you mean 'make clean-work'?"),
        (["xyzzyxyzzy"], "'make help' lists them all"),
        (["train", "WORD=hey", "$(shell touch owned)"], "is not a target"),
        (["`touch owned`"], "is not a target"),
        (["'; touch owned; '"], "is not a target"),
    ],
)
def test_a_goal_that_is_no_target_is_refused_before_anything_runs(fresh, typed, answer):
    said = fresh.refused(*typed, word=None)
    assert all(part in said for part in answer.split(" ... ")) or sorted(answer.split()) == sorted(
        re.findall(r'\w+="\.\.\."', said)
    )
    assert nothing_ran(fresh)


def test_every_target_of_the_help_is_a_goal_and_so_is_a_file(fresh):
    documented = value(fresh, "documented").split()
    assert {"train", "help", "docker-run", "clean-work", "status"} <= set(documented)
    makefile = "".join((fresh.root / name).read_text() for name in value(fresh, "documented_in").split())
    targets = set(
        re.sub(
            r"\$\S+|\\", "", " ".join(re.findall(r"^(?:\.PHONY|CLEANERS) *:=? *(.*)", makefile, re.MULTILINE))
        ).split()
    )
    assert targets - {"FORCE"} <= set(documented)
    for goal in ("data/common/samples.stamp", "download-music_hold", "help-SAMPLES"):
        fresh.built("-n", goal)


@pytest.mark.parametrize("flag", ["-e", "-i", "-t", "-ki"])
def test_flags_that_would_pass_over_failures_are_refused(fresh, flag):
    assert "is refused" in fresh.refused(flag, "train")
    assert nothing_ran(fresh)


def test_what_a_calling_make_passes_on_is_named(fresh):
    said = fresh.make("help", word=None, MAKEFLAGS=" -- FOO=1", MAKELEVEL="1").stderr
    assert "FOO (command line) is not a setting" in said and "env -u MAKEFLAGS" in said
    assert "unset MAKEFILES" in fresh.make("help", word=None, MAKEFILES="config.mk").stderr


# ---- values


@pytest.mark.parametrize(
    "line, setting, read",
    [
        ("SAMPLES = 8000   ", "SAMPLES", "8000"),
        ("SAMPLES = 8000\t# many", "SAMPLES", "8000"),
        ("SAMPLES := 8000 # many", "SAMPLES", "8000"),
        ('DATA_DIR = "/big/disk"', "DATA_DIR", "/big/disk"),
        ("DATA_DIR = '/big/disk'  # new", "DATA_DIR", "/big/disk"),
        ("DATA_DIR = ~/wake", "DATA_DIR", "/home/me/wake"),
        ("DATA_DIR = $(HOME)/wake", "DATA_DIR", "/home/me/wake"),
        ("DATA_DIR = ~", "DATA_DIR", "/home/me"),
        ('WORDS = "~/my words.txt"', "WORDS", "/home/me/my words.txt"),
        ('WORD = "hey buster."  ', "WORD", "hey buster."),
        ("WORD = 'tis me", "WORD", "'tis me"),
        ('WORD = "a" or "b"', "WORD", '"a" or "b"'),
        ("WORD = hey  you", "WORD", "hey  you"),
        ("CUTOFF = 95%", "CUTOFF", "95%"),
        ("export SAMPLES = 7", "SAMPLES", "7"),
        ("\ufeffSAMPLES = 7", "SAMPLES", "7"),
        ("SAMPLES = 7\r", "SAMPLES", "7"),
        ("WORD = Küche\r", "WORD", "Küche"),
    ],
)
def test_what_is_understood(fresh, line, setting, read):
    (fresh.root / LOCAL).write_bytes(f"{line}\n".encode())
    assert value(fresh, setting, HOME="/home/me") == read


@pytest.mark.parametrize(
    "typed, read",
    [
        ("SAMPLES=8000 ", "8000"),
        ('DATA_DIR="~/x"', "/home/me/x"),
        ("DATA_DIR=~/x", "/home/me/x"),
        ("WORD='hey' ", "hey"),
        ("VOICES= espeak:1  ", "espeak:1"),
        ("CUTOFF=.5", ".5"),
        ("HOST=::1", "::1"),
        ("SEED=4294967295", "4294967295"),
    ],
)
def test_what_is_understood_on_the_command_line(fresh, typed, read):
    assert value(fresh, typed.partition("=")[0], typed, HOME="/home/me") == read


def test_a_tidied_value_is_still_a_given_one(trained):
    """clean-work of one word must not become that of all."""
    trained.built("clean-work", word="hey buster. ")
    assert not (trained.root / "data/work/hey_buster").exists() and (trained.root / "data/common").exists()


@pytest.mark.parametrize(
    "typed, answer",
    [
        ("SAMPLES=8,000", "write SAMPLES=8000"),
        ("SAMPLES=8_000", "write SAMPLES=8000"),
        ("SAMPLES=8 000", "write SAMPLES=8000"),
        ("SEED=007", "write SEED=7"),
        ("SAMPLES=8k", "not a whole number"),
        ("SAMPLES=1000001", "from 1 to 1000000"),
        ("SAMPLES=99999999999999999999", "out of range"),
        ("SAMPLES=٣", "not a whole"),
        ("SEED=4294967296", "from 0 to 4294967295"),
        ("SEED=-1", "not a whole"),
        ("SEEDS=1 2 4294967296", "out of range"),
        ("SEEDS=1,2", "SEEDS"),
        ("TEACHERS=21", "from 0 to 20"),
        ("JOBS=0", "from 1 to 1024"),
        ("JOBS=100000", "from 1 to 1024"),
        ("PORT=0", "from 1 to 65535"),
        ("PORT=65536", "from 1 to 65535"),
        ("PORT=8,760", "write PORT=8760"),
        ("PRETRAIN_STEPS=0", "from 1"),
        ("COMMON_SAMPLES=0", "from 1"),
        ("NEGATIVE_SAMPLES=1e4", "not a whole"),
        ("CUTOFF=0,95", "CUTOFF=0.95"),
        ("CUTOFF=1", "from 0.01 to 0.99"),
        ("CUTOFF=95", "from 0.01 to 0.99"),
        ("CUTOFF=0", "from 0.01"),
        ("CUTOFF=high", "not a cutoff"),
        ("CUTOFF=120%", "from 0.01"),
        ("HOST=", "is empty"),
        ("HOST=http://localhost/", "leave out http://"),
        ("HOST=localhost:80", "HOST=localhost PORT=80"),
        ("HOST=300.1.1.1", "from 0 to 255"),
        ("HOST=192.168.1", "four numbers"),
        ("HOST=a;touch owned", "not an address"),
        ("HOST=-x", "not an address"),
        ("VOICES=kokoro:x", "kokoro:x"),
        ("VOICES=kokoro:-5", "kokoro:-5"),
        ("VOICES=piper:de_DE-thorsten-medium:many", "share"),
        ("HELDOUT_VOICES=flite:x", "HELDOUT_VOICES"),
        ("GPU=On", "auto on off"),
        ("OFFLINE=true", "1 is yes"),
        ("LANGUAGE=german", "en en-gb de"),
        ("FORMAT=text json", "text json"),
        ("DATA_DIR=-x", "begins with a dash"),
        ("DATA_DIR=a$b", "dollar sign"),
        ("PYTHON=./fake-python; touch owned", "holds a"),
        ("PYTHON=`touch owned`", "holds a"),
    ],
)
def test_what_is_refused(fresh, typed, answer):
    if typed.startswith("PYTHON"):
        fresh.given = []
    assert answer in fresh.refused("train", typed)
    assert nothing_ran(fresh)


@pytest.mark.parametrize(
    "text, answer",
    [
        (
            b"DATA_DIR = $HOME/wake",
            "line 1 holds a dollar sign that make would read as a variable of one letter: write $(HOME)",
        ),
        (b"# mine\nDATA_DIR := $HOME/wake", "line 2 holds a dollar sign"),
        (b"DATA_DIR = $(HOEM)/wake", "names $(HOEM), which nothing sets"),
        (b"DATA_DIR = $$HOME/wake", "holds a $"),
        (b"SAMPLES: 8000", "line 1 sets nothing: write SAMPLES = 8000"),
        (b"SAMPLES 8000", "write SAMPLES = 8000"),
        (b"samples: 8000", "write SAMPLES = 8000"),
        ("WORD = Küche".encode("latin-1"), "line 1 is not UTF-8"),
        ("SAMPLES = 8".encode("utf-16"), "UTF-16"),
        ("SAMPLES = 8".encode("utf-16-be"), "config.local.mk"),
        (b"SAMPLES = 8,000", "write SAMPLES=8000"),
        (b"WORD = $(shell touch owned)", "dollar sign"),
        (b"SEED = 5000000000 # big", "from 0 to 4294967295"),
        (b"DATA_DIR = /my disk", "holds a space"),
    ],
)
def test_what_is_refused_in_the_file(fresh, text, answer):
    (fresh.root / LOCAL).write_bytes(text + b"\n")
    assert answer in fresh.make("help", word=None).stderr
    assert nothing_ran(fresh)


@pytest.mark.parametrize(
    "text",
    [
        "# costs $5, or $HOME\nSAMPLES = 7\n",
        "ifeq (1,1)\nSAMPLES = 7\nendif\n",
        "SAMPLES = \\\n  7\n",
        "half = 3\n",
        "JOBS = $(shell nproc)\nSAMPLES = 7\n",
        "SAMPLES = 7  # 8,000 is too many: no\n",
        "\n\n",
    ],
)
def test_a_file_that_make_understands_is_left_alone(fresh, text):
    (fresh.root / LOCAL).write_text(text)
    ran = fresh.make("help", word=None)
    assert ran.returncode == 0 or "half (config.local.mk) is not a setting" in ran.stderr


def test_every_number_has_a_range_beside_it(fresh):
    """A setting whose default is a number is checked: none was forgotten in config.mk."""
    lines = (fresh.root / "config.mk").read_text().splitlines()
    for before, line in zip(lines, lines[1:]):
        if re.match(r"[A-Z_]+ = [\d ]+$", line):
            assert re.match(r"#: (each )?from \d+ to \d+$|#: one of 0 1$", before), line


def test_the_profiles_of_the_table_can_be_chosen(fresh):
    choices = re.search(r"(?m)^#: one of (.*)\nPROFILE =", (fresh.root / "config.mk").read_text())[1]
    assert choices == value(fresh, "PROFILES")


def test_settings_that_cannot_be_checked_are_not_taken_for_good(fresh):
    (fresh.root / "bin").mkdir()
    (fresh.root / "bin/awk").write_text("#!/bin/sh\nexit 2\n")
    (fresh.root / "bin/awk").chmod(0o755)
    assert "could not be checked" in fresh.refused("train")


# ---- the environment


def test_a_setting_in_the_environment_gives_a_warning(fresh):
    ran = fresh.make("-s", "print-DATA_DIR", word=None, DATA_DIR="/x", SAMPLES="$(shell touch owned)")
    assert ran.stdout == "DATA_DIR=data\n" and ran.returncode == 0
    assert (
        "DATA_DIR=/x in the environment is not read" in ran.stderr and "SAMPLES=$(shell touch owned) in" in ran.stderr
    )
    assert not (fresh.root / "owned").exists()


def test_variables_of_other_programs_are_not_spoken_of(fresh):
    assert (
        fresh.make("help", word=None, LANGUAGE="de_DE:de", HOST="mymachine", PYTHON="/usr/bin/python3", V="1").stderr
        == ""
    )
    assert "HOST=mymachine" in fresh.make("-n", "tensorboard", word=None, HOST="mymachine").stderr


def test_a_word_passed_on_by_make_itself_is_not_spoken_of(fresh):
    (fresh.root / "words.txt").write_text("one\n")
    assert fresh.make("words", word=None).stderr == ""


HOSTILE = {
    "BASH_ENV": "hostile.sh",
    "ENV": "hostile.sh",
    "CDPATH": "/tmp",
    "PYTHONOPTIMIZE": "2",
    "PYTHONSTARTUP": "x.py",
    "PYTHONSAFEPATH": "1",
    "PYTHONWARNINGS": "error",
    "GREP_OPTIONS": "--color=always",
    "GIT_DIR": "/nowhere",
    "KERAS_BACKEND": "torch",
    "BASH_FUNC_mkdir%%": "() { touch owned; }",
    "LC_ALL": "POSIX",
    "TAR_OPTIONS": "--totals",
}


@pytest.mark.parametrize("posix", [{}, {"POSIXLY_CORRECT": "1"}])
def test_the_callers_environment_does_not_reach_the_stages(fresh, posix):
    (fresh.root / "hostile.sh").write_text("touch owned\n")
    (fresh.root / "mine").write_text('#!/bin/bash -p\nenv -0 >>said\nexec bash -p ./fake-python "$@"\n')
    (fresh.root / "mine").chmod(0o755)
    fresh.given = ["PYTHON=./mine"]
    fresh.built("samples", **HOSTILE, **posix, PYTHONPATH="/mine", http_proxy="http://proxy", SSL_CERT_FILE="/cert")
    seen = dict(line.partition("=")[::2] for line in (fresh.root / "said").read_text().split("\0"))
    assert not (fresh.root / "owned").exists()
    assert not {*HOSTILE, *posix} - {"LC_ALL", "BASH_FUNC_mkdir%%"} & set(seen)
    assert (seen["LC_ALL"], seen["PYTHONUTF8"], seen["KERAS_HOME"]) == ("C.UTF-8", "1", "/dev/null")
    assert (seen["http_proxy"], seen["SSL_CERT_FILE"], seen["PYTHONPATH"]) == (
        "http://proxy",
        "/cert",
        "/mine",
    )  # a Python of one's own may need it


def test_our_environment_is_made_without_the_packages_of_another(with_environment):
    base = with_environment.root / "bin/python3.11"
    base.write_text(base.read_text().replace("set -eu\n", "set -eu\n[[ -z ${PYTHONHOME-}${PYTHONPATH-} ]] || exit 1\n"))
    with_environment.built("venv", word=None, PYTHONHOME="/nowhere", PYTHONPATH="/nowhere")


# ---- words


@pytest.mark.parametrize(
    "data, trained",
    [
        (b"hey buster.   # the kitchen\n# none\n#none\n", ["hey buster."]),
        ("hey you\r\nküche\r\n".encode("utf-16"), ["hey you", "küche"]),
        ("hey you\n".encode("utf-8-sig"), ["hey you"]),
        (b'"hey you"\n', ['"hey you"']),
        (b"one\x00two\n", ["onetwo"]),
    ],
)
def test_files_of_words_as_editors_save_them(fresh, data, trained):
    (fresh.root / "words.txt").write_bytes(data)
    said = fresh.built("words", word=None)
    assert [line.removeprefix("trained: ") for line in said.splitlines() if line.startswith("trained")] == trained


@pytest.mark.parametrize(
    "data, answer",
    [
        ("eins\nküche\n".encode("latin-1"), "line 2 is not UTF-8"),
        (b"\xff\xfe", "holds no word"),
        (b"", "holds no word"),
    ],
)
def test_files_of_words_that_cannot_be_read(fresh, data, answer):
    (fresh.root / "words.txt").write_bytes(data)
    assert answer in fresh.refused("words", word=None)
    assert nothing_ran(fresh)


def test_a_directory_as_file_of_words(fresh):
    assert "is a directory" in fresh.refused("words", "WORDS=scripts", word=None)


def test_lines_of_a_file_of_words_run_no_code(fresh):
    (fresh.root / "words.txt").write_text(
        "$(shell touch owned)\n`touch owned`\n'; touch owned; '\n\"; touch owned; \"\nx) touch owned\n:=$(shell touch owned)\n"
    )
    fresh.make("words", word=None)
    assert not (fresh.root / "owned").exists()


# ---- systems


def test_scripts_need_no_execute_bit(fresh):
    for script in (fresh.root / "scripts/make").glob("*.sh"):
        script.chmod(0o644)
    (fresh.root / "words.txt").write_text("one\n")
    fresh.built("words", word=None)
    said = fresh.built("-n", "venv", word=None) if not fresh.given else fresh.built("-n", "train")
    assert not re.search(r"(?<!bash -p )scripts/make/\w+\.sh", said)


def test_no_recipe_runs_a_script_by_its_execute_bit(fresh):
    text = "".join(
        (fresh.root / name).read_text()
        for name in (
            "Makefile",
            "docker/docker.mk",
            "scripts/environment/environment.mk",
            "scripts/cluster/cluster.mk",
            "scripts/make/stamps.mk",
        )
    )
    assert re.findall(r"(?m)^(?!#).*\bscripts/make/\w+\.sh", text) and not re.search(
        r"(?m)^[^#\n]*(?<!bash -p )\bscripts/make/\w+\.sh", text
    )


def test_the_checkout_has_unix_line_ends():
    assert "* text=auto eol=lf" in (Path(__file__).resolve().parents[2] / ".gitattributes").read_text()


def test_windows_line_ends_are_noticed(fresh):
    for path in (fresh.root / "scripts/make").glob("*.*"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    (fresh.root / "Makefile").write_bytes((fresh.root / "Makefile").read_bytes().replace(b"\n", b"\r\n"))
    assert "Windows line ends" in fresh.refused("train")
    assert nothing_ran(fresh)


def test_a_data_dir_that_is_no_place_for_data(fresh):
    (fresh.root / "file").write_text("")
    assert "is a file: name a directory" in fresh.refused("samples", "DATA_DIR=file")


def test_a_data_dir_on_a_disk_that_is_not_mounted(fresh):
    (fresh.root / "data").symlink_to(fresh.root / "unmounted/disk")
    assert "is a link to" in fresh.refused("samples") and "mount that disk" in fresh.refused("samples")
    assert not (fresh.root / "unmounted").exists()


def test_without_a_home_no_path_begins_there(fresh):
    ran = subprocess.run(
        ["make", "help", "DATA_DIR=~/wake"],
        cwd=fresh.root,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 2 and "DATA_DIR=~/wake holds a ~" in ran.stderr


def test_make_called_from_another_directory_says_how(fresh, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    ran = subprocess.run(
        ["make", "-f", fresh.root / "Makefile", "help"],
        cwd=elsewhere,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 2 and f"make -C {fresh.root} ..." in ran.stderr


def test_a_settings_file_that_cannot_be_read(fresh):
    (fresh.root / LOCAL).mkdir()
    assert "config.local.mk cannot be read" in fresh.make("help", word=None).stderr


def test_a_checkout_below_a_path_with_blanks(fresh, tmp_path_factory):
    place = tmp_path_factory.mktemp("with") / "my own place"
    shutil.copytree(fresh.root, place)
    ran = subprocess.run(
        ["make", "samples", "WORD=hey", "PYTHON=./fake-python"],
        cwd=place,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0 and (place / "data/work/hey/samples.stamp").exists(), ran.stderr


def test_no_place_for_temporary_files_and_a_locale_that_is_not_there(fresh):
    (fresh.root / "words.txt").write_text("one\n")
    fresh.built("words", word=None, TMPDIR="/nowhere", LC_ALL="C")
    assert fresh.make("samples", LC_ALL="xx_XX.UTF-8").returncode == 0


def stand_in(build, name: str, script: str) -> None:
    (build.root / "bin").mkdir(exist_ok=True)
    (build.root / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
    (build.root / "bin" / name).chmod(0o755)


def test_a_disk_without_symbolic_links_is_refused_before_work(fresh):
    stand_in(fresh, "ln", "exit 1")
    assert "without symbolic links" in fresh.refused("samples")
    assert nothing_ran(fresh) and not list(fresh.root.glob(".try*"))


def test_a_disk_that_runs_no_programs_is_refused_before_an_environment_is_made(with_environment):
    stand_in(with_environment, "chmod", "exit 0")
    assert "runs no programs" in with_environment.refused("venv", word=None)
    assert with_environment.log() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory to somebody else")
def test_a_data_dir_of_another_user_names_the_owner(fresh):
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        Path(place).chmod(0o755)
        shutil.copy2(fresh.root / "scripts/make/data_dir.sh", place)
        (Path(place) / "data/work").mkdir(parents=True)

        def said(data: str) -> str:
            ran = subprocess.run(
                ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "bash", "data_dir.sh", data],
                cwd=place,
                capture_output=True,
                text=True,
            )
            assert ran.returncode == 1
            return ran.stderr

        assert "data belongs to root" in said("data") and "sudo chown -R nobody data" in said("data")
        os.chown(Path(place) / "data", 65534, 65534)
        assert "data/work belongs to root" in said("data")
        assert "cannot be made" in said("/new") and "belongs to root" in said("/new")
        (Path(place) / "data").chmod(0o500)
        assert "chmod u+rwx" in said("data")


def test_a_settings_file_that_is_a_link_to_nothing_yet_is_none(fresh):
    """As in the image, where it leads into the mounted directory."""
    (fresh.root / "data").mkdir(exist_ok=True)
    (fresh.root / LOCAL).symlink_to("data/config.local.mk")
    assert fresh.make("help", word=None).returncode == 0
    (fresh.root / "data/config.local.mk").write_text("SAMPLES = 7\n")
    assert fresh.make("print-SAMPLES", word=None).stdout.strip() == "SAMPLES=7"
