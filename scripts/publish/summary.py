"""The training summary of a published model: machine, times, samples, quality, files, what to do next.

    python -m scripts.publish.summary --data data --slug hey_buster

Reads nothing but the published directory, so that it says the same a year later and on another machine.
"""

import argparse
import os
from pathlib import Path

from scripts.core.damaged import noticed
from scripts.core.files import read_json
from scripts.core.formatting import NOT_MEASURED, duration, number, percent, size, table, without_tflm
from scripts.core.settings import with_new_names
from scripts.datasets.licences import is_noncommercial

OPTIONS = (
    "LANGUAGE",
    "PROFILE",
    "VOICES",
    "HELDOUT_VOICES",
    "SAMPLES",
    "NEGATIVE_SAMPLES",
    "COMMON_SAMPLES",
    "TRAINING_STEPS",
    "TEACHERS",
    "INIT",
    "PRETRAIN_STEPS",
    "TRAINER",
    "SEED",
)
LITTLE = 0.25  # a model that hears a smaller share of the test's clips is said to hear little; those of 33 % heard people at 95 % (docs/EXPERIMENTS.md)
FILES = (
    ("report.html", "all of this as a page, with clips to listen to"),
    ("{slug}.tflite", "the model"),
    ("{slug}.json", "the manifest ESPHome reads"),
    ("metrics.json", "how well it hears"),
    ("device.json", "what the device check measured"),
    ("build.json", "what it was made from"),
    ("training.log", "the full training log"),
    ("tensorboard", "curves, for TensorBoard"),
    ("phrases.json", "what the samples say"),
)


def quality(metrics: dict) -> list[tuple[str, str]]:
    """Rows for a set of figures per split: what it hears and how often it is wrong, with n and hours."""
    rows = []
    for split, label in (("testing", "test"), ("validation", "validation")):
        if not (figures := metrics.get(split)):
            continue
        recall, hours = figures.get("recall"), figures.get("hours")
        heard = percent(recall) + (
            f" of {figures['n_positive']} clips" if recall is not None and figures.get("n_positive") else ""
        )
        wrong = number(figures.get("fa_per_hour"))
        if hours is not None and figures.get("false_accepts") is not None:
            wrong += f" ({figures['false_accepts']} in {hours:.1f} h)"
        near = figures.get("near_accept_rate")
        mistaken = "" if near is None else f"; takes {percent(near)} of {figures.get('n_near')} near misses for it"
        rows.append((label, f"hears {heard}; false accepts per hour: {wrong}{mistaken}"))
    if strangers := metrics.get("strangers"):
        rows.append(
            (
                "strangers",
                f"hears {percent(strangers['recall'])} of {strangers['n_positive']} clips by voices that no training hears",
            )
        )
    if metrics.get("target_met") is False:
        rows.append(
            (
                "",
                f"no cutoff was shown to keep within {metrics.get('target_fa_per_hour')} false accepts per hour: the chosen one is among the quietest",
            )
        )
    if hears_little(metrics):
        rows.append(("", "it hears less than a quarter of the test's clips: see docs/troubleshooting.md"))
    return rows or [("test", NOT_MEASURED)]


def hears_little(metrics: dict) -> bool:
    """Whether the test says that this model is not worth a device yet."""
    recall = (metrics.get("testing") or {}).get("recall")
    return recall is not None and recall < LITTLE


def times(build: dict) -> list[tuple[str, str, str]]:
    """Rows (stage, time, peak memory): the data's and the common part's, shared by all words, then the word's and its
    total."""
    recorded = build.get("times") or {}
    rows = []
    downloads = [line["seconds"] for lines in (recorded.get("datasets") or {}).values() for line in lines]
    if downloads:
        rows.append(("datasets, once", duration(sum(downloads)), ""))
    for line in recorded.get("common") or []:
        rows.append(
            (f"common {line['stage'].removeprefix('common').strip(' _')}, once", duration(line["seconds"]), peak(line))
        )
    word = recorded.get("word") or []
    rows += [(line["stage"], duration(line["seconds"]), peak(line)) for line in word]
    everything = downloads + [line["seconds"] for line in (recorded.get("common") or []) + word]
    if word:
        rows.append(("this word", duration(sum(line["seconds"] for line in word)), ""))
    if len(everything) > len(word):
        rows.append(("in total", duration(sum(everything)), ""))
    return rows or [("stages", NOT_MEASURED, "")]


def peak(line: dict) -> str:
    """The peak memory of a stage's largest process, where it was recorded."""
    return f"peak memory {size(line['peak_mb'] * 2**20)}" if line.get("peak_mb") else ""


def samples(build: dict) -> list[tuple[str, str]]:
    """Rows of clip counts by kind."""
    rows = []
    for label, key in (("samples", "samples"), ("common samples", "common_samples")):
        if kinds := build.get(key):
            rows.append((label, ", ".join(f"{sum(splits.values())} {kind}" for kind, splits in kinds.items())))
    return rows


def noncommercial(build: dict) -> list[str]:
    """Names of the datasets whose licence forbids commercial use."""
    return [about["name"] for about in build.get("datasets") or [] if is_noncommercial(str(about.get("licence") or ""))]


def next_steps(directory: Path, slug: str) -> str:
    """What to do with the files."""
    return (
        f"Next: copy {slug}.json and {slug}.tflite from {shown(directory)}\n"
        "beside your ESPHome configuration (both in one folder), and name the manifest there:\n\n"
        f"micro_wake_word:\n  models:\n    - model: {slug}.json\n"
    )


def shown(path: Path) -> str:
    """A path as one would type it here: relative where it is below the current directory."""
    absolute = Path(os.path.abspath(path))
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(absolute)


def describe(directory: Path) -> str:
    """The whole summary of one published directory, as text."""
    with noticed(directory):
        return _described(directory)


def _described(directory: Path) -> str:
    build = read_json(directory / "build.json", dict, "slug")
    metrics = read_json(directory / "metrics.json", dict) if (directory / "metrics.json").exists() else {}
    slug, about = build["slug"], build.get("machine") or {}
    commit, given = (build.get("code") or {}).get("commit"), with_new_names(build.get("options") or {})
    head = [
        ("phrase", build.get("word")),
        ("title", build.get("title")),
        ("published", build.get("published")),
        (
            "wakemake",
            (commit or "unknown commit")[:12]
            + (" with local changes" if (build.get("code") or {}).get("dirty") else ""),
        ),
        ("options", " ".join(f"{key}={given[key]}" for key in OPTIONS if key in given)),
    ]
    machine = [
        ("processor", f"{about.get('cpu')}, {about.get('cores')} cores"),
        ("memory", size(about.get("memory_bytes"))),
        ("GPU", "; ".join(about.get("gpus") or []) or "none"),
    ]
    chosen = [
        (
            "cutoff",
            f"{number(metrics.get('probability_cutoff'))} over {metrics.get('sliding_window_size', '?')} outputs",
        )
    ]
    files = [
        (name.format(slug=slug), what, size(path.stat().st_size) if path.is_file() else "")
        for name, what in FILES
        if (path := directory / name.format(slug=slug)).exists()
    ]
    blocks = [
        ("Model", table(head + samples(build))),
        ("Machine", table(machine)),
        ("Times", table(times(build))),
        ("Quality, on data kept out of training", table(quality(metrics) + chosen)),
        (f"Files in {shown(directory)}", table(files)),
    ]
    text = "\n\n".join(f"{name}\n{block}" for name, block in blocks)
    if restricted := noncommercial(build):
        text += (
            "\n\nNot for commercial use: it was trained on data whose licence forbids that: "
            + ", ".join(restricted)
            + "."
        )
    device = read_json(directory / "device.json") if (directory / "device.json").exists() else {}
    if said := without_tflm(device):
        text += f"\n\n{said}"
    return f"{text}\n\n{next_steps(directory, slug)}"


def asked(description: str, argv) -> tuple[Path, str, Path]:
    """DATA_DIR, slug and the link to the newest publication that a command was asked for. SystemExit if there is
    none."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR")
    parser.add_argument("--slug", required=True, help="the word's directory name")
    args = parser.parse_args(argv)
    link = args.data / "output" / args.slug
    if not (link / "build.json").exists():
        raise SystemExit(
            f'Nothing is published for this word yet ({link} is not there). Type: make train WORD="{os.environ.get("WORD") or "..."}"'
        )
    return args.data, args.slug, link


def main(argv=None) -> None:
    _, _, link = asked("Print the training summary of a word's newest published model.", argv)
    print(describe(link.resolve()))


if __name__ == "__main__":
    main()
