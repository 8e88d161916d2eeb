"""The tables of `make bench`: each stage against the reference's own way to do it, on this machine."""

import sys
from collections.abc import Callable
from math import isnan
from pathlib import Path

from scripts.bench import inputs
from scripts.bench.measure import Measured, measure_seconds, run, run_in_turn
from scripts.core.files import count_bytes_below, read_json
from scripts.model.train import count_teacher_steps

SCALES = (1_000, 10_000, 50_000)
STAGE_COMMANDS = (
    "samples.speak_word",
    "features.make_word",
    "features.make_common",
    "model.train",
    "model.export",
    "evaluation.evaluate",
    "publish.publish",
)
OUR_STEPS, TEACHERS, REFERENCE_STEPS = 2_000, 3, 25_000


class Bench:
    """The data, the amount of work, and a directory to work in."""

    def __init__(self, data: Path, slug: str, work: Path, small: bool, mix: str):
        self.data, self.slug, self.work, self.small, self.mix = data, slug, work, small, mix
        self.times = 1 if small else 3
        self.commands = 0

    def count(self, whole: int) -> int:
        """So many, or very few with --small."""
        return max(2, whole // 50) if self.small else whole

    def command(self, stage: str, function: str, count: int, *more: object, out: str = "") -> tuple:
        """A command of scripts.bench.stage, in a directory of its own or in one named `out`."""
        self.commands += 1
        return (
            "scripts.bench.stage",
            stage,
            function,
            "--data",
            self.data,
            "--slug",
            self.slug,
            "--count",
            count,
            "--out",
            self.work / (out or str(self.commands)),
            *more,
        )


def format_comparison(unit: str, ours: Measured, reference: Measured, what: str, goal: str) -> str:
    """A row: what, both rates, the ratio, both memories, the goal."""
    return (
        f"| {what} | {ours.rate:.3g} | {reference.rate:.3g} | **{ours.rate / reference.rate:.1f} x** | {ours.peak_mb:.0f} MB | "
        f"{reference.peak_mb:.0f} MB | {unit} | {goal} |"
    )


COLUMNS = (
    "| | ours | reference | ratio | memory, ours | memory, reference | unit | goal |\n|---|---|---|---|---|---|---|---|"
)


def measure_samples(bench: Bench) -> str:
    """One Piper voice, and the default mix."""
    ours, reference = run_in_turn(
        bench.times,
        bench.command("samples", "run_ours", bench.count(2_000)),
        bench.command("samples", "run_reference", bench.count(400)),
    )
    mix = run(*bench.command("samples", "run_ours", bench.count(2_000), "--voices", bench.mix))
    return "\n".join(
        [
            COLUMNS,
            format_comparison(
                "clips a second", ours, reference, "the same Piper voice, three perturbed clips a rendering", "3 x"
            ),
            f"| the default mix | {mix.rate:.3g} | | | {mix.peak_mb:.0f} MB | | clips a second | 15 |",
        ]
    )


def measure_features(bench: Bench) -> str:
    """Augmentation and spectrograms: ours of as many clips as a word with the default settings has."""
    ours, reference = run_in_turn(
        bench.times,
        bench.command("features", "run_ours", bench.count(8_600)),
        bench.command("features", "run_reference", bench.count(3_000)),
    )
    return f"{COLUMNS}\n{format_comparison('clips a second', ours, reference, 'augmentation and spectrograms', '6 x')}"


def measure_training(bench: Bench) -> str:
    """A step of each trainer, and the time of a whole training."""
    network, student, reference = run_in_turn(
        bench.times,
        bench.command("training", "run_ours", bench.count(150)),
        bench.command("training", "run_student", bench.count(100)),
        bench.command("training", "run_reference", bench.count(200)),
    )
    one_s, reference_s = OUR_STEPS / network.rate, REFERENCE_STEPS / reference.rate
    whole_s = TEACHERS * count_teacher_steps(OUR_STEPS) / network.rate + OUR_STEPS / student.rate
    return "\n".join(
        [
            COLUMNS,
            format_comparison(
                "steps a second",
                network,
                reference,
                "a network's step: 32 sequences of 8 s against 128 clips of 1.94 s",
                "-",
            ),
            format_comparison("steps a second", student, reference, "a step of a student of three teachers", "-"),
            "",
            f"{OUR_STEPS:,} steps of one network (`TEACHERS=0`) take {one_s:.0f} s, {TEACHERS} teachers with {count_teacher_steps(OUR_STEPS):,} and "
            f"their student with {OUR_STEPS:,} {whole_s:.0f} s; the "
            f"reference's {REFERENCE_STEPS:,} steps take {reference_s:.0f} s: **{reference_s / one_s:.1f} x** and **{reference_s / whole_s:.1f} x**. "
            "Goal: 5 x at the same quality.",
        ]
    )


def measure_conversion(bench: Bench) -> str:
    """FLAC and mp3 of 44.1 kHz in stereo to 16 kHz: the stage in one process, as the reference's loop is, and in
    two."""
    rows, cpu = [COLUMNS], []
    for suffix, seconds, count in (("flac", 10, bench.count(300)), ("mp3", 30, bench.count(60))):
        run(*bench.command("conversion", "make_inputs", count, "--format", suffix, out=suffix))
        one, reference, two = run_in_turn(
            bench.times,
            *(
                bench.command("conversion", function, count, "--jobs", jobs, out=suffix)
                for function, jobs in (("run_ours", 1), ("run_reference", 1), ("run_ours", 2))
            ),
        )
        rows += [
            format_comparison(
                f"files of {seconds} s a second", one, reference, f"{suffix} to 16 kHz, one process", "2 x"
            ),
            format_comparison(
                f"files of {seconds} s a second",
                two,
                reference,
                f"{suffix} to 16 kHz, two processes, their start included",
                "-",
            ),
        ]
        ours_ms, reference_ms = (1000 * measured.cpu_s / measured.items for measured in (one, reference))
        cpu.append(f"{ours_ms:.1f} ms against {reference_ms:.1f} ms for {suffix} (**{reference_ms / ours_ms:.1f} x**)")
    return "\n".join([*rows, "", f"Processor time of a file in one process: {', '.join(cpu)}."])


def measure_evaluation(bench: Bench) -> str:
    """The whole stage on 15 hours of ambient sound, and the reference's way on one."""
    hours = {"ours": 15.0, "reference": 1.0} if not bench.small else {"ours": 0.1, "reference": 0.1}
    for name, amount in hours.items():
        inputs.make_ambient_stores(bench.data / "common/features", amount, bench.work / name / "common")
    ours = run(*bench.command("evaluation", "run_ours", round(hours["ours"]) or 1, out="ours"))
    reference = run(*bench.command("evaluation", "run_reference", round(hours["reference"]) or 1, out="reference"))
    row = format_comparison(
        "hours of sound a second",
        ours,
        reference,
        f"{hours['ours']:g} h in {ours.seconds:.0f} s; the reference {hours['reference']:g} h",
        "15 h in 120 s, 500 MB",
    )
    return f"{COLUMNS}\n{row}"


def measure_memory(bench: Bench) -> str:
    """Peak memory of all processes of each stage, and of training with 26 GB of negatives."""
    word, common = bench.data / "work" / bench.slug, bench.data / "common/features"
    export = ("--model", word / "model", "--features", word / "features", "--common", common)
    commands = {
        "samples, default mix": bench.command("samples", "run_ours", bench.count(100), "--voices", bench.mix),
        "features": bench.command("features", "run_ours", bench.count(600)),
        "training": bench.command("training", "run_student", bench.count(100)),
        "training with 26 GB of negative features": bench.command("training", "run_huge", bench.count(600)),
        "export": ("scripts.model.export", *export, "--out", bench.work / "export"),
    }
    lines = ["| stage | memory of all its processes | goal |", "|---|---|---|"]
    for name, command in commands.items():
        goal = "3,000" if "26 GB" in name else "2,000"
        lines.append(f"| {name} | {run(*command).peak_mb:.0f} MB | {goal} MB |")
    return "\n".join(lines)


def measure_startup(bench: Bench) -> str:
    """Seconds until a command does anything."""
    python, times = f"PYTHON={sys.executable}", 1 if bench.small else 7
    nothing_to_do = ["make", "-q", "train", f"WORD={read_word(bench)}", f"DATA_DIR={bench.data}", python]
    commands = {
        "`make help`": ("0.2 s", ["make", "help", python]),
        "`make train` with nothing to do": ("0.3 s", nothing_to_do),
    }
    for module in STAGE_COMMANDS:
        commands[f"`{module} --help`"] = ("0.3 s", [sys.executable, "-m", f"scripts.{module}", "--help"])
    lines = ["| | seconds | goal |", "|---|---|---|"]
    for name, (goal, command) in commands.items():
        seconds = measure_seconds(times, command)
        failed = "not measured: it failed, or there was something to do"
        lines.append(f"| {name} | {failed if isnan(seconds) else f'{seconds:.2f}'} | {goal} |")
    return "\n".join(lines)


def read_word(bench: Bench) -> str:
    """The phrase as it was typed."""
    return read_json(bench.data / "work" / bench.slug / "samples/phrases.json")["word"]


def measure_scale(bench: Bench) -> str:
    """Milliseconds of one sample, clip and step if there are many, and the disk space of a thousand samples."""
    stages = (("samples", "--voices", bench.mix), ("features",), ("training",))
    lines = ["| samples | one sample | one clip's features | one training step |", "|---|---|---|---|"]
    for count in SCALES[:1] if bench.small else SCALES:
        runs = [run(*bench.command(stage, "measure_scale", count, *more)) for stage, *more in stages]
        lines.append(f"| {count:,} | " + " | ".join(f"{1000 * each.seconds:.1f} ms" for each in runs) + " |")
    word = bench.data / "work" / bench.slug
    clips = sum(1 for _ in (word / "samples/index.jsonl").open())
    megabytes = sum(count_bytes_below(word / part) for part in ("samples", "features")) / 1e6 / clips * 1000
    lines += [
        "",
        f"A thousand samples, confusable phrases included, take {megabytes:.0f} MB of disk with their features.",
    ]
    return "\n".join(lines)


TABLES: dict[str, Callable[[Bench], str]] = {
    "samples": measure_samples,
    "features": measure_features,
    "training": measure_training,
    "evaluation": measure_evaluation,
    "conversion": measure_conversion,
    "memory": measure_memory,
    "startup": measure_startup,
    "scale": measure_scale,
}
