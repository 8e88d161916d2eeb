"""Learning: one network's weights, the step that betters them, and what it should say.

    trainer = Trainer(steps=2000, seed=1)                        # learns from the answers of data.SequenceSampler
    student = Trainer(steps=2000, seed=2, teachers=[weights])    # learns to say what its teachers say together
    losses = trainer.step(*tapes.batch(step))

A single network of 25,000 weights learns its own accidents, and for longer the synthetic voices themselves. So what
learns by itself learns weights around which nothing is much worse (sharpness-aware minimisation), which holds for
people too. What it becomes is still chance: one network is taught what several say in common (distillation, Hinton et
al. 2015), and is told how sure to be at every output, also where data.SequenceSampler asks nothing (docs/EXPERIMENTS.md).
"""

from collections.abc import Sequence

import numpy as np

from scripts.core.random_numbers import generator
from scripts.model import mixednet
from scripts.model.batches import NO, UNASKED, YES

PEAK_RATE, WARM_UP_STEPS = 2e-3, 200  # Adam's step size: a short warm-up, then half a cosine to zero
BETA1, BETA2, EPSILON = 0.9, 0.98, 1e-7  # Adam (Kingma & Ba 2015)
AVERAGE = 0.998  # weights are averaged exponentially over about 500 steps
NORM_MOMENTUM = 0.98  # of the moving statistics of batch normalisation
# The worst negatives of a batch count again, three times where nobody teaches. From the first step that would make some
# networks say no to everything, so it rises from once.
HARDEST_SHARE, HARDEST_WEIGHT, HARDEST_RISE_STEPS = 0.02, 3.0, 600
SMOOTHING = 0.05  # label smoothing of the positives
UNASKED_WEIGHT = 0.5  # of what teachers say where the tapes ask nothing
# Sharpness-aware minimisation (Foret et al. 2021), the radius in units of each weight's own size (ASAM, Kwon et al.
# 2021); the first so many tapes of a batch say where it is worst, which serves as well as all of them.
RADIUS, SMALLEST_SIZE, ASCENT_TAPES = 2.0, 0.01, 8
NOTED, EVERY = 50, 500  # steps between the losses in the log, and between readable lines and validations


class Trainer:
    """Weights, their averages and Adam's moments; `step` learns from one batch."""

    def __init__(self, steps: int, seed: int, teachers: Sequence[dict[str, np.ndarray]] = ()):
        import tensorflow as tf

        initial = mixednet.draw_weights(generator(seed, "weights"))
        self.done, self.best = 0, -1.0
        self.legs = [[0, steps]]  # where the step size started anew, and where it was to reach zero
        self.weights = {name: tf.Variable(value, name=name.replace("/", "_")) for name, value in initial.items()}
        self.averages = {name: tf.Variable(value) for name, value in initial.items()}
        self.kept = dict(initial)  # the averages that heard best
        learned = [name for name in initial if mixednet.trainable(name)]
        self.moments = {
            f"{name}:{order}": tf.Variable(np.zeros_like(initial[name])) for name in learned for order in (1, 2)
        }
        self._learned = learned
        self._teachers = [{name: tf.constant(value) for name, value in weights.items()} for weights in teachers]
        self._step = tf.function(self._learn, reduce_retracing=True)

    def begin(self, weights: dict[str, np.ndarray]) -> None:
        """Begin with these weights instead of random ones."""
        for name, value in weights.items():
            self.weights[name].assign(value)
            self.averages[name].assign(value)
        self.kept = weights

    def rate(self) -> float:
        """Step size at the present step."""
        first, last = self.legs[-1]
        progress = (self.done - first) / max(1, last - first)
        return PEAK_RATE * min(1.0, (self.done - first + 1) / WARM_UP_STEPS) * 0.5 * (1 + np.cos(np.pi * progress))

    def step(self, sound: np.ndarray, answers: np.ndarray, plain: np.ndarray) -> dict[str, float]:
        """Learn from one batch of data.SequenceSampler; returns the losses."""
        import tensorflow as tf

        losses = self._step(
            tf.constant(sound),
            tf.constant(answers),
            tf.constant(plain),
            tf.constant(self.rate(), tf.float32),
            tf.constant(self.done + 1, tf.float32),
        )
        self.done += 1
        return losses

    def _learn(self, sound, answers, plain, rate, count):
        import tensorflow as tf

        spectrograms = tf.cast(sound, tf.float32) * mixednet.FEATURE_SCALE
        if self._teachers:
            undisturbed = tf.cast(plain, tf.float32) * mixednet.FEATURE_SCALE
            targets = tf.sigmoid(
                tf.add_n([mixednet.forward(undisturbed, weights, False)[0] for weights in self._teachers])
                / len(self._teachers)
            )
            gradients, told, seen = self._descent(spectrograms, answers, targets, 1.0)
        else:
            targets = tf.cast(answers == YES, tf.float32) * (1 - SMOOTHING)
            stress = 1 + (HARDEST_WEIGHT - 1) * tf.minimum(1.0, count / HARDEST_RISE_STEPS)
            gradients, told, seen = self._sharp_descent(spectrograms, answers, targets, stress)
        for name, gradient in zip(self._learned, gradients):
            first, second = self.moments[f"{name}:1"], self.moments[f"{name}:2"]
            first.assign(BETA1 * first + (1 - BETA1) * gradient)
            second.assign(BETA2 * second + (1 - BETA2) * tf.square(gradient))
            unbiased = first / (1 - BETA1**count)
            self.weights[name].assign_sub(rate * unbiased / (tf.sqrt(second / (1 - BETA2**count)) + EPSILON))
        for name, value in seen.items():
            self.weights[name].assign(NORM_MOMENTUM * self.weights[name] + (1 - NORM_MOMENTUM) * value)
        keep = tf.minimum(AVERAGE, count / (count + 10))
        for name, value in self.weights.items():
            self.averages[name].assign(keep * self.averages[name] + (1 - keep) * value)
        return told

    def _descent(self, spectrograms, answers, targets, stress):
        # Gradients of what is learned, with the worst negatives counting `stress` times again; the losses by name, and
        # the batch's statistics.
        import tensorflow as tf

        with tf.GradientTape() as tape:
            logits, seen = mixednet.forward(spectrograms, self.weights, True)
            positive, negative, hardest, unasked = losses(logits, answers, targets)
            loss = positive + negative + stress * hardest + (UNASKED_WEIGHT * unasked if self._teachers else 0)
        gradients = tape.gradient(loss, [self.weights[name] for name in self._learned])
        return gradients, {"positive": positive, "negative": negative, "hardest": hardest}, seen

    def _sharp_descent(self, spectrograms, answers, targets, stress):
        # The same, but for gradients taken not where the kernels are but where, near by, some of the tapes say that it
        # is worst. Biases and batch normalisation stay: moved as well, they make the network say no to everything,
        # which is worst and teaches little.
        import tensorflow as tf

        some = slice(ASCENT_TAPES)
        gradients, _, seen = self._descent(spectrograms[some], answers[some], targets[some], stress)
        kernels = [
            (self.weights[name], gradient)
            for name, gradient in zip(self._learned, gradients)
            if name.endswith("/kernel")
        ]
        here = [tf.identity(kernel) for kernel, _ in kernels]
        sizes = [tf.abs(kernel) + SMALLEST_SIZE for kernel in here]
        steepness = tf.linalg.global_norm([size * gradient for size, (_, gradient) in zip(sizes, kernels)]) + EPSILON
        for size, (kernel, gradient) in zip(sizes, kernels):
            kernel.assign_add(RADIUS * tf.square(size) * gradient / steepness)
        gradients, told, _ = self._descent(spectrograms, answers, targets, stress)
        for value, (kernel, _) in zip(here, kernels):
            kernel.assign(value)
        return gradients, told, seen

    def keep(self, score: float, averages: dict[str, np.ndarray]) -> bool:
        """Keep these averages if none before them scored higher; whether it did."""
        if better := score >= self.best:
            self.best, self.kept = score, averages
        return better

    def state(self) -> dict:
        """Everything that training needs to go on."""
        groups = {"weights": self.weights, "averages": self.averages, "moments": self.moments}
        state = {f"{group}|{name}": value.numpy() for group, values in groups.items() for name, value in values.items()}
        return {
            **state,
            **{f"kept|{name}": value for name, value in self.kept.items()},
            "done": self.done,
            "best": self.best,
            "legs": self.legs,
        }

    def restore(self, state: dict, steps: int) -> None:
        """Take back what `state` gave; with more steps than were planned then, on a new leg."""
        for group, values in (("weights", self.weights), ("averages", self.averages), ("moments", self.moments)):
            for name, value in values.items():
                value.assign(state[f"{group}|{name}"])
        self.kept = {name: state[f"kept|{name}"] for name in self.kept}
        self.done, self.best, self.legs = state["done"], state["best"], [list(leg) for leg in state["legs"]]
        if steps > self.legs[-1][1]:
            self.legs.append([self.done, steps])


def losses(logits, answers, targets):
    """Cross entropy of (tapes, outputs) logits with the probabilities they should say: mean over the yes, over the no,
    over the no where it exceeds the least possible most, and over the unasked."""
    import tensorflow as tf

    yes, no, unasked = (tf.cast(answers == answer, tf.float32) for answer in (YES, NO, UNASKED))
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(targets, logits)
    excess = tf.reshape(
        (entropy + tf.math.xlogy(targets, targets) + tf.math.xlogy(1 - targets, 1 - targets)) * no, [-1]
    )
    hardest = tf.reduce_mean(tf.math.top_k(excess, max(1, int(HARDEST_SHARE * excess.shape[0])), sorted=False).values)
    positive, negative, between = (
        tf.reduce_sum(entropy * where) / (tf.reduce_sum(where) + 1) for where in (yes, no, unasked)
    )
    return positive, negative, hardest, between
