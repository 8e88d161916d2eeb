"""MixedNet, the network every microWakeWord device runs, written once as a list of layers.

The first convolution looks at 5 feature frames and moves on by STRIDE = 3 (30 ms); each block is a depthwise convolution
in time (MixConv: its channels are split between several kernel lengths, Tan & Le 2019) and a pointwise one; the last layer
looks at the final CONTEXT outputs and says one probability. There is no padding in time. So the same weights run over a
long spectrogram at once (training: every output position is an example) and frame by frame with ring buffers (the
device), and both give the same numbers. Shape after kahrendt/microWakeWord; see docs/ARCHITECTURE.md for what differs.
"""
from dataclasses import dataclass

import numpy as np

CHANNELS = 40                              # of the TFLM frontend
STRIDE = 3                                 # feature frames an inference
FIRST_KERNEL, FIRST_FILTERS = 5, 32
BLOCKS = (((5,), 64), ((7, 11), 64), ((9, 15), 64), ((23,), 64))     # (kernels, filters)
CONTEXT = 15                               # outputs of the last block that the final layer sees
FEATURE_SCALE = 1 / 25.6                   # stored uint16 value -> network input, 0..26
BATCH_NORM_EPSILON = 1e-3

# Outputs of the first layer that the network sees, and input frames (1.97 s).
STEPS_SEEN = 1 + sum(max(kernels) - 1 for kernels, _ in BLOCKS) + CONTEXT - 1
FRAMES_SEEN = FIRST_KERNEL + STRIDE * (STEPS_SEEN - 1)


def outputs(frames: int) -> int:
    """Number of probabilities for a spectrogram of `frames` feature frames."""
    return max(0, (frames - FRAMES_SEEN) // STRIDE + 1)


@dataclass(frozen=True)
class Layer:
    """One convolution over time. kernels: lengths, the channels split evenly between them; depthwise or full."""

    name: str
    kernels: tuple[int, ...]
    channels: int
    filters: int
    depthwise: bool
    norm: bool           # batch normalisation and ReLU follow
    stride: int = 1


def layers() -> list[Layer]:
    """The network from the spectrogram to the logit."""
    chain = [Layer("first", (FIRST_KERNEL,), CHANNELS, FIRST_FILTERS, False, True, STRIDE)]
    channels = FIRST_FILTERS
    for i, (kernels, filters) in enumerate(BLOCKS, 1):
        chain += [Layer(f"time{i}", kernels, channels, channels, True, False),
                  Layer(f"point{i}", (1,), channels, filters, False, True)]
        channels = filters
    return [*chain, Layer("last", (CONTEXT,), channels, 1, False, False)]


def initial_weights(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """He-normal weights by name; moving statistics of batch normalisation are NAME/mean and NAME/variance."""
    weights = {}
    for layer in layers():
        inputs = 1 if layer.depthwise else layer.channels
        share = layer.channels // len(layer.kernels)
        for kernel in layer.kernels:
            shape = (kernel, 1, share, 1) if layer.depthwise else (kernel, 1, inputs, layer.filters)
            scale = np.sqrt((2.0 if layer.norm or layer.depthwise else 1.0) / (kernel * inputs))
            weights[f"{layer.name}/kernel{kernel}"] = (rng.standard_normal(shape) * scale).astype(np.float32)
        if layer.norm:
            for name, value in (("gamma", 1), ("beta", 0), ("mean", 0), ("variance", 1)):
                weights[f"{layer.name}/{name}"] = np.full(layer.filters, value, np.float32)
    weights["last/bias"] = np.full(1, -2.0, np.float32)
    return weights


def trainable(name: str) -> bool:
    """Whether a weight is learned (moving statistics are not)."""
    return not name.endswith(("/mean", "/variance"))


def convolve(x, kernel, layer: Layer):
    """One valid convolution of (batch, steps, 1, channels) with a weight of `initial_weights`' shape."""
    import tensorflow as tf

    if layer.depthwise:
        return tf.nn.depthwise_conv2d(x, kernel, [1, 1, 1, 1], "VALID")
    return tf.nn.conv2d(x, kernel, [1, layer.stride, layer.stride, 1], "VALID")


def time_layer(x, layer: Layer, weights):
    """Apply the kernels of one layer; with several, each gets its share of the channels and all end at the same step."""
    import tensorflow as tf

    longest = max(layer.kernels)
    shares = [layer.channels // len(layer.kernels)] * len(layer.kernels)
    parts = tf.split(x, shares, axis=3) if len(shares) > 1 else [x]      # by sizes: the device has SPLIT_V but no SPLIT
    made = [convolve(part[:, longest - kernel:], weights[f"{layer.name}/kernel{kernel}"], layer)
            for part, kernel in zip(parts, layer.kernels)]
    return tf.concat(made, axis=3) if len(made) > 1 else made[0]


def forward(spectrograms, weights, training: bool):
    """Logits of whole spectrograms.

    spectrograms: (batch, frames, 40) float32, 0..26. Returns ((batch, outputs(frames)) logits, {name: batch statistic}); the
    statistics are empty unless `training`, when batch normalisation uses the batch's own.
    """
    import tensorflow as tf

    x, seen = tf.expand_dims(spectrograms, 2), {}
    for layer in layers():
        with tf.name_scope(layer.name):     # so that TensorBoard draws layers
            x = time_layer(x, layer, weights)
            if layer.norm:
                gamma, beta = weights[f"{layer.name}/gamma"], weights[f"{layer.name}/beta"]
                known = [] if training else [weights[f"{layer.name}/mean"], weights[f"{layer.name}/variance"]]
                # the fused kernel: over three times as fast here as tf.nn.moments and what follows from it
                normal = tf.raw_ops.FusedBatchNormV3(x=x, scale=gamma, offset=beta, mean=known[0] if known else [], is_training=training,
                                                     variance=known[1] if known else [], epsilon=BATCH_NORM_EPSILON)
                if training:
                    seen[f"{layer.name}/mean"], seen[f"{layer.name}/variance"] = normal.batch_mean, normal.batch_variance
                x = tf.nn.relu(normal.y)
    return tf.squeeze(x, [2, 3]) + weights["last/bias"], seen


def folded(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Batch normalisation folded into the convolution before it: kernels and NAME/bias only."""
    plain = {name: value for name, value in weights.items() if "/kernel" in name}
    plain["last/bias"] = weights["last/bias"]
    for layer in layers():
        if layer.norm:
            name = layer.name
            scale = weights[f"{name}/gamma"] / np.sqrt(weights[f"{name}/variance"] + BATCH_NORM_EPSILON)
            (kernel,) = layer.kernels
            plain[f"{name}/kernel{kernel}"] = weights[f"{name}/kernel{kernel}"] * scale
            plain[f"{name}/bias"] = weights[f"{name}/beta"] - weights[f"{name}/mean"] * scale
    return plain
