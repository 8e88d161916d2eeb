"""Imports stand at the top of a file, so that the order of the stages can be read off them.

Only `main` of a command module may import heavy modules, because `--help` has to answer at once. Packages that a
machine may lack are imported where they are used.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OPTIONAL = {
    "dask",
    "distributed",
    "cloudpickle",
    "torch",
    "pyarrow",
    "sounddevice",
    "tflite_micro",
    "miniaudio",
    "piper",
}


def hidden_imports(tree: ast.Module) -> list[str]:
    """Line and name of each import inside a function other than main()."""
    places = []
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
            places += [f"line {node.lineno}: {name}" for name in names if name.split(".")[0] not in OPTIONAL]
    return places


@pytest.mark.parametrize("folder", sorted(path.name for path in (ROOT / "scripts").iterdir() if any(path.glob("*.py"))))
def test_imports_stand_at_the_top_of_the_file(folder):
    hidden = [
        f"{path.relative_to(ROOT)}, {place}"
        for path in sorted((ROOT / "scripts" / folder).rglob("*.py"))
        for place in hidden_imports(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not hidden, "\n".join(hidden)
