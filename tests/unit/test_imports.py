"""Imports stand at the top of a file, so that the order of the stages can be read off them.

Only `main` of a command module may import what is heavy, for `--help` has to answer at once, and packages that a
machine may lack are imported where they are used.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "scripts").rglob("*.py"))
OPTIONAL = {"torch", "pyarrow", "sounddevice", "tflite_micro", "miniaudio", "piper"}
NOT_YET = (
    "bench",
    "datasets",
    "environment",
    "evaluation",
    "features",
    "live",
    "model",
    "publish",
    "samples",
    "tools",
    "core",
)


def hidden_imports(tree: ast.Module) -> list[str]:
    """Line and name of each import inside a function other than main()."""
    found = []
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or function.name == "main":
            continue
        for node in ast.walk(function):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            found += [f"line {node.lineno}: {name}" for name in names if name.split(".")[0] not in OPTIONAL]
    return found


@pytest.mark.parametrize("module", MODULES)
def test_no_import_is_hidden_in_a_function(module):
    if Path(module).parts[1] in NOT_YET:
        pytest.skip("this folder is not done yet")
    assert hidden_imports(ast.parse((ROOT / module).read_text(encoding="utf-8"))) == []
