"""Train with the reference trainer, microWakeWord, on the same features as ours: TRAINER=microwakeword.

    data/microwakeword/venv/bin/python -m scripts.model.microwakeword --source data/microwakeword/source \
        --features data/work/hey_buster/features --common data/common/features --steps 25000 --seed 1 --out data/work/hey_buster/model

It runs in the reference trainer's own environment, with the parameters of its notebook. Writes into --out: streaming/
(the network of the best weights as a streaming SavedModel, for scripts.model.export), tensorboard/, trainer.json (what
trained, and how). checkpoint/ is there while it runs; what is interrupted goes on from it. Left to itself the
reference counts its steps from one again then, and overwrites its best weights.
"""

import argparse
import io
import os
import platform
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType

import numpy as np

from scripts.core.files import publishing, read_json, read_npz, remove, write_json
from scripts.core.progress import note, progress
from scripts.core.random_numbers import generator
from scripts.core.timing import stage_timer
from scripts.model.batches import ANSWERED_YES, stores_of
from scripts.model.checkpoint import digest

# The parameters of microWakeWord's basic_training_notebook.ipynb.
BATCH = 128
MIXEDNET = {
    "pointwise_filters": "64,64,64,64",
    "repeat_in_block": "1,1,1,1",
    "mixconv_kernel_sizes": "[5],[7,11],[9,15],[23]",
    "residual_connection": "0,0,0,0",
    "first_conv_filters": "32",
    "first_conv_kernel_size": "5",
    "stride": "3",
}
SETTINGS = {
    "window_step_ms": 10,
    "clip_duration_ms": 1500,
    "batch_size": BATCH,
    "eval_step_interval": 500,
    "learning_rates": [0.001],
    "positive_class_weight": [1],
    "negative_class_weight": [20],
    "time_mask_max_size": [0],
    "time_mask_count": [0],
    "freq_mask_max_size": [0],
    "freq_mask_count": [0],
    "minimization_metric": None,
    "target_minimization": 0.9,
    "maximization_metric": "average_viable_recall",
}
# How often a clip of each store is drawn: the notebook's 2 for the word, 10 and 10 for two kinds of speech, 5 for the
# rest.
WEIGHTS = {
    "positive": 2.0,
    "near": 1.0,
    "part": 1.0,
    "short": 10.0,
    "speech": 10.0,
    "music": 3.0,
    "noise": 2.0,
    "negative_speech": 10.0,
    "negative_dinner_party": 10.0,
    "negative_no_speech": 5.0,
}
OTHER_WEIGHT = 1.0
SCORE = SETTINGS["maximization_metric"]
# It cuts all that it validates on into windows of 33 kB and holds them twice in memory: 40,000 are 2.6 GB.
MOST_WINDOWS = 40_000
WINDOW_STEP = 30  # frames from one window of ambient sound to the next


def configuration(features: Path, common: Path, steps: int, out: Path, negatives: list[Path] = ()) -> dict:
    """The reference's training_parameters.yaml for these features, as a dictionary.

    A kind of clip is answered as the default trainer answers it, so that the two differ in how they learn alone.
    """
    stores = sorted(
        {
            path.parent.parent
            for root in (features, common, *negatives)
            for mode in ("training", "validation", "validation_ambient")
            for path in stores_of(root, mode)
        }
    )
    if not any(store.name == "positive" for store in stores):
        raise ValueError(f"{features} has no store positive")
    listed = [
        {
            "features_dir": str(store.resolve()),
            "type": "mmap",
            "truth": store.name in ANSWERED_YES,
            "sampling_weight": WEIGHTS.get(store.name, OTHER_WEIGHT),
            "penalty_weight": 1.0,
            "truncation_strategy": "truncate_start" if store.name in ANSWERED_YES else "random",
        }
        for store in stores
    ]
    return {**SETTINGS, "train_dir": str(out / "checkpoint"), "training_steps": [steps], "features": listed}


def fewer_windows(handler, most: int = MOST_WINDOWS) -> list[str]:
    """Leave out what does not fit of the negatives that the reference would hold in memory; a sentence for each mode
    cut."""
    said = []
    for mode, frames_a_window in (("validation", None), ("validation_ambient", WINDOW_STEP)):
        negatives = [provider for provider in handler.feature_providers if not provider.label]
        lengths = [
            np.array(
                [
                    len(provider.loaded_features[clip["loaded_feature_index"]][clip["subindex"]])
                    for clip in provider.feature_sets[mode]
                ],
                int,
            )
            for provider in negatives
        ]
        windows = [length // frames_a_window if frames_a_window else np.ones_like(length) for length in lengths]
        total = sum(int(window.sum()) for window in windows)
        if total <= most:
            continue
        for provider, length, window in zip(negatives, lengths, windows):
            kept = int(np.searchsorted(np.cumsum(window), window.sum() * most / total, "right"))
            provider.feature_sets[mode] = provider.feature_sets[mode][:kept]
            provider.stats[mode] = {
                "spectrogram_count": kept,
                "total_duration": float(length[:kept].sum() * provider.step),
            }
        said.append(
            f"{mode}: {handler.get_mode_duration(mode) / 3600:.1f} h, {most / total:.0%} of it, so that it fits into memory"
        )
    return said


class Run:
    """One training as it goes: counts its steps, keeps its best weights, and can go on after an interruption."""

    def __init__(self, out: Path, steps: int, identity: dict):
        self.out, self.folder, self.steps = out, out / "checkpoint", steps
        self.state, self.identity = {"done": 0, "best": -1.0}, {"steps": steps, **identity}
        if (self.folder / "progress.json").exists() and (found := read_json(self.folder / "progress.json")).pop(
            "identity"
        ) == self.identity:
            self.state = found
        else:
            remove(out)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.stdout, self.started, self.first = sys.stdout, time.monotonic(), self.done

    @property
    def done(self) -> int:
        return self.state["done"]

    def say(self, line: str) -> None:
        print(line, file=self.stdout, flush=True)

    def validated(self, model, figures: dict) -> None:
        """Take note of a validation: checkpoint, best weights, a line of the log."""
        import tensorflow as tf

        self.state["done"] = min(self.done + SETTINGS["eval_step_interval"], self.steps)
        better = figures[SCORE] > self.state["best"]
        if better:
            self.state["best"] = float(figures[SCORE])
            with publishing(self.folder / "best.npz") as part, part.open("wb") as file:
                np.savez(file, *model.get_weights())
        # A name of its own: where the reference saves too, always over the same files, a kill could leave half of them.
        tf.train.Checkpoint(optimizer=model.optimizer, model=model).save(
            str(self.folder / "restore" / f"step{self.done}")
        )
        write_json(self.folder / "progress.json", {"identity": self.identity, **self.state})
        shown = {
            name: figures[name]
            for name in ("loss", "recall", "ambient_false_positives_per_hour", "recall_at_no_faph", SCORE)
        }
        self.say(
            f"step {self.done}/{self.steps} "
            + " ".join(f"{name}={float(value):.4f}" for name, value in shown.items())
            + f" {(time.monotonic() - self.started) / max(1, self.done - self.first) * 1000:.0f} ms/step"
            + (" *best*" if better else "")
        )

    def counted(self, get_data):
        """The reference's get_data, which it calls once a step, showing how far it is."""
        steps = progress(range(self.done, self.steps), self.steps, "training", "step", initial=self.done)

        def get(mode, *words, **named):
            if mode == "training":
                next(steps, None)
            return get_data(mode, *words, **named)

        return get


class Chatter(io.TextIOBase):
    """What the reference prints goes to the stage's log alone, but for the line it prints at every single step."""

    def write(self, text: str) -> int:
        if text.strip() and not text.startswith("Validation Batch"):
            note(text.rstrip())
        return len(text)


def without_sound() -> None:
    """Put names in the place of the modules with which the reference reads sound.

    They ask for some eighty packages, of which one or the other keeps breaking, and are never called: it is given
    spectrograms.
    """
    for module, name in (
        ("clips", "Clips"),
        ("augmentation", "Augmentation"),
        ("spectrograms", "SpectrogramGeneration"),
        ("audio_utils", "generate_features_for_clip"),
    ):
        stand_in = ModuleType(f"microwakeword.audio.{module}")
        setattr(stand_in, name, None)
        sys.modules[stand_in.__name__] = stand_in


def train(run: Run, seed: int) -> None:
    """The reference's own training, as many steps as are left, and the streaming network of its best weights."""
    import absl.logging
    import tensorflow as tf
    from microwakeword import data, mixednet, model_train_eval, utils
    from microwakeword import train as reference
    from microwakeword.layers.modes import Modes

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
        for line in fewer_windows(handler):
            run.say(line)
        handler.get_data = run.counted(handler.get_data)
        validate = reference.validate_nonstreaming

        def validate_and_note(config, handler, model, test_set):
            figures = validate(config, handler, model, test_set)
            run.validated(model, figures)
            return figures

        reference.validate_nonstreaming = validate_and_note
        network = mixednet.model(flags, config["training_input_shape"], BATCH)
        model_train_eval.train_model(config, network, handler, restore_checkpoint=True)
    network = mixednet.model(flags, config["training_input_shape"], 1)
    network.set_weights(list(read_npz(run.folder / "best.npz").values()))
    with publishing(run.out / "streaming", directory=True) as part:
        utils.convert_model_saved(
            network, {**config, "train_dir": str(part.parent)}, part.name, Modes.STREAM_INTERNAL_STATE_INFERENCE
        )


def versions() -> dict[str, str]:
    """Versions of what the reference stands on here."""
    import keras
    import tensorflow as tf

    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }


def check() -> None:
    """Whether the environment has all that the reference asks of it, in a line."""
    import tensorflow as tf
    from microwakeword import data, mixednet, model_train_eval  # noqa: F401

    cards = len(tf.config.list_physical_devices("GPU"))
    print(
        f"the reference trainer loads: {', '.join(f'{name} {version}' for name, version in versions().items())}; graphics cards: {cards or 'none'}"
    )


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, required=True, help="folder with the package microwakeword")
    parser.add_argument("--commit", default="", help="which commit of it that is")
    parser.add_argument("--check", action="store_true", help="only say whether it loads")
    parser.add_argument("--features", type=Path, help="the word's features")
    parser.add_argument("--common", type=Path, help="the features shared by all words")
    parser.add_argument("--negatives", type=Path, action="append", default=[], help="ready-made features, repeatable")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args(argv)
    sys.path.insert(0, str(args.source.resolve()))
    without_sound()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if args.check:
        return check()
    if missing := [name for name in ("features", "common", "steps", "out") if getattr(args, name) is None]:
        parser.error(f"--{missing[0]} is missing")

    parameters = configuration(args.features, args.common, args.steps, args.out, args.negatives)
    run = Run(
        args.out,
        args.steps,
        {
            "seed": args.seed,
            "word's features": digest(args.features),
            "common features": digest(args.common),
            "negatives": " ".join(map(digest, args.negatives)),
        },
    )
    write_json(args.out / "training_parameters.yaml", parameters)  # JSON is YAML
    if run.done:
        run.say(f"going on from step {run.done}")
    with stage_timer(args.out, "train") as facts, redirect_stdout(Chatter()):
        train(run, args.seed)
        facts.update(run.state, steps=args.steps)
    write_json(
        args.out / "trainer.json",
        {"name": "microwakeword", "commit": args.commit, **versions(), "mixednet": MIXEDNET, "parameters": parameters},
    )
    remove(run.folder)
    return None


if __name__ == "__main__":
    main()
