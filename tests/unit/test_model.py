"""The network, its streaming twin and its training data agree with each other."""

import os
import shutil

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from scripts.core import spectrogram_store
from scripts.core.random_numbers import generator
from scripts.model import batches, mixednet

RNG = np.random.default_rng(7)


@pytest.fixture(scope="module")
def weights():
    made = mixednet.draw_weights(np.random.default_rng(1))
    for name in made:  # statistics as training leaves them, so that folding them is tested
        if name.endswith(("/mean", "/beta")):
            made[name] = RNG.normal(0, 0.3, made[name].shape).astype(np.float32)
        if name.endswith(("/variance", "/gamma")):
            made[name] = RNG.uniform(0.5, 2, made[name].shape).astype(np.float32)
    return made


@pytest.fixture(scope="module")
def spectrogram():
    return np.clip(RNG.gamma(2, 3, (400, 40)), 0, 26).astype(np.float32)


def test_about_as_many_parameters_as_the_official_models():
    made = mixednet.draw_weights(np.random.default_rng(1))
    assert 20_000 < sum(value.size for name, value in made.items() if mixednet.trainable(name)) < 40_000


def test_one_output_a_stride_and_none_before_the_context_is_full(weights, spectrogram):
    assert mixednet.outputs(mixednet.FRAMES_SEEN) == 1 and mixednet.outputs(mixednet.FRAMES_SEEN - 1) == 0
    logits, _ = mixednet.forward(spectrogram[None], weights, False)
    assert logits.shape == (1, mixednet.outputs(400))


def test_each_output_sees_just_its_own_context(weights, spectrogram):
    logits = np.array(mixednet.forward(spectrogram[None], weights, False)[0])[0]
    position = 10
    window = spectrogram[position * mixednet.STRIDE : position * mixednet.STRIDE + mixednet.FRAMES_SEEN]
    assert np.array(mixednet.forward(window[None], weights, False)[0])[0, 0] == pytest.approx(
        logits[position], abs=1e-4
    )


def test_streaming_gives_the_numbers_of_the_whole(weights, spectrogram):
    from scripts.model.export import streaming_module

    streaming = streaming_module(weights)  # kept: tf.function holds its module weakly
    streamed = np.array([float(streaming.step(spectrogram[None, i : i + 3])[0, 0]) for i in range(0, 399, 3)])
    first = -mixednet.FRAMES_SEEN % mixednet.STRIDE  # so that both look at windows ending on frames 2, 5, 8 ...
    logits = np.array(mixednet.forward(spectrogram[None, first:399], weights, False)[0])[0]
    assert len(logits) > 60
    np.testing.assert_allclose(streamed[-len(logits) :], 1 / (1 + np.exp(-logits)), atol=1e-4)


def test_what_is_louder_than_the_device_can_tell_leaves_the_devices_scale(weights, spectrogram, tmp_path):
    from scripts.model import device, export

    loud = (spectrogram * 25.6).astype(np.uint16)
    loud[50:60] = 700  # 27.3, where the device's input ends at 26
    (tmp_path / "model.tflite").write_bytes(export.convert(weights, [loud]))
    assert device.check(tmp_path / "model.tflite", [loud]).reasons == []


def test_answers_around_a_word():
    asked = np.zeros(300, np.int8)
    batches.mark(asked, 100)
    assert asked[100 + batches.YES_FROM] == batches.YES and asked[100 + batches.YES_UNTIL - 1] == batches.YES
    assert asked[100 - batches.UNASKED_BEFORE] == batches.UNASKED and asked[100 + batches.YES_UNTIL] == batches.UNASKED
    assert (
        asked[100 - batches.UNASKED_BEFORE - 1] == batches.NO
        and asked[100 + batches.YES_UNTIL + batches.UNASKED_AFTER] == batches.NO
    )


def test_answers_of_a_word_beyond_the_edges_do_not_wrap_round():
    for end in (-50, -1, 299, 400):
        asked = np.zeros(300, np.int8)
        batches.mark(asked, end)
        assert asked[150] == batches.NO


@pytest.fixture
def stores(tmp_path):
    """A word whose spectrogram is 1000 everywhere, negatives at 100."""
    word, common = tmp_path / "word", tmp_path / "common"
    spectrogram_store.write(
        word / "positive/training",
        "positive",
        [spectrogram_store.Clip(np.full((120, 40), 1000, np.uint16), 90) for _ in range(4)],
    )
    spectrogram_store.write(
        word / "near/training",
        "near",
        [spectrogram_store.Clip(np.full((110, 40), 100, np.uint16), 80) for _ in range(4)],
    )
    spectrogram_store.write(
        common / "speech/training",
        "speech",
        [spectrogram_store.Clip(np.full((900, 40), 100, np.uint16)) for _ in range(2)],
    )
    return word, common


def test_a_tape_asks_for_the_word_where_it_ends_and_depends_on_seed_and_step_only(stores):
    tapes = batches.SequenceSampler(*stores, seed=1)
    sound, answers, _ = tapes.batch(3, sequences=4)
    again = batches.SequenceSampler(*stores, seed=1).batch(3, sequences=4)
    assert np.array_equal(sound, again[0]) and np.array_equal(answers, again[1])
    assert not np.array_equal(sound, tapes.batch(4, sequences=4)[0])
    assert (
        answers.shape == (4, mixednet.outputs(batches.FRAMES))
        and (answers == batches.YES).any()
        and (answers == batches.NO).any()
    )
    for tape, j in zip(*np.nonzero(answers == batches.YES)):
        heard = sound[tape, j * mixednet.STRIDE : j * mixednet.STRIDE + mixednet.FRAMES_SEEN]
        assert (heard == 1000).any()


def test_who_is_taught_hears_other_scenes_than_the_teachers_learned_from(stores):
    word, common = stores
    spectrogram_store.write(
        word / "positive/teaching",
        "positive",
        [spectrogram_store.Clip(np.full((120, 40), 2000, np.uint16), 90) for _ in range(3)],
    )
    teacher, pupil = (batches.SequenceSampler(word, common, seed=1, for_student=taught) for taught in (False, True))
    assert [
        (tapes.kinds["positive"].clips, tapes.kinds["near"].clips, tapes.kinds["speech"].clips)
        for tapes in (teacher, pupil)
    ] == [(4, 4, 2), (3, 4, 2)]
    assert {2000} <= set(np.unique(pupil.batch(0)[0])) and teacher.batch(0)[0].max() == 1000


def test_who_is_taught_hears_some_clips_with_noise_over_them_stretched_alike(stores):
    word, common = stores
    ramps = [np.arange(frames * 40, dtype=np.uint16).reshape(frames, 40) // 10 + 1000 for frames in (120, 150)]
    for mode, more in (("teaching", 0), ("teaching" + spectrogram_store.NOISY, 1000)):
        spectrogram_store.write(
            word / f"positive/{mode}",
            "positive",
            [spectrogram_store.Clip(ramp + np.uint16(more), 90) for ramp in ramps],
        )
    shares = {"positive": 0.5, "speech": 0.5, "near": 0}
    teacher, pupil = (
        batches.SequenceSampler(word, common, seed=1, shares=shares, for_student=taught) for taught in (False, True)
    )
    assert teacher.kinds["positive"].noisy == [None]
    batch = pupil.batch(0)
    word_there = (batch.plain >= 1000) & (batch.sound > 0)
    over = batch.sound[word_there].astype(int) - batch.plain[word_there]
    assert over.min() >= -1 and over.max() <= 1001 and np.isin(over, (-1, 0, 1, 999, 1000, 1001)).all(), (
        "stretched as the plain one"
    )
    assert (over > 500).mean() == pytest.approx(batches.NOISY_CHANCE, abs=0.1)


def test_clips_with_noise_that_are_not_those_without_are_refused(stores):
    word, common = stores
    spectrogram_store.write(
        word / f"positive/training{spectrogram_store.NOISY}",
        "positive",
        [spectrogram_store.Clip(np.full((120, 40), 900, np.uint16), 90) for _ in range(3)],
    )
    batches.SequenceSampler(word, common, seed=1)
    with pytest.raises(ValueError, match="3 clips, expected the 4 of .*report.json"):
        batches.SequenceSampler(word, common, seed=1, for_student=True)


def test_who_is_taught_hears_masks_and_music_that_its_teachers_do_not(stores):
    word, common = stores
    spectrogram_store.write(
        common / "music/training", "music", [spectrogram_store.Clip(np.full((130, 40), 5000, np.uint16))]
    )
    shares = {"positive": 0.5, "speech": 0.5, "music": 0}
    teacher, pupil, again = (
        batches.SequenceSampler(word, common, seed=1, shares=shares, for_student=taught).batch(0)
        for taught in (False, True, True)
    )
    assert teacher.plain is teacher.sound and np.array_equal(teacher.answers[0], pupil.answers[0])
    assert set(np.unique(pupil.plain)) <= {99, 100, 999, 1000}, (
        "stretched, but nothing is masked, and there is no music"
    )
    least, most = (5000 * gain for gain in batches.UNDER_GAIN)
    under = pupil.sound > 1000
    assert least - 1 <= pupil.sound[under].min() and pupil.sound.max() <= most
    assert under.all(axis=2).mean() == pytest.approx(batches.UNDER_SHARE, abs=0.1)
    assert (pupil.sound[~under] <= pupil.plain[~under]).all() and (pupil.sound == 0).any()
    assert np.array_equal(pupil.sound, again.sound)


def test_a_clip_that_begins_before_the_tape_or_ends_behind_it_is_cut():
    clip = np.arange(1, 6)[:, None] * np.ones((1, 2), int)
    for at, wanted in ((-3, [4, 5, 0, 0]), (1, [0, 1, 2, 3]), (-9, [0, 0, 0, 0]), (-1, [2, 3, 4, 5])):
        tape = np.zeros((4, 2), int)
        batches.record(tape, clip, at)
        assert tape[:, 0].tolist() == wanted


def test_a_margin_says_how_high_strangers_rise_above_what_is_no_word(stores, monkeypatch):
    from scripts.model import validation

    word, common = stores
    spectrogram_store.write(
        word / "positive/validation",
        "positive",
        [spectrogram_store.Clip(np.full((210, 40), 1000, np.uint16), 90) for _ in range(3)],
    )
    spectrogram_store.write(
        common / "speech/validation_ambient", "plain", [spectrogram_store.Clip(np.full((9000, 40), 100, np.uint16))]
    )
    monkeypatch.setattr(
        mixednet,
        "forward",
        lambda x, weights, training: (
            (x[:, mixednet.FRAMES_SEEN - 1 :: mixednet.STRIDE, 0] - weights["level"]) / 10,
            {},
        ),
    )
    level = {"level": np.float32(500 * mixednet.FEATURE_SCALE)}
    assert "margin" not in validation.Validation(word, common).figures(level), (
        "without strangers there is nothing to say"
    )

    def margin(loud):
        spectrogram_store.write(
            word / f"positive/{spectrogram_store.HELDOUT}",
            "positive",
            [spectrogram_store.Clip(np.full((210, 40), loud, np.uint16), 90) for _ in range(5)],
        )
        judge = validation.Validation(word, common)
        assert judge.strangers == 5 and "5 clips of strangers" in str(judge)
        return judge.figures(level)["margin"]

    assert margin(1000) == pytest.approx(900 * mixednet.FEATURE_SCALE / 10, abs=0.05)
    shutil.rmtree(word / f"positive/{spectrogram_store.HELDOUT}")
    assert margin(400) == pytest.approx(300 * mixednet.FEATURE_SCALE / 10, abs=0.05)


def test_masks_take_bands_away_and_spare_the_original():
    clip = np.full((200, 40), 500, np.uint16)
    masked = batches.masked(clip, np.random.default_rng(3))
    assert (clip == 500).all() and set(np.unique(masked)) == {0, 500}
    assert (masked == 0).all(axis=0).sum() <= batches.FREQUENCY_MASKS * batches.WIDEST_MASK


def test_training_learns_goes_on_after_an_interruption_and_ends_the_same(stores, monkeypatch):
    from scripts.model import optimizer as train

    monkeypatch.setattr(train, "WARM_UP_STEPS", 1)
    tapes = batches.SequenceSampler(*stores, seed=1)

    def trained(until, state=None):
        trainer = train.Trainer(30, seed=1)
        if state:
            trainer.restore(state, 30)
        while trainer.done < until:
            said = trainer.step(*tapes.batch(trainer.done, sequences=4, frames=500))
        return trainer.state(), {name: float(value) for name, value in said.items()}

    whole, last = trained(30)
    halfway, first = trained(3)
    resumed, _ = trained(30, halfway)
    assert all(np.array_equal(whole[name], resumed[name]) for name in whole)
    assert last["positive"] + last["negative"] < first["positive"] + first["negative"]


def test_what_learns_by_itself_looks_for_where_near_by_it_is_worst(stores, monkeypatch):
    from scripts.model import optimizer as train

    batch, places = batches.SequenceSampler(*stores, seed=1).batch(0, sequences=2, frames=400), []

    def learn(radius, rate, teachers=()):
        monkeypatch.setattr(train, "RADIUS", radius)
        trainer, losses = train.Trainer(30, seed=1, teachers=teachers), []
        monkeypatch.setattr(trainer, "rate", lambda: rate)
        descent = trainer._descent

        def looked_at(*given):
            places.append({name: trainer.weights[name].numpy() for name in trainer._learned})
            losses.append(found := descent(*given))
            return found

        monkeypatch.setattr(trainer, "_descent", looked_at)
        monkeypatch.setattr(trainer, "_step", trainer._learn)  # not compiled, so that the losses can be looked at
        trainer.step(*batch)
        total = [sum(float(value) for value in told.values()) for _, told, _ in losses]
        return total, {name: value.numpy() for name, value in trainer.weights.items() if mixednet.trainable(name)}

    before = train.Trainer(30, seed=1).kept
    (here, worst), still = learn(radius=0.5, rate=0.0)
    assert worst > here * 1.05, "both are of the same tapes, as there are fewer than the ascent hears"
    ascended = {name for name in places[0] if not np.array_equal(places[0][name], places[1][name])}
    assert ascended == {name for name in places[0] if name.endswith("/kernel")}, (
        "nothing that could say no to all sound alike"
    )
    assert all(np.array_equal(value, before[name]) for name, value in still.items()), (
        "it goes back before it takes its step"
    )
    (here, same), plain = learn(radius=0.0, rate=1e-3)
    assert same == pytest.approx(here)
    _, moved = learn(radius=0.5, rate=1e-3)
    assert any(not np.allclose(moved[name], plain[name], atol=1e-6) for name in plain)
    assert len(learn(0.5, 1e-3, [mixednet.draw_weights(generator(1, "teacher"))])[0]) == 1, "a pupil does not"


def test_the_worst_negatives_come_to_count_three_times_where_nobody_teaches(stores, monkeypatch):
    from scripts.model import optimizer as train

    batch = batches.SequenceSampler(*stores, seed=1).batch(0, sequences=2, frames=400)

    def stresses(count, teachers=()):
        trainer, given = train.Trainer(30, seed=1, teachers=teachers), []
        descent = trainer._descent
        monkeypatch.setattr(trainer, "_descent", lambda *told: given.append(float(told[-1])) or descent(*told))
        monkeypatch.setattr(trainer, "_step", trainer._learn)
        trainer.done = count - 1
        trainer.step(*batch)
        return given

    assert stresses(1) == pytest.approx([1 + 2 / train.HARDEST_RISE_STEPS] * 2), "in the ascent and in the step itself"
    assert stresses(train.HARDEST_RISE_STEPS // 2) == pytest.approx([2, 2])
    assert stresses(5 * train.HARDEST_RISE_STEPS) == pytest.approx([3, 3])
    assert stresses(5 * train.HARDEST_RISE_STEPS, [mixednet.draw_weights(generator(1, "teacher"))]) == [1]


def test_a_pupil_learns_what_its_teachers_say_together(stores, monkeypatch):
    import tensorflow as tf

    from scripts.model import optimizer as train

    monkeypatch.setattr(train, "WARM_UP_STEPS", 1)
    tapes = batches.SequenceSampler(*stores, seed=1)
    teachers = [mixednet.draw_weights(generator(1, "teacher", number)) for number in (1, 2)]
    pupil = train.Trainer(60, seed=9, teachers=teachers)
    batch = tapes.batch(0, sequences=2, frames=400)
    batch = batch._replace(sound=batch.plain // 2)  # what the pupil hears is not what its teachers are asked about
    spectrograms, heard = (sound.astype(np.float32) * mixednet.FEATURE_SCALE for sound in (batch.plain, batch.sound))
    said = [mixednet.forward(spectrograms, weights, False)[0].numpy() for weights in teachers]
    wanted = 1 / (1 + np.exp(-np.mean(said, axis=0)))

    def apart():
        logits = mixednet.forward(heard, {name: value.numpy() for name, value in pupil.weights.items()}, True)[0]
        return float(np.abs(tf.sigmoid(logits).numpy() - wanted).mean())

    before = apart()
    for _ in range(60):
        pupil.step(*batch)
    assert apart() < before / 2


def test_a_pupil_that_says_what_it_should_has_no_hardest_mistake():
    import tensorflow as tf

    from scripts.model.optimizer import losses

    answers = np.array([[batches.NO, batches.NO, batches.YES, batches.UNASKED] * 25], np.int8)
    targets = tf.constant(np.tile([0.2, 0.01, 0.9, 0.5], 25)[None].astype(np.float32))
    right = tf.math.log(targets / (1 - targets))
    *_, hardest, between = losses(right, answers, targets)
    assert float(hardest) == pytest.approx(0, abs=1e-5) and float(between) == pytest.approx(
        np.log(2) * 25 / 26, rel=1e-3
    )
    assert float(losses(right + 3.0, answers, targets)[2]) > 0.5
