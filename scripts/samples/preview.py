"""Render the phrase, in each pronunciation of PRONUNCIATION and spelling of SPELLINGS, to listen to, before making the samples.

WORD="hey buster." python -m scripts.samples.preview --datasets data/datasets --out data/work/hey_buster/sample.wav
"""

import argparse
from pathlib import Path

from scripts.samples.arguments import (
    add_voice_arguments,
    phrases_from_environment,
    pronunciation_from_environment,
    word_from_environment,
)

PAUSE_S = 0.5  # between two pronunciations


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_voice_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, help="WAV to write")
    args = parser.parse_args(argv)
    import numpy as np

    from scripts.core import audio
    from scripts.core.files import publishing
    from scripts.core.random_numbers import generator
    from scripts.samples.advice import refuse, settle
    from scripts.samples.dictionary import open_dictionary
    from scripts.samples.generate import trim_silence
    from scripts.samples.voices import Script, open_voices
    from scripts.samples.voices.shares import choose_voices
    from scripts.samples.word_requests import pin_pronunciations, punctuate

    word = word_from_environment()
    refuse(word, args.language)  # before anything is opened
    shares = choose_voices(args.voices, args.language, args.strict)
    name = max(shares, key=lambda name: shares[name])
    voice = open_voices([name], args.datasets, args.language)[name]
    dictionary = open_dictionary(args.language, args.datasets)
    text = settle(word, args.language, "sample", dictionary).text
    pinned = pin_pronunciations(pronunciation_from_environment(), args.language, dictionary)
    rng = generator(args.seed, "say", text)
    scripts = [
        Script(text, dictionary.pronounce(text), punctuate(text, pronunciation)) for pronunciation in pinned or [""]
    ]
    scripts += [Script(each, dictionary.pronounce(each)) for each in phrases_from_environment("SPELLINGS")]
    speaker = voice.draw_speaker("training", rng)
    sounds, spoken = [], []
    for script in scripts:
        sound, rate_hz = voice.speak(script, speaker, rng)
        clip = trim_silence(audio.resample(sound, rate_hz))
        sounds += [clip.sound, np.zeros(int(PAUSE_S * audio.SAMPLE_RATE_HZ), np.float32)]
        spoken.append(
            f"{script.pronunciation or next(iter(script.phonemes.values()))}, {clip.end_s - clip.start_s:.2f} s"
        )
    with publishing(args.out) as part:
        audio.write(part, np.concatenate(sounds[:-1]))
    otherwise = (
        "give PRONUNCIATION as it sounds or in IPA" if args.language.startswith("en") else "spell WORD as it sounds"
    )
    print(
        f"{text!r} by {name} ({speaker}), pronounced {'; '.join(spoken)}: {args.out}\n"
        f"Listen to it. If you say it differently, {otherwise}."
    )


if __name__ == "__main__":
    main()
