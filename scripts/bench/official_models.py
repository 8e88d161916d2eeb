"""Beside the official models: ours of the same words, judged by voices that neither has learned from.

    python -m scripts.bench.official_models --data data --seed 1 --out docs/RESULTS.md

Each word is trained by `make train` as for make bench-quality, in DATA_DIR/bench/SEED. Both models hear the strangers
of this build, which are the voices named in HELDOUT_VOICES, in scenes, and the ambient sound of the testing split. Nobody's
recording of these words is at hand: strangers are synthetic, and the sound comes from the sources that ours has learned
other recordings of.
"""

import argparse
import os
from importlib import resources
from pathlib import Path

from scripts.bench.document import describe_run, write_table
from scripts.bench.quality import NOBODY, trained

WORDS = ("alexa", "hey_jarvis", "okay_nabu")  # "hey mycroft" is what networks begin with
SHOWN = ("0.5", "1.0", "2.0")  # false accepts per hour


def judged(manifest: Path, features: Path, common: Path, jobs: int) -> dict:
    """scripts.tools.judge' figures for a model on the strangers of a word, and the ambient sound of the testing split.
    SystemExit without strangers."""
    from scripts.core.spectrogram_store import HELDOUT, open_stores
    from scripts.evaluation.evaluation_sets import open_ambient_stores
    from scripts.evaluation.inference import ClipSet, score_stores
    from scripts.evaluation.operating_point import LATE_FRAMES
    from scripts.model.manifest import Manifest
    from scripts.tools.recall import Stream, describe_recall

    strangers = open_stores(features, "positive", HELDOUT)
    if not strangers:
        raise SystemExit(
            f"{features} holds no clips of strangers, by whom both models are judged: name voices in HELDOUT_VOICES that speak English here, as flite does."
        )
    facts = Manifest.read(manifest)
    ambient = [store for stores in open_ambient_stores(common, [], "testing_ambient").values() for store in stores]
    scores = score_stores(
        facts.model,
        {"stranger": ClipSet(strangers, LATE_FRAMES), "ambient": ClipSet(ambient)},
        jobs=jobs,
        label=facts.title,
    )
    stream = scores["ambient"]
    negatives = [Stream("ambient", stream.outputs, stream.stride, sum(map(len, ambient)))]
    return describe_recall(scores["stranger"], negatives, facts.window, facts.cutoff)


def table(rows: list[tuple[str, str, dict]]) -> str:
    """Markdown: a line for each (word, whose model, figures)."""
    lines = [
        "| word | model | n | hours | "
        + " | ".join(f"at {rate} per hour" for rate in SHOWN)
        + " | at its own cutoff | false accepts per hour there |",
        "|---|---|---|---|" + "---|" * (len(SHOWN) + 2),
    ]
    for word, whose, figures in rows:
        points = [figures["at_fa_per_hour"][rate] or NOBODY for rate in SHOWN]
        own = figures["at_cutoff"]
        low, high = own["recall_interval"]
        lines.append(
            f"| {word} | {whose} | {figures['n_positive']} | {figures['hours']:.2f} | "
            + " | ".join(f"{point['recall']:.1%}" for point in points)
            + f" | {own['recall']:.1%} ({low:.1%} to {high:.1%}) | {own['fa_per_hour']:.2f} |"
        )
    return "\n".join(lines)


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR, with converted datasets")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=0, help="processes; 0 is one for each processor")
    parser.add_argument("--out", type=Path, help="a document whose table 'official' is replaced")
    options = parser.parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from scripts.model.init_from_official import PACKAGE

    home, rows = options.data / "bench" / str(options.seed), []
    official = resources.files(PACKAGE.replace("-", "_")) / "models"
    for name in WORDS:
        ours = trained(options.data, name.replace("_", " "), options.seed)
        for whose, manifest in (("official", Path(str(official)) / f"{name}.json"), ("ours", ours)):
            rows.append(
                (
                    name.replace("_", " "),
                    whose,
                    judged(manifest, home / "work" / name / "features", home / "common/features", options.jobs),
                )
            )
    text = f"`make bench-official SEED={options.seed}`, {describe_run()}. In brackets the 95 % interval (Wilson).\n\n{table(rows)}"
    print(text)
    if options.out:
        write_table(options.out, "official", text)


if __name__ == "__main__":
    main()
