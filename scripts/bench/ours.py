"""The same work as scripts.bench.reference_pipeline, done by wakemake's stages.

python -m scripts.bench.ours features --data data --slug hey_buster --out /tmp/x --count 200
"""

import os

import numpy as np

from scripts.bench.inputs import arguments, sounds, training_clips
from scripts.bench.measure import timed


def samples(given) -> int:
    """`count` clips by the --voices, written; how many."""
    from scripts.samples import dictionary, generate, requests, voices
    from scripts.samples.voices.shares import parse_shares

    datasets, shares = given.data / "datasets", parse_shares(given.voices)
    voice_set = generate.VoiceSet(list(shares), datasets, "en")
    planner = requests.Planner(voices.open_voices(shares, datasets, "en"), shares, seed=1)
    script = voices.Script("hey buster.", dictionary.open_dictionary("en", datasets).pronounce("hey buster."))
    planned = planner.plan("positive", "training", [script], given.count)
    del planner
    counts = generate.generate(planned, {}, voice_set, 1, given.jobs, 100, given.out / "samples")
    return sum(counts.values())


def features(given) -> int:
    """Spectrograms of `count` clips."""
    from scripts.core.files import write_jsonl
    from scripts.features import make_word

    write_jsonl(given.out / "samples/index.jsonl", training_clips(given.data, given.slug, given.count))
    names = [index.parents[1].name for index in sorted((given.data / "datasets").glob("*/16k/index.json"))]
    make_word.main(
        [
            "--samples",
            str(given.out / "samples"),
            "--datasets",
            str(given.data / "datasets"),
            "--repeats",
            "1",
            "--teaching",
            "0",
            "--jobs",
            str(given.jobs),
            *(part for name in names for part in ("--dataset", name)),
            "--out",
            str(given.out / "features"),
        ]
    )
    return given.count


def training(given, teachers: int = 0) -> int:
    """`count` steps; those that trace the graph are not counted."""
    from concurrent.futures import ThreadPoolExecutor

    from scripts.model import mixednet
    from scripts.model.batches import SequenceSampler
    from scripts.model.optimizer import Trainer

    tapes = SequenceSampler(given.data / "work" / given.slug / "features", given.data / "common/features", 1)
    trainer = Trainer(
        given.count + 3, 1, [mixednet.draw_weights(np.random.default_rng(number)) for number in range(teachers)]
    )
    for number in range(3):
        trainer.step(*tapes.batch(number))
    with timed() as done, ThreadPoolExecutor(1) as ahead:
        following = ahead.submit(tapes.batch, 0)
        for number in range(given.count):
            batch = following.result()
            following = ahead.submit(tapes.batch, number + 1)
            losses = trainer.step(*batch)
        np.array(list(losses.values()))  # waits for the last step
        done["items"] = given.count
    return -1


def pupil(given) -> int:
    """`count` steps of a network that learns what three teachers say."""
    return training(given, 3)


def conversion(given) -> int:
    """The whole stage on the work directory's input/; the first file, which loads the libraries, is converted once
    before."""
    from scripts.datasets import convert_sounds

    first = min((given.out / "input").iterdir())
    convert_sounds.convert_file((str(first), str(given.out / "first.wav"), "music"))
    with timed() as done:
        done["items"] = len(
            convert_sounds.convert_dataset("bench", "music", given.out / "input", given.out / "16k", given.jobs)[
                "files"
            ]
        )
    return -1


def evaluation(given) -> int:
    """Evaluate the word's model on `count` hours of ambient sound below out/common; hours."""
    from scripts.evaluation import evaluate

    word = given.data / "work" / given.slug
    evaluate.main(
        [
            "--model",
            str(word / "model/model.tflite"),
            "--features",
            str(word / "features"),
            "--samples",
            str(word / "samples"),
            "--common",
            str(given.out / "common"),
            "--jobs",
            str(given.jobs),
            "--out",
            str(given.out / "evaluation"),
        ]
    )
    return given.count


def originals(given) -> int:
    """Files to convert, in the work directory's input/: `count` pieces of music at 44.1 kHz in stereo.

    As FLAC of 10 s they are like AudioSet's, as mp3 of 30 s like FMA's: a second piece is mixed into one of the
    channels, and a hiss fills what the pieces, which are of 16 kHz, leave empty above 8 kHz. Both are coded in as many
    bits as real ones.
    """
    import soundfile

    from scripts.core import audio, random_numbers

    (given.out / "input").mkdir(parents=True, exist_ok=True)
    music, rate_hz, seconds = sounds(given.data, "music"), 44_100, {"flac": 10, "mp3": 30}[given.format]
    for number in range(given.count):
        rng, pieces = random_numbers.generator(1, "original", number), []
        for path in rng.choice(music, 2):
            with soundfile.SoundFile(path) as source:
                source.seek(int(rng.integers(max(1, source.frames - seconds * audio.SAMPLE_RATE_HZ))))
                piece = audio.resample(
                    source.read(seconds * audio.SAMPLE_RATE_HZ, dtype="float32"), audio.SAMPLE_RATE_HZ, rate_hz
                )
            pieces.append(np.resize(piece, seconds * rate_hz))
        sound = np.stack([pieces[0], 0.7 * pieces[0] + 0.3 * pieces[1]], axis=1) + rng.normal(
            0, 0.002, (seconds * rate_hz, 2)
        )
        soundfile.write(
            given.out / f"input/{number:04d}.{given.format}",
            np.clip(sound, -1, 1),
            rate_hz,
            format=given.format.upper(),
        )
    return given.count


def main(argv=None) -> None:
    work = {made.__name__: made for made in (samples, features, training, pupil, conversion, evaluation, originals)}
    given = arguments(__doc__, argv, *work)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    given.out.mkdir(parents=True, exist_ok=True)
    if given.what in ("training", "pupil", "conversion"):
        work[given.what](given)  # times itself, without what comes but once
        return
    with timed() as done:
        done["items"] = work[given.what](given)


if __name__ == "__main__":
    main()
