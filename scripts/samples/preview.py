"""One clip of the phrase to listen to, before committing to the rest.

WORD="hey buster." python -m scripts.samples.preview --datasets data/datasets --out data/work/hey_buster/sample.wav
"""

import argparse
from pathlib import Path

from scripts.core.files import publishing
from scripts.core.random_numbers import generator
from scripts.samples.advice import refuse, settle
from scripts.samples.languages import open_dictionary
from scripts.samples.speak_word import add_common_arguments, word_from_environment


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_common_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, help="WAV to write")
    args = parser.parse_args(argv)
    from scripts.core import audio
    from scripts.samples.generate import trimmed
    from scripts.samples.voices import Script, fitting, open_voices

    word = word_from_environment()
    refuse(word, args.language)  # before anything is opened
    shares = fitting(args.voices, args.language, args.strict)
    name = max(shares, key=shares.get)
    voice = open_voices([name], args.datasets, args.language)[name]
    dictionary = open_dictionary(args.language, args.datasets)
    text = settle(word, args.language, "sample", dictionary).text
    rng = generator(args.seed, "say", text)
    script = Script(text, dictionary.pronounce(text))
    speaker = voice.cast("training", rng)
    spoken, rate_hz = voice.speak(script, speaker, rng)
    sound, start_s, end_s = trimmed(audio.resample(spoken, rate_hz))
    with publishing(args.out) as part:
        audio.write(part, sound)
    print(
        f"{text!r} by {name} ({speaker}), pronounced {next(iter(script.phonemes.values()))}, {end_s - start_s:.2f} s: {args.out}\n"
        f"Listen to it. If it is not how you say it, spell WORD as it sounds."
    )


if __name__ == "__main__":
    main()
