"""Does a sample, a clip or a step cost the same whether there are 1,000 or 50,000 of them?

    python -m scripts.bench.scale samples --data data --slug hey_buster --out /tmp/x --count 50000

Everything that a stage does for all `count` at once is done whole (plans, indexes, open stores); of what it does for
each of them alone, PROBE are done, spread over all, and counted as `count`. Prints the cost of one: {"items": 1,
"seconds": ...}.
"""

import json
import os
import time
from pathlib import Path

import numpy as np

from scripts.bench.inputs import arguments, huge_store, training_clips

PROBE = {"samples": 60, "features": 200, "training": 40}
CLIP_FRAMES = 180


def samples(given) -> float:
    """Seconds a sample: planning and indexing `count`, speaking PROBE."""
    from scripts.core.files import read_jsonl, write_jsonl
    from scripts.samples import dictionary, generate, requests, voices
    from scripts.samples.voices.shares import parse_shares

    datasets, shares = given.data / "datasets", parse_shares(given.voices)
    voice_set = generate.VoiceSet(list(shares), datasets, "en")
    planner = requests.Planner(voices.open_voices(shares, datasets, "en"), shares, seed=1)
    script = voices.Script("hey buster.", dictionary.open_dictionary("en", datasets).pronounce("hey buster."))
    started = time.perf_counter()
    planned = planner.plan("positive", "training", [script], given.count)
    rows = [row for place, row in zip(range(given.count), _over_again(training_clips(given.data, given.slug, 500)))]
    write_jsonl(given.out / "index.jsonl", sorted(rows, key=lambda row: row["path"]))
    read_jsonl(given.out / "index.jsonl")
    shared_s = time.perf_counter() - started
    chosen = [planned[place] for place in np.linspace(0, len(planned) - 1, PROBE["samples"], dtype=int)]
    started = time.perf_counter()
    counts = generate.generate(chosen, {}, voice_set, 1, given.jobs, 100, given.out / "samples")
    return (time.perf_counter() - started) / sum(counts.values()) + shared_s / given.count


def _over_again(rows: list[dict]):
    while True:
        yield from rows


def features(given) -> float:
    """Seconds a clip: listing `count`, making PROBE, and adding them to a store that holds `count`."""
    from mmap_ninja.ragged import RaggedMmap

    from scripts.core.files import read_jsonl, write_jsonl
    from scripts.features import make_word

    started = time.perf_counter()
    rows = training_clips(given.data, given.slug, given.count)
    write_jsonl(given.out / "all.jsonl", rows)
    read_jsonl(given.out / "all.jsonl")
    shared_s = time.perf_counter() - started
    write_jsonl(
        given.out / "samples/index.jsonl",
        [rows[place] for place in np.linspace(0, len(rows) - 1, PROBE["features"], dtype=int)],
    )
    names = [index.parents[1].name for index in sorted((given.data / "datasets").glob("*/16k/index.json"))]
    started = time.perf_counter()
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
    made_s = (time.perf_counter() - started) / PROBE["features"]
    huge_store(given.out / "full", "full", given.count * CLIP_FRAMES * 80 / 1e9, CLIP_FRAMES)
    held = RaggedMmap(given.out / "full/full_mmap")
    clips = [np.zeros((CLIP_FRAMES, 40), np.uint16)] * 256
    started = time.perf_counter()
    held.extend(clips)
    return made_s + (time.perf_counter() - started) / len(clips) + shared_s / given.count


def training(given) -> float:
    """Seconds a step with `count` positive clips."""
    from concurrent.futures import ThreadPoolExecutor

    from scripts.model.batches import SequenceSampler
    from scripts.model.optimizer import Trainer

    huge_store(given.out / "word/positive/training", "positive", given.count * CLIP_FRAMES * 80 / 1e9, CLIP_FRAMES)
    tapes, trainer = SequenceSampler(given.out / "word", given.data / "common/features", 1), Trainer(1000, 1)
    for number in range(3):
        trainer.step(*tapes.batch(number))
    with ThreadPoolExecutor(1) as ahead:
        following = ahead.submit(tapes.batch, 3)
        started = time.perf_counter()
        for number in range(PROBE["training"]):
            batch = following.result()
            following = ahead.submit(tapes.batch, number + 4)
            losses = trainer.step(*batch)
        np.array(list(losses.values()))
        return (time.perf_counter() - started) / PROBE["training"]


def held(given) -> float:
    """`count` steps of training with 26 GB of negatives: for its memory."""
    from scripts.model.batches import SequenceSampler
    from scripts.model.optimizer import Trainer

    huge_store(given.out / "huge/speech/training", "huge", 26.0)
    for store in (given.data / "common/features").iterdir():
        if store.is_dir():
            for mode in store.iterdir():
                (given.out / "huge" / store.name / mode.name).mkdir(parents=True, exist_ok=True)
                for path in mode.iterdir():
                    if not (there := given.out / "huge" / store.name / mode.name / path.name).exists():
                        there.symlink_to(path.resolve())
    tapes, trainer = (
        SequenceSampler(given.data / "work" / given.slug / "features", given.out / "huge", 1),
        Trainer(given.count, 1),
    )
    started = time.perf_counter()
    for number in range(given.count):
        trainer.step(*tapes.batch(number))
    return (time.perf_counter() - started) / given.count


def main(argv=None) -> None:
    work = {made.__name__: made for made in (samples, features, training, held)}
    given = arguments(__doc__, argv, *work)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    Path(given.out).mkdir(parents=True, exist_ok=True)
    print(json.dumps({"items": 1, "seconds": work[given.what](given)}))


if __name__ == "__main__":
    main()
