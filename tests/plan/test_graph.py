"""docs/ARCHITECTURE.md begins with the order of imports, and draws the graph that the Makefile has."""

import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ARCHITECTURE = (ROOT / "docs/ARCHITECTURE.md").read_text(encoding="utf-8")
RULE = re.compile(r"^(?P<target>[\w./-]+\.stamp):(?!=) *(?P<prerequisites>[^=|]*)")


def box(path: str, voices: set[str]) -> str | None:
    """What a stamp is drawn as: "work/SLUG/samples", "datasets/VOICE/voice"; None for what is not drawn."""
    if not path.startswith("data/") or not path.endswith(".stamp"):
        return None
    top, *names = Path(path).relative_to("data").with_suffix("").parts
    if top == "datasets":
        names[0] = "VOICE" if names[0] in voices else "SOUND"
    elif top == "work":
        names[0] = "SLUG"
    return "/".join([top, *names]) if top in ("datasets", "work", "common") else None


def arrows_of_make(build) -> set[tuple[str, str]]:
    """(prerequisite, target) of the stamps of one word, without order-only ones, from make's own database."""
    ran = subprocess.run(**build.process("-pn", "train"), capture_output=True)
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    voices = {line.split("/")[2] for line in lines if re.match(r"data/datasets/[\w-]+/voice\.stamp:", line)}
    return {
        (start, end)
        for rule in map(RULE.match, lines)
        if rule and (end := box(rule["target"], voices))
        for path in rule["prerequisites"].split()
        if (start := box(path, voices))
    }


def arrows_drawn(text: str) -> set[tuple[str, str]]:
    (block,) = re.findall(r"^```mermaid\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    label = dict(re.findall(r'(\w+)\["([^"]+)"\]', block))
    arrows = re.findall(r'^  (\w+)(?:\[".*?"\])? --> (\w+)(?:\[".*?"\])?$', block, re.MULTILINE)
    assert len(arrows) == len(block.splitlines()) - 1, "a line that is no arrow"
    return {(label[start], label[end]) for start, end in arrows}


def reached(arrows: set[tuple[str, str]], start: str) -> set[str]:
    """All that lies behind `start`."""
    found, ahead = set(), [start]
    while ahead:
        here = ahead.pop()
        new = {end for begin, end in arrows if begin == here} - found
        found |= new
        ahead += new
    return found


def untrue(drawn: set[tuple[str, str]], made: set[tuple[str, str]]) -> list[str]:
    """What the drawing and make's graph do not agree on."""
    return [f"{start} -> {end} is drawn, and make knows no such prerequisite" for start, end in drawn - made] + [
        f"{start} -> {end} is a prerequisite, and no drawn arrows lead there"
        for start, end in made
        if end not in reached(drawn, start)
    ]


def test_the_drawing_is_true(fresh):
    drawn, made = arrows_drawn(ARCHITECTURE), arrows_of_make(fresh)
    assert untrue(drawn, made) == []
    assert len({name for arrow in drawn for name in arrow}) <= 15
    assert untrue(drawn | {("common/samples", "work/SLUG/samples")}, made) == [
        "common/samples -> work/SLUG/samples is drawn, and make knows no such prerequisite"
    ]


def test_a_new_prerequisite_is_noticed(fresh):
    with (fresh.root / "Makefile").open("a") as makefile:
        makefile.write("$(COMMON)/samples.stamp: $(WORK)/samples.stamp\n")
    assert untrue(arrows_drawn(ARCHITECTURE), arrows_of_make(fresh)) == [
        "work/SLUG/samples -> common/samples is a prerequisite, and no drawn arrows lead there"
    ]


def test_the_first_line_is_the_order_of_imports():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = settings["tool"]["importlinter"]["contracts"]
    layers = [sorted(re.findall(r"\w+", layer)) for layer in reversed(contract["layers"])]
    first = next(line for line in ARCHITECTURE.splitlines()[1:] if line.strip())
    assert [re.findall(r"\w+", layer) for layer in first.split("->")] == layers
    folders = {path.parent.name for path in (ROOT / "scripts").glob("*/__init__.py")}
    assert {name for layer in layers for name in layer} == folders
