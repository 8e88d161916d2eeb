"""Train the network of mixednet.py on tapes, and keep the weights that hear best at few false accepts.

    python -m scripts.model.train --features data/work/hey_buster/features --common data/common/features \
        --steps 4000 --seed 1 --out data/work/hey_buster/model

Writes into --out: weights.npz (the best, averaged over the last steps), checkpoint.npz, tensorboard/. The
validation data choose the weights; the test data are not touched.

The same line after an interruption goes on from the checkpoint, and ends as if there had been none. With more --steps than
the training there was planned for it goes on too: the step size starts anew, as in the beginning, and falls to zero over
the steps that are left (a warm restart, Loshchilov & Hutter 2017), so the result is not that of a training planned so from
the start. Fewer --steps, another seed, other features or other code begin from nothing.
"""
import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from scripts.files import publishing, remove
from scripts.model import checkpoint, mixednet
from scripts.model.data import NO, YES, Tapes
from scripts.work import generator, note, progress, stage_timer

PEAK_RATE, WARM_UP_STEPS = 2e-3, 200     # Adam's step size: a short warm-up, then half a cosine to zero
BETA1, BETA2, EPSILON = 0.9, 0.98, 1e-7  # Adam (Kingma & Ba 2015)
AVERAGE = 0.998                          # weights are averaged exponentially over about 500 steps
NORM_MOMENTUM = 0.98                     # of the moving statistics of batch normalisation
HARDEST_SHARE, HARDEST_WEIGHT = 0.02, 1.0    # the worst negatives of a batch count again
SMOOTHING = 0.05                         # label smoothing of the positives
EVERY = 500                              # steps between validations
CHECKPOINT_EVERY = 100                   # steps between checkpoints: what an interruption costs at most
NOTED = 50                               # steps between the losses in the log


class Trainer:
    """Weights, their averages and Adam's moments; `step` learns from one batch."""

    def __init__(self, steps: int, seed: int):
        import tensorflow as tf

        initial = mixednet.initial_weights(generator(seed, "weights"))
        self.done, self.best = 0, -1.0
        self.legs = [[0, steps]]         # where the step size started anew, and where it was to reach zero
        self.weights = {name: tf.Variable(value, name=name.replace("/", "_")) for name, value in initial.items()}
        self.averages = {name: tf.Variable(value) for name, value in initial.items()}
        self.kept = dict(initial)        # the averages that heard best
        learned = [name for name in initial if mixednet.trainable(name)]
        self.moments = {f"{name}:{order}": tf.Variable(np.zeros_like(initial[name])) for name in learned for order in (1, 2)}
        self._learned = learned
        self._step = tf.function(self._learn, reduce_retracing=True)

    def rate(self) -> float:
        """Step size at the present step."""
        first, last = self.legs[-1]
        progress = (self.done - first) / max(1, last - first)
        return PEAK_RATE * min(1.0, (self.done - first + 1) / WARM_UP_STEPS) * 0.5 * (1 + np.cos(np.pi * progress))

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

    def keep(self, score: float, averages: dict[str, np.ndarray]) -> bool:
        """Keep these averages if none before them scored higher; whether it did."""
        if better := score >= self.best:
            self.best, self.kept = score, averages
        return better

    def state(self) -> dict:
        """Everything that training needs to go on."""
        groups = {"weights": self.weights, "averages": self.averages, "moments": self.moments}
        state = {f"{group}|{name}": value.numpy() for group, values in groups.items() for name, value in values.items()}
        return {**state, **{f"kept|{name}": value for name, value in self.kept.items()}, "done": self.done, "best": self.best, "legs": self.legs}

    def restore(self, state: dict, steps: int) -> None:
        """Take back what `state` gave; with more steps than were planned then, on a new leg."""
        for group, values in (("weights", self.weights), ("averages", self.averages), ("moments", self.moments)):
            for name, value in values.items():
                value.assign(state[f"{group}|{name}"])
        self.kept = {name: state[f"kept|{name}"] for name in self.kept}
        self.done, self.best, self.legs = state["done"], state["best"], [list(leg) for leg in state["legs"]]
        if steps > self.legs[-1][1]:
            self.legs.append([self.done, steps])


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


def train(features: Path, common: Path, steps: int, seed: int, out: Path, state: dict | None = None, whose: dict | None = None) -> dict:
    """The whole training, or from `state` on. Returns the last validation's figures and how it came about."""
    import tensorflow as tf

    from scripts.model.validate import Validation

    tapes, validation = Tapes(features, common, seed), Validation(features, common)
    trainer, figures, earlier_s = Trainer(steps, seed), {}, 0.0
    if state:
        trainer.restore(state, steps)
        figures, earlier_s = state["figures"], state["seconds"]
        print(f"going on from step {trainer.done} of {steps}", flush=True)
    else:
        print(", ".join(f"{kind.clips} {name}" for name, kind in tapes.kinds.items()) + f" clips; validation: {validation}")
    board = tf.summary.create_file_writer(str(out / "tensorboard"))
    started, first = time.monotonic(), trainer.done

    def seconds() -> float:
        return round(earlier_s + time.monotonic() - started, 2)

    with ThreadPoolExecutor(1) as ahead:
        following = ahead.submit(tapes.batch, trainer.done) if trainer.done < steps else None
        for step in progress(range(trainer.done, steps), steps, "training", "step", initial=trainer.done):
            batch = following.result()
            following = ahead.submit(tapes.batch, step + 1)
            now = trainer.step(*batch)
            if trainer.done % NOTED == 0:
                note(f"step {trainer.done} " + " ".join(f"{name}={float(value):.4f}" for name, value in now.items()))
            if trainer.done % EVERY == 0 or trainer.done == steps:
                averages = {name: value.numpy() for name, value in trainer.averages.items()}
                figures = validation.figures(averages)
                better = trainer.keep(figures["score"], averages)
                shown = {**{f"loss/{name}": float(value) for name, value in now.items()}, "rate": trainer.rate(),
                         **{f"validation/{name}": value for name, value in figures.items()}}
                with board.as_default(step=trainer.done):
                    for name, value in shown.items():
                        tf.summary.scalar(name, value)
                print(f"step {trainer.done}/{steps} " + " ".join(f"{name.split('/')[-1]}={value:.4f}" for name, value in shown.items())
                      + f" {(time.monotonic() - started) / (trainer.done - first) * 1000:.0f} ms/step" + (" *best*" if better else ""), flush=True)
            if trainer.done % CHECKPOINT_EVERY == 0 or trainer.done == steps:
                board.flush()
                checkpoint.save(out / "checkpoint.npz", {**trainer.state(), "identity": whose or {}, "figures": figures, "seconds": seconds(),
                                                         "curves": checkpoint.sizes(out / "tensorboard")})
    save(out / "weights.npz", trainer.kept)
    return {"best": trainer.best, **figures, "legs": trainer.legs, "seconds": seconds()}


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", type=Path, required=True, help="the word's features")
    parser.add_argument("--common", type=Path, required=True, help="the features shared by all words")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    tf.keras.utils.set_random_seed(args.seed)
    tf.config.experimental.enable_op_determinism()
    whose = checkpoint.identity(args.features, args.common, args.seed)
    state = checkpoint.load(args.out / "checkpoint.npz")
    if why := state and checkpoint.unfit(state, whose, args.steps):
        print(f"training starts from nothing: {why}")
        state = None
    if state:
        checkpoint.cut(args.out / "tensorboard", state["curves"])
    else:
        remove(args.out)
    args.out.mkdir(parents=True, exist_ok=True)
    with stage_timer(args.out, "train") as facts:
        made = train(args.features, args.common, args.steps, args.seed, args.out, state, whose)
        facts.update(steps=args.steps, **{name: round(value, 4) if isinstance(value, float) else value for name, value in made.items()})


if __name__ == "__main__":
    main()
