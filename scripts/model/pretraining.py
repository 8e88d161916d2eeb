"""Pretraining: sequences of the common training clips, the embedding to predict for them, and the network that learns it.

sampler = PretrainingSampler(features, read_embeddings(embeddings), seed=1)
weights, loss = pretrain(sampler, steps=3000, seed=1)         # of mixednet, without the last layer
load_weights(folder)                                          # the same, once scripts.model.pretrain has written them
"""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from scripts.core.arrays import read_npz
from scripts.core.files import publishing
from scripts.core.progress import note, progress
from scripts.core.random_numbers import generator
from scripts.core.spectrogram_store import open_store
from scripts.features import embedding
from scripts.features.clip_embeddings import ClipEmbedding
from scripts.model import batches, init_from_official, mixednet, spec_augment
from scripts.model.optimizer import AVERAGE, LOG_EVERY, NORM_MOMENTUM, PEAK_RATE, REPORT_EVERY, WARM_UP_STEPS

SOURCE = "the speech embedding"
OFFICIAL = "hey_mycroft"  # the official model that pretraining starts from
PACKAGES = {"speech embedding": embedding.PACKAGE, OFFICIAL: init_from_official.PACKAGE}
# How often a clip of each store is the next one in a sequence.
SHARES = {"short": 0.55, "speech": 0.38, "music": 0.04, "noise": 0.03}
SHORTEST_EXCERPT = 200  # frames of an excerpt of a long clip
# The embedding at a position depends on FRAMES_SEEN frames. Before those of a clip there is another clip in the
# sequence, of which a few frames may be among them.
FIRST_LABELLED = embedding.FRAMES_SEEN - 6
LOSS_DECAY = 0.98  # of the loss shown, an exponential mean


class PretrainingBatch(NamedTuple):
    """What one step learns from."""

    inputs: np.ndarray  # (sequences, frames, 40) uint16
    targets: np.ndarray  # (sequences, outputs, 96) float32: the embedding, normalised
    labelled: np.ndarray  # (sequences, outputs) float32: 1 where there is a target, else 0


class PretrainingSampler:
    """Batches of sequences from the common training stores, with the embeddings of their clips as targets.

    embeddings: of each store, in the order of its clips. SystemExit where they do not fit to the clips.
    """

    def __init__(self, features: Path, embeddings: dict[str, list[ClipEmbedding]], seed: int):
        self.seed, self.names = seed, [name for name in SHARES if embeddings.get(name)]
        self.embeddings = {name: embeddings[name] for name in self.names}
        paths = {path.parent.parent.name: path for path in batches.list_stores(features, "training")}
        self.stores = {name: open_store(paths[name]) for name in self.names if name in paths}
        for name, clips in self.embeddings.items():
            lengths = self.stores[name].lengths.tolist() if name in self.stores else []
            if [clip.frames for clip in clips] != lengths:
                raise SystemExit(
                    f"{features}/{name} holds {len(lengths)} clips, and there are embeddings of {len(clips)} clips or of clips "
                    "of other lengths: the code that makes clips has changed in between. Raise FEATURES_VERSION in the "
                    "Makefile, and make again."
                )
        self.clips = sum(map(len, self.embeddings.values()))
        chances = np.array([SHARES[name] for name in self.names])
        self.chances = chances / chances.sum()
        every_seventh = [clip.values for clips in self.embeddings.values() for clip in clips[::7]]
        values = np.concatenate(every_seventh).astype(np.float32)
        self.mean, self.deviation = values.mean(axis=0), values.std(axis=0) + 1e-3

    def _draw_clip(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        # A clip, or an excerpt of a long one: (frames, 40); the last frame of each position, and its embedding.
        name = self.names[rng.choice(len(self.names), p=self.chances)]
        i = int(rng.integers(len(self.embeddings[name])))
        clip, (_, warm_up, values) = self.stores[name][i], self.embeddings[name][i]
        last = embedding.last_frames(len(values), warm_up)
        if len(clip) > batches.LONGEST_EXCERPT:
            length = int(rng.integers(SHORTEST_EXCERPT, batches.LONGEST_EXCERPT))
            first = int(rng.integers(len(clip) - length))
            clip, last = clip[first : first + length], last - first
        labelled = (last >= FIRST_LABELLED) & (last < len(clip))
        return clip, last[labelled], values[labelled]

    def batch(
        self, step: int, sequences: int = batches.SEQUENCES, frames: int = batches.SEQUENCE_FRAMES
    ) -> PretrainingBatch:
        """The batch of a step."""
        rng = generator(self.seed, "beginning", step)
        outputs = mixednet.count_outputs(frames)
        inputs = np.zeros((sequences, frames, mixednet.CHANNELS), np.uint16)
        targets = np.zeros((sequences, outputs, embedding.SIZE), np.float32)
        labelled = np.zeros((sequences, outputs), np.float32)
        for sequence in range(sequences):
            at = -int(rng.integers(100))
            while at < frames:
                clip, last, values = self._draw_clip(rng)
                warped, _ = spec_augment.warp(clip, -1, spec_augment.draw_warp(rng))
                last = last * len(warped) // len(clip)
                batches.paste(inputs[sequence], spec_augment.mask(warped, rng), at)
                output = np.rint((at + last - mixednet.RECEPTIVE_FRAMES + 1) / mixednet.STRIDE).astype(int)
                inside = (output >= 0) & (output < outputs)
                normalised = (values[inside].astype(np.float32) - self.mean) / self.deviation
                targets[sequence, output[inside]] = normalised
                labelled[sequence, output[inside]] = 1
                at += len(warped)
        for store in self.stores.values():
            store.forget()
        return PretrainingBatch(inputs, targets, labelled)


class Predictor:
    """Mixednet without its last layer, and a dense layer behind it that gives the embedding."""

    def __init__(self, weights: dict[str, np.ndarray], rng: np.random.Generator):
        trunk = {name: value for name, value in weights.items() if not name.startswith("last/")}
        self.weights = {name: tf.Variable(value) for name, value in trunk.items()}
        self.averages = {name: tf.Variable(value) for name, value in self.weights.items()}
        shape = (mixednet.CONTEXT, mixednet.BLOCKS[-1][1], embedding.SIZE)
        kernel = (rng.standard_normal(shape) / np.sqrt(shape[0] * shape[1])).astype(np.float32)
        self.kernel, self.bias = tf.Variable(kernel), tf.Variable(np.zeros(embedding.SIZE, np.float32))
        self.adam = tf.keras.optimizers.Adam(PEAK_RATE)
        self.learn = tf.function(self._learn)

    def _learn(self, inputs, targets, labelled, keep):
        # One step; returns the mean squared error, in shares of the embedding's variance.
        trainable = [value for name, value in self.weights.items() if mixednet.is_trainable(name)]
        trainable += [self.kernel, self.bias]
        with tf.GradientTape() as tape:
            spectrograms = tf.cast(inputs, tf.float32) * mixednet.FEATURE_SCALE
            x, statistics = mixednet.run_trunk(spectrograms, self.weights, True)
            predicted = tf.nn.conv1d(tf.squeeze(x, 2), self.kernel, 1, "VALID") + self.bias
            errors = tf.reduce_mean(tf.square(predicted - targets), axis=2)
            loss = tf.reduce_sum(errors * labelled) / (tf.reduce_sum(labelled) + 1)
        self.adam.apply_gradients(zip(tape.gradient(loss, trainable), trainable))
        for name, value in statistics.items():
            self.weights[name].assign(NORM_MOMENTUM * self.weights[name] + (1 - NORM_MOMENTUM) * value)
        for name, value in self.weights.items():
            self.averages[name].assign(keep * self.averages[name] + (1 - keep) * value)
        return loss


def pretrain(sampler: PretrainingSampler, steps: int, seed: int) -> tuple[dict[str, np.ndarray], float]:
    """Weights of mixednet but for the last layer, averaged, and the loss of the last steps: the share of the
    embedding's variance that they do not predict."""
    tf.keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    rng = generator(seed, "beginning")
    batch = sampler.batch(0)
    predictor = Predictor(init_from_official.initialise(mixednet.draw_weights(rng), OFFICIAL, batch.inputs), rng)
    started, mean_loss = time.monotonic(), 1.0
    with ThreadPoolExecutor(1) as ahead:
        for step in progress(range(steps), steps, "pretraining", "step"):
            next_batch = ahead.submit(sampler.batch, step + 1)
            warm_up = min(1.0, (step + 1) / WARM_UP_STEPS)
            predictor.adam.learning_rate = PEAK_RATE * warm_up * 0.5 * (1 + np.cos(np.pi * step / steps))
            keep = tf.constant(min(AVERAGE, (step + 1) / (step + 10)), tf.float32)
            loss = float(predictor.learn(*map(tf.constant, batch), keep))
            mean_loss = LOSS_DECAY * mean_loss + (1 - LOSS_DECAY) * loss if step else loss
            if (step + 1) % LOG_EVERY == 0:
                note(f"step {step + 1} loss={loss:.4f}")
            if (step + 1) % REPORT_EVERY == 0 or step + 1 == steps:
                step_ms = (time.monotonic() - started) / (step + 1) * 1000
                print(f"step {step + 1}/{steps} loss={mean_loss:.3f} {step_ms:.0f} ms/step", flush=True)
            batch = next_batch.result()
    return {name: value.numpy() for name, value in predictor.averages.items()}, mean_loss


def is_suitable(word: str) -> bool:
    """Whether a word's networks may start from the pretrained weights: none starts from a model that knows a part of its
    word, and they come from OFFICIAL."""
    return init_from_official.choose_model(word) == OFFICIAL


def publish_weights(folder: Path, weights: dict[str, np.ndarray]) -> None:
    """Write folder/weights.npz."""
    with publishing(folder, directory=True) as part:
        np.savez(part / "weights.npz", **weights)  # type: ignore[arg-type]  # none is called allow_pickle


def load_weights(folder: Path) -> dict[str, np.ndarray]:
    """The pretrained weights in a folder, by name; SystemExit where there are none."""
    path = Path(folder) / "weights.npz"
    if not path.is_file():
        raise SystemExit(f"{path} is missing: make makes it before it trains a word (INIT=embedding).")
    return read_npz(path)
