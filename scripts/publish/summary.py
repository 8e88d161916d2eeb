"""The training summary of a published model: machine, times, samples, quality, files, next steps.

    python -m scripts.publish.summary --data data --slug hey_buster

Reads only the published directory, so it prints the same a year later and on another machine.
"""

from collections.abc import Sequence
from pathlib import Path

from scripts.core.damaged import reading
from scripts.core.files import read_json
from scripts.core.formatting import NOT_MEASURED, duration, number, percent, size, table, without_tflm
from scripts.core.settings import with_new_names
from scripts.datasets.licences import is_noncommercial
from scripts.publish.newest import parse_newest, show_path
from scripts.publish.recall_of_people import LOW_RECALL, describe_recall_of_people
from scripts.recordings.comparison_text import list_changes

SETTINGS = (
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
FILES = (
    ("report.html", "all of this as a page, with clips to listen to"),
    ("{slug}.tflite", "the model"),
    ("{slug}.json", "the manifest ESPHome reads"),
    ("metrics.json", "recall and false accepts"),
    ("comparison.json", "what your recordings changed"),
    ("device.json", "measurements of the device check"),
    ("build.json", "settings, data, libraries and times"),
    ("training.log", "the full training log"),
    ("tensorboard", "curves, for TensorBoard"),
    ("phrases.json", "texts of the samples"),
)


def describe_quality(metrics: dict) -> list[tuple[str, str]]:
    """Rows for the figures of each split: recall and false accepts, with the number of clips and hours."""
    rows = []
    for split, label in (("testing", "test"), ("validation", "validation")):
        if not (figures := metrics.get(split)):
            continue
        recall, hours = figures.get("recall"), figures.get("hours")
        detected = percent(recall)
        if recall is not None and figures.get("n_positive"):
            detected += f" of {figures['n_positive']} clips"
        rate = number(figures.get("fa_per_hour"))
        if hours is not None and figures.get("false_accepts") is not None:
            rate += f" ({figures['false_accepts']} in {hours:.1f} h)"
        accepted = figures.get("near_accept_rate")
        confusable = (
            "" if accepted is None else f"; accepts {percent(accepted)} of {figures.get('n_near')} confusable phrases"
        )
        rows.append((label, f"detects {detected}; false accepts per hour: {rate}{confusable}"))
    if heldout := metrics.get("strangers"):
        rows.append(
            (
                "held-out",
                f"detects {percent(heldout['recall'])} of {heldout['n_positive']} clips of voices used only for evaluation",
            )
        )
    if metrics.get("target_met") is False:
        rows.append(
            (
                "",
                f"no cutoff is shown to stay within {metrics.get('target_fa_per_hour')} false accepts per hour; the chosen "
                "one is among those with the fewest",
            )
        )
    if has_low_recall(metrics):
        rows.append(("", "it detects less than a quarter of the test clips: see README.md, When it misses"))
    return rows or [("test", NOT_MEASURED)]


def has_low_recall(metrics: dict) -> bool:
    """Whether the test says that this model is not good enough for a device yet."""
    recall = (metrics.get("testing") or {}).get("recall")
    return recall is not None and recall < LOW_RECALL


def list_times(build: dict) -> list[tuple[str, str, str]]:
    """Rows (stage, time, peak memory): datasets and common stages, which all words share, then the word's and totals."""
    recorded = build.get("times") or {}
    rows = []
    downloads = [line["seconds"] for lines in (recorded.get("datasets") or {}).values() for line in lines]
    if downloads:
        rows.append(("datasets, once", duration(sum(downloads)), ""))
    for line in recorded.get("common") or []:
        rows.append(
            (
                f"common {line['stage'].removeprefix('common').strip(' _')}, once",
                duration(line["seconds"]),
                describe_peak(line),
            )
        )
    word = recorded.get("word") or []
    rows += [(line["stage"], duration(line["seconds"]), describe_peak(line)) for line in word]
    everything = downloads + [line["seconds"] for line in (recorded.get("common") or []) + word]
    if word:
        rows.append(("this word", duration(sum(line["seconds"] for line in word)), ""))
    if len(everything) > len(word):
        rows.append(("in total", duration(sum(everything)), ""))
    return rows or [("stages", NOT_MEASURED, "")]


def describe_peak(line: dict) -> str:
    """The peak memory of a stage's largest process, if it was recorded."""
    return f"peak memory {size(line['peak_mb'] * 2**20)}" if line.get("peak_mb") else ""


def count_samples(build: dict) -> list[tuple[str, str]]:
    """Rows of clip counts by kind."""
    rows = []
    for label, key in (("samples", "samples"), ("common samples", "common_samples")):
        if kinds := build.get(key):
            rows.append((label, ", ".join(f"{sum(splits.values())} {kind}" for kind, splits in kinds.items())))
    return rows


def list_noncommercial(build: dict) -> list[str]:
    """Names of the datasets whose licence forbids commercial use."""
    return [about["name"] for about in build.get("datasets") or [] if is_noncommercial(str(about.get("licence") or ""))]


def describe_next_steps(directory: Path, slug: str, word: str) -> str:
    """How to look at the model, try it and install it."""
    return (
        f"Look at it: {show_path(directory / 'report.html')}\n"
        f'Say it to your browser\'s microphone: make try WORD="{word}"\n\n'
        f"Then copy {slug}.json and {slug}.tflite from {show_path(directory)}\n"
        "beside your ESPHome configuration (both in one folder), and name the manifest there:\n\n"
        f"micro_wake_word:\n  models:\n    - model: {slug}.json\n      id: {slug}\n"
    )


def summarise(directory: Path) -> str:
    """The whole summary of one published directory, as text. DamagedError if a file lacks what it shows."""
    with reading(directory):
        build = read_json(directory / "build.json", dict, "slug")
        metrics = read_json(directory / "metrics.json", dict) if (directory / "metrics.json").exists() else {}
        device = read_json(directory / "device.json") if (directory / "device.json").exists() else {}
        own = read_json(directory / "comparison.json", dict) if (directory / "comparison.json").exists() else None
        slug = build["slug"]
        blocks: list[tuple[str, Sequence[Sequence[object]]]] = [
            ("Model", [*describe_model(build), *count_samples(build)]),
            ("Machine", describe_machine(build.get("machine") or {})),
            ("Times", list_times(build)),
            ("Quality, on data kept out of training", describe_quality(metrics) + describe_setting(metrics)),
            *([("Your recordings, of which those counted trained neither model", list_changes(own))] if own else []),
            (f"Files in {show_path(directory)}", list_files(directory, slug)),
        ]
        paragraphs = [f"{title}\n{table(rows)}" for title, rows in blocks]
        paragraphs.append(describe_recall_of_people((metrics.get("testing") or {}).get("recall")))
        if restricted := list_noncommercial(build):
            paragraphs.append(
                f"Not for commercial use: it was trained on data whose licence forbids that: {', '.join(restricted)}."
            )
        if warning := without_tflm(device):
            paragraphs.append(warning)
        return "\n\n".join([*paragraphs, describe_next_steps(directory, slug, build.get("word") or slug)])


def describe_model(build: dict) -> list[tuple[str, object]]:
    """Rows that identify a model."""
    code, settings = build.get("code") or {}, with_new_names(build.get("options") or {})
    return [
        ("phrase", build.get("word")),
        ("title", build.get("title")),
        ("published", build.get("published")),
        (
            "wakemake",
            (code.get("commit") or "unknown commit")[:12] + (" with local changes" if code.get("dirty") else ""),
        ),
        ("settings", " ".join(f"{key}={settings[key]}" for key in SETTINGS if key in settings)),
    ]


def describe_machine(facts: dict) -> list[tuple[str, str]]:
    """Rows about the machine a model was made on."""
    return [
        ("processor", f"{facts.get('cpu')}, {facts.get('cores')} cores"),
        ("memory", size(facts.get("memory_bytes"))),
        ("GPU", "; ".join(facts.get("gpus") or []) or "none"),
    ]


def describe_setting(metrics: dict) -> list[tuple[str, str]]:
    """A row with the chosen cutoff and window."""
    window = metrics.get("sliding_window_size", "?")
    return [("cutoff", f"{number(metrics.get('probability_cutoff'))} over {window} outputs")]


def list_files(directory: Path, slug: str) -> list[tuple[str, str, str]]:
    """Rows (name, content, size) of the published files that exist."""
    return [
        (path.name, content, size(path.stat().st_size) if path.is_file() else "")
        for name, content in FILES
        if (path := directory / name.format(slug=slug)).exists()
    ]


def main(argv: list[str] | None = None) -> None:
    newest = parse_newest("Print the training summary of a word's newest published model.", argv)
    print(summarise(newest.directory.resolve()))


if __name__ == "__main__":
    main()
