"""Trained weights as a streaming int8 TFLite model.

    content = convert_weights(weights, draw_calibration_clips(stores, seed=1))

Every layer that looks back in time keeps its past in a resource variable; each call takes STRIDE new frames.
"""

import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from scripts.core.random_numbers import generator
from scripts.core.spectrogram_store import open_store
from scripts.model import mixednet

CALIBRATION_CLIPS = 15  # clips of each store that show the quantiser which values occur
LONGEST_CLIP = 250  # frames of each
LOUDEST = 26.0  # largest input on the device's scale; a frontend gives a little more for very loud sound


def build_streaming_module(weights: dict[str, np.ndarray]) -> tf.Module:
    """A tf.Module whose `step` maps (1, STRIDE, 40) float32 to (1, 1) probability and remembers the past."""
    folded = mixednet.fold_batch_norm(weights)

    class Streaming(tf.Module):
        def __init__(self):
            super().__init__()
            self.past = {}
            for layer in mixednet.list_layers():
                length = layer.kernel - layer.stride
                if length > 0:
                    zeros = tf.zeros((1, length, 1, layer.channels))
                    self.past[layer.name] = tf.Variable(zeros, trainable=False, name=layer.name)

        @tf.function(input_signature=[tf.TensorSpec((1, mixednet.STRIDE, mixednet.CHANNELS), tf.float32)])
        def step(self, frames):
            x = tf.reshape(frames, (1, mixednet.STRIDE, 1, mixednet.CHANNELS))
            *layers, last = mixednet.list_layers()
            for layer in layers:
                x = mixednet.convolve(self.with_past(x, layer.name), layer, folded)
                if layer.norm:
                    x = tf.nn.relu(x + folded[f"{layer.name}/bias"])
            # Nothing is left of time, so the last layer is dense, as the device expects.
            flat = tf.reshape(self.with_past(x, last.name), (1, mixednet.CONTEXT * last.channels))
            return tf.nn.sigmoid(tf.matmul(flat, folded["last/kernel"].reshape(-1, 1)) + folded["last/bias"])

        def with_past(self, x, name: str):
            if name in self.past:
                x = tf.concat([self.past[name], x], axis=1)
                self.past[name].assign(x[:, -self.past[name].shape[1] :])
            return x

    return Streaming()


def convert_weights(weights: dict[str, np.ndarray], spectrograms: list[np.ndarray]) -> bytes:
    """The int8 flatbuffer of mixednet's weights. spectrograms: frontend values (frames, 40) for the quantiser's ranges."""
    module = build_streaming_module(weights)
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures=module.step)
        return quantise_saved_model(Path(folder), spectrograms)


def quantise_saved_model(saved_model: Path, spectrograms: list[np.ndarray]) -> bytes:
    """The int8 flatbuffer of a streaming SavedModel that maps (1, STRIDE, 40) float32, 0 to 26, to (1, 1)
    probability."""

    def yield_inputs():
        # The device's scale is fixed at 26 / 255, where anything louder is 26. The first frames give the quantiser both
        # ends.
        edges = np.zeros((1, mixednet.STRIDE, mixednet.CHANNELS), np.float32)
        edges[0, 0, 0] = LOUDEST
        yield [edges]
        for spectrogram in spectrograms:
            for i in range(0, len(spectrogram) - mixednet.STRIDE + 1, mixednet.STRIDE):
                frames = spectrogram[None, i : i + mixednet.STRIDE].astype(np.float32)
                yield [np.minimum(frames * np.float32(mixednet.FEATURE_SCALE), LOUDEST)]

    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved_model))
    converter.optimizations = {tf.lite.Optimize.DEFAULT}
    converter._experimental_variable_quantization = True
    converter.representative_dataset = yield_inputs
    converter.target_spec.supported_ops = {tf.lite.OpsSet.TFLITE_BUILTINS_INT8}
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.uint8
    return converter.convert()


def draw_calibration_clips(stores: list[Path], seed: int) -> list[np.ndarray]:
    """Some clips of every store: frontend values, each (frames, 40) uint16."""
    clips = []
    for path in stores:
        store = open_store(path)
        for i in generator(seed, "calibration", path.parent.parent.name).permutation(len(store))[:CALIBRATION_CLIPS]:
            clips.append(np.array(store[int(i)][:LONGEST_CLIP]))
    return clips
