"""Train the network of mixednet.py on tapes, and keep the weights that hear best at few false accepts.

    python -m scripts.model.train --features data/work/hey_buster/features --common data/common/features \
        --samples data/work/hey_buster/samples --steps 4000 --seed 1 --out data/work/hey_buster/model

Writes into --out: weights.npz (the best, averaged over the last steps), checkpoint.npz (training goes on from it after an
interruption), tensorboard/. The validation data choose the weights; the test data are not touched.
"""
import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from scripts.files import publishing, remove
from scripts.model import mixednet
from scripts.model.data import NO, YES, Tapes
from scripts.work import generator, note, progress, stage_timer

PEAK_RATE, WARM_UP_STEPS = 2e-3, 200     # Adam's step size: a short warm-up, then half a cosine to zero
BETA1, BETA2, EPSILON = 0.9, 0.98, 1e-7  # Adam (Kingma & Ba 2015)
AVERAGE = 0.998                          # weights are averaged exponentially over about 500 steps
NORM_MOMENTUM = 0.98                     # of the moving statistics of batch normalisation
HARDEST_SHARE, HARDEST_WEIGHT = 0.02, 1.0    # the worst negatives of a batch count again
SMOOTHING = 0.05                         # label smoothing of the positives
EVERY = 500                              # steps between validations and checkpoints
NOTED = 50                               # steps between the losses in the log


class Trainer:
    """Weights, their averages and Adam's moments; `step` learns from one batch."""

    def __init__(self, steps: int, seed: int):
        import tensorflow as tf

        initial = mixednet.initial_weights(generator(seed, "weights"))
        self.steps, self.done, self.best = steps, 0, -1.0
        self.weights = {name: tf.Variable(value, name=name.replace("/", "_")) for name, value in initial.items()}
        self.averages = {name: tf.Variable(value) for name, value in initial.items()}
        learned = [name for name in initial if mixednet.trainable(name)]
        self.moments = {f"{name}:{order}": tf.Variable(np.zeros_like(initial[name])) for name in learned for order in (1, 2)}
        self._learned = learned
        self._step = tf.function(self._learn, reduce_retracing=True)

    def rate(self) -> float:
        """Step size at the present step."""
        progress = self.done / max(1, self.steps)
        return PEAK_RATE * min(1.0, (self.done + 1) / WARM_UP_STEPS) * 0.5 * (1 + np.cos(np.pi * progress))

    def step(self, sound: np.ndarray, answers: np.ndarray) -> dict[str, float]:
        """Learn from one batch of data.Tapes; returns the losses."""
        import tensorflow as tf

        losses = self._step(tf.constant(sound), tf.constant(answers), tf.constant(self.rate(), tf.float32),
                            tf.constant(self.done + 1, tf.float32))
        self.done += 1
        return losses

    def _learn(self, sound, answers, rate, count):
        import tensorflow as tf

        with tf.GradientTape() as tape:
            logits, seen = mixednet.forward(tf.cast(sound, tf.float32) * mixednet.FEATURE_SCALE, self.weights, True)
            positive, negative, hardest = losses(logits, answers)
            loss = positive + negative + HARDEST_WEIGHT * hardest
        gradients = tape.gradient(loss, [self.weights[name] for name in self._learned])
        for name, gradient in zip(self._learned, gradients):
            first, second = self.moments[f"{name}:1"], self.moments[f"{name}:2"]
            first.assign(BETA1 * first + (1 - BETA1) * gradient)
            second.assign(BETA2 * second + (1 - BETA2) * tf.square(gradient))
            unbiased = first / (1 - BETA1 ** count)
            self.weights[name].assign_sub(rate * unbiased / (tf.sqrt(second / (1 - BETA2 ** count)) + EPSILON))
        for name, value in seen.items():
            self.weights[name].assign(NORM_MOMENTUM * self.weights[name] + (1 - NORM_MOMENTUM) * value)
        keep = tf.minimum(AVERAGE, count / (count + 10))
        for name, value in self.weights.items():
            self.averages[name].assign(keep * self.averages[name] + (1 - keep) * value)
        return {"positive": positive, "negative": negative, "hardest": hardest}

    def state(self) -> dict[str, np.ndarray]:
        """Everything that training needs to go on."""
        groups = {"weights": self.weights, "averages": self.averages, "moments": self.moments}
        state = {f"{group}|{name}": value.numpy() for group, values in groups.items() for name, value in values.items()}
        return {**state, "done": np.int64(self.done), "best": np.float64(self.best), "steps": np.int64(self.steps)}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Take back what `state` gave."""
        for group, values in (("weights", self.weights), ("averages", self.averages), ("moments", self.moments)):
            for name, value in values.items():
                value.assign(state[f"{group}|{name}"])
        self.done, self.best = int(state["done"]), float(state["best"])


def losses(logits, answers):
    """Cross entropy of (tapes, outputs) logits: mean over the yes, over the no, and over the hardest of the no."""
    import tensorflow as tf

    yes, no = tf.cast(answers == YES, tf.float32), tf.cast(answers == NO, tf.float32)
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(yes * (1 - SMOOTHING), logits)
    positive = tf.reduce_sum(entropy * yes) / (tf.reduce_sum(yes) + 1)
    against = tf.reshape(entropy * no, [-1])
    negative = tf.reduce_sum(against) / (tf.reduce_sum(no) + 1)
    hardest = tf.reduce_mean(tf.math.top_k(against, int(HARDEST_SHARE * against.shape[0]), sorted=False).values)
    return positive, negative, hardest


def save(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Publish arrays as an uncompressed .npz."""
    with publishing(path) as part, part.open("wb") as out:
        np.savez(out, **arrays)


def train(features: Path, common: Path, samples: Path, steps: int, seed: int, out: Path) -> dict:
    """The whole training. Returns the best validation figures."""
    from scripts.model.board import Board
    from scripts.model.validate import Validation

    tapes, validation = Tapes(features, common, seed), Validation(features, common)
    print(", ".join(f"{kind.clips} {name}" for name, kind in tapes.kinds.items()) + f" clips; validation: {validation}")
    trainer, checkpoint = Trainer(steps, seed), out / "checkpoint.npz"
    if checkpoint.exists():
        with np.load(checkpoint) as stored:
            state = dict(stored)
        if int(state["steps"]) == steps:
            trainer.restore(state)
            print(f"going on from step {trainer.done}", flush=True)
    board = Board(out / "tensorboard")
    board.network(trainer.weights)
    board.clips(samples)
    figures: dict = {}
    started, first = time.monotonic(), trainer.done
    with ThreadPoolExecutor(1) as ahead:
        following = ahead.submit(tapes.batch, trainer.done)
        for step in progress(range(trainer.done, steps), steps, "training", "step", initial=trainer.done):
            batch = following.result()
            following = ahead.submit(tapes.batch, step + 1)
            now = trainer.step(*batch)
            if trainer.done % NOTED == 0:
                note(f"step {trainer.done} " + " ".join(f"{name}={float(value):.4f}" for name, value in now.items()))
            if trainer.done % EVERY and trainer.done != steps:
                continue
            averaged = {name: value.numpy() for name, value in trainer.averages.items()}
            figures = validation.figures(averaged)
            better = figures["score"] >= trainer.best
            if better:
                trainer.best = figures["score"]
                save(out / "weights.npz", averaged)
            save(checkpoint, trainer.state())
            shown = {**{f"loss/{name}": float(value) for name, value in now.items()}, "rate": trainer.rate(),
                     **{f"validation/{name}": value for name, value in figures.items()}}
            board.figures(trainer.done, shown)
            print(f"step {trainer.done}/{steps} " + " ".join(f"{name.split('/')[-1]}={value:.4f}" for name, value in shown.items())
                  + f" {(time.monotonic() - started) / (trainer.done - first) * 1000:.0f} ms/step" + (" *best*" if better else ""), flush=True)
    return {"best": trainer.best, **figures}


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", type=Path, required=True, help="the word's features")
    parser.add_argument("--common", type=Path, required=True, help="the features shared by all words")
    parser.add_argument("--samples", type=Path, required=True, help="the word's samples, of which TensorBoard lets some be heard")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    tf.keras.utils.set_random_seed(args.seed)
    tf.config.experimental.enable_op_determinism()
    checkpoint = args.out / "checkpoint.npz"
    if args.out.exists() and not checkpoint.exists():
        remove(args.out)
    args.out.mkdir(parents=True, exist_ok=True)
    with stage_timer(args.out, "train") as facts:
        figures = train(args.features, args.common, args.samples, args.steps, args.seed, args.out)
        facts.update(steps=args.steps, **{name: round(value, 4) for name, value in figures.items()})
    checkpoint.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
