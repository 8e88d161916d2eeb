"""What a training takes, before it starts and while it runs: time by the stages that make plans, and disk.

    read_headlines(plan)                                        # ["hey_buster: samples", "hey_buster: features", ...]
    estimate_stage_s("hey_buster: samples", {"SAMPLES": "8000", "NEGATIVE_SAMPLES": "8000"})       # 720.0

The times are those of two cores of an AMD EPYC (docs/SETTINGS.md); measure_pace() compares them with what this machine
took.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts.core.damaged import DamagedError
from scripts.core.files import read_jsonl
from scripts.core.formatting import duration
from scripts.tools.pending import read_params

HEADLINE = re.compile(r"(?:--title '|^echo \"== )([^'\"(]+?)(?: \(|['\"])", re.MULTILINE)
DEFAULTS = {"SAMPLES": 2000, "NEGATIVE_SAMPLES": 2000, "COMMON_SAMPLES": 6000, "TRAINING_STEPS": 2000, "TEACHERS": 3}
TELLING_S = 30.0  # shorter stages say little about a machine: what they take is mostly their beginning
OTHER_S = 15.0  # of a stage that is not named below
DOWNLOAD = re.compile(r": download (\d+) MB$")
DOWNLOAD_S_PER_MB = 0.2
DATASET_MB_PER_MB = 5  # of disk, as downloaded, extracted and converted (docs/datasets.md)
WORK_MB, COMMON_MB = 600, 2100  # docs/datasets.md
COUNT = re.compile(r"^(.+): (\d+)/(\d+) \w+ \(")  # a line of scripts.core.progress
STAGE_OF_TIMES = {"beginning": "pretraining"}  # names in times.jsonl


def about(seconds: float) -> str:
    """A time that is only estimated.

    >>> about(1), about(42), about(1234), about(5000)
    ('under a minute', 'under a minute', 'about 21 min', 'about 1 h 23 min')
    """
    if seconds < 60:
        return "under a minute"
    return f"about {duration(round(seconds / 60) * 60).removesuffix(' 00 s')}"


def read_headlines(plan: str) -> list[str]:
    """The stages of what `make -n` prints, in their order."""
    return list(dict.fromkeys(HEADLINE.findall(plan)))


def estimate_stage_s(headline: str, settings: Mapping[str, str] = {}) -> float:
    """Seconds of one stage, by its headline and the settings that are not default."""
    value = {name: int(settings.get(name, default)) for name, default in DEFAULTS.items()}
    if match := DOWNLOAD.search(headline):
        return DOWNLOAD_S_PER_MB * int(match[1])
    group, _, stage = headline.partition(": ")
    clips = value["SAMPLES"] + value["NEGATIVE_SAMPLES"]
    if group == "common":
        common = value["COMMON_SAMPLES"]
        return {"samples": 0.03 * common, "features": 75.0, "embeddings": 75.0, "pretraining": 91.0}.get(stage, OTHER_S)
    steps, teachers = value["TRAINING_STEPS"], value["TEACHERS"]
    train = 0.033 * steps + 0.8 * 0.027 * steps * teachers
    return {"samples": 0.045 * clips, "features": 0.0065 * clips, "train": train}.get(stage, OTHER_S)


def estimate_s(headlines: list[str], settings: Mapping[str, str], pace: float) -> float:
    """Seconds of these stages on a machine that takes `pace` times as long as ours."""
    return pace * sum(estimate_stage_s(each, settings) for each in headlines)


def estimate_mb(headlines: list[str], settings: Mapping[str, str]) -> float:
    """Megabytes that these stages write."""
    clips = sum(int(settings.get(name, DEFAULTS[name])) for name in ("SAMPLES", "NEGATIVE_SAMPLES"))
    common = COMMON_MB if "common: features" in headlines else 0
    fetched = sum(int(match[1]) for match in map(DOWNLOAD.search, headlines) if match)
    return WORK_MB * clips / 4000 + common + DATASET_MB_PER_MB * fetched


def measure_pace(data: Path) -> float | None:
    """How many times as long as ours this machine took for the stages that it has finished; None if there are none."""
    took = expected = 0.0
    for folder in [data / "common", *sorted((data / "work").glob("*"))]:
        try:
            params = [path for name in ("samples", "train") if (path := folder / f"{name}.params").exists()]
            settings = {key: value for path in params for key, value in read_params(path).items()}
            settings = {key: value for key, value in settings.items() if key in DEFAULTS and value.isdigit()}
            times = {line["stage"]: line["seconds"] for line in read_jsonl(folder / "times.jsonl")}
        except (OSError, DamagedError, LookupError, TypeError):
            continue  # being written, or another's; it is only an estimate
        for name, seconds in times.items():
            stage = re.sub(r"^common[ _]", "", STAGE_OF_TIMES.get(name, name))
            group = "common" if folder.name == "common" else "word"
            ours = estimate_stage_s(f"{group}: {stage}", settings)
            if stage in ("samples", "features", "train", "embeddings", "pretraining") and ours >= TELLING_S:
                took, expected = took + seconds, expected + ours
    return took / expected if expected else None


def find_progress(lines: Sequence[str], headlines: Sequence[str], settings: Mapping[str, str], pace: float) -> dict:
    """Where a build is, by what it printed and the stages it was to run: {"stage", "number", "of", "share", "left"}."""
    printed = [line.removeprefix("== ").partition(" (")[0] for line in lines if line.startswith("== ")]
    seen = [each for each in headlines if each in printed]
    current = printed[-1] if printed else ""
    left = [each for each in headlines if each not in seen]
    within = lines[max((at for at, line in enumerate(lines) if line.startswith("== ")), default=0) :]
    share = find_share(within) if current else 0.0
    seconds = {each: estimate_stage_s(each, settings) for each in headlines}
    rest_s = pace * (sum(seconds[each] for each in left) + (1 - share) * seconds.get(current, 0.0))
    total_s = pace * sum(seconds.values())
    return {
        "stage": current,
        "number": max(1, len(seen)),
        "of": max(len(headlines), 1),
        "share": round(1 - rest_s / total_s, 3) if total_s else 0.0,
        "left": f"{about(rest_s)} left",
    }


def find_share(lines: Sequence[str]) -> float:
    """How much of a stage is done, by its last line with a count; teachers and the student count as equal parts.

    >>> find_share(["samples: 50/200 renderings (3.1/s)"])
    0.25
    >>> find_share(["training teacher 1, teacher 2, teacher 3: 2400/4800 step (30.0/s)"])
    0.375
    >>> find_share(["training teacher 1, teacher 2, teacher 3: 4800/4800 step (30.0/s)", "training student: 0/2000 step (0.0/s)"])
    0.75
    """
    share, teachers = 0.0, 0
    for label, done, total in (match.groups() for line in lines if (match := COUNT.match(line))):
        counted = min(1.0, int(done) / max(1, int(total)))
        if label.startswith("training teacher"):
            teachers = label.count("teacher")
            share = counted * teachers / (teachers + 1)
        else:
            share = (teachers + counted) / (teachers + 1)
    return share
