"""MixedNet, the network every microWakeWord device runs, written once as a list of layers.

The first convolution looks at 5 feature frames and moves on by STRIDE = 3 (30 ms); each block is a depthwise
convolution in time and a pointwise one; the last layer looks at the final CONTEXT outputs and says one probability.
There is no padding in time. So the same weights run over a long spectrogram at once (training: every output position is
an example) and frame by frame with ring buffers (the device), and both give the same numbers. The shape is that of the
official "hey mycroft" and, but for CONTEXT, "alexa" (Kevin Ahrendt's microWakeWord), from which training may begin:
official.py.
"""

from dataclasses import dataclass

import numpy as np

CHANNELS = 40  # of the TFLM frontend
STRIDE = 3  # feature frames an inference
FIRST_KERNEL, FIRST_FILTERS = 5, 32
BLOCKS = ((5, 64), (9, 64), (13, 64), (21, 64))  # (kernel, filters)
CONTEXT = 15  # outputs of the last block that the final layer sees
FEATURE_SCALE = 1 / 25.6  # stored uint16 value -> network input, 0..26
BATCH_NORM_EPSILON = 1e-3

# Outputs of the first layer that the network sees, and input frames (1.79 s).
STEPS_SEEN = 1 + sum(kernel - 1 for kernel, _ in BLOCKS) + CONTEXT - 1
FRAMES_SEEN = FIRST_KERNEL + STRIDE * (STEPS_SEEN - 1)


def outputs(frames: int) -> int:
    """Number of probabilities for a spectrogram of `frames` feature frames."""
    return max(0, (frames - FRAMES_SEEN) // STRIDE + 1)


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


def layers() -> list[Layer]:
    """The network from the spectrogram to the logit."""
    chain = [Layer("first", FIRST_KERNEL, CHANNELS, FIRST_FILTERS, False, True, STRIDE)]
    channels = FIRST_FILTERS
    for i, (kernel, filters) in enumerate(BLOCKS, 1):
        chain += [
            Layer(f"time{i}", kernel, channels, channels, True, False),
            Layer(f"point{i}", 1, channels, filters, False, True),
        ]
        channels = filters
    return [*chain, Layer("last", CONTEXT, channels, 1, False, False)]


def draw_weights(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """He-normal weights by name; moving statistics of batch normalisation are NAME/mean and NAME/variance."""
    weights = {}
    for layer in layers():
        inputs = 1 if layer.depthwise else layer.channels
        shape = (layer.kernel, 1, layer.channels, 1) if layer.depthwise else (layer.kernel, 1, inputs, layer.filters)
        scale = np.sqrt((2.0 if layer.norm or layer.depthwise else 1.0) / (layer.kernel * inputs))
        weights[f"{layer.name}/kernel"] = (rng.standard_normal(shape) * scale).astype(np.float32)
        if layer.norm:
            for name, value in (("gamma", 1), ("beta", 0), ("mean", 0), ("variance", 1)):
                weights[f"{layer.name}/{name}"] = np.full(layer.filters, value, np.float32)
    weights["last/bias"] = np.full(1, -2.0, np.float32)
    return weights


def trainable(name: str) -> bool:
    """Whether a weight is learned (moving statistics are not)."""
    return not name.endswith(("/mean", "/variance"))


def convolved(x, layer: Layer, weights):
    """One valid convolution of (batch, steps, 1, channels) with the layer's kernel."""
    import tensorflow as tf

    kernel = weights[f"{layer.name}/kernel"]
    if layer.depthwise:
        return tf.nn.depthwise_conv2d(x, kernel, [1, 1, 1, 1], "VALID")
    return tf.nn.conv2d(x, kernel, [1, layer.stride, layer.stride, 1], "VALID")


def trunk(spectrograms, weights, training: bool):
    """What the last layer sees of whole spectrograms.

    spectrograms: (batch, frames, 40) float32, 0..26. Returns ((batch, outputs(frames) + CONTEXT - 1, 1, channels),
    {name: batch statistic}); the statistics are empty unless `training`, when batch normalisation uses the batch's own.
    """
    import tensorflow as tf

    x, seen = tf.expand_dims(spectrograms, 2), {}
    for layer in layers()[:-1]:
        with tf.name_scope(layer.name):  # so that TensorBoard draws layers
            x = convolved(x, layer, weights)
            if layer.norm:
                gamma, beta = weights[f"{layer.name}/gamma"], weights[f"{layer.name}/beta"]
                known = [] if training else [weights[f"{layer.name}/mean"], weights[f"{layer.name}/variance"]]
                # the fused kernel: over three times as fast here as tf.nn.moments and what follows from it
                normal = tf.raw_ops.FusedBatchNormV3(
                    x=x,
                    scale=gamma,
                    offset=beta,
                    mean=known[0] if known else [],
                    is_training=training,
                    variance=known[1] if known else [],
                    epsilon=BATCH_NORM_EPSILON,
                )
                if training:
                    seen[f"{layer.name}/mean"], seen[f"{layer.name}/variance"] = (
                        normal.batch_mean,
                        normal.batch_variance,
                    )
                x = tf.nn.relu(normal.y)
    return x, seen


def forward(spectrograms, weights, training: bool):
    """Logits of whole spectrograms: ((batch, outputs(frames)) logits, {name: batch statistic}), the latter as those of
    trunk()."""
    import tensorflow as tf

    x, seen = trunk(spectrograms, weights, training)
    last = layers()[-1]
    with tf.name_scope(last.name):
        x = convolved(x, last, weights)
    return tf.squeeze(x, [2, 3]) + weights["last/bias"], seen


def folded(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Batch normalisation folded into the convolution before it: kernels and NAME/bias only."""
    plain = {name: value for name, value in weights.items() if name.endswith("/kernel")}
    plain["last/bias"] = weights["last/bias"]
    for layer in layers():
        if layer.norm:
            name = layer.name
            scale = weights[f"{name}/gamma"] / np.sqrt(weights[f"{name}/variance"] + BATCH_NORM_EPSILON)
            plain[f"{name}/kernel"] = weights[f"{name}/kernel"] * scale
            plain[f"{name}/bias"] = weights[f"{name}/beta"] - weights[f"{name}/mean"] * scale
    return plain
