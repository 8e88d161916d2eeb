"""Asking a stage what it takes is answered at once: nothing heavy is imported for it."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STAGES = sorted(f"scripts.{path.parent.name}.{path.stem}" for path in (ROOT / "scripts").glob("*/*.py") if "def main(" in path.read_text()
                and "argparse" in path.read_text())


@pytest.mark.parametrize("stage", STAGES)
def test_help_is_quick(stage):
    def seconds():                 # of a processor
        before = os.times()
        ran = subprocess.run([sys.executable, "-m", stage, "--help"], cwd=ROOT, capture_output=True, text=True)
        after = os.times()
        assert ran.returncode == 0 and "usage:" in ran.stdout, ran.stderr
        return after.children_user + after.children_system - before.children_user - before.children_system

    assert min(seconds() for _ in range(2)) < 0.6
