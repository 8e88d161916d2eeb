"""The container without an engine: the Dockerfile's own steps in a directory, and the main job in it as an ordinary
user.

    make test-container        as root, with debootstrap; takes as long as a first training, and 8 GB

ROOTFS=/directory keeps what debootstrap made, and the environment and data, for the next time.
"""

import os
import pty
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.container.image import Image
from tests.container.rootfs import first_process

PROJECT = Path(__file__).resolve().parents[2]
USER = 12345  # as a caller's: no such user is known in the image
LIMIT_MB = 150
WORD = 'say "hey" buster.'
SMALL = ["SAMPLES=60", "NEGATIVE_SAMPLES=60", "COMMON_SAMPLES=60", "TRAINING_STEPS=40", "PRETRAIN_STEPS=40"]
NOT_COVERED = """
Not covered here, for want of a container engine: that the digest in FROM can be pulled and holds what debootstrap makes of
the same release; layers, and the size they have together; --gpus all; networks and published ports; the engine's own
handling of --user, --userns, mounts, terminals and signals (a namespace of its own, chroot and a real SIGTERM stand in)."""

pytestmark = [
    pytest.mark.skipif(
        os.geteuid() != 0, reason="make test-container needs root (chroot, mounts): sudo make test-container"
    ),
    pytest.mark.skipif(
        not shutil.which("debootstrap"), reason="make test-container needs debootstrap: apt-get install debootstrap"
    ),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    print(NOT_COVERED)
    if kept := os.environ.get("ROOTFS"):
        Path(kept).mkdir(parents=True, exist_ok=True)
        return Path(kept).resolve()
    return tmp_path_factory.mktemp("container")


@pytest.fixture(scope="module")
def image():
    return Image(PROJECT / "docker/Dockerfile")


@pytest.fixture(scope="module")
def root(image, place):
    """The image's file system."""
    root = place / "root"
    shutil.rmtree(root, ignore_errors=True)
    image.build(PROJECT, root, place / "base")
    return root


@pytest.fixture(scope="module")
def data(place):
    """The directory that is mounted at /data: the user's, and empty."""
    data = place / "data"
    data.mkdir(exist_ok=True)
    os.chown(data, USER, USER)
    return data


def test_it_is_small_and_holds_no_environment_and_no_data(root):
    size_mb = (
        int(subprocess.run(["du", "-sxb", root], capture_output=True, text=True, check=True).stdout.split()[0]) / 1e6
    )
    print(f"size of the root file system: {size_mb:.0f} MB, of {LIMIT_MB} allowed")
    assert size_mb < LIMIT_MB
    assert not list((root / "data").iterdir()) and not list(root.rglob("pyvenv.cfg"))
    assert {path.name for path in (root / "wakemake").iterdir()} >= {
        "Makefile",
        "config.mk",
        "scripts",
        "docker",
        "requirements.lock",
    }
    assert not (root / "wakemake/.git").exists() and not (root / "wakemake/tests").exists()


def test_missing_programs_are_named(image, root, data, place):
    empty = place / "empty"
    shutil.rmtree(empty, ignore_errors=True)
    empty.mkdir()
    status, said = image.ran(root, image.cmd, uid=USER)
    assert status == 0 and "/data is not mounted" in said and "make train" in said
    status, said = image.ran(root, ["help"], uid=USER, data=empty)
    assert "not mounted" not in said and f"user {USER} cannot write to /data" in said
    os.chown(empty, USER, USER)
    status, said = image.ran(root, ["help"], uid=USER, data=empty)
    assert status == 0 and "cannot write" not in said and "no environment in /data yet" in said
    status, said = image.ran(root, ["train"], uid=USER, data=empty)
    assert status == 2 and 'make train WORD="hey buster."' in said


def test_without_user_it_runs_as_the_owner_of_the_mounted_directory(image, root, data):
    status, said = image.ran(root, ["bash", "-c", "id -u; id -g; touch /data/mine"], data=data)
    assert status == 0 and said.splitlines()[-2:] == [str(USER)] * 2
    assert (data / "mine").stat().st_uid == USER
    (data / "mine").unlink()


def typed(image, root, data, keys: list[str]) -> str:
    """What a terminal shows when `keys` are typed, one after the other, into the container's shell."""
    ours, theirs = pty.openpty()
    with image.start(
        root, ["bash"], uid=USER, data=data, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as process:
        os.close(theirs)
        shown = b""
        for key in [*keys, "exit\n"]:
            os.write(ours, key.encode())
            quiet = time.monotonic() + 10
            while time.monotonic() < quiet:
                if select.select([ours], [], [], 0.5)[0]:
                    try:
                        shown += os.read(ours, 4096)
                    except OSError:  # the other end is closed
                        break
        process.wait(timeout=60)
    os.close(ours)
    return shown.decode(errors="replace")


def test_the_shell_completes_targets_settings_and_words_and_reads_your_bashrc(image, root, place):
    home = place / "home"
    shutil.rmtree(home, ignore_errors=True)
    (home / "work/known").mkdir(parents=True)
    (home / "work/known/samples.params").write_text("WORD=abra cadabra\n")
    (home / ".bashrc").write_text("greet() { printf '<%s>' \"$@\"; echo; }\n")
    shown = typed(image, root, home, ["make tra\t", "SAM\t", '7 WORD="abr\t', "\x01greet \x05\n"])
    assert "<make><train><SAMPLES=7><WORD=abra cadabra>" in shown, shown


def test_the_signal_that_stops_a_container_stops_it_at_once(image, root, data):
    (data / "venv/checked.stamp").unlink(missing_ok=True)
    (data / "venv/installed.lock").unlink(missing_ok=True)
    with image.start(root, ["train", f"WORD={WORD}", *SMALL], uid=USER, data=data) as process:
        said = ""
        while "== environment" not in said:
            assert (line := process.stdout.readline()), f"it ended by itself: {said}"
            said += line
        time.sleep(5)
        inside, began = first_process(process), time.monotonic()
        os.kill(inside, signal.SIGTERM)
        process.wait(timeout=30)
        took_s = time.monotonic() - began
    print(f"after SIGTERM it ended within {took_s:.1f} s")
    assert took_s < 10 and process.returncode == 143
    assert not (data / "venv/installed.lock").exists() and not Path(f"/proc/{inside}").exists()


def test_the_main_job_in_it(image, root, data):
    before = {path for path in root.rglob("*") if not path.is_relative_to(root / "tmp")}
    started = time.monotonic()
    with image.start(root, ["train", f"WORD={WORD}", *SMALL], uid=USER, data=data) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
    assert process.returncode == 0
    print(f"the main job took {(time.monotonic() - started) / 60:.0f} min")
    published = data / "output/say_hey_buster"
    assert (published / "say_hey_buster.tflite").stat().st_uid == USER and (published / "say_hey_buster.json").exists()
    assert {path for path in root.rglob("*") if not path.is_relative_to(root / "tmp")} == before, (
        "all is made below /data"
    )
    # Another word by `docker exec`: make without the entrypoint, in the same place. Here: the same word, all made.
    status, said = image.ran(root, ["make", "-q", "train", f"WORD={WORD}", *SMALL], uid=USER, data=data, through=[])
    assert status == 0, said
    status, said = image.ran(root, ["help"], uid=USER, data=data)
    assert status == 0 and "wakemake:" not in said, said


def test_a_bare_machine_lists_what_it_lacks(image, place, root):
    """In the release's smallest set of packages, before anything of ours is installed."""
    bare = place / "bare"
    shutil.rmtree(bare, ignore_errors=True)
    subprocess.run(["cp", "-a", place / "base", bare], check=True)  # devices as devices: read as files some have no end
    shutil.copytree(root / "wakemake/scripts", bare / "wakemake/scripts")
    status, said = image.ran(bare, ["scripts/make/needs.sh", "machine", "curl"], uid=USER, through=[])
    shutil.rmtree(bare)
    assert (
        status == 1 and "curl is not installed." in said and "(as root) apt-get update && apt-get install curl" in said
    ), said
