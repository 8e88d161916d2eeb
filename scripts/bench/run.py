"""Every stage against the reference's own way to do it, on this machine, in one run; the tables of docs/RESULTS.md.

    python -m scripts.bench.run --data data --parts "features startup" --out docs/RESULTS.md

A part replaces its table in --out and leaves the others. Each takes under ten minutes on two idle cores; --small does a
tiny amount of everything, to see that it runs. On a busy machine only the ratios mean something.
"""

import argparse
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from math import isnan
from pathlib import Path

from scripts.bench import inputs
from scripts.bench.document import DOCUMENT, describe_run, write_table
from scripts.bench.measure import Measured, alternately, run, seconds_of
from scripts.model.train import count_teacher_steps

OURS, REFERENCE, SCALE = "scripts.bench.ours", "scripts.bench.reference_pipeline", "scripts.bench.scale"
DEFAULT_MIX = "kokoro:45 piper:15 hibari:10 espeak:30"
REFERENCE_ONLY = {"features": "audiomentations", "conversion": "librosa"}
SCALES = (1_000, 10_000, 50_000)
OUR_STEPS, TEACHERS, REFERENCE_STEPS = 2_000, 3, 25_000


class Bench:
    """Where the data are, how much is done, and a directory to work in."""

    def __init__(self, data: Path, slug: str, work: Path, small: bool, mix: str):
        self.data, self.slug, self.work, self.small, self.mix = data, slug, work, small, mix
        self.times = 1 if small else 3
        self.given = 0

    def count(self, whole: int) -> int:
        """That much, or next to nothing with --small."""
        return max(2, whole // 50) if self.small else whole

    def command(self, module: str, what: str, count: int, *more: object, out: str = "") -> tuple:
        """A command of ours or the reference's, in a directory of its own or in one named `out`."""
        self.given += 1
        return (
            module,
            what,
            "--data",
            self.data,
            "--slug",
            self.slug,
            "--count",
            count,
            "--out",
            self.work / (out or str(self.given)),
            *more,
        )


def compared(unit: str, ours: Measured, reference: Measured, what: str, goal: str) -> str:
    """A row: what, both rates, the ratio, both memories, the goal."""
    return (
        f"| {what} | {ours.rate:.3g} | {reference.rate:.3g} | **{ours.rate / reference.rate:.1f} x** | {ours.peak_mb:.0f} MB | "
        f"{reference.peak_mb:.0f} MB | {unit} | {goal} |"
    )


COMPARED = (
    "| | ours | reference | ratio | memory, ours | memory, reference | unit | goal |\n|---|---|---|---|---|---|---|---|"
)


def samples(bench: Bench) -> str:
    """One Piper voice, and the default mix."""
    ours, reference = alternately(
        bench.times,
        bench.command(OURS, "samples", bench.count(2_000)),
        bench.command(REFERENCE, "samples", bench.count(400)),
    )
    mix = run(*bench.command(OURS, "samples", bench.count(2_000), "--voices", bench.mix))
    return "\n".join(
        [
            COMPARED,
            compared("clips a second", ours, reference, "the same Piper voice, three bent clips a rendering", "3 x"),
            f"| the default mix | {mix.rate:.3g} | | | {mix.peak_mb:.0f} MB | | clips a second | 15 |",
        ]
    )


def features(bench: Bench) -> str:
    """Augmentation and spectrograms: ours of as many clips as a word of the default settings has."""
    ours, reference = alternately(
        bench.times,
        bench.command(OURS, "features", bench.count(8_600)),
        bench.command(REFERENCE, "features", bench.count(3_000)),
    )
    return f"{COMPARED}\n{compared('clips a second', ours, reference, 'augmentation and spectrograms', '6 x')}"


def training(bench: Bench) -> str:
    """A step of each trainer, and what a whole training comes to; what it is worth is in docs/RESULTS.md."""
    teacher, pupil, reference = alternately(
        bench.times,
        bench.command(OURS, "training", bench.count(150)),
        bench.command(OURS, "pupil", bench.count(100)),
        bench.command(REFERENCE, "training", bench.count(200)),
    )
    one_s, reference_s = OUR_STEPS / teacher.rate, REFERENCE_STEPS / reference.rate
    whole_s = TEACHERS * count_teacher_steps(OUR_STEPS) / teacher.rate + OUR_STEPS / pupil.rate
    return "\n".join(
        [
            COMPARED,
            compared(
                "steps a second",
                teacher,
                reference,
                "a network's step: 32 tapes of 8 s against 128 clips of 1.94 s",
                "-",
            ),
            compared("steps a second", pupil, reference, "a step of the network that three teachers teach", "-"),
            "",
            f"{OUR_STEPS:,} steps of one network (`TEACHERS=0`) take {one_s:.0f} s, {TEACHERS} teachers with {count_teacher_steps(OUR_STEPS):,} and "
            f"the pupil they teach with {OUR_STEPS:,} {whole_s:.0f} s; the "
            f"reference's {REFERENCE_STEPS:,} steps take {reference_s:.0f} s: **{reference_s / one_s:.1f} x** and **{reference_s / whole_s:.1f} x**. "
            "Goal: 5 x at the same quality.",
        ]
    )


def conversion(bench: Bench) -> str:
    """FLAC and mp3 of 44.1 kHz in stereo to 16 kHz: the stage in one process, as the reference's loop is, and in
    two."""
    rows, cpu = [COMPARED], []
    for form, seconds, count in (("flac", 10, bench.count(300)), ("mp3", 30, bench.count(60))):
        run(*bench.command(OURS, "originals", count, "--format", form, out=form))
        one, reference, two = alternately(
            bench.times,
            *(
                bench.command(module, "conversion", count, "--jobs", jobs, out=form)
                for module, jobs in ((OURS, 1), (REFERENCE, 1), (OURS, 2))
            ),
        )
        rows += [
            compared(f"files of {seconds} s a second", one, reference, f"{form} to 16 kHz, one process", "2 x"),
            compared(
                f"files of {seconds} s a second",
                two,
                reference,
                f"{form} to 16 kHz, two processes, their start included",
                "-",
            ),
        ]
        ours_ms, reference_ms = (1000 * measured.cpu_s / measured.items for measured in (one, reference))
        cpu.append(f"{ours_ms:.1f} ms against {reference_ms:.1f} ms for {form} (**{reference_ms / ours_ms:.1f} x**)")
    return "\n".join([*rows, "", f"Processor time of a file in one process: {', '.join(cpu)}."])


def evaluation(bench: Bench) -> str:
    """The whole stage on 15 hours of ambient sound, and the reference's way on one."""
    hours = {"ours": 15.0, "reference": 1.0} if not bench.small else {"ours": 0.1, "reference": 0.1}
    for name, amount in hours.items():
        inputs.ambient(bench.data / "common/features", amount, bench.work / name / "common")
    ours = run(*bench.command(OURS, "evaluation", round(hours["ours"]) or 1, out="ours"))
    reference = run(*bench.command(REFERENCE, "evaluation", round(hours["reference"]) or 1, out="reference"))
    row = compared(
        "hours of sound a second",
        ours,
        reference,
        f"{hours['ours']:g} h in {ours.seconds:.0f} s; the reference {hours['reference']:g} h",
        "15 h in 120 s, 500 MB",
    )
    return f"{COMPARED}\n{row}"


def memory(bench: Bench) -> str:
    """The most that each stage's processes held together, and training with 26 GB of negatives."""
    word, common = bench.data / "work" / bench.slug, bench.data / "common/features"
    rows = [
        ("samples, default mix", run(*bench.command(OURS, "samples", bench.count(100), "--voices", bench.mix))),
        ("features", run(*bench.command(OURS, "features", bench.count(600)))),
        ("training", run(*bench.command(OURS, "pupil", bench.count(100)))),
        ("training with 26 GB of negative features", run(*bench.command(SCALE, "held", bench.count(600)))),
        (
            "export",
            run(
                "scripts.model.export",
                "--model",
                word / "model",
                "--features",
                word / "features",
                "--common",
                common,
                "--out",
                bench.work / "export",
            ),
        ),
    ]
    return "\n".join(
        ["| stage | memory of all its processes | goal |", "|---|---|---|"]
        + [
            f"| {name} | {measured.peak_mb:.0f} MB | {'3,000' if '26 GB' in name else '2,000'} MB |"
            for name, measured in rows
        ]
    )


def startup(bench: Bench) -> str:
    """How long one waits before anything is done."""
    import sys

    python, times = f"PYTHON={sys.executable}", 1 if bench.small else 7
    word = inputs_word(bench)
    lines = [
        ("`make help`", "0.2 s", seconds_of(times, ["make", "help", python])),
        (
            "`make train` with nothing to do",
            "0.3 s",
            seconds_of(times, ["make", "-q", "train", f"WORD={word}", f"DATA_DIR={bench.data}", python]),
        ),
    ]
    for module in (
        "samples.speak_word",
        "features.make_word",
        "features.make_common",
        "model.train",
        "model.export",
        "evaluation.evaluate",
        "publish.publish",
    ):
        lines.append(
            (f"`{module} --help`", "0.3 s", seconds_of(times, [sys.executable, "-m", f"scripts.{module}", "--help"]))
        )
    rows = [
        f"| {name} | {'not measured: it failed, or there was something to do' if isnan(taken) else f'{taken:.2f}'} | {goal} |"
        for name, goal, taken in lines
    ]
    return "\n".join(["| | seconds | goal |", "|---|---|---|", *rows])


def inputs_word(bench: Bench) -> str:
    """The word as it was typed."""
    from scripts.core.files import read_json

    return read_json(bench.data / "work" / bench.slug / "samples/phrases.json")["word"]


def scale(bench: Bench) -> str:
    """Milliseconds of one sample, clip and step at growing numbers, and the disk that a thousand samples take."""
    rows = [
        f"| {count:,} | "
        + " | ".join(
            f"{1000 * run(*bench.command(SCALE, what, count, *more)).seconds:.1f} ms"
            for what, *more in (("samples", "--voices", bench.mix), ("features",), ("training",))
        )
        + " |"
        for count in (SCALES[:1] if bench.small else SCALES)
    ]
    word = bench.data / "work" / bench.slug
    clips = sum(1 for _ in (word / "samples/index.jsonl").open())
    disk = (
        sum(
            path.stat().st_size
            for part in ("samples", "features")
            for path in (word / part).rglob("*")
            if path.is_file()
        )
        / 1e6
        / clips
        * 1000
    )
    return "\n".join(
        [
            "| samples | one sample | one clip's features | one training step |",
            "|---|---|---|---|",
            *rows,
            "",
            f"A thousand samples, near misses included, take {disk:.0f} MB of disk with their features.",
        ]
    )


def refuse_without_packages(parts: list[str]) -> None:
    """Stop where a package is missing that only the reference uses: no lock has it."""
    missing = sorted(
        {REFERENCE_ONLY[part] for part in parts if part in REFERENCE_ONLY and not find_spec(REFERENCE_ONLY[part])}
    )
    if missing:
        raise SystemExit(
            f"BENCH={' '.join(parts)} compares with {' and '.join(missing)}, which nothing else needs and which is not installed. "
            f'Type: {sys.executable} -m pip install {" ".join(missing)}, or leave out what compares: make bench BENCH="samples training"'
        )


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR")
    parser.add_argument("--slug", default="", help="the trained word to work on; default: the first there is")
    parser.add_argument("--parts", default=" ".join(inputs.PARTS), help=f"which of: {' '.join(inputs.PARTS)}")
    parser.add_argument("--mix", default=DEFAULT_MIX, help="VOICES")
    parser.add_argument("--out", type=Path, default=DOCUMENT, help="document whose tables are replaced")
    parser.add_argument("--small", action="store_true", help="next to nothing of everything, nothing written")
    args = parser.parse_args(argv)
    if unknown := set(args.parts.split()) - set(inputs.PARTS):
        raise SystemExit(
            f"BENCH={args.parts}: there is no {' '.join(sorted(unknown))}; there are: {' '.join(inputs.PARTS)}"
        )
    refuse_without_packages(args.parts.split())
    data = args.data.resolve()
    slug = args.slug or inputs.trained_word(data)
    parts = {
        made.__name__: made for made in (samples, features, training, evaluation, conversion, memory, startup, scale)
    }
    for part in args.parts.split():
        with tempfile.TemporaryDirectory(dir=data) as work:
            try:
                table = parts[part](Bench(data, slug, Path(work), args.small, args.mix))
            except (RuntimeError, subprocess.SubprocessError) as error:
                raise SystemExit(f"bench: {part}: {error}") from None
        print(f"== {part}\n{table}", flush=True)
        if not args.small:
            write_table(args.out, part, f"{table}\n\n{describe_run()}")


if __name__ == "__main__":
    main()
