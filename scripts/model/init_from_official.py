"""An official wake word as a beginning: what it has learned about people, in a network for another word.

    name = official.beginning("hey buster.")                                      # "hey_mycroft"
    weights = official.settled(mixednet.draw_weights(rng), name, sound)        # of mixednet, without a last layer

Kevin Ahrendt's models "hey mycroft" and "alexa" (Apache-2.0, in the package pymicro-wakeword, whose version and
checksum requirements.lock holds) have just the layers of mixednet and were trained elsewhere, on other sound. Training
that begins with them instead of random numbers hears people better, and better with "hey mycroft" than with "alexa"
(docs/EXPERIMENTS.md). A word never begins with a model that knows a part of it.
"""

import re
from importlib import metadata, resources

import numpy as np

from scripts.model import mixednet

PACKAGE = "pymicro-wakeword"
WORDS = {"hey_mycroft": "mycroft", "alexa": "alexa"}  # the better one first, and what is new in each


def beginning(phrase: str) -> str:
    """The first model that knows no part of a phrase, "" if both do; "hey" is in too many to count."""
    spoken = re.sub(r"[\W_]+", "", phrase.casefold())
    return next((name for name, word in WORDS.items() if word not in spoken), "")


def weights_of(name: str) -> dict[str, np.ndarray]:
    """A model's float32 weights under mixednet's names, batch normalisation folded into LAYER/kernel and LAYER/bias.

    The last layer, which knows the other word, is left out. Raises ValueError where the model has other layers than
    mixednet.
    """
    from ai_edge_litert import schema_py_generated as schema

    content = (resources.files(PACKAGE.replace("-", "_")) / "models" / f"{name}.tflite").read_bytes()
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
    graph = model.subgraphs[0]
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    convolutions = [
        operator
        for operator in graph.operators
        if codes[operator.opcodeIndex] in (schema.BuiltinOperator.CONV_2D, schema.BuiltinOperator.DEPTHWISE_CONV_2D)
    ]
    found = [
        [_real(model, graph.tensors[place], schema) for place in operator.inputs[1:3]] for operator in convolutions
    ]
    layers, ours = mixednet.layers()[:-1], mixednet.draw_weights(np.random.default_rng(0))
    kernels = [kernel.transpose(1, 2, 3, 0) for kernel, _ in found]  # TFLite has the filters first
    shapes, expected = [kernel.shape for kernel in kernels], [ours[f"{layer.name}/kernel"].shape for layer in layers]
    if shapes != expected:
        raise ValueError(
            f"{name} of {PACKAGE} {metadata.version(PACKAGE)} has convolutions of the shapes {shapes}, expected {expected}: "
            "install what requirements.lock says, or begin with nothing by INIT=random."
        )
    return {
        f"{layer.name}/{what}": value
        for layer, kernel, (_, bias) in zip(layers, kernels, found)
        for what, value in (("kernel", kernel), ("bias", bias))
    }


def _real(model, tensor, schema) -> np.ndarray:
    """The numbers that a quantised constant stands for, float32."""
    types = {schema.TensorType.INT8: np.int8, schema.TensorType.INT32: np.int32}
    stored = np.asarray(model.buffers[tensor.buffer].data, np.uint8).view(types[tensor.type]).reshape(tensor.shape)
    about = tensor.quantization
    along = [1] * stored.ndim
    along[about.quantizedDimension] = -1
    return ((stored - np.reshape(about.zeroPoint, along)) * np.reshape(about.scale, along)).astype(np.float32)


def settled(weights: dict[str, np.ndarray], name: str, sound: np.ndarray) -> dict[str, np.ndarray]:
    """`weights` with all but the last layer of an official model, whose answers batch normalisation does not change.

    The models' own batch normalisation is folded away; ours is given the means and variances of a batch, `sound`
    (tapes, frames, 40) uint16, as its statistics, and what undoes them as its scale and offset.
    """
    import tensorflow as tf

    known, made = weights_of(name), dict(weights)
    x, offset = tf.expand_dims(tf.cast(sound, tf.float32) * mixednet.FEATURE_SCALE, 2), 0.0
    for layer in mixednet.layers()[:-1]:
        kernel = made[f"{layer.name}/kernel"] = known[f"{layer.name}/kernel"]
        x, bias = mixednet.convolved(x, layer, known), known[f"{layer.name}/bias"]
        if not layer.norm:  # its bias reaches the pointwise layer behind it
            offset = bias
            continue
        bias = bias + offset @ kernel[0, 0] if layer.name != "first" else bias
        mean, variance = (moment.numpy() for moment in tf.nn.moments(x, [0, 1, 2]))
        made |= {
            f"{layer.name}/mean": mean,
            f"{layer.name}/variance": variance,
            f"{layer.name}/beta": (mean + bias).astype(np.float32),
            f"{layer.name}/gamma": np.sqrt(variance + mixednet.BATCH_NORM_EPSILON),
        }
        x = tf.nn.relu(x + bias)
    return made
