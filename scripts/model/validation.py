"""How well weights detect the word during training: recall on validation positives at few false accepts per hour, and
how high held-out voices rise above the cutoffs.

    figures = Validation(features, common).measure(weights)

The float network runs over whole spectrograms, a few at a time, so memory stays small. Probabilities are averaged over
WINDOW outputs as on the device; a false accept is a block of BLOCK_S of ambient sound in which the average rises above
the cutoff. The score is the mean recall over RATES, so that no single event decides.

How high held-out voices rise above ambient sound predicts how well people are detected, which recall on the voices of
the training hardly does (docs/EXPERIMENTS.md). It is measured in logits, so that clips far above a cutoff count too.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from scripts.core.spectrogram_store import FRAMES_AN_HOUR, HELDOUT, Store, open_store
from scripts.model import mixednet
from scripts.model.batches import list_stores
from scripts.samples.kinds import CONFUSABLE, POSITIVE

WINDOW = 8  # outputs
BLOCK_S = 2.0
RATES = (0.5, 1.0, 2.0, 4.0, 8.0)  # false accepts per hour
MARGIN_RATES = (1.0, 2.0, 5.0)
CHUNK_FRAMES = 3000  # of ambient sound that the network runs over at once
CLIPS_AT_ONCE = 50
OUTPUTS_PER_BLOCK = round(BLOCK_S * 100 / mixednet.STRIDE)


def average_outputs(probabilities: np.ndarray, window: int = WINDOW) -> np.ndarray:
    """Mean over the last `window` of (..., outputs); the first window - 1 have none."""
    sums = np.cumsum(probabilities, axis=-1)
    sums = np.concatenate([np.zeros_like(sums[..., :1]), sums], axis=-1)
    return (sums[..., window:] - sums[..., :-window]) / window


def logit(probabilities: np.ndarray) -> np.ndarray:
    """log(p / (1 - p)), limited to what the 256 levels of the device's output can tell."""
    levels = probabilities * 256 + 0.5
    return np.log(levels / (257 - levels))


class Validation:
    """The validation stores of a word and the common ones; of ready-made negatives only the ambient sound.

    SystemExit where positives or ambient sound are missing.
    """

    def __init__(self, features: Path, common: Path, negatives: Sequence[Path] = ()):
        self.positive: list[Store] = []
        self.confusable: list[Store] = []
        self.ambient: list[Store] = []
        for root in (features, common, *negatives):
            for path in list_stores(root, "validation"):
                if path.parent.parent.name == POSITIVE:
                    self.positive.append(open_store(path))
                elif path.parent.parent.name == CONFUSABLE:
                    self.confusable.append(open_store(path))
            self.ambient += [open_store(path) for path in list_stores(root, "validation_ambient")]
        self.heldout = [open_store(path) for path in list_stores(features, HELDOUT)]
        self.heldout_clips = sum(map(len, self.heldout))
        if not self.positive or not self.ambient:
            raise SystemExit(
                f"{features} or {common} has no validation data. Run 'make clean-work' and 'make features' again."
            )
        self.hours = sum(int(store.lengths.sum()) for store in self.ambient) / FRAMES_AN_HOUR
        self._run = tf.function(_probabilities, reduce_retracing=True)

    def __str__(self) -> str:
        return f"{sum(map(len, self.positive))} positives, {self.hours:.1f} h of ambient sound" + (
            f", {self.heldout_clips} clips of held-out voices" if self.heldout_clips else ""
        )

    def measure(self, weights: dict[str, np.ndarray]) -> dict[str, float]:
        """score, recall@RATE, near@2 (share of confusable phrases detected at 2 false accepts per hour), and margin if
        there are held-out voices.

        margin: mean logit of the highest average in a held-out voice's clip, less the mean logit of the cutoffs at
        MARGIN_RATES.
        """
        constants = {name: tf.constant(value) for name, value in weights.items()}
        positive = self._find_clip_peaks(self.positive, constants)
        confusable = self._find_clip_peaks(self.confusable, constants)
        blocks = np.concatenate([self._find_block_peaks(store, constants) for store in self.ambient])
        blocks = np.sort(blocks)[::-1]
        cutoff = lambda rate: blocks[min(int(rate * self.hours), len(blocks) - 1)]
        recall = {rate: float((positive > cutoff(rate)).mean()) for rate in RATES}
        figures = {
            "score": float(np.mean(list(recall.values()))),
            **{f"recall@{rate:g}": value for rate, value in recall.items()},
            "near@2": float((confusable > cutoff(2)).mean()) if len(confusable) else 0.0,
        }
        if self.heldout_clips:
            heldout = logit(self._find_clip_peaks(self.heldout, constants))
            figures["margin"] = float(heldout.mean() - np.mean([logit(cutoff(rate)) for rate in MARGIN_RATES]))
        return figures

    def _find_clip_peaks(self, stores: list[Store], weights) -> np.ndarray:
        # Highest average of each clip (clips,), with silence before it to fill the receptive field.
        peaks = []
        for store in stores:
            longest = mixednet.RECEPTIVE_FRAMES + int(store.lengths.max()) // 50 * 50 + 50
            for first in range(0, len(store), CLIPS_AT_ONCE):
                batch = np.zeros((CLIPS_AT_ONCE, longest, mixednet.CHANNELS), np.uint16)
                clips = range(first, min(first + CLIPS_AT_ONCE, len(store)))
                for row, i in enumerate(clips):
                    batch[row, longest - len(store[i]) :] = store[i]
                peaks.append(average_outputs(self._run(batch, weights).numpy()).max(axis=1)[: len(clips)])
            store.forget()
        return np.concatenate(peaks) if peaks else np.zeros(0)

    def _find_block_peaks(self, store: Store, weights) -> np.ndarray:
        # Highest average in each block of BLOCK_S of a store's clips (blocks,).
        length = CHUNK_FRAMES + mixednet.RECEPTIVE_FRAMES - mixednet.STRIDE
        peaks = []
        for i in range(len(store)):
            clip, outputs = store[i], []
            for first in range(0, len(clip) - mixednet.RECEPTIVE_FRAMES, CHUNK_FRAMES):
                chunk = clip[first : first + length]
                padded = np.zeros((1, length, mixednet.CHANNELS), np.uint16)
                padded[0, : len(chunk)] = chunk
                outputs.append(self._run(padded, weights).numpy()[0, : mixednet.count_outputs(len(chunk))])
            store.forget()
            if not outputs:
                continue
            averages = average_outputs(np.concatenate(outputs))
            averages = np.pad(averages, (0, -len(averages) % OUTPUTS_PER_BLOCK))
            peaks.append(averages.reshape(-1, OUTPUTS_PER_BLOCK).max(axis=1))
        return np.concatenate(peaks) if peaks else np.zeros(1)


def _probabilities(inputs, weights):
    return tf.sigmoid(mixednet.forward(tf.cast(inputs, tf.float32) * mixednet.FEATURE_SCALE, weights, False)[0])
