"""How `make venv` comes about: which lock, when again, and what it says where it cannot."""

import re
import shutil
from pathlib import Path

import pytest
from packaging.markers import Marker

from scripts.environment import install

ROOT = Path(__file__).resolve().parents[2]

CHECK = "start scripts.tools.doctor "


def test_it_is_made_checked_and_then_left_alone(with_environment):
    build = with_environment
    build.built("venv", word=None)
    assert build.log() == ["install requirements.lock", CHECK, CHECK.replace("start", "end")]
    build.built("venv", word=None)
    assert build.log() == [] and build.make("-q", "venv", word=None).returncode == 0
    assert (build.root / "data/venv/installed.lock").read_text() == (build.root / "requirements.lock").read_text()


def test_another_lock_makes_another_environment_but_redoes_no_stage(with_environment):
    build = with_environment
    build.built("train")
    build.log()
    (build.root / "requirements.lock").touch()
    assert build.make("-q", "train").returncode == 0
    with (build.root / "requirements.lock").open("a") as lock:
        lock.write("# another\n")
    build.built("train")
    assert [line for line in build.log() if not line.startswith("end")] == ["install requirements.lock", CHECK]
    assert build.make("-q", "train").returncode == 0


@pytest.mark.parametrize(
    "gpu, card, lock",
    [
        ("auto", True, "requirements.lock"),
        ("auto", False, "requirements.lock"),
        ("on", False, "requirements-gpu.lock"),
        ("off", True, "requirements.lock"),
    ],
)
def test_which_packages(with_environment, gpu, card, lock):
    build = with_environment
    (build.root / "bin/nvidia-smi").write_text(f"#!/bin/sh\nexit {0 if card else 9}\n")
    (build.root / "bin/nvidia-smi").chmod(0o755)
    said = build.built("venv", f"GPU={gpu}", word=None)
    assert build.log()[0] == f"install {lock}"
    assert (
        "GPU=on would install the packages for it (9.5 GB instead of 3.2 GB of disk), but no gain has been measured"
        in said
    ) == (card and gpu == "auto")
    assert build.make("-q", "venv", f"GPU={gpu}", word=None).returncode == 0


def test_packages_for_a_card_that_are_there_stay(with_environment):
    build = with_environment
    build.built("venv", "GPU=on", word=None)
    build.log()
    assert build.make("-q", "venv", word=None).returncode == 0
    assert build.make("-q", "venv", "GPU=off", word=None).returncode == 1


def test_a_failed_check_is_repeated_without_installing_again(with_environment):
    build = with_environment
    assert build.make("venv", word=None, FAKE_FAIL="scripts.tools.doctor").returncode == 2
    build.log()
    build.built("venv", word=None)
    assert build.log()[0] == CHECK


def test_who_tests_needs_no_room_to_train_in_and_training_asks_for_it_later(with_environment):
    build = with_environment
    build.built("test", word=None, FAKE_FAIL="scripts.tools.doctor")
    tested = build.log()
    assert tested[0] == "install requirements.lock" and "start pytest " in tested and CHECK not in tested
    build.built("train")
    assert build.log()[0] == CHECK


def test_only_contributors_get_what_only_they_need_and_once(with_environment):
    """pytest, a browser's driver and uv are in no user's environment."""
    build = with_environment
    build.built("train")
    assert not [line for line in build.log() if "pip" in line] and not (build.root / "data/venv/dev.lock").exists()
    build.built("test", word=None)
    log = build.log()
    assert log.index("start scripts.environment.pip ") < log.index("start ruff ") < log.index("start pytest ")
    assert (build.root / "data/venv/dev.lock").read_text() == (build.root / "requirements-dev.lock").read_text()
    build.built("test", word=None)
    assert not [line for line in build.log() if "pip" in line]


PINS = re.compile(r"(?m)^([a-z][\w.-]*)==(\S+)(?: ; ([^\\]*))? \\$")


def packages(lock: str) -> set[str]:
    return {name for name, _, _ in PINS.findall((ROOT / lock).read_text())}


def test_the_locks_overlap_where_they_must_and_nowhere_else():
    assert {"pytest", "playwright", "uv"} <= packages("requirements-dev.lock")
    assert not {"pytest", "playwright", "uv"} & (packages("requirements.lock") | packages("requirements-gpu.lock"))


@pytest.mark.parametrize(
    "system, machine, tensorflow, without",
    [
        ("linux", "x86_64", "tensorflow-cpu", set()),
        ("linux", "aarch64", "tensorflow", {"tflite-micro", "miniaudio"}),
        ("darwin", "arm64", "tensorflow", {"tflite-micro"}),
    ],
)
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_one_lock_serves_each_platform(python, system, machine, tensorflow, without):
    platform = {
        "sys_platform": system,
        "platform_machine": machine,
        "python_version": python,
        "python_full_version": f"{python}.1",
        "implementation_name": "cpython",
    }
    here = [
        name
        for name, _, marker in PINS.findall((ROOT / "requirements.lock").read_text())
        if not marker or Marker(marker).evaluate(platform)
    ]
    assert len(here) == len(set(here)) > 50
    assert {name for name in here if name.startswith("tensorflow")} == {tensorflow}
    assert {"tflite-micro", "miniaudio"} - set(here) == without


@pytest.mark.parametrize("name", sorted(path.name for path in ROOT.glob("requirements*.lock")))
def test_a_lock_names_no_index_and_every_pin_has_hashes(name):
    text = (ROOT / name).read_text()
    assert not re.search(r"index-url|find-links|://|trusted-host", text)
    for line, following in zip(text.splitlines(), [*text.splitlines()[1:], ""]):
        assert line.startswith(("    --hash=sha256:", "#")) or (
            PINS.match(line) and following.startswith("    --hash=sha256:")
        ), line


def test_a_deleted_environment_is_made_again_and_nothing_else(with_environment):
    build = with_environment
    build.built("train")
    build.log()
    build.built("clean-venv", word=None)
    assert not (build.root / "data/venv").exists()
    assert build.plan("train") == {"venv/checked"}


def test_a_fetched_python_goes_with_the_environment_and_nothing_else_of_that_directory(with_environment):
    build = with_environment
    build.built("venv", word=None)
    python = build.root / "data/python/cpython-3.11.18/bin/python3"
    python.parent.mkdir(parents=True)
    python.touch(mode=0o755)
    for name in ("mine.py", "cpython-3.11.18+1-any-install_only_stripped.tar.gz.part", "cpython-notes"):
        (build.root / "data/python" / name).touch()
    build.built("clean-venv", word=None)
    assert sorted(path.name for path in (build.root / "data/python").iterdir()) == ["cpython-notes", "mine.py"]


def test_an_environment_whose_python_is_gone_is_made_again(with_environment):
    build = with_environment
    build.built("venv", word=None)
    (build.root / "data/venv/bin/python").unlink()
    build.log()
    build.built("venv", word=None)
    assert build.log()[0] == "install requirements.lock"


def test_an_environment_whose_python_was_removed_with_the_system_is_made_again(with_environment):
    """The environment's Python is a link to the one it was made with."""
    build = with_environment
    build.built("venv", word=None)
    (build.root / "data/venv/bin/python").unlink()
    (build.root / "data/venv/bin/python").symlink_to("/nowhere/python3.11")
    build.log()
    build.built("venv", word=None)
    assert build.log()[0] == "install requirements.lock"


def test_a_python_of_ones_own_is_used_as_it_is(with_environment):
    build = with_environment
    shutil.copy2(build.root / "fake-python", build.root / "mine")
    build.built("samples", "PYTHON=./mine")
    assert not (build.root / "data/venv").exists() and build.plan("samples", "PYTHON=./mine") == set()


def test_numba_keeps_what_it_compiles_and_python_writes_nothing(with_environment):
    build = with_environment
    (build.root / "mine").write_text(
        '#!/bin/sh\necho "$NUMBA_CACHE_DIR ${PYTHONDONTWRITEBYTECODE-written}" >said\nexec ./fake-python "$@"\n'
    )
    (build.root / "mine").chmod(0o755)
    build.built("samples", "PYTHON=./mine")
    compiled = (build.root / "data/compiled").resolve()
    assert (build.root / "said").read_text().split() == [str(compiled), "1"]
    compiled.mkdir()
    build.built("clean-venv", word=None)
    assert not compiled.exists()


def test_no_make_is_too_old_silently(fresh):
    fresh.replace("Makefile", "filter grouped-target", "filter from-the-future")
    assert "GNU make 4.3 or newer is needed" in fresh.refused("help")


def test_too_little_disk_is_reported_before_any_work(tmp_path, capsys):
    with pytest.raises(SystemExit, match="takes about 999999999 MB, and only .* name a larger disk: make DATA_DIR"):
        install.main(
            [
                "--lock",
                "any.lock",
                "--out",
                str(tmp_path / "data/venv"),
                "--needs-mb",
                "999999999",
                "--log",
                str(tmp_path / "log"),
            ]
        )
    assert not (tmp_path / "data/venv").exists()


def test_every_package_counts_wherever_it_comes_from(tmp_path, capsys):
    said = [
        "Ignoring b: markers 'x' don't match",
        "Collecting a==1 (from -r a.lock)",
        "Processing /wheels/c-1.whl (from -r a.lock)",
        "  Using cached a",
        "Installing collected packages: a, c",
        "Successfully installed a c",
    ]
    with (tmp_path / "log").open("w") as log:
        assert install.run_pip(["printf", "%s\\n", *said], log, 3, {"PATH": "/usr/bin:/bin"}) == 0
    assert capsys.readouterr().out == "environment: installing 2 packages\n"
    assert (tmp_path / "log").read_text().splitlines() == said
