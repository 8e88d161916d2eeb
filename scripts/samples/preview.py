"""Render one clip of the phrase to listen to, before making the samples.

WORD="hey buster." python -m scripts.samples.preview --datasets data/datasets --out data/work/hey_buster/sample.wav
"""

import argparse
from pathlib import Path

from scripts.samples.arguments import add_voice_arguments, word_from_environment


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_voice_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, help="WAV to write")
    args = parser.parse_args(argv)
    from scripts.core import audio
    from scripts.core.files import publishing
    from scripts.core.random_numbers import generator
    from scripts.samples.advice import refuse, settle
    from scripts.samples.dictionary import open_dictionary
    from scripts.samples.generate import trim_silence
    from scripts.samples.voices import Script, open_voices
    from scripts.samples.voices.shares import choose_voices

    word = word_from_environment()
    refuse(word, args.language)  # before anything is opened
    shares = choose_voices(args.voices, args.language, args.strict)
    name = max(shares, key=lambda name: shares[name])
    voice = open_voices([name], args.datasets, args.language)[name]
    dictionary = open_dictionary(args.language, args.datasets)
    text = settle(word, args.language, "sample", dictionary).text
    rng = generator(args.seed, "say", text)
    script = Script(text, dictionary.pronounce(text))
    speaker = voice.draw_speaker("training", rng)
    sound, rate_hz = voice.speak(script, speaker, rng)
    clip = trim_silence(audio.resample(sound, rate_hz))
    with publishing(args.out) as part:
        audio.write(part, clip.sound)
    pronunciation = next(iter(script.phonemes.values()))
    print(
        f"{text!r} by {name} ({speaker}), pronounced {pronunciation}, {clip.end_s - clip.start_s:.2f} s: {args.out}\n"
        "Listen to it. If you say it differently, spell WORD as it sounds."
    )


if __name__ == "__main__":
    main()
