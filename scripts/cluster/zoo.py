"""Put the published words of a file into one directory for a static host: models, manifests, index.json, index.html, a zip.

    python -m scripts.cluster.zoo --file my-words.txt --data data --seed 1 --out zoo --least-recall 80 --most-false-accepts 0.5

Only what changed is written, and of what an earlier call wrote, what is not wanted any more is deleted.
"""

import argparse
import io
import json
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from scripts.cluster import words_file
from scripts.cluster.seeds import home_of
from scripts.cluster.words_file import Entry
from scripts.core.files import publishing, read_json, sha256
from scripts.model import manifest

MODELS = "custom_wake_words"
FORMAT = "wakemake-collection-1"
ZIP = "wake_words.zip"
OLDEST = (1980, 1, 1, 0, 0, 0)  # the time of all files in the zip, so that the same models give the same zip
PAGE = Path(__file__).with_name("page") / "zoo.html"


@dataclass
class Limits:
    """What a word's figures on testing data must reach; None: anything."""

    least_recall: float | None = None  # percent
    most_false_accepts: float | None = None  # per hour

    def problem(self, row: dict) -> str:
        """Why a word is left out; "" if it is not."""
        recall, rate = row["recall"], row["false_accepts_per_hour"]
        if self.least_recall is not None and (recall is None or 100 * recall < self.least_recall):
            shown = "not measured" if recall is None else f"{100 * recall:.1f} %"
            return f"its recall is {shown}, and {self.least_recall:g} % is asked for (LEAST_RECALL)"
        if self.most_false_accepts is not None and (rate is None or rate > self.most_false_accepts):
            shown = "not measured" if rate is None else f"{rate:.2f}"
            return f"its false accepts per hour are {shown}, and at most {self.most_false_accepts:g} are asked for (MOST_FALSE_ACCEPTS)"
        return ""


@dataclass
class Collection:
    """What goes into the directory: {path in it: content}, a row for each word, and why others are left out."""

    files: dict[str, bytes] = field(default_factory=dict)
    rows: list[dict] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    licences: dict[str, str] = field(default_factory=dict)


def describe(entry: Entry, folder: Path) -> dict:
    """A word's row of index.json, from its published directory."""
    build = read_json(folder / "build.json", dict)
    facts = read_json(folder / f"{entry.slug}.json", dict, "wake_word", "trained_languages")
    metrics = read_json(folder / "metrics.json", dict) if (folder / "metrics.json").exists() else {}
    figures = metrics.get("testing") or {}
    model = folder / f"{entry.slug}.tflite"
    return {
        "name": entry.name,
        "word": build.get("word", entry.word),
        "title": facts["wake_word"],
        "language": facts["trained_languages"][0],
        "manifest": f"{MODELS}/{entry.name}.json",
        "model": f"{MODELS}/{entry.name}.tflite",
        "size": model.stat().st_size,
        "sha256": sha256(model),
        "recall": figures.get("recall"),
        "recall_interval": figures.get("recall_interval"),
        "false_accepts_per_hour": figures.get("fa_per_hour"),
        "false_accepts_per_hour_interval": figures.get("fa_per_hour_interval"),
        "hours": figures.get("hours"),
        "published": build.get("published"),
        "commit": (build.get("code") or {}).get("commit"),
        "licences": {dataset["name"]: dataset.get("licence") or "not stated" for dataset in build.get("datasets", [])},
    }


def collect(entries: Iterable[Entry], data: str, limits: Limits) -> Collection:
    """All published words of a file that reach the limits."""
    collection = Collection()
    for entry in entries:
        folder = Path(home_of(data, entry.seed) if entry.seed else data, "output", entry.slug)
        if not (folder / "build.json").exists():
            collection.left_out[entry.title] = "it is not published yet: make words"
            continue
        row = describe(entry, folder)
        if why := limits.problem(row):
            collection.left_out[entry.title] = why
            continue
        facts = {**read_json(folder / f"{entry.slug}.json", dict), "model": f"{entry.name}.tflite"}
        if wrong := manifest.find_problems(facts):
            collection.left_out[entry.title] = " ".join(wrong)
            continue
        collection.rows.append(row)
        collection.licences |= row["licences"]
        collection.files[row["model"]] = (folder / f"{entry.slug}.tflite").read_bytes()
        collection.files[row["manifest"]] = as_json(facts)
    return collection


def as_json(value) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def add_indexes(collection: Collection, render: Callable[..., str]) -> None:
    """Add index.json, index.html (`render` is its template's) and the zip of all models."""
    models = dict(collection.files)
    collection.files["index.json"] = as_json({"format": FORMAT, "words": collection.rows})
    shown = render(words=collection.rows, licences=sorted(collection.licences.items()))
    collection.files["index.html"] = (shown + "\n").encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(models):
            archive.writestr(zipfile.ZipInfo(name, OLDEST), models[name], zipfile.ZIP_DEFLATED)
    collection.files[ZIP] = packed.getvalue()


def written_before(out: Path) -> list[str]:
    """The files that an earlier call wrote. SystemExit where the directory is somebody else's."""
    if not out.exists() or not any(out.iterdir()):
        return []
    index = out / "index.json"
    before = read_json(index, dict) if index.is_file() else {}
    if before.get("format") != FORMAT:
        raise SystemExit(f"OUT={out} holds something that make zoo did not write: name an empty or a new directory")
    rows = before.get("words", [])
    return [row[kind] for row in rows for kind in ("manifest", "model") if Path(row[kind]).parent == Path(MODELS)]


def write(collection: Collection, out: Path) -> tuple[int, int]:
    """Write what changed, delete what is not wanted any more: how many files of each. index.json, last, says what is ours."""
    before, written, deleted = written_before(out), 0, 0
    names = [*(name for name in collection.files if name != "index.json"), "index.json"]
    for name in names:
        path = out / name
        if not path.is_file() or path.read_bytes() != collection.files[name]:
            with publishing(path) as part:
                part.write_bytes(collection.files[name])
            written += 1
    for name in before:
        if name not in collection.files and (out / name).exists():
            (out / name).unlink()
            deleted += 1
    return written, deleted


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", type=Path, required=True, help="one word a line")
    parser.add_argument("--data", required=True, help="DATA_DIR")
    parser.add_argument("--seed", type=int, required=True, help="SEED of the words without one of their own")
    parser.add_argument("--out", type=Path, required=True, help="the directory")
    parser.add_argument("--least-recall", type=float, help="percent, on testing data")
    parser.add_argument("--most-false-accepts", type=float, help="per hour, on testing data")
    args = parser.parse_args(argv)
    from jinja2 import Environment

    entries = words_file.read(args.file, args.seed)
    collection = collect(entries, args.data, Limits(args.least_recall, args.most_false_accepts))
    for title, why in collection.left_out.items():
        print(f"left out: {title}: {why}")
    if not collection.rows:
        raise SystemExit(f"No word of {args.file} is left, so {args.out} is not written")
    template = Environment(autoescape=True).from_string(PAGE.read_text(encoding="utf-8"))
    add_indexes(collection, template.render)
    written, deleted = write(collection, args.out)
    print(
        f"{args.out}: {len(collection.rows)} of {len(entries)} words; {written} files written, {deleted} deleted, "
        f"{len(collection.files) - written} as they were. Put the directory on any static host: {args.out}/index.html says how to use it"
    )


if __name__ == "__main__":
    main()
