"""Render the samples of one word: positives, and hard negatives (confusable phrases and fragments of the word).

    WORD="hey buster." python -m scripts.samples.speak_word --datasets data/datasets --samples 4000 --negatives 4000 \
        --seed 1 --jobs 2 --out data/work/hey_buster/samples
"""

import argparse

from scripts.samples.arguments import (
    add_generate_arguments,
    add_voice_arguments,
    phrases_from_environment,
    pronunciation_from_environment,
    word_from_environment,
)


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_voice_arguments(parser)
    parser.add_argument(
        "--samples",
        type=int,
        required=True,
        help="positive clips for training; a twelfth more each for validation and testing",
    )
    parser.add_argument("--negatives", type=int, required=True, help="hard negatives for training; likewise")
    parser.add_argument("--heldout-voices", default="", help="voices used for evaluation only")
    add_generate_arguments(parser)
    args = parser.parse_args(argv)
    from scripts.core.timing import stage_timer
    from scripts.samples.advice import refuse, settle
    from scripts.samples.dictionary import open_dictionary
    from scripts.samples.generate import VoiceSet, generate
    from scripts.samples.requests import Planner
    from scripts.samples.voices import open_voices
    from scripts.samples.voices.shares import choose_heldout_voices, choose_voices
    from scripts.samples.word_requests import find_texts, pin_pronunciations, plan_word

    word = word_from_environment()
    refuse(word, args.language)  # before anything is opened
    shares = choose_voices(args.voices, args.language, args.strict)
    heldout = choose_heldout_voices(args.heldout_voices, args.language, shares)
    names = [*shares, *heldout]

    with stage_timer(args.out, "samples") as facts:
        voices = open_voices(names, args.datasets, args.language)
        dictionary = open_dictionary(args.language, args.datasets)
        text = settle(word, args.language, "sample", dictionary).text
        pinned = pin_pronunciations(pronunciation_from_environment(), args.language, dictionary)
        spellings, rejected = phrases_from_environment("SPELLINGS"), phrases_from_environment("NEGATIVE_PHRASES")
        for phrase in (*spellings, *rejected):
            refuse(phrase, args.language)
        texts = find_texts(text, dictionary, args.negatives, args.seed, pinned, spellings, rejected)
        planner, heldout_planner = Planner(voices, shares, args.seed), Planner(voices, heldout, args.seed)
        requests = plan_word(texts, dictionary, args.samples, args.negatives, planner, heldout_planner)
        del voices, planner, heldout_planner  # the worker processes open the voices for themselves
        phrases = {"word": word, "pronunciation": dictionary.pronounce(text), **texts.describe()}
        voice_set = VoiceSet(names, args.datasets, args.language)
        counts = generate(requests, phrases, voice_set, args.seed, args.jobs, args.batch, args.out)
        facts.update(clips=sum(counts.values()), renderings=len(requests))
    print(f"samples of {word!r}: " + ", ".join(f"{count} {name}" for name, count in sorted(counts.items())))


if __name__ == "__main__":
    main()
