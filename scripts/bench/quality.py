"""How well the default models hear people: train words with several seeds, and judge them by recordings.

    python -m scripts.bench.quality --data data --recordings RECORDINGS --seeds "1 2 3" --out docs/RESULTS.md

RECORDINGS/NAME/ holds recordings of one phrase, one a file; the phrase is NAME with spaces for _, or what stands in
NAME/word.txt. Each word is trained by `make train` with nothing but the seed changed, in DATA_DIR/bench/SEED with the
datasets of DATA_DIR, and judged by scripts.tools.judge: its false accepts are counted on the recordings of the other
words and on all speech of the datasets' testing split. At 10 dB, music and noise of the testing split are mixed into
both. Recordings that are copies of one sound count as often as they are there, and once in the last column; intervals
allow for them.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from scripts.bench.document import describe_run, write_table
from scripts.core.files import read_json, write_json
from scripts.tools.judging import Recordings, judge

NOISE_DB = 10.0
SHOWN = ("0.1", "0.5", "1.0", "2.0")  # false accepts per hour
NOBODY = {"recall": 0.0, "recall_once": 0.0}  # is heard where no cutoff keeps to a rate


def word_of(folder: Path) -> str:
    """The phrase that a folder's recordings say."""
    said = folder / "word.txt"
    return said.read_text(encoding="utf-8").strip() if said.exists() else folder.name.replace("_", " ")


def held_out(datasets: Path, kinds: tuple[str, ...], into: Path) -> Path:
    """A folder of links to the converted files of some kinds in the testing split."""
    into.mkdir(parents=True, exist_ok=True)
    for index in sorted(datasets.glob("*/16k/index.json")):
        for entry in read_json(index)["files"]:
            link = into / f"{index.parent.parent.name} {entry['path'].replace('/', ' ')}"
            if entry["split"] == "testing" and entry["kind"] in kinds and not link.is_symlink():
                link.symlink_to((index.parent / entry["path"]).resolve())
    return into


def trained(data: Path, word: str, seed: int) -> Path:
    """The manifest of a word trained with a seed, in DATA_DIR/bench/SEED; SystemExit with make's last lines if it
    fails."""
    home = data / "bench" / str(seed)
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "datasets").is_symlink():
        (home / "datasets").symlink_to((data / "datasets").resolve())
    line = [
        "make",
        "train",
        f"WORD={word}",
        f"SEED={seed}",
        f"DATA_DIR={home}",
        f"PYTHON={sys.executable}",
        "CLEANUP_WORK=0",
    ]
    print(" ".join(line), flush=True)
    ran = subprocess.run(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if ran.returncode:
        raise SystemExit(f"The training of {word!r} with seed {seed} failed:\n{ran.stdout[-3000:]}")
    newest = max(
        (
            path
            for path in (home / "output").iterdir()
            if path.is_symlink() and read_json(path / "build.json")["word"] == word
        ),
        key=lambda path: path.lstat().st_mtime,
    )
    return newest / f"{newest.name}.json"


def judged(data: Path, folders: list[Path], seeds: list[int], jobs: int) -> list[dict]:
    """One row of figures for every word, seed and condition."""
    bench = data / "bench"
    speech = held_out(data / "datasets", ("speech", "short"), bench / "speech")
    noise = held_out(data / "datasets", ("music", "noise"), bench / "noise")
    rows = []
    for seed in seeds:  # one after the other: what words share, the simulated rooms among it, is drawn from the seed
        for folder in folders:
            others = [*(other for other in folders if other != folder), speech]
            manifest = trained(data, word_of(folder), seed)
            for snr_db in (None, NOISE_DB):
                figures = judge(
                    manifest, Recordings(folder, tuple(others), noise if snr_db else None, snr_db), jobs, bench / "kept"
                )
                rows.append({"word": word_of(folder), "seed": seed, **figures})
                write_json(bench / "quality.json", rows)
    return rows


def table(rows: list[dict]) -> str:
    """Markdown: for each word and condition the mean recall over seeds, with the lowest and highest."""
    from scripts.core.statistics import wilson_interval

    lines = [
        "| word | noise | seeds | n | hours | "
        + " | ".join(f"at {rate} per hour" for rate in SHOWN)
        + " | at the build's own cutoff | false accepts per hour there "
        "| each sound once: at 0.5 per hour, at the own cutoff |",
        "|---|---|---|---|---|" + "---|" * (len(SHOWN) + 3),
    ]
    means = []  # over seeds: (noise, recall at 0.5 per hour, recall at the own cutoff, false accepts per hour there, and both recalls with each sound once)
    for word, snr_db in dict.fromkeys((row["word"], row["snr_db"]) for row in rows):
        group = [row for row in rows if (row["word"], row["snr_db"]) == (word, snr_db)]
        count, effective = group[0]["n_positive"], group[0]["n_effective"]

        def spread(recalls: list[float]) -> str:
            mean = sum(recalls) / len(recalls)
            low, high = wilson_interval(round(mean * effective), effective)
            seeds = f"; seeds {min(recalls):.1%} to {max(recalls):.1%}" if len(recalls) > 1 else ""
            return f"**{mean:.1%}** ({low:.1%} to {high:.1%}{seeds})"

        points = {rate: [row["at_fa_per_hour"][rate] or NOBODY for row in group] for rate in SHOWN}
        at = [spread([point["recall"] for point in points[rate]]) for rate in SHOWN]
        half, chosen = points["0.5"], [row["at_cutoff"] for row in group]
        figures = [
            (half, "recall"),
            (chosen, "recall"),
            (chosen, "fa_per_hour"),
            (half, "recall_once"),
            (chosen, "recall_once"),
        ]
        averages = [sum(point[name] for point in found) / len(group) for found, name in figures]
        means.append((snr_db, *averages))
        once = f"{averages[-2]:.1%}, {averages[-1]:.1%} of {group[0]['n_sounds']}"
        lines.append(
            f"| {word} | {'none' if snr_db is None else f'{snr_db:g} dB'} | {len(group)} | {count} | {group[0]['hours']:.2f} | "
            + " | ".join(at)
            + f" | {spread([point['recall'] for point in chosen])} | {', '.join(format(point['fa_per_hour'], '.2f') for point in chosen)} | {once} |"
        )
    for snr_db in dict.fromkeys(snr_db for snr_db, *_ in means):
        of_words = [values for condition, *values in means if condition == snr_db]
        half, recall, events, half_once, own_once = (sum(column) / len(of_words) for column in zip(*of_words))
        lines.append(
            f"\nMean over words, {'no noise added' if snr_db is None else f'noise at {snr_db:g} dB'}: at 0.5 per hour **{half:.1%}**, "
            f"at the build's own cutoff **{recall:.1%}** with {events:.2f} false accepts per hour; "
            f"with each sound counted once {half_once:.1%} and {own_once:.1%}."
        )
    return "\n".join(lines)


def models(rows: list[dict]) -> str:
    """Markdown: each model by itself, in the conditions one after the other."""

    def cells(recalls: list[float]) -> str:
        return " / ".join(f"{recall:.1%}" for recall in recalls)

    conditions = " / ".join(
        dict.fromkeys("no noise" if row["snr_db"] is None else f"{row['snr_db']:g} dB" for row in rows)
    )
    lines = [
        f"| {conditions} | at 0.5 per hour | each sound once | at the build's own cutoff | false accepts per hour there | each sound once |",
        "|---|---|---|---|---|---|",
    ]
    for word, seed in dict.fromkeys((row["word"], row["seed"]) for row in rows):
        group = [row for row in rows if (row["word"], row["seed"]) == (word, seed)]
        half, chosen = [row["at_fa_per_hour"]["0.5"] or NOBODY for row in group], [row["at_cutoff"] for row in group]
        found = [
            cells([point[name] for point in points]) for points in (half, chosen) for name in ("recall", "recall_once")
        ]
        events = " / ".join(f"{point['fa_per_hour']:.2f}" for point in chosen)
        lines.append(f"| {word}, seed {seed} | " + " | ".join([*found[:3], events, found[3]]) + " |")
    return "\n".join(lines)


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR, with converted datasets")
    parser.add_argument("--recordings", type=Path, required=True, help="one folder of recordings for each phrase")
    parser.add_argument("--seeds", default="1 2 3")
    parser.add_argument("--jobs", type=int, default=0, help="processes; 0 is one for each processor")
    parser.add_argument("--out", type=Path, help="a document whose table 'quality' is replaced")
    options = parser.parse_args(argv)
    folders = (
        sorted(path for path in options.recordings.glob("*") if path.is_dir()) if options.recordings.is_dir() else []
    )
    if not folders:
        raise SystemExit(
            f"{options.recordings} holds no folder of recordings. Put the recordings of each phrase into a folder named "
            f"after it (view_glass), and type: make bench-quality RECORDINGS=that_directory"
        )
    rows = judged(options.data, folders, [int(seed) for seed in options.seeds.split()], options.jobs)
    text = (
        f'`make bench-quality RECORDINGS=... SEEDS="{options.seeds}"`, {describe_run()}. In brackets the 95 % interval over recordings (Wilson; copies are heard together), '
        f"and the lowest and highest of the seeds.\n\n{table(rows)}\n\nModel by model:\n\n{models(rows)}"
    )
    print(text)
    if options.out:
        write_table(options.out, "quality", text)


if __name__ == "__main__":
    main()
