"""Initialisation from official models: the weights are theirs but for quantisation, and no word starts from itself."""

import os
from importlib import resources

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from scripts.core.random_numbers import generator
from scripts.core.spectrogram import compute_spectrogram
from scripts.model import init_from_official, mixednet
from scripts.model.inputs import make_inference_inputs


@pytest.fixture(scope="module")
def sound():
    """Noise that comes and goes, as the frontend gives it: (1, frames, 40)."""
    rng = np.random.default_rng(5)
    loudness = np.repeat(rng.uniform(0.0005, 0.3, 60), 1600)
    return compute_spectrogram((rng.standard_normal(len(loudness)) * loudness).astype(np.float32))[None, :-1]


def test_with_its_own_last_layer_the_network_gives_the_outputs_of_the_official_model(sound):
    path = resources.files("pymicro_wakeword") / "models/hey_mycroft.tflite"
    runtime = Interpreter(str(path), experimental_preserve_all_tensors=True)
    runtime.allocate_tensors()
    about = {tensor["index"]: tensor for tensor in runtime.get_tensor_details()}
    (dense,) = [operator for operator in runtime._get_ops_details() if operator["op_name"] == "FULLY_CONNECTED"]
    _, kernel, bias, logit = [*dense["inputs"], *dense["outputs"]]

    def real(place):
        scale, zero_point = about[place]["quantization"]
        return (runtime.get_tensor(place).astype(np.float32) - zero_point) * scale

    theirs = []
    for step in make_inference_inputs(sound[0], mixednet.STRIDE):
        runtime.set_tensor(runtime.get_input_details()[0]["index"], step)
        runtime.invoke()
        theirs.append(float(real(logit)[0, 0]))
    weights = init_from_official.initialise(mixednet.draw_weights(generator(1, "weights")), "hey_mycroft", sound)
    weights |= {"last/kernel": real(kernel).reshape(mixednet.CONTEXT, 1, -1, 1), "last/bias": real(bias)}
    frames = sound.astype(np.float32) * mixednet.FEATURE_SCALE
    ours = mixednet.forward(frames[:, -mixednet.RECEPTIVE_FRAMES % mixednet.STRIDE :], weights, False)[0].numpy()[0]
    theirs = np.array(theirs[-len(ours) :])
    assert np.std(theirs) > 1 and np.corrcoef(ours, theirs)[0, 1] > 0.99
    assert np.abs(ours - theirs).mean() < 0.15 * np.std(theirs), "seven layers of 8 bits leave this much"
    by_the_batch = mixednet.forward(frames, weights, True)[0].numpy()[0]
    np.testing.assert_allclose(by_the_batch, mixednet.forward(frames, weights, False)[0].numpy()[0], atol=0.05)


@pytest.mark.parametrize("name", init_from_official.WORDS)
def test_only_the_last_layer_stays_random(name, sound):
    random = mixednet.draw_weights(generator(1, "weights"))
    weights = init_from_official.initialise(random, name, sound)
    assert weights.keys() == random.keys() and all(
        weights[key].shape == random[key].shape and weights[key].dtype == np.float32 for key in weights
    )
    same = {key for key in weights if np.array_equal(weights[key], random[key])}
    assert same == {"last/kernel", "last/bias"}


def test_no_word_starts_from_a_model_that_knows_a_part_of_it():
    assert (
        init_from_official.choose_model("hey buster.")
        == init_from_official.choose_model("Alexa!")
        == init_from_official.choose_model("hey A-lexa")
        == "hey_mycroft"
    )
    assert (
        init_from_official.choose_model("Hey, Mycroft") == "alexa"
        and init_from_official.choose_model("alexa mycroft") == ""
    )


def test_a_model_of_another_shape_is_refused_in_a_sentence(monkeypatch):
    monkeypatch.setattr(mixednet, "BLOCKS", ((5, 64), (9, 64)))
    with pytest.raises(ValueError, match="INIT=random"):
        init_from_official.read_weights("alexa")
