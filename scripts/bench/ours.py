"""The same work as scripts.bench.reference, done by wakemake's stages.

    python -m scripts.bench.ours features --data data --slug hey_buster --out /tmp/x --count 200
"""
import os

import numpy as np

from scripts.bench.inputs import arguments, sounds, training_clips
from scripts.bench.measure import timed


def samples(given) -> int:
    """`count` clips by the --voices, written; how many."""
    from scripts.samples import generate
    from scripts.samples.phonemes import Dictionary
    from scripts.samples.voices import Script, open_voices, parse_shares

    datasets = given.data / "datasets"
    voices = open_voices(given.voices, datasets, "en")
    script = Script("hey buster.", Dictionary(datasets / "voice_hibari/voice").pronounce("hey buster."))
    requests = generate.plan("positive", "training", [script], given.count, voices, parse_shares(given.voices), 1)
    del voices
    counts = generate.generate(requests, {}, given.voices, datasets, "en", 1, given.jobs, 100, given.out / "samples")
    return sum(counts.values())


def features(given) -> int:
    """Spectrograms of `count` clips."""
    from scripts.features import word
    from scripts.files import write_jsonl

    write_jsonl(given.out / "samples/index.jsonl", training_clips(given.data, given.slug, given.count))
    names = [index.parents[1].name for index in sorted((given.data / "datasets").glob("*/16k/index.json"))]
    word.main(["--samples", str(given.out / "samples"), "--datasets", str(given.data / "datasets"), "--repeats", "1", "--jobs", str(given.jobs),
               *(part for name in names for part in ("--dataset", name)), "--out", str(given.out / "features")])
    return given.count


def training(given, teachers: int = 0) -> int:
    """`count` steps; those that trace the graph are not counted."""
    from concurrent.futures import ThreadPoolExecutor

    from scripts.model import mixednet
    from scripts.model.data import Tapes
    from scripts.model.trainer import Trainer

    tapes = Tapes(given.data / "work" / given.slug / "features", given.data / "common/features", 1)
    trainer = Trainer(given.count + 3, 1, [mixednet.initial_weights(np.random.default_rng(number)) for number in range(teachers)])
    for number in range(3):
        trainer.step(*tapes.batch(number))
    with timed() as done, ThreadPoolExecutor(1) as ahead:
        following = ahead.submit(tapes.batch, 0)
        for number in range(given.count):
            batch = following.result()
            following = ahead.submit(tapes.batch, number + 1)
            losses = trainer.step(*batch)
        np.array(list(losses.values()))      # waits for the last step
        done["items"] = given.count
    return -1


def pupil(given) -> int:
    """`count` steps of a network that learns what three teachers say."""
    return training(given, 3)


def conversion(given) -> int:
    """`count` files of the work directory's input/, to 16 kHz."""
    from scripts.datasets.convert import convert_one
    from scripts.work import parallel

    sources = sorted((given.out / "input").iterdir())[:given.count]
    tasks = [(str(source), str(given.out / "ours" / f"{source.stem}.wav"), "music") for source in sources]
    return sum("skipped" not in made for made in parallel(convert_one, tasks, given.jobs, "convert", "files"))


def evaluation(given) -> int:
    """Evaluate the word's model on `count` hours of ambient sound below out/common; hours."""
    from scripts.evaluation import evaluate

    word = given.data / "work" / given.slug
    evaluate.main(["--model", str(word / "model/model.tflite"), "--features", str(word / "features"), "--common", str(given.out / "common"),
                   "--jobs", str(given.jobs), "--out", str(given.out / "evaluation")])
    return given.count


def originals(given) -> int:
    """Files to convert: `count` pieces of 10 s of music at 44.1 kHz in stereo, as FLAC, in the work directory's input/."""
    import soundfile
    from scipy.signal import resample_poly

    (given.out / "input").mkdir(parents=True, exist_ok=True)
    music = sounds(given.data, "music")
    for number in range(given.count):
        with soundfile.SoundFile(music[number % len(music)]) as source:
            source.seek(min(number * 16_000, max(0, source.frames - 160_000)))
            sound = resample_poly(source.read(160_000, dtype="float32"), 441, 160)
        soundfile.write(given.out / f"input/{number:04d}.flac", np.clip(np.stack([sound, sound], axis=1), -1, 1), 44_100, subtype="PCM_16")
    return given.count


def main(argv=None) -> None:
    work = {made.__name__: made for made in (samples, features, training, pupil, conversion, evaluation, originals)}
    given = arguments(__doc__, argv, *work)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    given.out.mkdir(parents=True, exist_ok=True)
    if given.what in ("training", "pupil"):
        work[given.what](given)      # times itself, without the steps that trace
        return
    with timed() as done:
        done["items"] = work[given.what](given)


if __name__ == "__main__":
    main()
