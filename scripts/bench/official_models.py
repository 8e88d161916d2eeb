"""Beside the official models: ours of the same words, judged by voices that neither was trained with.

    python -m scripts.bench.official_models --data data --seed 1 --out docs/RESULTS.md

Each word is trained as for make bench-quality. Both models are judged on the held-out voices of this build
(HELDOUT_VOICES) in scenes, and on the ambient sound of the testing split. There are no recordings of people saying these
words, so held-out voices are synthetic, and the ambient sound comes from the sources of our training, but from other
recordings.
"""

import argparse
import os
from importlib import resources
from pathlib import Path

from scripts.bench.document import DOCUMENT, describe_run, write_table
from scripts.bench.quality_tables import NONE
from scripts.bench.words import Seeds, train_word
from scripts.core.spectrogram_store import HELDOUT, open_stores
from scripts.evaluation.evaluation_sets import open_ambient_stores
from scripts.evaluation.inference import ClipSet, score_stores
from scripts.evaluation.operating_point import LATE_FRAMES
from scripts.model.init_from_official import PACKAGE
from scripts.model.manifest import Manifest
from scripts.tools.recall import Stream, describe_recall

WORDS = ("alexa", "hey_jarvis", "okay_nabu")  # "hey mycroft" is what training is initialised from
RATES = ("0.5", "1.0", "2.0")  # false accepts per hour


def judge_on_voices(manifest: Path, features: Path, common: Path, jobs: int) -> dict:
    """The figures of scripts.tools.recall on a word's held-out voices and the ambient sound of the testing split.

    SystemExit if there are no held-out voices.
    """
    positives = open_stores(features, "positive", HELDOUT)
    if not positives:
        raise SystemExit(
            f"{features} holds no clips of held-out voices, on which both models are judged: name voices in HELDOUT_VOICES that speak "
            "English here, as flite does."
        )
    facts = Manifest.read(manifest)
    ambient = [store for stores in open_ambient_stores(common, [], "testing_ambient").values() for store in stores]
    sets = {"heldout": ClipSet(positives, LATE_FRAMES), "ambient": ClipSet(ambient)}
    scores = score_stores(facts.model, sets, jobs=jobs, label=facts.title)
    stream = scores["ambient"]
    negatives = [Stream("ambient", stream.outputs, stream.stride, sum(map(len, ambient)))]
    return describe_recall(scores["heldout"], negatives, facts.window, facts.cutoff)


def format_table(rows: list[tuple[str, str, dict]]) -> str:
    """Markdown: a line for each (word, maker of the model, figures)."""
    lines = [
        "| word | model | n | hours | "
        + " | ".join(f"at {rate} per hour" for rate in RATES)
        + " | at its own cutoff | false accepts per hour there |",
        "|---|---|---|---|" + "---|" * (len(RATES) + 2),
    ]
    for word, maker, figures in rows:
        points = [figures["at_fa_per_hour"][rate] or NONE for rate in RATES]
        own = figures["at_cutoff"]
        low, high = own["recall_interval"]
        lines.append(
            f"| {word} | {maker} | {figures['n_positive']} | {figures['hours']:.2f} | "
            + " | ".join(f"{point['recall']:.1%}" for point in points)
            + f" | {own['recall']:.1%} ({low:.1%} to {high:.1%}) | {own['fa_per_hour']:.2f} |"
        )
    return "\n".join(lines)


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR, with converted datasets")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=0, help="processes; 0: one for each processor")
    parser.add_argument("--out", type=Path, default=DOCUMENT, help="document whose table is replaced")
    args = parser.parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    home, rows = args.data / "bench" / str(args.seed), []
    official = Path(str(resources.files(PACKAGE.replace("-", "_")))) / "models"
    for name in WORDS:
        word = name.replace("_", " ")
        ours = train_word(args.data, word, Seeds(args.seed, args.seed))
        for maker, manifest in (("official", official / f"{name}.json"), ("ours", ours)):
            features = home / "work" / name / "features"
            rows.append((word, maker, judge_on_voices(manifest, features, home / "common/features", args.jobs)))
    table = (
        f"`make bench-official SEED={args.seed}`, {describe_run()}. In brackets the 95 % interval (Wilson).\n\n"
        f"{format_table(rows)}"
    )
    print(table)
    write_table(args.out, "official", table)


if __name__ == "__main__":
    main()
