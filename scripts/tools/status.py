"""What is there: words and their stages, what the next training would redo, models, datasets, and the disk they take.
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

STAGES = ("samples", "features", "recordings", "model", "export", "evaluation", "examples", "comparison", "published")


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
        pass  # not there, not readable, or deleted meanwhile: a build may be running
    return total


def measure_tree(path: Path) -> int:
    """Bytes of the files below a directory, links not followed; 0 if there is none. Remembered until the next
    describe()."""
    return _size(str(path))


def list_words(data: Path) -> list[tuple[str, str, str]]:
    """Rows (slug, stages done, size of its work) for every word with work on disk."""
    rows = []
    for folder in sorted(path for path in (data / "work").glob("*") if path.is_dir()):
        done = [stage for stage in STAGES if (folder / f"{stage}.stamp").exists()]
        rows.append((folder.name, ", ".join(done) or "only a sample, or nothing finished", size(measure_tree(folder))))
    return rows


def list_phrases(data: Path) -> dict[str, str]:
    """The phrase of each word with work on disk, by slug; empty if samples.params does not hold it."""
    phrases = {}
    for path in sorted(data.glob("work/*/samples.params")):
        try:
            phrases[path.parent.name] = pending.read_params(path).get("WORD", "")
        except OSError:
            phrases[path.parent.name] = ""
    return phrases


def list_pending(words: dict[str, str], make: str) -> list[tuple[str, str]]:
    """Rows (slug, what the next train with the current settings would redo), and below each ("", reason)."""

    def rows(slug: str, word: str) -> list[tuple[str, str]]:
        if not word:
            return [
                (
                    slug,
                    "not known: its samples.params does not hold the phrase. make train with the phrase writes it again",
                )
            ]
        try:
            stages, why = pending.find_reasons(pending.ask_make(word, make), slug)
        except (ValueError, OSError) as error:
            return [(slug, f"make refuses: {error}")]
        return [(slug, ", ".join(stages) or "nothing"), *(("", f"because {reason}") for reason in why)]

    with ThreadPoolExecutor() as pool:
        return [row for word_rows in pool.map(rows, words.keys(), words.values()) for row in word_rows]


def list_models(data: Path) -> list[tuple[str, ...]]:
    """Rows (directory, phrase, recall, false accepts per hour, newest?) for every published model, oldest first."""
    output = data / "output"
    newest = {os.readlink(link) for link in output.glob("*") if link.is_symlink()}
    rows: list[tuple[str, ...]] = []
    for folder in sorted(path for path in output.glob("*") if path.is_dir() and not path.is_symlink()):
        if not (folder / "build.json").exists():
            continue  # being published, or not ours
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
            rows.append((folder.name, f"{error.path.name} {error.problem}", "", "", state))
        except (TypeError, ValueError, AttributeError):
            rows.append(
                (
                    folder.name,
                    "metrics.json is damaged: recall or fa_per_hour of testing is not a number",
                    "",
                    "",
                    state,
                )
            )
    return rows


def list_datasets(data: Path, names: list[str]) -> list[tuple[str, str, str]]:
    """Rows (name, steps done, size) for the datasets named and for others that are on disk."""
    folder = data / "datasets"
    there = sorted(path.name for path in folder.glob("*") if path.is_dir())
    rows = []
    for name in [*names, *(other for other in there if other not in names)]:
        here = folder / name
        ready = any((here / f"{kind}.stamp").exists() for kind in ("16k", "voice", "features"))
        steps = [("downloaded", (here / "archive").exists()), ("extracted", (here / "raw").exists()), ("ready", ready)]
        rows.append((name, ", ".join(step for step, done in steps if done) or "not here", size(measure_tree(here))))
    return rows


def describe(data: Path, names: list[str], make: str, word: tuple[str, str] | None) -> str:
    """The whole report as text; `word`: slug and phrase of the only word whose plan is shown, None for all."""
    _size.cache_clear()
    measure_tree(data)
    phrases = dict([word]) if word else list_phrases(data)
    blocks = [
        ("Words", table(list_words(data)) or '  none yet: make train WORD="hey buster."'),
        ("What the next train would redo", table(list_pending(phrases, make)) or "  nothing is built yet"),
        ("Published models", table(list_models(data)) or "  none yet"),
        ("Datasets", table(list_datasets(data, names)) or "  none yet: make datasets"),
        (f"Disk below {data}", table(_list_disk(data))),
        (
            "To free space (the first two trigger no work later; published models always stay)",
            table(_list_cleaners(data)),
        ),
    ]
    return "\n\n".join(f"{name}\n{block}" for name, block in blocks)


def _list_disk(data: Path) -> list[tuple[str, str]]:
    sizes = {name: measure_tree(data / name) for name in ("venv", "datasets", "common", "work", "output", "compiled")}
    return [(name, size(count)) for name, count in sizes.items()] + [("together", size(sum(sizes.values())))]


def _list_cleaners(data: Path) -> list[tuple[str, str, str]]:
    archives = sum(measure_tree(path) for path in data.glob("datasets/*/archive"))
    raw = sum(measure_tree(path) for path in data.glob("datasets/*/raw"))
    work = measure_tree(data / "common") + measure_tree(data / "work")
    return [
        ("make clean-archives", "downloaded files that are converted", size(archives)),
        ("make clean-intermediate", "unpacked files that are converted", size(raw)),
        ("make clean-work", "samples, features and trainings of all words, and what they share", size(work)),
    ]


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description="List words, models and datasets, and the disk they take.")
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR")
    parser.add_argument("--datasets", nargs="*", default=[], metavar="NAME", help="the datasets of the profile")
    parser.add_argument("--make", default="make", help="the make whose plan is read")
    parser.add_argument(
        "--slug", default="", help="show only the plan of this word; its phrase is WORD of the environment"
    )
    args = parser.parse_args(argv)
    word = (args.slug, os.environ.get("WORD", "")) if args.slug else None
    print(printable(describe(args.data, args.datasets, args.make, word)))


if __name__ == "__main__":
    main()
