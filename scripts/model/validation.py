"""How well weights hear during training: recall on validation positives at few false accepts per hour, and how
strangers are heard.

The float network runs over whole spectrograms, a few at a time, so memory stays small. Probabilities are averaged over
WINDOW outputs as the device does; a false accept is a BLOCK_S stretch of ambient sound in which the average rises above
the cutoff. The score is the mean recall over RATES, so that no single event decides.

Strangers are voices that no training hears. How high they rise above ambient sound goes with how people are heard,
which recall of the voices in training hardly does (docs/EXPERIMENTS.md). It is told in logits, as those that are heard
anyway say something, too.
"""

from pathlib import Path

import numpy as np

from scripts.core.spectrogram_store import HELDOUT, open_store
from scripts.model import mixednet
from scripts.model.batches import stores_of

WINDOW = 8
BLOCK_S = 2.0
RATES = (0.5, 1.0, 2.0, 4.0, 8.0)  # false accepts per hour
MARGIN_RATES = (1.0, 2.0, 5.0)
PIECE = 3000  # frames of ambient sound run at once
OUTPUTS_A_BLOCK = round(BLOCK_S * 100 / mixednet.STRIDE)
FRAMES_AN_HOUR = 360_000


def averaged(probabilities: np.ndarray, window: int = WINDOW) -> np.ndarray:
    """Mean over the last `window` of (..., outputs); the first window - 1 have none."""
    sums = np.cumsum(probabilities, axis=-1)
    sums = np.concatenate([np.zeros_like(sums[..., :1]), sums], axis=-1)
    return (sums[..., window:] - sums[..., :-window]) / window


def logit(probabilities: np.ndarray) -> np.ndarray:
    """log(p / (1 - p)), of what the device could tell of it: it puts out 256 levels."""
    levels = probabilities * 256 + 0.5
    return np.log(levels / (257 - levels))


class Validation:
    """The validation stores of a word and the common ones; of ready-made negatives only the ambient sound."""

    def __init__(self, features: Path, common: Path, negatives: list[Path] = ()):
        every = {"positive": [], "near": [], "ambient": []}
        for root in (features, common, *negatives):
            for path in stores_of(root, "validation"):
                name = path.parent.parent.name
                if name in every:
                    every[name].append(open_store(path))
            every["ambient"] += [open_store(path) for path in stores_of(root, "validation_ambient")]
        every["stranger"] = [open_store(path) for path in stores_of(features, HELDOUT)]
        self.stores, self.strangers = every, sum(map(len, every["stranger"]))
        if not every["positive"] or not every["ambient"]:
            raise SystemExit(
                f"{features} or {common} has no validation data. Run 'make clean-work' and 'make features' again."
            )
        self.hours = sum(int(store.lengths.sum()) for store in every["ambient"]) / FRAMES_AN_HOUR
        self._run = None

    def __str__(self) -> str:
        return f"{sum(map(len, self.stores['positive']))} positives, {self.hours:.1f} h of ambient sound" + (
            f", {self.strangers} clips of strangers" if self.strangers else ""
        )

    def figures(self, weights: dict[str, np.ndarray]) -> dict[str, float]:
        """score, recall at each rate, the share of near misses heard at 2 false accepts per hour, and the strangers'
        margin if there are any.

        The margin: mean logit of the highest average in a stranger's clip, less the mean logit of the cutoffs at
        MARGIN_RATES.
        """
        import tensorflow as tf

        if self._run is None:
            self._run = tf.function(
                lambda x, w: tf.sigmoid(mixednet.forward(tf.cast(x, tf.float32) * mixednet.FEATURE_SCALE, w, False)[0]),
                reduce_retracing=True,
            )
        constants = {name: tf.constant(value) for name, value in weights.items()}
        positive = self._clip_peaks(self.stores["positive"], constants)
        near = self._clip_peaks(self.stores["near"], constants)
        blocks = np.sort(np.concatenate([self._block_peaks(store, constants) for store in self.stores["ambient"]]))[
            ::-1
        ]
        cutoff = lambda rate: blocks[min(int(rate * self.hours), len(blocks) - 1)]
        recall = {rate: float((positive > cutoff(rate)).mean()) for rate in RATES}
        figures = {
            "score": float(np.mean(list(recall.values()))),
            **{f"recall@{rate:g}": value for rate, value in recall.items()},
            "near@2": float((near > cutoff(2)).mean()) if len(near) else 0.0,
        }
        if self.strangers:
            heard = logit(self._clip_peaks(self.stores["stranger"], constants))
            figures["margin"] = float(heard.mean() - np.mean([logit(cutoff(rate)) for rate in MARGIN_RATES]))
        return figures

    def _clip_peaks(self, stores, weights) -> np.ndarray:
        """Highest average of each clip (clips,), with silence before it for the network to look back on."""
        peaks = []
        for store in stores:
            longest = mixednet.FRAMES_SEEN + int(store.lengths.max()) // 50 * 50 + 50
            for first in range(0, len(store), 50):
                batch = np.zeros((50, longest, mixednet.CHANNELS), np.uint16)
                clips = range(first, min(first + 50, len(store)))
                for row, i in enumerate(clips):
                    batch[row, longest - len(store[i]) :] = store[i]
                peaks.append(averaged(self._run(batch, weights).numpy()).max(axis=1)[: len(clips)])
            store.forget()
        return np.concatenate(peaks) if peaks else np.zeros(0)

    def _block_peaks(self, store, weights) -> np.ndarray:
        """Highest average in each stretch of BLOCK_S of a store's clips."""
        peaks = []
        for i in range(len(store)):
            clip = store[i]
            heard = []
            for first in range(0, len(clip) - mixednet.FRAMES_SEEN, PIECE):
                piece = clip[first : first + PIECE + mixednet.FRAMES_SEEN - mixednet.STRIDE]
                padded = np.zeros((1, PIECE + mixednet.FRAMES_SEEN - mixednet.STRIDE, mixednet.CHANNELS), np.uint16)
                padded[0, : len(piece)] = piece
                heard.append(self._run(padded, weights).numpy()[0, : mixednet.outputs(len(piece))])
            store.forget()
            if not heard:
                continue
            smooth = averaged(np.concatenate(heard))
            smooth = np.pad(smooth, (0, -len(smooth) % OUTPUTS_A_BLOCK))
            peaks.append(smooth.reshape(-1, OUTPUTS_A_BLOCK).max(axis=1))
        return np.concatenate(peaks) if peaks else np.zeros(1)
