"""The network, its streaming twin and the exported model agree."""

import os

import numpy as np
import pytest
import tensorflow as tf

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from scripts.model import conversion, device_gate, mixednet

RNG = np.random.default_rng(7)


@pytest.fixture(scope="module")
def weights():
    weights = mixednet.draw_weights(np.random.default_rng(1))
    for name in weights:  # statistics as training leaves them, so that folding them is tested
        if name.endswith(("/mean", "/beta")):
            weights[name] = RNG.normal(0, 0.3, weights[name].shape).astype(np.float32)
        if name.endswith(("/variance", "/gamma")):
            weights[name] = RNG.uniform(0.5, 2, weights[name].shape).astype(np.float32)
    return weights


@pytest.fixture(scope="module")
def spectrogram():
    return np.clip(RNG.gamma(2, 3, (400, 40)), 0, 26).astype(np.float32)


def test_about_as_many_parameters_as_the_official_models():
    weights = mixednet.draw_weights(np.random.default_rng(1))
    assert 20_000 < sum(value.size for name, value in weights.items() if mixednet.is_trainable(name)) < 40_000


def test_one_output_a_stride_and_none_before_the_receptive_field_is_full(weights, spectrogram):
    assert mixednet.count_outputs(mixednet.RECEPTIVE_FRAMES) == 1
    assert mixednet.count_outputs(mixednet.RECEPTIVE_FRAMES - 1) == 0
    logits, _ = mixednet.forward(spectrogram[None], weights, False)
    assert logits.shape == (1, mixednet.count_outputs(400))


def test_an_output_depends_on_its_receptive_field_alone(weights, spectrogram):
    logits = np.array(mixednet.forward(spectrogram[None], weights, False)[0])[0]
    position = 10
    first = position * mixednet.STRIDE
    field = spectrogram[first : first + mixednet.RECEPTIVE_FRAMES]
    output = np.array(mixednet.forward(field[None], weights, False)[0])[0, 0]
    assert output == pytest.approx(logits[position], abs=1e-4)


def test_streaming_gives_the_outputs_of_the_whole_spectrogram(weights, spectrogram):
    streaming = conversion.build_streaming_module(weights)  # kept: tf.function holds its module weakly
    streamed = np.array([float(streaming.step(spectrogram[None, i : i + 3])[0, 0]) for i in range(0, 399, 3)])
    first = -mixednet.RECEPTIVE_FRAMES % mixednet.STRIDE  # so that both see windows that end on frames 2, 5, 8 ...
    logits = np.array(mixednet.forward(spectrogram[None, first:399], weights, False)[0], float)[0]
    assert len(logits) > 60
    np.testing.assert_allclose(streamed[-len(logits) :], 1 / (1 + np.exp(-logits)), atol=1e-4)


def test_very_loud_calibration_clips_do_not_change_the_devices_scale(weights, spectrogram, tmp_path):
    loud = (spectrogram * 25.6).astype(np.uint16)
    loud[50:60] = 700  # 27.3, where the device's input ends at 26
    (tmp_path / "model.tflite").write_bytes(conversion.convert_weights(weights, [loud]))
    assert device_gate.check(tmp_path / "model.tflite", [loud]).reasons == []


@pytest.mark.parametrize("frames", [179, 180, 181, 300])
def test_training_computes_what_convolutions_give_and_their_gradients(frames, monkeypatch):
    rng = np.random.default_rng(1)
    weights = {name: tf.Variable(value) for name, value in mixednet.draw_weights(rng).items()}
    spectrograms = tf.constant(rng.uniform(0, 26, (2, frames, 40)).astype(np.float32))
    results = []
    for convolve in (mixednet.convolve, mixednet.convolve_fast):
        monkeypatch.setattr(mixednet, "convolve_fast", convolve)
        with tf.GradientTape() as tape:
            logits, _ = mixednet.forward(spectrograms, weights, True)
            loss = tf.reduce_sum(tf.sin(logits))
        assert logits.shape == (2, mixednet.count_outputs(frames))
        names = [name for name in weights if mixednet.is_trainable(name)]
        results.append([logits, *tape.gradient(loss, [weights[name] for name in names])])
    for expected, result in zip(*results, strict=True):
        np.testing.assert_allclose(result, expected, rtol=2e-3, atol=2e-3 * float(tf.reduce_max(tf.abs(expected))))


def test_inference_by_folded_weights_gives_the_same_logits():
    rng = np.random.default_rng(1)
    weights = mixednet.draw_weights(rng)
    for name in weights:
        if name.endswith(("/gamma", "/variance")):
            weights[name] = rng.uniform(0.5, 2, weights[name].shape).astype(np.float32)
        elif name.endswith(("/beta", "/mean")):
            weights[name] = rng.normal(0, 0.5, weights[name].shape).astype(np.float32)
    spectrograms = tf.constant(rng.uniform(0, 26, (2, 300, 40)).astype(np.float32))
    expected, _ = mixednet.forward(spectrograms, weights, False)
    logits = mixednet.infer(spectrograms, mixednet.fold_batch_norm(weights))
    np.testing.assert_allclose(logits, expected, rtol=1e-3, atol=1e-3 * float(tf.reduce_max(tf.abs(expected))))
