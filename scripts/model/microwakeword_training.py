"""The reference's own training. Only for microwakeword.py, which makes the package microwakeword importable first."""

import argparse
import platform

import absl.logging
import keras
import numpy as np
import tensorflow as tf
from microwakeword import data, mixednet, model_train_eval, utils
from microwakeword import train as reference
from microwakeword.layers.modes import Modes

from scripts.core.arrays import read_npz
from scripts.core.files import publishing
from scripts.core.random_numbers import generator
from scripts.model.microwakeword_run import BATCH, MIXEDNET, Run, limit_windows


def train(run: Run, seed: int) -> None:
    """Train the remaining steps, and publish the streaming network of the best weights."""
    absl.logging.set_verbosity(absl.logging.INFO)
    parser = argparse.ArgumentParser()
    mixednet.model_parameters(parser)
    flags = parser.parse_args([f"--{name}={value}" for name, value in MIXEDNET.items()])
    flags.training_config = str(run.out / "training_parameters.yaml")
    config = model_train_eval.load_config(flags, mixednet)
    config |= {"summaries_dir": str(run.out / "tensorboard"), "training_steps": [run.steps - run.done]}
    tf.keras.utils.set_random_seed(int(generator(seed, "reference", run.done).integers(2**31)))

    if run.done < run.steps:
        handler = data.FeatureHandler(config)
        for line in limit_windows(handler):
            run.print(line)
        handler.get_data = run.count_steps(handler.get_data)
        record_validations(run)
        network = mixednet.model(flags, config["training_input_shape"], BATCH)
        model_train_eval.train_model(config, network, handler, restore_checkpoint=True)
    network = mixednet.model(flags, config["training_input_shape"], 1)
    network.set_weights(list(read_npz(run.folder / "best.npz").values()))
    with publishing(run.out / "streaming", directory=True) as part:
        utils.convert_model_saved(
            network, {**config, "train_dir": str(part.parent)}, part.name, Modes.STREAM_INTERNAL_STATE_INFERENCE
        )


def record_validations(run: Run) -> None:
    """Have the reference's validation tell its figures to `run`."""
    validate = reference.validate_nonstreaming

    def validate_and_record(config, handler, model, test_set):
        figures = validate(config, handler, model, test_set)
        run.record(model, figures)
        return figures

    reference.validate_nonstreaming = validate_and_record


def list_versions() -> dict[str, str]:
    """Versions of Python and of the packages that the training depends on."""
    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }


def describe() -> str:
    """The versions and the number of graphics cards, in a line."""
    cards = len(tf.config.list_physical_devices("GPU"))
    versions = ", ".join(f"{name} {version}" for name, version in list_versions().items())
    return f"{versions}; graphics cards: {cards or 'none'}"
