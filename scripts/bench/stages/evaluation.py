"""Evaluation on hours of ambient sound: ours by the stage; the reference holds every window, 100 ms apart, in memory for
one Keras evaluation."""

from argparse import Namespace
from importlib import import_module

import numpy as np

from scripts.bench.measure import timed
from scripts.core.frontend import VALUE_PER_INPUT
from scripts.core.spectrogram_store import open_stores
from scripts.evaluation import evaluate

STEP_FRAMES = 10


def run_ours(args: Namespace) -> None:
    """Evaluate the word's model on `count` hours of ambient sound below out/common."""
    word = args.data / "work" / args.slug
    options = {
        "--model": word / "model/model.tflite",
        "--features": word / "features",
        "--samples": word / "samples",
        "--common": args.out / "common",
        "--jobs": args.jobs,
        "--out": args.out / "evaluation",
    }
    with timed() as result:
        evaluate.main([text for option, value in options.items() for text in (option, str(value))])
        result["items"] = args.count


def run_reference(args: Namespace) -> None:
    """Evaluate the reference's network, untrained, on the same."""
    # Keras is loaded for the reference alone, or ours would be measured with its memory.
    training = import_module("scripts.bench.stages.training")
    with timed() as result:
        model, windows = training.build_reference_network(), []
        for mode in ("validation_ambient", "testing_ambient"):
            for store in open_stores(args.out / "common", "speech", mode):
                for number in range(len(store)):
                    clip = np.asarray(store[number], np.float32) / VALUE_PER_INPUT
                    starts = range(0, len(clip) - training.FRAMES, STEP_FRAMES)
                    windows += [clip[first : first + training.FRAMES] for first in starts]
        model.evaluate(np.array(windows), np.zeros((len(windows), 1)), batch_size=1024, verbose=0)
        result["items"] = args.count
