"""What is there: words and how far they are, what training them would redo, models, datasets, the disk all that takes.
Only reads.

python -m scripts.tools.status --data data --make make --datasets voice_joe speech_prompts
"""

import argparse
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from scripts.core.damaged import DamagedError, printable
from scripts.core.files import read_json
from scripts.core.formatting import number, percent, size, table
from scripts.tools import pending

STAGES = ("samples", "features", "model", "export", "evaluation", "examples", "published")


@cache
def _size(path: str) -> int:
    total = 0
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                total += (
                    _size(entry.path)
                    if entry.is_dir(follow_symlinks=False)
                    else entry.stat(follow_symlinks=False).st_size
                )
    except OSError:
        pass  # not there, not ours, or gone while we looked: a build may be running
    return total


def tree_size(path: Path) -> int:
    """Bytes of the files below a directory, links not followed; 0 where there is none. Looked up once until `describe`
    begins anew."""
    return _size(str(path))


def words(data: Path) -> list[tuple[str, str, str]]:
    """Rows (slug, stages done, size of its work) for every word with work on disk."""
    rows = []
    for folder in sorted(path for path in (data / "work").glob("*") if path.is_dir()):
        done = [stage for stage in STAGES if (folder / f"{stage}.stamp").exists()]
        rows.append((folder.name, ", ".join(done) or "begun", size(tree_size(folder))))
    return rows


def spellings(data: Path) -> dict[str, str]:
    """The phrase of each word with work on disk, by slug; empty where samples.params does not tell it."""
    found = {}
    for path in sorted(data.glob("work/*/samples.params")):
        try:
            found[path.parent.name] = pending.read_params(path).get("WORD", "")
        except OSError:
            found[path.parent.name] = ""
    return found


def next_train(words: dict[str, str], make: str) -> list[tuple[str, str]]:
    """Rows (slug, what the next train with the knobs of now would redo), and below each ("", why)."""

    def rows(slug: str, word: str) -> list[tuple[str, str]]:
        if not word:
            return [
                (
                    slug,
                    "not known: its samples.params does not tell the phrase. make train with the phrase writes it anew",
                )
            ]
        try:
            stages, why = pending.reasons(pending.plan(word, make), slug)
        except (ValueError, OSError) as error:
            return [(slug, f"make refuses: {error}")]
        return [(slug, ", ".join(stages) or "nothing"), *(("", f"because {reason}") for reason in why)]

    with ThreadPoolExecutor() as pool:
        return [row for found in pool.map(rows, words.keys(), words.values()) for row in found]


def models(data: Path) -> list[tuple[str, ...]]:
    """Rows (directory, phrase, recall, false accepts per hour, newest?) for every published model, oldest first."""
    output = data / "output"
    newest = {os.readlink(link) for link in output.glob("*") if link.is_symlink()}
    rows = []
    for folder in sorted(path for path in output.glob("*") if path.is_dir() and not path.is_symlink()):
        if not (folder / "build.json").exists():
            continue  # a publication under way, or nobody's
        state = "newest" if folder.name in newest else ""
        try:
            metrics = read_json(folder / "metrics.json", dict) if (folder / "metrics.json").exists() else {}
            tested = metrics.get("testing") or {}
            rows.append(
                (
                    folder.name,
                    str(read_json(folder / "build.json", dict).get("title") or ""),
                    f"recall {percent(tested.get('recall'))}",
                    f"false accepts per hour {number(tested.get('fa_per_hour'))}",
                    state,
                )
            )
        except DamagedError as error:
            rows.append((folder.name, f"{error.path.name} {error.what}", "", "", state))
        except (TypeError, ValueError, AttributeError):
            rows.append(
                (folder.name, "metrics.json is damaged: recall or fa_per_hour of testing is no number", "", "", state)
            )
    return rows


def datasets(data: Path, names: list[str]) -> list[tuple[str, str, str]]:
    """Rows (name, steps done, size) for the datasets named and for others that are on disk."""
    folder = data / "datasets"
    there = sorted(path.name for path in folder.glob("*") if path.is_dir())
    rows = []
    for name in [*names, *(other for other in there if other not in names)]:
        here = folder / name
        ready = any((here / f"{kind}.stamp").exists() for kind in ("16k", "voice", "features"))
        steps = [("downloaded", (here / "archive").exists()), ("extracted", (here / "raw").exists()), ("ready", ready)]
        rows.append((name, ", ".join(step for step, done in steps if done) or "not here", size(tree_size(here))))
    return rows


def describe(data: Path, names: list[str], make: str, asked: tuple[str, str] | None) -> str:
    """The whole report as text; asked: slug and spelling of the word in question, else all are."""
    _size.cache_clear()
    tree_size(data)
    phrases = dict([asked]) if asked else spellings(data)
    blocks = [
        ("Words", table(words(data)) or '  none yet: make train WORD="hey buster."'),
        ("What the next train would redo", table(next_train(phrases, make)) or "  everything"),
        ("Published models", table(models(data)) or "  none yet"),
        ("Datasets", table(datasets(data, names)) or "  none yet: make datasets"),
    ]
    parts = [(name, tree_size(data / name)) for name in ("venv", "datasets", "common", "work", "output", "compiled")]
    disk = [(name, size(count)) for name, count in parts] + [("together", size(sum(count for _, count in parts)))]
    blocks.append((f"Disk below {data}", table(disk)))
    advice = table(
        [
            (
                "make clean-archives",
                "what was downloaded, once converted",
                size(sum(tree_size(path) for path in data.glob("datasets/*/archive"))),
            ),
            (
                "make clean-intermediate",
                "what was unpacked, once converted",
                size(sum(tree_size(path) for path in data.glob("datasets/*/raw"))),
            ),
            (
                "make clean-work",
                "samples, features and training of all words, and what they share",
                size(parts[2][1] + parts[3][1]),
            ),
        ]
    )
    blocks.append(("To free space (the first two trigger no work later; published models always stay)", advice))
    return "\n\n".join(f"{name}\n{block}" for name, block in blocks)


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(
        description="Say which words, models and datasets are there and what disk they take."
    )
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR")
    parser.add_argument("--datasets", nargs="*", default=[], metavar="NAME", help="the datasets of the profile")
    parser.add_argument("--make", default="make", help="the make to ask for its plan")
    parser.add_argument("--slug", default="", help="only this word's plan; its spelling is WORD of the environment")
    args = parser.parse_args(argv)
    print(
        printable(
            describe(
                args.data, args.datasets, args.make, (args.slug, os.environ.get("WORD", "")) if args.slug else None
            )
        )
    )


if __name__ == "__main__":
    main()
