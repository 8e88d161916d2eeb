"""What the code imports is asked for by name, and does not only come along with something else that may be dropped."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Of environments of their own, of the dataset of that name, or compared with where they happen to be installed.
ELSEWHERE = {
    "audiomentations",
    "cloudpickle",
    "dask",
    "hibari",
    "librosa",
    "microwakeword",
    "piper",
    "pyarrow",
    "torch",
    "absl",
}


# Of TensorFlow, which the Makefile chooses, and of requests, whose errors these are.
COMES_WITH = {"tensorflow-cpu", "tensorflow", "keras", "urllib3"}


def imported() -> dict[str, str]:
    """{module: a file of scripts/ that imports it}, anywhere in the file, without the standard library's and our own."""
    found = {}
    for path in sorted((ROOT / "scripts").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            found |= {name.partition(".")[0]: str(path.relative_to(ROOT)) for name in names}
    return {name: path for name, path in found.items() if name not in sys.stdlib_module_names | {"scripts"} | ELSEWHERE}


def asked_for(name: str) -> set[str]:
    """The packages that a requirements file names, as PyPI normalises them."""
    lines = (re.match(r"[A-Za-z0-9][\w.-]*", line) for line in (ROOT / name).read_text(encoding="utf-8").splitlines())
    return {re.sub(r"[-_.]+", "-", line.group()).lower() for line in lines if line}


@pytest.mark.parametrize("module, path", sorted(imported().items()))
def test_imported_packages_are_requirements(module, path):
    packages = {re.sub(r"[-_.]+", "-", name).lower() for name in packages_distributions().get(module, [module])}
    wanted = asked_for("requirements.in") | asked_for("requirements-cluster.in") | COMES_WITH
    assert packages & wanted, f"{path} imports {module}, of {packages}, which requirements.in does not name"


def test_the_lock_has_all_requirements():
    locked = asked_for("requirements.lock")
    assert asked_for("requirements.in") <= locked and len(locked) > 50
