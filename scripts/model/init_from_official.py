"""Weights of an official model as initialisation of a network for another word.

    name = choose_model("hey buster.")                                           # "hey_mycroft"
    weights = initialise(mixednet.draw_weights(rng), name, inputs)               # all but the last layer are the model's

Kevin Ahrendt's models "hey mycroft" and "alexa" (Apache-2.0, in the package pymicro-wakeword, whose version and
checksum requirements.lock holds) have the layers of mixednet and were trained elsewhere, on other sound. A network that
starts from them instead of random numbers detects people better, and better from "hey mycroft" than from "alexa"
(docs/EXPERIMENTS.md). No network starts from a model that knows a part of its word.
"""

import re
from importlib import metadata, resources

import numpy as np
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema

from scripts.model import mixednet

PACKAGE = "pymicro-wakeword"
WORDS = {"hey_mycroft": "mycroft", "alexa": "alexa"}  # the better model first, and the word in its phrase that counts


def choose_model(phrase: str) -> str:
    """The first model that knows no part of a phrase, "" if both do; "hey" is in too many phrases to count.

    >>> choose_model("hey buster."), choose_model("Hey, Mycroft"), choose_model("alexa mycroft")
    ('hey_mycroft', 'alexa', '')
    """
    letters = re.sub(r"[\W_]+", "", phrase.casefold())
    return next((name for name, word in WORDS.items() if word not in letters), "")


def read_weights(name: str) -> dict[str, np.ndarray]:
    """A model's float32 weights under mixednet's names, batch normalisation folded into LAYER/kernel and LAYER/bias.

    The last layer, which knows the other word, is left out. ValueError where the model has other layers than mixednet.
    """
    content = (resources.files(PACKAGE.replace("-", "_")) / "models" / f"{name}.tflite").read_bytes()
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
    graph = model.subgraphs[0]
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    convolutions = [
        operator
        for operator in graph.operators
        if codes[operator.opcodeIndex] in (schema.BuiltinOperator.CONV_2D, schema.BuiltinOperator.DEPTHWISE_CONV_2D)
    ]
    constants = [[_dequantise(model, graph.tensors[i]) for i in operator.inputs[1:3]] for operator in convolutions]
    layers, ours = mixednet.list_layers()[:-1], mixednet.draw_weights(np.random.default_rng(0))
    kernels = [kernel.transpose(1, 2, 3, 0) for kernel, _ in constants]  # TFLite has the filters first
    shapes, expected = [kernel.shape for kernel in kernels], [ours[f"{layer.name}/kernel"].shape for layer in layers]
    if shapes != expected:
        raise ValueError(
            f"{name} of {PACKAGE} {metadata.version(PACKAGE)} has convolutions of the shapes {shapes}, expected {expected}: "
            "install what requirements.lock says, or start from random weights with INIT=random."
        )
    return {
        f"{layer.name}/{part}": value
        for layer, kernel, (_, bias) in zip(layers, kernels, constants)
        for part, value in (("kernel", kernel), ("bias", bias))
    }


def _dequantise(model, tensor) -> np.ndarray:
    # The numbers that a quantised constant stands for, float32.
    types = {schema.TensorType.INT8: np.int8, schema.TensorType.INT32: np.int32}
    stored = np.asarray(model.buffers[tensor.buffer].data, np.uint8).view(types[tensor.type]).reshape(tensor.shape)
    quantisation = tensor.quantization
    shape = [1] * stored.ndim
    shape[quantisation.quantizedDimension] = -1
    zero_point, scale = np.reshape(quantisation.zeroPoint, shape), np.reshape(quantisation.scale, shape)
    return ((stored - zero_point) * scale).astype(np.float32)


def initialise(weights: dict[str, np.ndarray], name: str, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """`weights` with all but the last layer of an official model, whose outputs batch normalisation does not change.

    The models' own batch normalisation is folded away; ours is given the means and variances of a batch, `inputs`
    (sequences, frames, 40) uint16, as its statistics, and their inverse as its scale and offset.
    """
    official, result = read_weights(name), dict(weights)
    x = tf.expand_dims(tf.cast(inputs, tf.float32) * mixednet.FEATURE_SCALE, 2)
    offset: np.ndarray | float = 0.0
    for layer in mixednet.list_layers()[:-1]:
        kernel = result[f"{layer.name}/kernel"] = official[f"{layer.name}/kernel"]
        x, bias = mixednet.convolve(x, layer, official), official[f"{layer.name}/bias"]
        if not layer.norm:  # its bias reaches the pointwise layer behind it
            offset = bias
            continue
        bias = bias + offset @ kernel[0, 0] if layer.name != "first" else bias
        mean, variance = (moment.numpy() for moment in tf.nn.moments(x, [0, 1, 2]))
        result |= {
            f"{layer.name}/mean": mean,
            f"{layer.name}/variance": variance,
            f"{layer.name}/beta": (mean + bias).astype(np.float32),
            f"{layer.name}/gamma": np.sqrt(variance + mixednet.BATCH_NORM_EPSILON),
        }
        x = tf.nn.relu(x + bias)
    return result
