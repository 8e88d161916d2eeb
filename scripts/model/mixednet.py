"""MixedNet, the network every microWakeWord device runs, written once as a list of layers.

    weights = draw_weights(generator(1, "weights"))
    logits, _ = forward(spectrograms, weights, training=False)

The first convolution sees 5 feature frames and moves on by STRIDE = 3 (30 ms); each block is a depthwise convolution in
time and a pointwise one; the last layer sees the final CONTEXT outputs and gives one logit. There is no padding in
time, so the same weights run over a long spectrogram at once (training: every output is an example) and frame by frame
with ring buffers (the device), and both give the same numbers. The shape is that of the official "hey mycroft" and, but
for CONTEXT, of "alexa" (Kevin Ahrendt's microWakeWord), from which training may start (init_from_official.py).
"""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from scripts.core.frontend import CHANNELS

STRIDE = 3  # feature frames per inference
FIRST_KERNEL, FIRST_FILTERS = 5, 32
BLOCKS = ((5, 64), (9, 64), (13, 64), (21, 64))  # (kernel, filters)
CONTEXT = 15  # outputs of the last block that the last layer sees
FEATURE_SCALE = 1 / 25.6  # stored uint16 value -> network input, 0..26
BATCH_NORM_EPSILON = 1e-3

# Receptive field of an output, in outputs of the first layer and in frames (1.79 s).
RECEPTIVE_STEPS = 1 + sum(kernel - 1 for kernel, _ in BLOCKS) + CONTEXT - 1
RECEPTIVE_FRAMES = FIRST_KERNEL + STRIDE * (RECEPTIVE_STEPS - 1)


def count_outputs(frames: int) -> int:
    """Number of outputs for a spectrogram of `frames` feature frames.

    >>> count_outputs(RECEPTIVE_FRAMES), count_outputs(RECEPTIVE_FRAMES - 1), count_outputs(800)
    (1, 0, 208)
    """
    return max(0, (frames - RECEPTIVE_FRAMES) // STRIDE + 1)


@dataclass(frozen=True)
class Layer:
    """One convolution over `kernel` steps of time, depthwise or full."""

    name: str
    kernel: int
    channels: int
    filters: int
    depthwise: bool
    norm: bool  # batch normalisation and ReLU follow
    stride: int = 1


def list_layers() -> list[Layer]:
    """The network from the spectrogram to the logit."""
    layers = [Layer("first", FIRST_KERNEL, CHANNELS, FIRST_FILTERS, False, True, STRIDE)]
    channels = FIRST_FILTERS
    for i, (kernel, filters) in enumerate(BLOCKS, 1):
        layers += [
            Layer(f"time{i}", kernel, channels, channels, True, False),
            Layer(f"point{i}", 1, channels, filters, False, True),
        ]
        channels = filters
    return [*layers, Layer("last", CONTEXT, channels, 1, False, False)]


def draw_weights(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """He-normal weights by name; moving statistics of batch normalisation are NAME/mean and NAME/variance."""
    weights = {}
    for layer in list_layers():
        inputs = 1 if layer.depthwise else layer.channels
        shape = (layer.kernel, 1, layer.channels, 1) if layer.depthwise else (layer.kernel, 1, inputs, layer.filters)
        scale = np.sqrt((2.0 if layer.norm or layer.depthwise else 1.0) / (layer.kernel * inputs))
        weights[f"{layer.name}/kernel"] = (rng.standard_normal(shape) * scale).astype(np.float32)
        if layer.norm:
            for name, value in (("gamma", 1), ("beta", 0), ("mean", 0), ("variance", 1)):
                weights[f"{layer.name}/{name}"] = np.full(layer.filters, value, np.float32)
    weights["last/bias"] = np.full(1, -2.0, np.float32)
    return weights


def is_trainable(name: str) -> bool:
    """Whether gradient descent changes a weight (moving statistics have their own rule)."""
    return not name.endswith(("/mean", "/variance"))


def convolve(x, layer: Layer, weights):
    """One valid convolution of (batch, steps, 1, channels) with the layer's kernel."""
    kernel = weights[f"{layer.name}/kernel"]
    if layer.depthwise:
        return tf.nn.depthwise_conv2d(x, kernel, [1, 1, 1, 1], "VALID")
    return tf.nn.conv2d(x, kernel, [1, layer.stride, layer.stride, 1], "VALID")


def convolve_fast(x, layer: Layer, weights):
    """What convolve() gives, but for rounding, as matrix products: they take a third of the time of TensorFlow's
    convolutions of these shapes. convolve() is what a device runs."""
    kernel = weights[f"{layer.name}/kernel"]
    if layer.depthwise:
        return tf.nn.depthwise_conv2d(x, kernel, [1, 1, 1, 1], "VALID")
    batch, steps = _size(x, 0), _size(x, 1)
    if layer.kernel == 1:
        product = tf.matmul(tf.reshape(x, [-1, layer.channels]), kernel[0, 0])
        return tf.reshape(product, [batch, steps, 1, layer.filters])
    if layer.filters == 1:
        products = tf.matmul(kernel[:, 0, :, 0], tf.reshape(x, [-1, layer.channels]), transpose_b=True)
        return _add_shifted(tf.reshape(products, [layer.kernel, batch, steps]))[:, :, None, None]
    # Steps in groups as long as the stride; a kernel longer than that reaches into the groups behind.
    outputs, reach = (steps - layer.kernel) // layer.stride + 1, -(-layer.kernel // layer.stride)
    groups = outputs - 1 + reach
    x = tf.pad(x[:, :, 0], [[0, 0], [0, layer.stride], [0, 0]])[:, : groups * layer.stride]
    x = tf.reshape(x, [batch, groups, layer.stride * layer.channels])
    products = []
    for first in range(reach):
        taps = tf.reshape(kernel[first * layer.stride : (first + 1) * layer.stride], [-1, layer.filters])
        group = tf.reshape(x[:, first : first + outputs, : taps.shape[0]], [-1, taps.shape[0]])
        products.append(tf.matmul(group, taps))
    return tf.reshape(tf.add_n(products), [batch, outputs, 1, layer.filters])


def _size(x, axis: int):
    return tf.shape(x)[axis] if x.shape[axis] is None else x.shape[axis]


@tf.custom_gradient
def _add_shifted(products):
    # (kernel, batch, steps) -> (batch, steps - kernel + 1): the products of each tap, moved by its place. TensorFlow's
    # own gradient of so many slices takes longer than the sums.
    kernel = products.shape[0]
    outputs = _size(products, 2) - kernel + 1

    def gradient(upstream):
        return tf.stack([tf.pad(upstream, [[0, 0], [tap, kernel - 1 - tap]]) for tap in range(kernel)])

    return tf.add_n([row[:, tap : tap + outputs] for tap, row in enumerate(tf.unstack(products))]), gradient


def normalise(x, name: str, weights, training: bool):
    """Batch normalisation of a layer's outputs: (normalised, mean, variance), the latter two those of the batch."""
    # The fused kernel: over three times as fast here as tf.nn.moments and what follows from it.
    normal = tf.raw_ops.FusedBatchNormV3(
        x=x,
        scale=weights[f"{name}/gamma"],
        offset=weights[f"{name}/beta"],
        mean=[] if training else weights[f"{name}/mean"],
        variance=[] if training else weights[f"{name}/variance"],
        is_training=training,
        epsilon=BATCH_NORM_EPSILON,
    )
    return normal.y, normal.batch_mean, normal.batch_variance


def run_trunk(spectrograms, weights, training: bool):
    """Run all layers but the last over whole spectrograms.

    spectrograms: (batch, frames, 40) float32, 0..26. Returns ((batch, count_outputs(frames) + CONTEXT - 1, 1, channels),
    {name: batch statistic}); the statistics are empty unless `training`, when batch normalisation uses the batch's own.
    """
    x = tf.expand_dims(spectrograms, 2)
    statistics: dict[str, tf.Tensor] = {}
    for layer in list_layers()[:-1]:
        with tf.name_scope(layer.name):  # so that TensorBoard draws layers
            x = convolve_fast(x, layer, weights)
            if layer.norm:
                x, mean, variance = normalise(x, layer.name, weights, training)
                if training:
                    statistics |= {f"{layer.name}/mean": mean, f"{layer.name}/variance": variance}
                x = tf.nn.relu(x)
    return x, statistics


def forward(spectrograms, weights, training: bool):
    """Logits of whole spectrograms: ((batch, count_outputs(frames)), {name: batch statistic}), see run_trunk()."""
    x, statistics = run_trunk(spectrograms, weights, training)
    last = list_layers()[-1]
    with tf.name_scope(last.name):
        x = convolve_fast(x, last, weights)
    return tf.squeeze(x, [2, 3]) + weights["last/bias"], statistics


def infer(spectrograms, folded):
    """Logits (batch, count_outputs(frames)) of whole spectrograms by weights of fold_batch_norm(): what forward() gives
    without training, but for rounding, in two thirds of the time."""
    x = tf.expand_dims(spectrograms, 2)
    for layer in list_layers():
        x = convolve_fast(x, layer, folded)
        x = tf.nn.relu(x + folded[f"{layer.name}/bias"]) if layer.norm else x
    return tf.squeeze(x, [2, 3]) + folded["last/bias"]


def fold_batch_norm(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Batch normalisation folded into the convolution before it: kernels and NAME/bias only."""
    folded = {name: value for name, value in weights.items() if name.endswith("/kernel")}
    folded["last/bias"] = weights["last/bias"]
    for layer in list_layers():
        if layer.norm:
            name = layer.name
            scale = weights[f"{name}/gamma"] / np.sqrt(weights[f"{name}/variance"] + BATCH_NORM_EPSILON)
            folded[f"{name}/kernel"] = weights[f"{name}/kernel"] * scale
            folded[f"{name}/bias"] = weights[f"{name}/beta"] - weights[f"{name}/mean"] * scale
    return folded
