"""Render speech that all words share as negatives: short random words, and sentences.

python -m scripts.samples.speak_common --datasets data/datasets --samples 3000 --seed 1 --jobs 2 --out
data/common/samples
"""

import argparse

from scripts.samples.arguments import add_generate_arguments, add_voice_arguments


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_voice_arguments(parser)
    parser.add_argument(
        "--samples", type=int, required=True, help="clips for training; a twelfth more each for validation and testing"
    )
    add_generate_arguments(parser)
    args = parser.parse_args(argv)
    from scripts.core.timing import stage_timer
    from scripts.samples.common_requests import plan_common
    from scripts.samples.dictionary import open_dictionary
    from scripts.samples.generate import VoiceSet, generate
    from scripts.samples.requests import Planner
    from scripts.samples.voices import open_voices
    from scripts.samples.voices.shares import choose_voices

    shares = choose_voices(args.voices, args.language, args.strict)
    with stage_timer(args.out, "common samples") as facts:
        planner = Planner(open_voices(shares, args.datasets, args.language), shares, args.seed)
        dictionary = open_dictionary(args.language, args.datasets)
        requests, phrases = plan_common(args.samples, args.language, dictionary, planner)
        del planner  # the worker processes open the voices for themselves
        voice_set = VoiceSet(list(shares), args.datasets, args.language)
        counts = generate(requests, phrases, voice_set, args.seed, args.jobs, args.batch, args.out)
        facts.update(clips=sum(counts.values()), renderings=len(requests))
    print("common samples: " + ", ".join(f"{count} {name}" for name, count in sorted(counts.items())))


if __name__ == "__main__":
    main()
