"""One step of training: what is learned from targets, from teachers, and where the gradients are taken."""

import os

import numpy as np
import pytest
import tensorflow as tf

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from scripts.core.random_numbers import generator
from scripts.model import mixednet, optimizer
from scripts.model.batches import IGNORED, NEGATIVE, POSITIVE, SequenceSampler
from scripts.model.optimizer import Trainer, compute_losses


@pytest.fixture
def sampler(word_and_common):
    return SequenceSampler(*word_and_common, seed=1)


@pytest.fixture
def batch(sampler):
    return sampler.batch(0, sequences=2, frames=400)


def draw_teacher(*name):
    return mixednet.draw_weights(generator(1, "teacher", *name))


def take_steps(trainer, sampler, until):
    losses = {}
    while trainer.done < until:
        losses = trainer.step(*trainer.prepare(sampler.batch(trainer.done, sequences=4, frames=500)))
    return {name: float(value) for name, value in losses.items()}


def test_training_learns(sampler, monkeypatch):
    monkeypatch.setattr(optimizer, "WARM_UP_STEPS", 1)
    trainer = Trainer(30, seed=1)
    first = take_steps(trainer, sampler, 3)
    last = take_steps(trainer, sampler, 30)
    assert last["positive"] + last["negative"] < first["positive"] + first["negative"]


def test_a_restored_training_ends_the_same(sampler, monkeypatch):
    monkeypatch.setattr(optimizer, "WARM_UP_STEPS", 1)
    whole = Trainer(12, seed=1)
    take_steps(whole, sampler, 3)
    state = whole.state()
    take_steps(whole, sampler, 12)
    resumed = Trainer(12, seed=1)
    resumed.restore(state, 12)
    take_steps(resumed, sampler, 12)
    assert all(np.array_equal(value, resumed.state()[name]) for name, value in whole.state().items())


class Recorded(Trainer):
    """Records the kernels and the loss at each place where gradients are taken."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._step = self._learn  # not compiled, so that values can be looked at
        self.places, self.losses, self.hardest_weights = [], [], []

    def _descend(self, spectrograms, targets, probabilities, hardest_weight):
        result = super()._descend(spectrograms, targets, probabilities, hardest_weight)
        self.places.append({name: value.numpy() for name, value in self.weights.items()})
        self.losses.append(sum(float(loss) for loss in result[1].values()))
        self.hardest_weights.append(float(hardest_weight))
        return result


def take_one_step(batch, monkeypatch, radius=0.5, rate=0.0, done=0, teachers=()):
    monkeypatch.setattr(optimizer, "RADIUS", radius)
    monkeypatch.setattr(Trainer, "learning_rate", lambda trainer: rate)
    trainer = Recorded(30, seed=1, teachers=teachers)
    trainer.done = done
    trainer.step(*trainer.prepare(batch))
    return trainer


def test_without_teachers_gradients_are_taken_where_the_loss_is_higher(batch, monkeypatch):
    trainer = take_one_step(batch, monkeypatch)
    here, ascended = trainer.losses
    assert ascended > here * 1.05
    before, after = trainer.places
    assert {name for name in before if not np.array_equal(before[name], after[name])} == {
        name for name in before if name.endswith("/kernel")
    }


def test_the_ascent_is_undone_before_the_step(batch, monkeypatch):
    initial = Trainer(30, seed=1).best_weights
    trainer = take_one_step(batch, monkeypatch, rate=0.0)
    weights = {name: value.numpy() for name, value in trainer.weights.items() if mixednet.is_trainable(name)}
    assert all(np.array_equal(value, initial[name]) for name, value in weights.items())


def test_the_ascent_changes_the_step(batch, monkeypatch):
    plain, sharp = (take_one_step(batch, monkeypatch, radius, rate=1e-3).weights for radius in (0.0, 0.5))
    assert any(not np.allclose(plain[name].numpy(), sharp[name].numpy(), atol=1e-6) for name in plain)


def test_a_student_takes_its_gradients_where_it_is(batch, monkeypatch):
    assert len(take_one_step(batch, monkeypatch, teachers=[draw_teacher()]).losses) == 1


@pytest.mark.parametrize("step, weight", [(1, 1 + 2 / 600), (300, 2), (3000, 3)])
def test_the_weight_of_the_hardest_negatives_rises_to_three(batch, monkeypatch, step, weight):
    trainer = take_one_step(batch, monkeypatch, done=step - 1)
    assert trainer.hardest_weights == pytest.approx([weight, weight])


def test_for_a_student_the_hardest_negatives_count_once(batch, monkeypatch):
    assert take_one_step(batch, monkeypatch, done=2999, teachers=[draw_teacher()]).hardest_weights == [1]


def test_a_student_learns_the_mean_logit_of_its_teachers(batch, monkeypatch):
    monkeypatch.setattr(optimizer, "WARM_UP_STEPS", 1)
    teachers = [draw_teacher(number) for number in (1, 2)]
    student = Trainer(60, seed=9, teachers=teachers)
    batch = batch._replace(inputs=batch.teacher_inputs // 2)  # the student's input is not its teachers'
    theirs, own = (
        inputs.astype(np.float32) * mixednet.FEATURE_SCALE for inputs in (batch.teacher_inputs, batch.inputs)
    )
    logits = [mixednet.forward(theirs, weights, False)[0].numpy() for weights in teachers]
    expected = tf.sigmoid(np.mean(logits, axis=0)).numpy()

    def distance():
        weights = {name: value.numpy() for name, value in student.weights.items()}
        return float(np.abs(tf.sigmoid(mixednet.forward(own, weights, True)[0]).numpy() - expected).mean())

    before = distance()
    for _ in range(60):
        student.step(*student.prepare(batch))
    assert distance() < before / 2


def test_right_probabilities_have_no_hardest_loss():
    targets = np.array([[NEGATIVE, NEGATIVE, POSITIVE, IGNORED] * 25], np.int8)
    probabilities = tf.constant(np.tile([0.2, 0.01, 0.9, 0.5], 25)[None].astype(np.float32))
    logits = tf.math.log(probabilities / (1 - probabilities))
    losses = compute_losses(logits, targets, probabilities)
    assert float(losses["hardest"]) == pytest.approx(0, abs=1e-5)
    assert float(losses["ignored"]) == pytest.approx(np.log(2) * 25 / 26, rel=1e-3)
    assert float(compute_losses(logits + 3.0, targets, probabilities)["hardest"]) > 0.5


def test_each_training_segment_has_its_own_learning_rate_schedule_down_to_zero(monkeypatch):
    monkeypatch.setattr(optimizer, "WARM_UP_STEPS", 10)
    trainer = Trainer(100, seed=1)

    def list_rates(first, last):
        rates = []
        for trainer.done in range(first, last):
            rates.append(trainer.learning_rate())
        return rates

    rates = list_rates(0, 100)
    trainer.segments.append([100, 200])
    assert list_rates(100, 200) == pytest.approx(rates) and rates[-1] < 0.01 * optimizer.PEAK_RATE
