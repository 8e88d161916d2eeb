"""The samples of one word: positives, and the hard negatives that are nearly the word or pieces of it.

    WORD="hey buster." python -m scripts.samples.speak_word --datasets data/datasets --samples 4000 --negatives 4000 \
        --seed 1 --jobs 2 --out data/work/hey_buster/samples
"""

import argparse
import os
from pathlib import Path

from scripts.core.random_numbers import generator
from scripts.core.timing import stage_timer
from scripts.samples.advice import refuse, settle
from scripts.samples.languages import LANGUAGES, open_dictionary

HELD_OUT = {"validation": 1 / 12, "testing": 1 / 12}  # clips of those splits for each one in training
STRANGER_CLIPS = 200  # a hundred rank networks as well as eight hundred (docs/EXPERIMENTS.md)
CUTS_SHARE = 0.3  # negatives cut out of renderings of the word, for each positive
PARTS_SHARE = 0.12  # of the spoken negatives: words and other pieces of the phrase


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that every command which speaks has in common."""
    parser.add_argument("--datasets", type=Path, required=True, help="DATA_DIR/datasets")
    parser.add_argument("--voices", default="kokoro:1 piper:1 hibari:1 espeak:1", help="who speaks and in which shares")
    parser.add_argument("--language", default="en", choices=sorted(LANGUAGES), help="language of the phrase")
    parser.add_argument(
        "--strict", action="store_true", help="a voice that cannot speak the language is an error, not left out"
    )
    parser.add_argument("--seed", type=int, default=1)


def word_from_environment() -> str:
    """WORD as typed; user text travels by environment, never through a shell."""
    word = os.environ.get("WORD", "").strip()
    if not any(character.isalnum() for character in word):
        raise SystemExit(
            'WORD is empty or has no letters. Set it, as in: WORD="hey buster." python -m scripts.samples.speak_word ...'
        )
    return word


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.add_argument(
        "--samples",
        type=int,
        required=True,
        help="positive clips for training; a twelfth more each for validation and test",
    )
    parser.add_argument("--negatives", type=int, required=True, help="hard negatives for training; likewise")
    parser.add_argument("--strangers", default="", help="voices that no training hears, and that judge")
    parser.add_argument("--jobs", type=int, default=0, help="processes, 0 for all processors")
    parser.add_argument("--batch", type=int, default=100, help="most renderings a process takes at once")
    parser.add_argument("--out", type=Path, required=True, help="directory to publish")
    args = parser.parse_args(argv)
    from scripts.core.spectrogram_store import STRANGER
    from scripts.samples import generate, phrases
    from scripts.samples.voices import Script, fitting, open_voices, strangers

    word = word_from_environment()
    refuse(word, args.language)  # before anything is opened
    shares = fitting(args.voices, args.language, args.strict)
    unheard = strangers(args.strangers, args.language, shares)

    with stage_timer(args.out, "samples") as facts:
        voices = open_voices([*shares, *unheard], args.datasets, args.language)
        dictionary = open_dictionary(args.language, args.datasets)
        text = settle(word, args.language, "sample", dictionary).text
        script = lambda text: Script(text, dictionary.pronounce(text))
        if (words := len(text.split())) > 4:
            print(f"looking for phrases that {words} words are confused with: this may take a minute", flush=True)
        near = phrases.near_misses(text, dictionary, max(50, args.negatives // 6), generator(args.seed, "near", text))
        pieces = phrases.parts(text, dictionary)
        spellings = phrases.spellings(text)
        said = {
            "positive": [script(text) for text in spellings],
            "near": [script(text) for _, text in near],
            "part": [script(text) for text in pieces],
        }
        requests = []
        for split, share in {"training": 1.0, **HELD_OUT}.items():
            positives, negatives = (max(4, round(count * share)) for count in (args.samples, args.negatives))
            cuts = min(CUTS_SHARE, negatives / positives / 2)
            spoken = negatives - round(positives * cuts)
            part_clips = round(spoken * PARTS_SHARE) if pieces else 0
            for kind, clips in (("positive", positives), ("near", spoken - part_clips), ("part", part_clips)):
                if clips and said[kind]:
                    requests += generate.plan(
                        kind,
                        split,
                        said[kind],
                        clips,
                        voices,
                        shares,
                        args.seed,
                        cuts if kind == "positive" else 0.0,
                        int(kind == "positive"),
                    )
        if unheard:
            requests += generate.plan(
                "positive",
                STRANGER,
                said["positive"],
                min(STRANGER_CLIPS, args.samples),
                voices,
                unheard,
                args.seed,
                label=1,
            )
        listed = {
            "word": word,
            "pronunciation": dictionary.pronounce(text),
            "spellings": sorted(set(spellings)),
            "near": [{"text": text, "distance": round(apart, 2)} for apart, text in near],
            "parts": pieces,
        }
        del voices
        counts = generate.generate(
            requests,
            listed,
            [*shares, *unheard],
            args.datasets,
            args.language,
            args.seed,
            args.jobs,
            args.batch,
            args.out,
        )
        facts.update(clips=sum(counts.values()), renderings=len(requests))
    print(f"samples of {word!r}: " + ", ".join(f"{count} {name}" for name, count in sorted(counts.items())))


if __name__ == "__main__":
    main()
