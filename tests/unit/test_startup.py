"""`--help` of a stage answers at once: it imports nothing heavy."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STAGES = sorted(
    f"scripts.{path.parent.name}.{path.stem}"
    for path in (ROOT / "scripts").glob("*/*.py")
    if path.parent.name != "bench"  # benchmarks are started by hand, and import all that they measure
    and "def main(" in path.read_text()
    and ("argparse" in path.read_text() or "build_parser(" in path.read_text())
)
LIGHT = set(sys.stdlib_module_names) | {"scripts", "psutil"}  # psutil takes a few milliseconds
IMPORTED = """
import runpy, sys
before = set(sys.modules)
sys.argv = [sys.argv[1], "--help"]
try:
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
except SystemExit as end:
    print(*{name.split(".")[0] for name in set(sys.modules) - before}, file=sys.stderr)
    raise
"""


@pytest.mark.parametrize("stage", STAGES)
def test_help_imports_nothing_heavy(stage):
    ran = subprocess.run([sys.executable, "-c", IMPORTED, stage], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0 and "usage:" in ran.stdout, ran.stderr
    imported = {
        name for name in ran.stderr.split() if "cython" not in name
    }  # numpy.random brings names of Cython's own
    assert "scripts" in imported
    assert imported <= LIGHT
