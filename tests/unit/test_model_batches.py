"""Training sequences: their targets, and how a student's differ from its teachers'."""

import os

import numpy as np
import pytest
from spectrograms import write_store

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from scripts.core import spectrogram_store
from scripts.model import batches, mixednet, spec_augment
from scripts.model.batches import IGNORED, NEGATIVE, POSITIVE, SequenceSampler


def test_targets_around_the_end_of_a_word():
    targets = np.zeros(300, np.int8)
    batches.mark_word_end(targets, 100)
    first, last = 100 + batches.POSITIVE_FROM, 100 + batches.POSITIVE_UNTIL
    assert targets[first] == targets[last - 1] == POSITIVE
    assert targets[100 - batches.IGNORED_BEFORE] == targets[last] == IGNORED
    assert targets[100 - batches.IGNORED_BEFORE - 1] == targets[last + batches.IGNORED_AFTER] == NEGATIVE


def test_a_word_that_ends_outside_the_sequence_marks_no_target_at_its_other_end():
    for end in (-50, -1, 299, 400):
        targets = np.zeros(300, np.int8)
        batches.mark_word_end(targets, end)
        assert targets[150] == NEGATIVE


def test_a_batch_depends_on_seed_and_step_alone(word_and_common):
    batch = SequenceSampler(*word_and_common, seed=1).batch(3, sequences=4)
    again = SequenceSampler(*word_and_common, seed=1).batch(3, sequences=4)
    assert np.array_equal(batch.inputs, again.inputs) and np.array_equal(batch.targets, again.targets)
    for seed, step in ((1, 4), (2, 3)):
        other = SequenceSampler(*word_and_common, seed=seed).batch(step, sequences=4)
        assert not np.array_equal(batch.inputs, other.inputs)


def test_outputs_with_a_positive_target_have_the_word_in_their_receptive_field(word_and_common):
    inputs, targets, _ = SequenceSampler(*word_and_common, seed=1).batch(3, sequences=4)
    assert targets.shape == (4, mixednet.count_outputs(batches.SEQUENCE_FRAMES))
    assert (targets == POSITIVE).any() and (targets == NEGATIVE).any()
    for sequence, output in zip(*np.nonzero(targets == POSITIVE)):
        first = output * mixednet.STRIDE
        assert (inputs[sequence, first : first + mixednet.RECEPTIVE_FRAMES] == 1000).any()


def test_a_student_gets_other_scenes_than_its_teachers_learned_from(word_and_common):
    word, common = word_and_common
    write_store(word / "positive/teaching", 2000, frames=120, clips=3, end=90)
    teacher, student = (SequenceSampler(word, common, seed=1, for_student=student) for student in (False, True))
    clips = [{name: kind.clips for name, kind in sampler.kinds.items()} for sampler in (teacher, student)]
    assert clips == [{"near": 4, "positive": 4, "speech": 2}, {"near": 4, "positive": 3, "speech": 2}]
    assert 2000 in student.batch(0).inputs and teacher.batch(0).inputs.max() == 1000


def test_a_student_gets_some_clips_with_noise_and_stretched_like_the_clean_ones(word_and_common):
    word, common = word_and_common
    ramps = [np.arange(frames * 40, dtype=np.uint16).reshape(frames, 40) // 10 + 1000 for frames in (120, 150)]
    for mode, more in (("teaching", 0), ("teaching" + spectrogram_store.NOISY, 1000)):
        clips = [spectrogram_store.Clip(ramp + np.uint16(more), 90) for ramp in ramps]
        spectrogram_store.write(word / f"positive/{mode}", "positive", clips)
    shares = {"positive": 0.5, "speech": 0.5, "near": 0}
    batch = SequenceSampler(word, common, seed=1, shares=shares, for_student=True).batch(0)
    words = (batch.teacher_inputs >= 1000) & (batch.inputs > 0)
    difference = batch.inputs[words].astype(int) - batch.teacher_inputs[words]
    assert np.isin(difference, (-1, 0, 1, 999, 1000, 1001)).all()
    assert (difference > 500).mean() == pytest.approx(batches.NOISY_CHANCE, abs=0.1)


def test_noisy_clips_that_do_not_match_the_clean_ones_are_refused(word_and_common):
    word, common = word_and_common
    write_store(word / f"positive/training{spectrogram_store.NOISY}", 900, frames=120, clips=3, end=90)
    SequenceSampler(word, common, seed=1)
    with pytest.raises(ValueError, match=r"3 clips, expected the 4 of .*report.json"):
        SequenceSampler(word, common, seed=1, for_student=True)


def test_features_without_positives_are_refused(word_and_common):
    word, common = word_and_common
    with pytest.raises(ValueError, match="has no store positive/training"):
        SequenceSampler(common, word / "near", seed=1)


def test_masks_and_background_are_for_the_student_alone(word_and_common):
    word, common = word_and_common
    write_store(common / "music/training", 5000, frames=130)
    shares = {"positive": 0.5, "speech": 0.5, "music": 0}
    teacher, student, again = (
        SequenceSampler(word, common, seed=1, shares=shares, for_student=student).batch(0)
        for student in (False, True, True)
    )
    assert teacher.teacher_inputs is teacher.inputs and np.array_equal(teacher.targets[0], student.targets[0])
    assert set(np.unique(student.teacher_inputs)) <= {99, 100, 999, 1000}
    least, most = (5000 * gain for gain in batches.BACKGROUND_GAIN)
    music = student.inputs > 1000
    assert least - 1 <= student.inputs[music].min() and student.inputs.max() <= most
    assert music.all(axis=2).mean() == pytest.approx(batches.BACKGROUND_CHANCE, abs=0.1)
    assert (student.inputs[~music] <= student.teacher_inputs[~music]).all() and (student.inputs == 0).any()
    assert np.array_equal(student.inputs, again.inputs)


@pytest.mark.parametrize("at, expected", [(-3, [4, 5, 0, 0]), (1, [0, 1, 2, 3]), (-9, [0] * 4), (-1, [2, 3, 4, 5])])
def test_a_clip_is_cut_at_the_ends_of_the_sequence(at, expected):
    clip, sequence = np.arange(1, 6)[:, None] * np.ones((1, 2), int), np.zeros((4, 2), int)
    batches.paste(sequence, clip, at)
    assert sequence[:, 0].tolist() == expected


def test_masks_set_bands_of_a_copy_to_zero():
    clip = np.full((200, 40), 500, np.uint16)
    masked = spec_augment.mask(clip, np.random.default_rng(3))
    assert (clip == 500).all() and set(np.unique(masked)) == {0, 500}
    assert (masked == 0).all(axis=0).sum() <= spec_augment.FREQUENCY_MASKS * spec_augment.WIDEST_MASK


def test_warping_stretches_channels_and_time_and_moves_the_end_of_the_word():
    clip = np.zeros((200, 40), np.uint16)
    clip[100:, 20] = 1000
    warped, end = spec_augment.warp(clip, 100, (1.1, 0.8))
    assert warped.shape == (250, 40) and end == 125
    assert warped[end + 1 :].sum(axis=0).argmax() == 18, "channel 18 takes its value from 18 * 1.1"
