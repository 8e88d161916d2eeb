"""Judge a published model on recordings of real people: recall at fixed rates of false accepts, and at its own cutoff.

    python -m scripts.tools.judge data/output/hey_buster/hey_buster.json --positives mine/hey_buster --negatives mine/talk

Every file below --positives is one person saying the word once; the files below each folder of --negatives are one
uninterrupted stream. Takes any format that `make detect` takes; what cannot be decoded is named and counted. With
--noise and --snr noise is mixed into all of it (scripts/tools/recordings.py).

A positive counts as detected wherever in its file the model detects it. Recall is of all files; where some are
duplicates of one sound (scripts/tools/duplicates.py), it is given a second time with each sound counted once.
"""

import argparse
import json
from pathlib import Path


def format_figures(figures: dict) -> str:
    """The figures of judge() as people read them."""
    noise = "" if figures["snr_db"] is None else f", noise at {figures['snr_db']:g} dB"
    duplicated = figures["n_sounds"] < figures["n_positive"]
    lines = [
        f"{figures['wake_word']}: {figures['n_positive']} recordings of the word"
        + (f" ({figures['n_sounds']} sounds, the rest duplicates of them)" if duplicated else "")
        + f", {figures['hours']:.2f} h of other sound, window {figures['window']}{noise}",
        "false accepts/h         cutoff  recall  (95 %)" + ("            each sound once" if duplicated else ""),
    ]
    own = figures["at_cutoff"]
    rows = [(f"its own: {own['fa_per_hour']:.2f} ({own['false_accepts']})", own)]
    rows += [(f"at most {rate}", row) for rate, row in figures["at_fa_per_hour"].items()]
    lines += [f"{name:<23} {_format_point(row, duplicated)}" for name, row in rows]
    if len(figures["streams"]) > 1:
        lines += [
            f"  {stream['name']}: {stream['false_accepts']} false accepts at its own cutoff in "
            f"{stream['files']} files, {stream['hours']:.2f} h"
            for stream in figures["streams"]
        ]
    if figures["skipped"]:
        lines.append(f"{figures['skipped']} file{'s' * (figures['skipped'] != 1)} skipped, named above")
    return "\n".join(lines)


def _format_point(row: dict | None, duplicated: bool) -> str:
    if row is None:
        return "no cutoff keeps to it"
    low, high = row["recall_interval"]
    once = f"  {row['recall_once']:7.1%}" if duplicated else ""
    return f"{row['cutoff']:6.3f} {row['recall']:7.1%}  ({low:.1%} to {high:.1%}){once}"


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description="Judge a published model on recordings of real people.")
    parser.add_argument("manifest", type=Path, help="the model's .json")
    parser.add_argument(
        "--positives", type=Path, required=True, metavar="DIR", help="recordings of the word, one a file"
    )
    parser.add_argument(
        "--negatives", type=Path, required=True, nargs="+", metavar="DIR", help="recordings of anything else"
    )
    parser.add_argument("--snr", type=float, metavar="DB", help="mix noise in at this ratio")
    parser.add_argument("--noise", type=Path, metavar="DIR", help="folder of noise")
    parser.add_argument("--jobs", type=int, default=0, help="processes; 0: one for each processor")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="keep the recordings' spectrograms here: the next model takes seconds"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    args = parser.parse_args(argv)
    if (args.snr is None) != (args.noise is None):
        raise SystemExit("--snr and --noise belong together: a ratio in dB and a folder of noise.")
    if not args.manifest.is_file():
        raise SystemExit(f"There is no manifest {args.manifest}; give the .json beside a published model.")
    from scripts.tools.judging import Recordings, judge

    folders = Recordings(args.positives, tuple(args.negatives), args.noise, args.snr)
    figures = judge(args.manifest, folders, args.jobs, args.keep)
    print(json.dumps(figures) if args.json else format_figures(figures))


if __name__ == "__main__":
    main()
