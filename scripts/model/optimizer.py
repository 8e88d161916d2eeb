"""One network's weights, and the step that improves them.

    trainer = Trainer(steps=2000, seed=1)                        # learns from the targets of a SequenceSampler
    student = Trainer(steps=2000, seed=2, teachers=[weights])    # learns the mean output of its teachers
    losses = trainer.step(*trainer.prepare(sampler.batch(trainer.done)))

A single network of 25,000 weights fits chance, and after longer training the synthetic voices themselves. So a network
without teachers learns weights in whose neighbourhood nothing is much worse (sharpness-aware minimisation); these work
better for people too. What it becomes still depends on chance, so a student learns what several networks agree on
(distillation, Hinton et al. 2015). The teachers give it a target at every output, also at the ignored ones
(docs/EXPERIMENTS.md).
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from scripts.core.random_numbers import generator
from scripts.model import mixednet
from scripts.model.batches import IGNORED, NEGATIVE, POSITIVE, Batch
from scripts.model.checkpoint import SEGMENTS

PEAK_RATE, WARM_UP_STEPS = 2e-3, 200  # Adam's learning rate: a short warm-up, then half a cosine to zero
BETA1, BETA2, EPSILON = 0.9, 0.98, 1e-7  # Adam (Kingma & Ba 2015)
AVERAGE = 0.998  # weights are averaged exponentially over about 500 steps
NORM_MOMENTUM = 0.98  # of the moving statistics of batch normalisation
# The hardest negatives of a batch count again, without teachers three times. From the first step on that would make some
# networks say no to everything, so the factor rises from one.
HARDEST_SHARE, HARDEST_WEIGHT, HARDEST_RISE_STEPS = 0.02, 3.0, 600
SMOOTHING = 0.05  # label smoothing of the positives
IGNORED_WEIGHT = 0.5  # of the ignored outputs, where teachers give a target
# Sharpness-aware minimisation (Foret et al. 2021), the radius in units of each weight's own size (ASAM, Kwon et al.
# 2021); the first few sequences of a batch find the ascent as well as all of them would.
RADIUS, SMALLEST_SIZE, ASCENT_SEQUENCES = 2.0, 0.01, 8
LOG_EVERY, REPORT_EVERY = 50, 500  # steps between the losses in the log, and between validations


class Trainer:
    """Weights, their averages and Adam's moments; `step` learns from one batch that `prepare` has made ready.

    Another thread may prepare the next batch meanwhile.
    done: steps taken. segments: [first step, last step] of each learning-rate schedule. best_weights: the averages with
    the best score so far.
    """

    def __init__(self, steps: int, seed: int, teachers: Sequence[dict[str, np.ndarray]] = ()):
        initial = mixednet.draw_weights(generator(seed, "weights"))
        self.done, self.best_score, self.best_weights = 0, -1.0, dict(initial)
        self.segments = [[0, steps]]
        self.weights = {name: tf.Variable(value, name=name.replace("/", "_")) for name, value in initial.items()}
        self.averages = {name: tf.Variable(value) for name, value in initial.items()}
        self._trainable = [name for name in initial if mixednet.is_trainable(name)]
        self.moments = {
            f"{name}:{order}": tf.Variable(np.zeros_like(initial[name])) for name in self._trainable for order in (1, 2)
        }
        self._teachers = [
            {name: tf.constant(value) for name, value in mixednet.fold_batch_norm(weights).items()}
            for weights in teachers
        ]
        self._step = tf.function(self._learn, reduce_retracing=True)
        self._ask = tf.function(self._ask_teachers, reduce_retracing=True)

    def initialise(self, weights: dict[str, np.ndarray]) -> None:
        """Start from these weights instead of random ones."""
        for name, value in weights.items():
            self.weights[name].assign(value)
            self.averages[name].assign(value)
        self.best_weights = weights

    def learning_rate(self) -> float:
        """Adam's learning rate at the present step."""
        first, last = self.segments[-1]
        progress = (self.done - first) / max(1, last - first)
        return PEAK_RATE * min(1.0, (self.done - first + 1) / WARM_UP_STEPS) * 0.5 * (1 + np.cos(np.pi * progress))

    def prepare(self, batch: Batch) -> tuple[np.ndarray, np.ndarray, tf.Tensor | None]:
        """What `step` takes: the batch's inputs and targets, and the teachers' probabilities (sequences, outputs)."""
        return batch.inputs, batch.targets, self._ask(tf.constant(batch.teacher_inputs)) if self._teachers else None

    def step(self, inputs: np.ndarray, targets: np.ndarray, probabilities: tf.Tensor | None) -> dict[str, tf.Tensor]:
        """Learn from one batch; returns the losses by name."""
        rate, count = tf.constant(self.learning_rate(), tf.float32), tf.constant(self.done + 1, tf.float32)
        losses = self._step(tf.constant(inputs), tf.constant(targets), probabilities, rate, count)
        self.done += 1
        return losses

    def _learn(self, inputs, targets, probabilities, rate, count):
        spectrograms = tf.cast(inputs, tf.float32) * mixednet.FEATURE_SCALE
        if probabilities is not None:
            gradients, losses, statistics = self._descend(spectrograms, targets, probabilities, 1.0)
        else:
            probabilities = tf.cast(targets == POSITIVE, tf.float32) * (1 - SMOOTHING)
            hardest_weight = 1 + (HARDEST_WEIGHT - 1) * tf.minimum(1.0, count / HARDEST_RISE_STEPS)
            gradients, losses, statistics = self._descend_sharpness_aware(
                spectrograms, targets, probabilities, hardest_weight
            )
        self._apply_adam(gradients, rate, count)
        for name, value in statistics.items():
            self.weights[name].assign(NORM_MOMENTUM * self.weights[name] + (1 - NORM_MOMENTUM) * value)
        keep = tf.minimum(AVERAGE, count / (count + 10))
        for name, value in self.weights.items():
            self.averages[name].assign(keep * self.averages[name] + (1 - keep) * value)
        return losses

    def _ask_teachers(self, inputs):
        # The sigmoid of the teachers' mean logit.
        spectrograms = tf.cast(inputs, tf.float32) * mixednet.FEATURE_SCALE
        logits = [mixednet.infer(spectrograms, weights) for weights in self._teachers]
        return tf.sigmoid(tf.add_n(logits) / len(self._teachers))

    def _descend(self, spectrograms, targets, probabilities, hardest_weight):
        # Gradients of the trainable weights, the losses by name, and the batch's statistics.
        with tf.GradientTape() as tape:
            logits, statistics = mixednet.forward(spectrograms, self.weights, True)
            losses = compute_losses(logits, targets, probabilities)
            loss = losses["positive"] + losses["negative"] + hardest_weight * losses["hardest"]
            loss += IGNORED_WEIGHT * losses["ignored"] if self._teachers else 0
        gradients = tape.gradient(loss, [self.weights[name] for name in self._trainable])
        return gradients, {name: losses[name] for name in ("positive", "negative", "hardest")}, statistics

    def _descend_sharpness_aware(self, spectrograms, targets, probabilities, hardest_weight):
        # As _descend, with gradients taken where, near the present kernels, some of the sequences have the highest loss.
        # Biases and batch normalisation stay: moved as well, they make the network say no to everything, which is worst
        # and teaches little.
        some = slice(ASCENT_SEQUENCES)
        gradients, _, statistics = self._descend(spectrograms[some], targets[some], probabilities[some], hardest_weight)
        kernels = [
            (self.weights[name], gradient)
            for name, gradient in zip(self._trainable, gradients)
            if name.endswith("/kernel")
        ]
        before = [tf.identity(kernel) for kernel, _ in kernels]
        sizes = [tf.abs(kernel) + SMALLEST_SIZE for kernel in before]
        steepness = tf.linalg.global_norm([size * gradient for size, (_, gradient) in zip(sizes, kernels)]) + EPSILON
        for size, (kernel, gradient) in zip(sizes, kernels):
            kernel.assign_add(RADIUS * tf.square(size) * gradient / steepness)
        gradients, losses, _ = self._descend(spectrograms, targets, probabilities, hardest_weight)
        for value, (kernel, _) in zip(before, kernels):
            kernel.assign(value)
        return gradients, losses, statistics

    def _apply_adam(self, gradients, rate, count) -> None:
        for name, gradient in zip(self._trainable, gradients):
            first, second = self.moments[f"{name}:1"], self.moments[f"{name}:2"]
            first.assign(BETA1 * first + (1 - BETA1) * gradient)
            second.assign(BETA2 * second + (1 - BETA2) * tf.square(gradient))
            unbiased = first / (1 - BETA1**count)
            self.weights[name].assign_sub(rate * unbiased / (tf.sqrt(second / (1 - BETA2**count)) + EPSILON))

    def keep_if_best(self, score: float, averages: dict[str, np.ndarray]) -> bool:
        """Keep these averages unless earlier ones scored higher; returns whether they are kept."""
        if best := score >= self.best_score:
            self.best_score, self.best_weights = score, averages
        return best

    def state(self) -> dict:
        """Everything that training needs to continue."""
        groups = {"weights": self.weights, "averages": self.averages, "moments": self.moments}
        arrays = {
            f"{group}|{name}": value.numpy() for group, values in groups.items() for name, value in values.items()
        }
        best = {f"kept|{name}": value for name, value in self.best_weights.items()}
        return arrays | best | {"done": self.done, "best": self.best_score, SEGMENTS: self.segments}

    def restore(self, state: dict, steps: int) -> None:
        """Continue from what `state` returned; with more steps than were planned then, in a new training segment."""
        for group, values in (("weights", self.weights), ("averages", self.averages), ("moments", self.moments)):
            for name, value in values.items():
                value.assign(state[f"{group}|{name}"])
        self.best_weights = {name: state[f"kept|{name}"] for name in self.best_weights}
        self.done, self.best_score = state["done"], state["best"]
        self.segments = [list(segment) for segment in state[SEGMENTS]]
        if steps > self.segments[-1][1]:
            self.segments.append([self.done, steps])


def compute_losses(logits, targets, probabilities) -> dict[str, tf.Tensor]:
    """Cross entropy of (sequences, outputs) logits with the probabilities they should give.

    Means over the positive outputs, over the negative ones, over those of the negative ones that exceed the least
    possible loss most ("hardest"), and over the ignored ones.
    """
    positive, negative, ignored = (tf.cast(targets == target, tf.float32) for target in (POSITIVE, NEGATIVE, IGNORED))
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(probabilities, logits)
    excess = entropy + tf.math.xlogy(probabilities, probabilities) + tf.math.xlogy(1 - probabilities, 1 - probabilities)
    excess = tf.reshape(excess * negative, [-1])
    hardest = tf.math.top_k(excess, max(1, int(HARDEST_SHARE * excess.shape[0])), sorted=False).values
    return {
        "positive": _mean_where(entropy, positive),
        "negative": _mean_where(entropy, negative),
        "hardest": tf.reduce_mean(hardest),
        "ignored": _mean_where(entropy, ignored),
    }


def _mean_where(values, where):
    return tf.reduce_sum(values * where) / (tf.reduce_sum(where) + 1)
