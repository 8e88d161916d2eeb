"""The graph in docs/ARCHITECTURE.md is the Makefile's own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.tools import graph

ROOT = Path(__file__).resolve().parents[2]


def redrawn(build) -> str:
    """docs/ARCHITECTURE.md as `make graph` would write it."""
    shutil.copy2(ROOT / "docs/ARCHITECTURE.md", build.root / "docs/ARCHITECTURE.md")
    subprocess.run(
        [sys.executable, "-m", "scripts.tools.graph", "--into", "docs/ARCHITECTURE.md"],
        cwd=build.root,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MAKEFLAGS": ""},
        check=True,
    )
    return (build.root / "docs/ARCHITECTURE.md").read_text()


def test_the_drawn_graph_is_that_of_the_makefile(fresh):
    shutil.copy2(ROOT / "scripts/datasets/datasets.mk", fresh.root / "scripts/datasets/datasets.mk")
    assert redrawn(fresh) == (ROOT / "docs/ARCHITECTURE.md").read_text(), "type: make graph"


def test_a_new_stage_and_option_would_be_seen(fresh):
    fresh.replace(
        "Makefile",
        "export.stamp: $(WORK_DIR)/model.stamp |",
        "export.stamp: $(WORK_DIR)/model.stamp $(WORK_DIR)/samples.stamp |",
    )
    fresh.replace("Makefile", ":= TITLE LICENCES", ":= TITLE LICENCES GPU")
    changed = redrawn(fresh)
    assert "  work_SLUG_samples --> work_SLUG_export\n" in changed and '[/"TITLE LICENCES GPU"/]' in changed


def test_what_is_order_only_is_dotted():
    found, options = graph.edges(
        [
            f"{graph.DATA}/datasets/a/voice.stamp: {graph.DATA}/datasets/a/convert.params | {graph.DATA}/datasets/a/raw.stamp",
            f"{graph.DATA}/datasets/a/convert.params:",
            "\t@printf $(foreach v,a_KIND V,$(call shq,$(v)))",
        ]
    )
    assert found == {
        ("datasets/VOICE/convert.params", "datasets/VOICE/voice"): "-->",
        ("datasets/VOICE/raw", "datasets/VOICE/voice"): "-.->",
    }
    assert options == {"datasets/VOICE/convert.params": "a_KIND V"}
