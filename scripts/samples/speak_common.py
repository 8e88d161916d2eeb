"""Synthetic speech that is no word in particular, shared by all words: short random words, and sentences.

python -m scripts.samples.speak_common --datasets data/datasets --samples 3000 --seed 1 --jobs 2 --out
data/common/samples
"""

import argparse
from pathlib import Path

from scripts.core.random_numbers import generator
from scripts.core.timing import stage_timer
from scripts.samples.languages import open_dictionary
from scripts.samples.speak_word import HELD_OUT, add_common_arguments

SENTENCES_SHARE = 0.15


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.add_argument(
        "--samples", type=int, required=True, help="clips for training; a twelfth more each for validation and test"
    )
    parser.add_argument("--jobs", type=int, default=0, help="processes, 0 for all processors")
    parser.add_argument("--batch", type=int, default=100, help="most renderings a process takes at once")
    parser.add_argument("--out", type=Path, required=True, help="directory to publish")
    args = parser.parse_args(argv)
    from scripts.samples import generate, phrases
    from scripts.samples.voices import Script, fitting, open_voices

    shares = fitting(args.voices, args.language, args.strict)

    with stage_timer(args.out, "common samples") as facts:
        voices = open_voices(shares, args.datasets, args.language)
        dictionary = open_dictionary(args.language, args.datasets)
        requests, listed = [], {}
        for split, share in {"training": 1.0, **HELD_OUT}.items():
            clips = max(4, round(args.samples * share))
            long = round(clips * SENTENCES_SHARE)
            rng = generator(args.seed, "common", split)
            for kind, texts, count in (
                ("word", phrases.random_words(dictionary, clips, rng), clips - long),
                ("sentence", phrases.sentences(max(4, long), rng, args.language.split("-")[0], dictionary), long),
            ):
                scripts = [Script(text, dictionary.pronounce(text)) for text in texts]
                speaking = generate.quick(shares, voices) if kind == "sentence" and split == "training" else shares
                requests += generate.plan(kind, split, scripts, count, voices, speaking, args.seed)
            listed[split] = texts
        del voices
        counts = generate.generate(
            requests, listed, list(shares), args.datasets, args.language, args.seed, args.jobs, args.batch, args.out
        )
        facts.update(clips=sum(counts.values()), renderings=len(requests))
    print("common samples: " + ", ".join(f"{count} {name}" for name, count in sorted(counts.items())))


if __name__ == "__main__":
    main()
