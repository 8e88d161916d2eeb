"""Training: ours on sequences of 8 s; the reference's Keras MixedNet on batches of 128 clips of 1.94 s, drawn one by one
(microWakeWord 71677bd, train.py)."""

import time
from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np

from scripts.bench.inputs import make_huge_store
from scripts.bench.measure import timed
from scripts.core.frontend import CHANNELS, VALUE_PER_INPUT
from scripts.model import mixednet
from scripts.model.batches import SequenceSampler
from scripts.model.optimizer import Trainer

TEACHERS = 3
WARM_UP = 3  # steps that trace the graph and are not counted
PROBE = 40  # steps that are made at scale
CLIP_FRAMES = 180
HUGE_GB = 26.0
BATCH, FRAMES = 128, 194
STRIDE, FIRST_FILTERS, FILTERS, KERNELS = 3, 32, 64, ((5,), (7, 11), (9, 15), (23,))


def _open_sampler(args: Namespace) -> SequenceSampler:
    return SequenceSampler(args.data / "work" / args.slug / "features", args.data / "common/features", 1)


def _train(sampler: SequenceSampler, trainer: Trainer, steps: int) -> float:
    # Seconds of so many steps, after the warm-up; the next batch is made while a step runs, as in a training.
    for number in range(WARM_UP):
        trainer.step(*trainer.prepare(sampler.batch(number)))
    with ThreadPoolExecutor(1) as ahead:

        def prepare(number: int) -> tuple:
            return trainer.prepare(sampler.batch(number))

        following = ahead.submit(prepare, 0)
        started = time.perf_counter()
        for number in range(steps):
            batch = following.result()
            following = ahead.submit(prepare, number + 1)
            losses = trainer.step(*batch)
        np.array(list(losses.values()))  # waits for the last step
        return time.perf_counter() - started


def _measure_network(args: Namespace, teachers: int) -> None:
    weights = [mixednet.draw_weights(np.random.default_rng(number)) for number in range(teachers)]
    trainer, sampler = Trainer(args.count + WARM_UP, 1, weights), _open_sampler(args)
    with timed() as result:
        result["seconds"] = _train(sampler, trainer, args.count)
        result["items"] = args.count


def run_ours(args: Namespace) -> None:
    """`count` steps of a network without teachers."""
    _measure_network(args, 0)


def run_student(args: Namespace) -> None:
    """`count` steps of the student of three teachers."""
    _measure_network(args, TEACHERS)


def build_reference_network() -> keras.Model:
    """MixedNet in Keras as the notebook asks for it, compiled as the reference compiles it."""
    x = inputs = keras.Input((FRAMES, CHANNELS))
    x = keras.layers.Reshape((FRAMES, 1, CHANNELS))(x)
    first = keras.layers.Conv2D(FIRST_FILTERS, (5, 1), strides=(STRIDE, 1), use_bias=False)
    x = keras.layers.Activation("relu")(first(x))
    for kernels in KERNELS:
        share, longest = x.shape[-1] // len(kernels), max(kernels)
        branches = [
            keras.layers.DepthwiseConv2D((kernel, 1), use_bias=False)(
                x[:, longest - kernel :, :, place * share : (place + 1) * share]
            )
            for place, kernel in enumerate(kernels)
        ]
        x = keras.layers.Concatenate()(branches) if len(branches) > 1 else branches[0]
        x = keras.layers.Conv2D(FILTERS, (1, 1), use_bias=False)(x)
        x = keras.layers.Activation("relu")(keras.layers.BatchNormalization()(x))
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(keras.layers.Flatten()(x)))
    model.compile("adam", "binary_crossentropy", metrics=_list_metrics())
    return model


def _list_metrics() -> list[keras.metrics.Metric]:
    cutoffs = np.linspace(0.0, 1.0, 101).tolist()
    counts = ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives")
    plain = ("BinaryAccuracy", "Recall", "Precision", "AUC", "BinaryCrossentropy")
    return [
        *(getattr(keras.metrics, name)() for name in plain),
        *(getattr(keras.metrics, name)(thresholds=cutoffs) for name in counts),
    ]


def _cut_window(clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    # (FRAMES, 40) float32: a random stretch of a clip, silence before a short one.
    first = int(rng.integers(max(1, len(clip) - FRAMES + 1)))
    stretch = np.asarray(clip[first : first + FRAMES], np.float32) / VALUE_PER_INPUT
    return np.pad(stretch, ((FRAMES - len(stretch), 0), (0, 0)))


def run_reference(args: Namespace) -> None:
    """`count` steps of the reference's network."""
    stores = [store for kind in _open_sampler(args).kinds.values() for store in kind.stores]
    model, rng = build_reference_network(), np.random.default_rng(1)

    def step() -> None:
        chosen = [stores[place] for place in rng.integers(len(stores), size=BATCH)]
        clips = np.stack([_cut_window(store[int(rng.integers(len(store)))], rng) for store in chosen])
        labels = np.array(["positive" in str(store.path) for store in chosen], np.float32)
        model.train_on_batch(clips, labels[:, None], sample_weight=np.ones(BATCH, np.float32))

    for _ in range(WARM_UP):
        step()
    with timed() as result:
        for _ in range(args.count):
            step()
        result["items"] = args.count


def measure_scale(args: Namespace) -> float:
    """Seconds a step with `count` positive clips."""
    gigabytes = args.count * CLIP_FRAMES * CHANNELS * 2 / 1e9
    make_huge_store(args.out / "word/positive/training", "positive", gigabytes, CLIP_FRAMES)
    sampler = SequenceSampler(args.out / "word", args.data / "common/features", 1)
    return _train(sampler, Trainer(1000, 1), PROBE) / PROBE


def run_huge(args: Namespace) -> None:
    """`count` steps with 26 GB of negatives, for their memory."""
    make_huge_store(args.out / "huge/speech/training", "huge", HUGE_GB)
    _link_stores(args.data / "common/features", args.out / "huge")
    sampler = SequenceSampler(args.data / "work" / args.slug / "features", args.out / "huge", 1)
    trainer = Trainer(args.count, 1)
    with timed() as result:
        for number in range(args.count):
            trainer.step(*trainer.prepare(sampler.batch(number)))
        result["items"] = args.count


def _link_stores(features: Path, into: Path) -> None:
    for path in features.glob("*/*/*"):
        link = into / path.relative_to(features)
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to(path.resolve())
