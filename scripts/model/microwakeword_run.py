"""What the reference trainer is given, and the record of its training: microWakeWord itself is not imported here."""

import io
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from scripts.core.files import publishing, read_json, remove, write_json
from scripts.core.progress import note, progress
from scripts.model.batches import POSITIVE_STORES, list_stores
from scripts.model.checkpoint import digest
from scripts.samples.kinds import CONFUSABLE, FRAGMENT, POSITIVE

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
PARAMETERS: dict[str, Any] = {
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
    POSITIVE: 2.0,
    CONFUSABLE: 1.0,
    FRAGMENT: 1.0,
    "short": 10.0,
    "speech": 10.0,
    "music": 3.0,
    "noise": 2.0,
    "negative_speech": 10.0,
    "negative_dinner_party": 10.0,
    "negative_no_speech": 5.0,
}
OTHER_WEIGHT = 1.0
SCORE = PARAMETERS["maximization_metric"]
# The reference cuts its validation data into windows of 33 kB and holds them twice in memory: 40,000 are 2.6 GB.
MOST_WINDOWS = 40_000
WINDOW_STEP = 30  # frames between the beginnings of two windows of ambient sound


def configure(features: Path, common: Path, steps: int, out: Path, negatives: Sequence[Path] = ()) -> dict:
    """The reference's training_parameters.yaml for these features, as a dictionary. ValueError where there are no
    positives.

    The stores of positives are those of our trainer, so that the two differ only in how they learn.
    """
    stores = sorted(
        {
            path.parent.parent
            for root in (features, common, *negatives)
            for mode in ("training", "validation", "validation_ambient")
            for path in list_stores(root, mode)
        }
    )
    if not any(store.name == POSITIVE for store in stores):
        raise ValueError(f"{features} has no store positive")
    listed = [
        {
            "features_dir": str(store.resolve()),
            "type": "mmap",
            "truth": store.name in POSITIVE_STORES,
            "sampling_weight": WEIGHTS.get(store.name, OTHER_WEIGHT),
            "penalty_weight": 1.0,
            "truncation_strategy": "truncate_start" if store.name in POSITIVE_STORES else "random",
        }
        for store in stores
    ]
    return {**PARAMETERS, "train_dir": str(out / "checkpoint"), "training_steps": [steps], "features": listed}


def identify(features: Path, common: Path, seed: int, negatives: Sequence[Path]) -> dict:
    """What a training's result depends on beside its number of steps."""
    return {
        "seed": seed,
        "word's features": digest(features),
        "common features": digest(common),
        "negatives": " ".join(map(digest, negatives)),
    }


def limit_windows(handler, most: int = MOST_WINDOWS) -> list[str]:
    """Leave out negatives of the validation that would not fit into memory; returns a sentence for each mode that was
    cut."""
    messages = []
    for mode, window_frames in (("validation", None), ("validation_ambient", WINDOW_STEP)):
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
        windows = [length // window_frames if window_frames else np.ones_like(length) for length in lengths]
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
        hours = handler.get_mode_duration(mode) / 3600
        messages.append(f"{mode}: {hours:.1f} h, {most / total:.0%} of all, so that it fits into memory")
    return messages


class Run:
    """A training in progress: counts its steps, keeps its best weights, and can continue after an interruption."""

    def __init__(self, out: Path, steps: int, identity: dict):
        self.out, self.folder, self.steps = out, out / "checkpoint", steps
        self.identity = {"steps": steps, **identity}
        self.state: dict[str, Any] = {"done": 0, "best": -1.0}
        saved = read_json(self.folder / "progress.json") if (self.folder / "progress.json").exists() else {}
        if saved.pop("identity", None) == self.identity:
            self.state = saved
        else:
            remove(out)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._stdout, self._started, self._first = sys.stdout, time.monotonic(), self.done

    @property
    def done(self) -> int:
        """Steps taken, as of the last validation."""
        return self.state["done"]

    def print(self, line: str) -> None:
        """Print a line for the user, even while LogOnly takes what the reference prints."""
        print(line, file=self._stdout, flush=True)

    def record(self, model, figures: dict) -> None:
        """Record a validation: checkpoint, best weights, a line of the log."""
        self.state["done"] = min(self.done + PARAMETERS["eval_step_interval"], self.steps)
        best = figures[SCORE] > self.state["best"]
        if best:
            self.state["best"] = float(figures[SCORE])
            with publishing(self.folder / "best.npz") as part, part.open("wb") as file:
                np.savez(file, *model.get_weights())
        # Under a name of its own: the reference always saves over the same files, and a kill could leave half of them.
        tf.train.Checkpoint(optimizer=model.optimizer, model=model).save(
            str(self.folder / "restore" / f"step{self.done}")
        )
        write_json(self.folder / "progress.json", {"identity": self.identity, **self.state})
        names = ("loss", "recall", "ambient_false_positives_per_hour", "recall_at_no_faph", SCORE)
        self.print(
            f"step {self.done}/{self.steps} "
            + " ".join(f"{name}={float(figures[name]):.4f}" for name in names)
            + f" {(time.monotonic() - self._started) / max(1, self.done - self._first) * 1000:.0f} ms/step"
            + (" *best*" if best else "")
        )

    def count_steps(self, get_data):
        """The reference's get_data, which it calls once a step, with a progress bar."""
        steps = progress(range(self.done, self.steps), self.steps, "training", "step", initial=self.done)

        def get(mode, *arguments, **options):
            if mode == "training":
                next(steps, None)
            return get_data(mode, *arguments, **options)

        return get


class LogOnly(io.TextIOBase):
    """Writes what the reference prints to the stage's log alone, but for the line that it prints at every step."""

    def write(self, text: str) -> int:
        if text.strip() and not text.startswith("Validation Batch"):
            note(text.rstrip())
        return len(text)
