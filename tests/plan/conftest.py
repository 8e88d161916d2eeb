"""A copy of the build in a directory of its own, with stand-ins for Python: a whole build takes a second."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = (
    "Makefile",
    "config.mk",
    "requirements.lock",
    "requirements-gpu.lock",
    "requirements-dev.lock",
    "requirements-parquet.lock",
    "requirements-cluster.lock",
    "requirements-torch.lock",
    "requirements-microwakeword.lock",
    "requirements-microwakeword-gpu.lock",
    *(
        f"scripts/make/{path.name}"
        for path in sorted((ROOT / "scripts/make").glob("*.*"))
        if path.suffix in (".mk", ".awk", ".sh")
    ),
    "docker/docker.mk",
    "scripts/environment/install.py",
    "scripts/environment/environment.mk",
    "scripts/cluster/cluster.mk",
    "scripts/recordings/recordings.mk",
    *(f"scripts/cluster/{name}.py" for name in ("words_file", "seeds", "training", "words")),
    "docs/SETTINGS.md",
    "scripts/datasets/datasets.mk",
    "scripts/model/microwakeword.mk",
)
FILES += ("scripts/make/alone.mk", "scripts/core/alone.py", "scripts/core/locks.py", "scripts/make/clean.sh")
FILES += (
    "scripts/samples/__init__.py",
    "scripts/samples/spelling.py",
    "scripts/samples/signs.py",
    "scripts/samples/numbers.py",
    "scripts/samples/languages.py",
)
CODE = (
    "scripts/evaluation/evaluate.py",
    "scripts/tools/judge.py",
    "scripts/publish/publish.py",
    "scripts/publish/report.py",
    "scripts/publish/charts.py",
    "scripts/publish/provenance.py",
    "scripts/publish/page/report.html",
    "scripts/model/manifest.py",
    "scripts/model/train.py",
)
WHY = re.compile(r"^\S+:\d+: (?:update target '(?P<due>[^']+)' due to: .*|target '(?P<missing>[^']+)' does not exist)$")
WORD = "hey buster."


class Build:
    """`make` in a copy of the build at `root`. With `environment`, it makes (stand-in) environments, as a person's
    would."""

    def __init__(self, root: Path, environment: bool = False):
        self.root, self.given = root, [] if environment else ["PYTHON=./fake-python"]

    def process(self, *arguments: str, word: str | None = WORD, **environment: str) -> dict:
        """What subprocess needs to run make here."""
        given = [*self.given, *([] if word is None else [f"WORD={word}"])]
        return {
            "args": ["make", *arguments, *given],
            "cwd": self.root,
            "text": True,
            "env": {"PATH": f"{self.root}/bin:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", **environment},
        }

    def make(self, *arguments: str, word: str | None = WORD, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(**self.process(*arguments, word=word, **environment), capture_output=True)

    def built(self, *arguments: str, word: str | None = WORD, **environment: str) -> str:
        """What a make prints that must succeed, without a warning."""
        ran = self.make(*arguments, word=word, **environment)
        assert ran.returncode == 0, ran.stderr
        assert "warning" not in ran.stderr, ran.stderr
        return ran.stdout

    def refused(self, *arguments: str, word: str | None = WORD) -> str:
        """What a make says that must fail."""
        ran = self.make(*arguments, word=word)
        assert ran.returncode == 2, ran.stdout
        return ran.stderr

    def plan(self, *arguments: str, word: str | None = WORD) -> set[str]:
        """The stages a make would run: {"common/samples", "word/features", "music_hold/16k", ...}."""
        matches = map(WHY.match, self.built("--trace", "-n", *arguments, word=word).splitlines())
        targets = {match["due"] or match["missing"] for match in matches if match}
        return {
            re.sub(
                r"^data/(datasets/|work/[a-z0-9_]+/)?",
                lambda m: "word/" if "work" in m[0] else "",
                target[: -len(".stamp")],
            )
            for target in targets
            if target.endswith(".stamp")
        }

    def log(self) -> list[str]:
        """Arguments of the stand-ins since the last call."""
        path = self.root / "fake.log"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines

    def times(self) -> dict[Path, int]:
        """Of all below the build; DATA_DIR's own goes by, since each run asks whether links can be made in it."""
        return {path: path.lstat().st_mtime_ns for path in self.root.rglob("*") if path != self.root / "data"}

    def replace(self, name: str, old: str, new: str) -> None:
        """Change a file of the build, as an edit would."""
        text = (self.root / name).read_text()
        assert old in text
        (self.root / name).write_text(text.replace(old, new, 1))


FEW = "voice_joe rooms_simulated speech_dialogue music_hold noise_samples"  # enough to plan with, and quickly made


def copy_of_the_build(root: Path, **options) -> Build:
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, root / name)
    for name in CODE:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    shutil.copy2(Path(__file__).with_name("fake-python"), root / "fake-python")
    table = root / "scripts/datasets/datasets.mk"
    table.write_text(re.sub(r"(?m)^starter_DATASETS := (.*\\\n)*.*$", f"starter_DATASETS := {FEW}", table.read_text()))
    return Build(root, **options)


@pytest.fixture
def fresh(tmp_path) -> Build:
    """Nothing made yet."""
    return copy_of_the_build(tmp_path)


@pytest.fixture(scope="session")
def once(tmp_path_factory) -> Build:
    build = copy_of_the_build(tmp_path_factory.mktemp("once"))
    build.built("train")
    build.log()
    return build


@pytest.fixture
def trained(once, tmp_path) -> Build:
    """After `make train WORD="hey buster."`."""
    shutil.copytree(once.root, tmp_path / "build", symlinks=True)
    return Build(tmp_path / "build")


@pytest.fixture
def with_environment(tmp_path) -> Build:
    """Nothing made yet, and the environment is make's own to make."""
    build = copy_of_the_build(tmp_path, environment=True)
    (tmp_path / "bin").mkdir()
    shutil.copy2(Path(__file__).with_name("fake-base-python"), tmp_path / "bin" / "python3.11")
    return build
