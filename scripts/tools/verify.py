"""Are two builds of a word the same, byte for byte?

    python -m scripts.tools.verify --slug hey_buster data data/verify

Compares what all words share, the word's samples, features, model, evaluation and examples, and the published model.
Files that record times are left out (LEFT_OUT), and so are the fields TIMED of JSON files.
"""

import argparse
import filecmp
from fnmatch import fnmatch
from pathlib import Path

from scripts.core.damaged import DamagedError
from scripts.core.files import read_json, read_jsonl
from scripts.core.formatting import size

LEFT_OUT = ("*.log", "*tensorboard/*", "*checkpoint.npz", "build.json", "report.html")
TIMED = ("tflm_ms",)
SEGMENTS = "legs"  # key of the training segments in times.jsonl
SHOWN = 20  # differences of one stage that are listed


def list_stages(data: Path, slug: str) -> dict[str, Path]:
    """The directories of a build, by the name of the stage."""
    word = data / "work" / slug
    return {
        "common samples": data / "common/samples",
        "common features": data / "common/features",
        "pretraining": data / "common/pretrained",
        **{name: word / name for name in ("samples", "features", "model", "evaluation", "examples")},
        **{name: word / name for name in ("recordings", "comparison") if (word / name).is_dir()},
        "published": data / "output" / slug,
    }


def list_files(folder: Path) -> dict[str, Path]:
    """The files of a directory that are compared, by their path in it."""
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: path for name, path in files.items() if not any(fnmatch(name, pattern) for pattern in LEFT_OUT)}


def are_same(one: Path, other: Path) -> bool:
    """Whether two files have the same content, times aside."""
    if filecmp.cmp(one, other, shallow=False):
        return True
    if one.suffix != ".json":
        return False
    try:
        contents = [read_json(path, dict) for path in (one, other)]
    except DamagedError:
        return False
    return (
        any(key in contents[0] for key in TIMED)
        and len({str({**facts, **dict.fromkeys(TIMED)}) for facts in contents}) == 1
    )


def list_differences(one: Path, other: Path) -> list[str]:
    """A line for every file that differs in two directories, with sizes."""
    left, right = list_files(one), list_files(other)
    lines = []
    for name in sorted(left.keys() | right.keys()):
        if name not in right or name not in left:
            path = left.get(name) or right[name]
            lines.append(
                f"only in {'the first' if name in left else 'the second'}: {name} ({path.stat().st_size} bytes)"
            )
        elif not are_same(left[name], right[name]):
            lines.append(f"differs: {name} ({left[name].stat().st_size} and {right[name].stat().st_size} bytes)")
    return lines


def read_segments(data: Path, slug: str) -> list[list[int]]:
    """The training segments [first step, last step]: several if steps were added to a finished or interrupted training."""
    times = data / "work" / slug / "times.jsonl"
    trained = [line for line in read_jsonl(times) if line["stage"] == "train"] if times.exists() else []
    return trained[-1].get(SEGMENTS, []) if trained else []


def compare(one: Path, other: Path, slug: str) -> int:
    """Print, stage by stage, whether two builds below these DATA_DIRs are the same; the number of files that differ."""
    differing = 0
    second = list_stages(other, slug)
    for name, folder in list_stages(one, slug).items():
        if not folder.is_dir():
            print(f"{name}: not compared, {folder} is not there (CLEANUP_WORK?)")
            continue
        lines, compared = list_differences(folder, second[name]), list_files(folder)
        differing += len(lines)
        amount = f"{len(compared)} files, {size(sum(path.stat().st_size for path in compared.values()))}"
        print(f"{name}: {amount}: {f'{len(lines)} differ' if lines else 'the same'}")
        for line in lines[:SHOWN]:
            print(f"  {line}")
        if len(lines) > SHOWN:
            print(f"  ... and {len(lines) - SHOWN} more")
    return differing


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("one", type=Path, help="a DATA_DIR")
    parser.add_argument("other", type=Path, help="another")
    parser.add_argument("--slug", required=True, help="directory name of the word")
    args = parser.parse_args(argv)
    if not any(folder.is_dir() for folder in list_stages(args.one, args.slug).values()):
        raise SystemExit(f"There is no build of {args.slug} in {args.one}: train it first.")
    differing = compare(args.one, args.other, args.slug)
    if not differing:
        print("Both builds are the same.")
        return
    for data in (args.one, args.other):
        if len(segments := read_segments(data, args.slug)) > 1:
            print(
                f"The training in {data} was continued with more steps, {segments}: a training in one segment gives other weights."
            )
    raise SystemExit(f"{differing} files differ. Both builds are kept: {args.one} and {args.other}.")


if __name__ == "__main__":
    main()
