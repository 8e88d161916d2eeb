"""The README's two steps on every system of the table, as an ordinary user: install what it names, and train a word.

    make test-systems                               all of them, as root, with debootstrap: about ten minutes and 8 GB each
    make test-systems SYSTEMS="debian13 no_apt"     some of them
    make test-systems SYSTEMS=debian13:test         and then `make test` there, which takes ten minutes more

What is tested is the last commit. The datasets must have the same bytes on all systems, and the same as those of
DATA_DIR, where they are there. ROOTFS=/directory keeps the trees, and the word and its data in them, for the next time.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.container.rootfs import bootstrap, copy_of, enter, shell
from tests.systems.pythons import serve
from tests.systems.systems import APT_ASKED, PYTHON, SYSTEMS

PROJECT = Path(__file__).resolve().parents[2]
USER, HOME = 12345, "/home/somebody"
CHECKOUT = f"{HOME}/wakemake"
WORD = "hey buster."
SMALL = ["SAMPLES=60", "NEGATIVE_SAMPLES=60", "COMMON_SAMPLES=60", "TRAINING_STEPS=40", "INIT=official", "TEACHERS=1"]
ASKED = dict(name.partition(":")[::2] for name in os.environ.get("SYSTEMS", "").split()) or dict.fromkeys(SYSTEMS, "")

pytestmark = [
    pytest.mark.skipif(
        os.geteuid() != 0, reason="make test-systems needs root (chroot, mounts): sudo make test-systems"
    ),
    pytest.mark.skipif(
        not shutil.which("debootstrap"), reason="make test-systems needs debootstrap: apt-get install debootstrap"
    ),
]


def readme_lines() -> str:
    """What the README has root type on a fresh machine, without the sudo that a bare tree does not have."""
    lines = re.findall(
        r"(?m)^    sudo (apt-get (?:update|install) .*|apt-get update)$", (PROJECT / "README.md").read_text()
    )
    assert len(lines) >= 2, "README.md names no apt-get lines any more: test_systems.py has to learn what it names now"
    return "\n".join(lines).replace("apt-get install", "apt-get install -y -q")


def bytes_of(dataset: Path) -> dict[str, str]:
    """The SHA-256 of every file that the stages read of a dataset, and of what was fetched for it, whatever it was
    fetched by."""
    found = {}
    for place in ("16k", "voice", "features"):
        for path in sorted((dataset / place).rglob("*")):
            if path.name == "fetched.json":
                for package in json.loads(path.read_text()):
                    # apt names a file otherwise (with the epoch) than its address does; the bytes are the same.
                    found[f"{place}: {re.sub('_[0-9]+%3a', '_', package['file'])}"] = package["sha256"]
            elif path.is_file():
                found[str(path.relative_to(dataset))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def as_user(root: Path, *arguments: str, workdir: str = CHECKOUT, **network: str) -> tuple[int, str]:
    """(exit status, all that was said) of a command in `root`, as its ordinary user; what is said is shown as it
    comes."""
    environment = {"HOME": HOME, "USER": "somebody", "LANG": "C.UTF-8", **network}
    said = []
    with subprocess.Popen(
        enter(root, list(arguments), USER, environment=environment, workdir=workdir),
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            said.append(line)
    return process.returncode, "".join(said)


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    if kept := os.environ.get("ROOTFS"):
        Path(kept).mkdir(parents=True, exist_ok=True)
        return Path(kept).resolve()
    return tmp_path_factory.mktemp("systems")


@pytest.fixture(scope="session")
def reference():
    """{dataset: bytes_of} of the first that has it: this machine's DATA_DIR (but what another SEED drew), else the first
    system."""
    datasets = PROJECT / os.environ.get("DATA_DIR", "data") / "datasets"
    made = {stamp.parent for stamp in datasets.glob("*/*.stamp") if stamp.name in ("16k.stamp", "voice.stamp")}
    seeds = {dataset: re.findall(r"(?m)^SEED=(.*)", (dataset / "convert.params").read_text()) for dataset in made}
    return {dataset.name: bytes_of(dataset) for dataset in made if seeds[dataset] in ([], ["1"])}


@pytest.fixture(scope="module", params=list(ASKED))
def system(request):
    assert request.param in SYSTEMS, f"SYSTEMS: {request.param} is not known. They are: {' '.join(SYSTEMS)}"
    return request.param


@pytest.fixture(scope="module")
def root(system, place):
    """A tree in which root has done what the README names, and an ordinary user has cloned the checkout."""
    root, release = place / system, SYSTEMS[system].release
    if not root.exists():
        part = place / f"{system}.part"
        shutil.rmtree(part, ignore_errors=True)
        copy_of(place / f"base-{release}", part, lambda base: bootstrap(release, base))
        shell(part, f"useradd --create-home --home-dir {HOME} --uid {USER} --shell /bin/bash somebody")
        shell(part, readme_lines())
        SYSTEMS[system].prepare(part)
        part.rename(root)
    # A repository of its own, as git clones none of another user's.
    bare = root / "srv/wakemake.git"
    shutil.rmtree(bare, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", "--bare", "--no-hardlinks", PROJECT, bare], check=True)
    shell(root, f"chown -R {USER}:{USER} /srv/wakemake.git")
    if (root / CHECKOUT[1:]).exists():
        status, said = as_user(root, "sh", "-ec", "git fetch -q /srv/wakemake.git HEAD; git reset -q --hard FETCH_HEAD")
    else:
        status, said = as_user(root, "git", "clone", "--quiet", "/srv/wakemake.git", workdir=HOME)
    assert status == 0, said
    yield root
    if not os.environ.get("ROOTFS"):
        shutil.rmtree(root)


@pytest.fixture(scope="module")
def network(root):
    """The environment variables that say where to fetch a Python from, where this system has none that will do."""
    archive = root / "srv" / PYTHON
    with serve(archive, root / CHECKOUT[1:]) if archive.exists() else contextlib.nullcontext({}) as environment:
        yield environment


def test_two_commands_end_with_a_published_model(root, network):
    started = time.monotonic()
    status, said = as_user(root, "make", "train", f"WORD={WORD}", *SMALL, **network)
    assert status == 0, said[-6000:]
    print(f"the first command took {(time.monotonic() - started) / 60:.0f} min")
    published = root / CHECKOUT[1:] / "data/output/hey_buster"
    assert json.loads((published / "hey_buster.json").read_text())["wake_word"] == "Hey Buster"
    assert (published / "hey_buster.tflite").stat().st_size > 10_000 and (published / "report.html").exists()
    fetched = root / CHECKOUT[1:] / "data/python"
    assert fetched.exists() == bool(network), "a Python is fetched where the system's will not do, and nowhere else"
    status, said = as_user(root, "make", "-q", "train", f"WORD={WORD}", *SMALL)
    assert status == 0, said
    assert not (root / APT_ASKED).exists(), (root / APT_ASKED).read_text()


def test_its_datasets_are_the_same_bytes_as_everywhere(root, system, reference):
    made = {dataset.name: bytes_of(dataset) for dataset in sorted((root / CHECKOUT[1:] / "data/datasets").iterdir())}
    assert len(made) >= 15 and all(made.values())
    different = {}
    for name, files in made.items():
        expected = reference.setdefault(name, files)
        if files != expected:
            different[name] = sorted(
                path for path in files.keys() | expected.keys() if files.get(path) != expected.get(path)
            )
    assert not different, {name: paths[:5] for name, paths in different.items()}


def test_its_own_tests_pass(root, system, network):
    if ASKED[system] != "test":
        pytest.skip(f"not asked for: make test-systems SYSTEMS={system}:test")
    status, said = as_user(root, "make", "test", **network)
    assert status == 0, said[-6000:]
