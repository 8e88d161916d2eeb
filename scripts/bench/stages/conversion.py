"""Conversion to 16 kHz: ours by the dataset stage; the reference's with librosa.load and scipy's WAV, file by file."""

from argparse import Namespace
from importlib import import_module

import numpy as np
import scipy.io.wavfile
import soundfile

from scripts.bench.inputs import list_sounds
from scripts.bench.measure import timed
from scripts.core import audio
from scripts.core.random_numbers import generator
from scripts.datasets import convert_sounds

RATE_HZ = 16_000
ORIGINAL_HZ, SECONDS = 44_100, {"flac": 10, "mp3": 30}


def run_ours(args: Namespace) -> None:
    """The whole stage on out/input; the first file, which loads the libraries, is converted once before."""
    first = min((args.out / "input").iterdir())
    convert_sounds.convert_file(convert_sounds.Conversion(str(first), str(args.out / "first.wav"), "music"))
    with timed() as result:
        index = convert_sounds.convert_dataset("bench", "music", args.out / "input", args.out / "16k", args.jobs)
        result["items"] = len(index["files"])


def run_reference(args: Namespace) -> None:
    """The files of out/input; the first, which loads the libraries, is converted once before."""
    librosa = import_module("librosa")

    def convert(source) -> None:
        sound, _ = librosa.load(source, sr=RATE_HZ, mono=True)
        pcm = (np.clip(sound, -1, 1) * 32767).astype(np.int16)
        scipy.io.wavfile.write(args.out / f"{source.stem}.wav", RATE_HZ, pcm)

    sources = sorted((args.out / "input").iterdir())
    convert(sources[0])
    with timed() as result:
        for source in sources:
            convert(source)
        result["items"] = len(sources)


def make_inputs(args: Namespace) -> None:
    """Files to convert, in out/input: `count` pieces of music at 44.1 kHz in stereo.

    As FLAC of 10 s they are like AudioSet's, as mp3 of 30 s like FMA's: a second piece is mixed into one of the
    channels, and a hiss fills the band above 8 kHz, which is empty in sound of 16 kHz. Both are coded in as many bits
    as real ones.
    """
    (args.out / "input").mkdir(parents=True, exist_ok=True)
    music, seconds = list_sounds(args.data, "music"), SECONDS[args.format]
    with timed() as result:
        for number in range(args.count):
            rng = generator(1, "original", number)
            first, second = (_read_excerpt(music[i], seconds, rng) for i in rng.choice(len(music), 2))
            hiss = rng.normal(0, 0.002, (seconds * ORIGINAL_HZ, 2))
            sound = np.stack([first, 0.7 * first + 0.3 * second], axis=1) + hiss
            path = args.out / f"input/{number:04d}.{args.format}"
            soundfile.write(path, np.clip(sound, -1, 1), ORIGINAL_HZ, format=args.format.upper())
        result["items"] = args.count


def _read_excerpt(path, seconds: int, rng: np.random.Generator) -> np.ndarray:
    length = seconds * audio.SAMPLE_RATE_HZ
    with soundfile.SoundFile(path) as source:
        source.seek(int(rng.integers(max(1, source.frames - length))))
        excerpt = audio.resample(source.read(length, dtype="float32"), audio.SAMPLE_RATE_HZ, ORIGINAL_HZ)
    return np.resize(excerpt, seconds * ORIGINAL_HZ)
