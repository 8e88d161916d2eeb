"""Draw the targets of the Makefile, from make's own database, as a Mermaid block in docs/ARCHITECTURE.md.

    python -m scripts.tools.graph --make make --into docs/ARCHITECTURE.md

All datasets of a kind are drawn as one, and a stage's options as one box with their names. The environment, on which
every stage depends order-only, is left out.
"""

import argparse
import re
import subprocess
from pathlib import Path

from scripts.core.files import publishing

DATA = "data-of-nobody"  # nothing is there, so that what is drawn does not depend on what was built
BEGIN, END = "<!-- drawn by make graph -->\n", "<!-- end of what make graph draws -->\n"
RULE = re.compile(r"^(?P<target>[\w./-]+):(?!=) *(?P<needs>[^=|]*)(?:\|(?P<order>[^=]*))?$")
OPTIONS = re.compile(r"foreach v,(?P<names>[^,]*),\$\(call shq")


def database(make: str) -> list[str]:
    """make's rules for a word, as it prints them."""
    ran = subprocess.run(
        [make, "-pn", "train", "WORD=hey buster.", "PYTHON=python", f"DATA_DIR={DATA}"], capture_output=True, text=True
    )
    if ran.returncode:
        raise SystemExit(f"graph: make does not plan a word: {ran.stderr.strip()}")
    return ran.stdout.splitlines()


def node(path: str, voices: set[str]) -> str:
    """What a target is drawn as: "datasets/VOICE/raw", "work/SLUG/samples", "scripts/evaluation"; "" for what is not
    drawn."""
    if path.endswith(".py"):
        return str(Path(path).parent)
    if path.startswith(f"{DATA}/") and path.endswith((".stamp", ".params")):
        where = Path(path).relative_to(DATA)
        top, *names = where.parts
        if top == "datasets":
            names[0] = "VOICE" if names[0] in voices else "SOUND"
        elif top == "work":
            names[0] = "SLUG"
        return "/".join([top, *names]).removesuffix(".stamp")
    goal = re.fullmatch(r"(download|extract|convert)-\w+", path)
    return f"make {goal[1]}-NAME" if goal else f"make {path}" if re.fullmatch(r"[a-z]+", path) else ""


def edges(lines: list[str]) -> tuple[dict[tuple[str, str], str], dict[str, str]]:
    """{(from, to): "-->" or, where it is order-only, "-.->"} and {options box: the names in it}."""
    voices = {Path(line.partition(":")[0]).parent.name for line in lines if re.match(r"\S+/voice\.stamp:", line)}
    found: dict[tuple[str, str], str] = {}
    options: dict[str, list[str]] = {}
    target = ""
    for line in lines:
        if rule := RULE.match(line):
            target = node(rule["target"], voices)
            for arrow, needs in (("-->", rule["needs"]), ("-.->", rule["order"] or "")):
                for need in needs.split():
                    if (
                        (source := node(need, voices))
                        and target
                        and not source.startswith("make ")
                        and source != target
                    ):
                        found.setdefault((source, target), arrow)
        elif target.endswith(".params") and (names := OPTIONS.search(line)):
            had = options.setdefault(target, [])
            had += [
                name
                for name in (
                    re.sub(r"^(voice|rooms|speech|short|music|noise)_[a-z]+_", "NAME_", name)
                    for name in names["names"].split()
                )
                if name not in had
            ]
    return found, {name: " ".join(names) for name, names in options.items()}


def drawn(lines: list[str]) -> str:
    """The Mermaid block."""
    found, options = edges(lines)
    names = sorted({name for edge in found for name in edge})
    key = {name: re.sub(r"\W", "_", name) for name in names}
    said = ["```mermaid", "flowchart LR"]
    for name in names:
        shape = (
            f'(["{name}"])'
            if name.startswith("make ")
            else f'[/"{options[name]}"/]'
            if name in options
            else f'["{name}"]'
        )
        said.append(f"  {key[name]}{shape}")
    said += [f"  {key[source]} {arrow} {key[target]}" for (source, target), arrow in sorted(found.items())]
    return "\n".join([*said, "```"]) + "\n"


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--make", default="make", help="the make to ask")
    parser.add_argument(
        "--into", type=Path, required=True, help="the text with the two comments between which the block stands"
    )
    args = parser.parse_args(argv)
    text = args.into.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"graph: {args.into} has no lines {BEGIN.strip()} and {END.strip()} to draw between")
    with publishing(args.into) as part:
        part.write_text(before + BEGIN + drawn(database(args.make)) + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
