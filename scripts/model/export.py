"""Turn trained weights into the streaming int8 model of the device, and publish it only when the device gate says yes.

    python -m scripts.model.export --model data/work/hey_buster/model --features data/work/hey_buster/features \
        --common data/common/features --out data/work/hey_buster/model

Every layer that looks back in time keeps its past in a resource variable; each call takes STRIDE new frames.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.core.random_numbers import generator
from scripts.core.timing import stage_timer

if TYPE_CHECKING:
    import numpy as np

CALIBRATION_CLIPS = 15  # spectrograms of each store that show the quantiser what values occur
LONGEST_CLIP = 250  # frames of each
LOUDEST = 26.0  # of the network's input; a frontend that is shouted at gives a little more
CHECKED_CLIPS = 12  # of those, run under both runtimes by the device gate


def streaming_module(weights: dict[str, np.ndarray]):
    """A tf.Module whose `step` maps (1, STRIDE, 40) float32 to (1, 1) probability and remembers the past."""
    import tensorflow as tf

    from scripts.model import mixednet

    plain = mixednet.folded(weights)

    class Streaming(tf.Module):
        def __init__(self):
            super().__init__()
            self.past = {}
            for layer in mixednet.layers():
                length = layer.kernel - layer.stride
                if length > 0:
                    self.past[layer.name] = tf.Variable(
                        tf.zeros((1, length, 1, layer.channels)), trainable=False, name=layer.name
                    )

        @tf.function(input_signature=[tf.TensorSpec((1, mixednet.STRIDE, mixednet.CHANNELS), tf.float32)])
        def step(self, frames):
            x = tf.reshape(frames, (1, mixednet.STRIDE, 1, mixednet.CHANNELS))
            for layer in mixednet.layers():
                if layer.name in self.past:
                    x = tf.concat([self.past[layer.name], x], axis=1)
                    self.past[layer.name].assign(x[:, -self.past[layer.name].shape[1] :])
                if layer.name == "last":  # all that is left of time: a dense layer, as the device expects
                    flat = tf.reshape(x, (1, mixednet.CONTEXT * layer.channels))
                    kernel = plain["last/kernel"].reshape(-1, 1)
                    return tf.nn.sigmoid(tf.matmul(flat, kernel) + plain["last/bias"])
                x = mixednet.convolved(x, layer, plain)
                if layer.norm:
                    x = tf.nn.relu(x + plain[f"{layer.name}/bias"])
            return None

    return Streaming()


def convert(weights: dict[str, np.ndarray], spectrograms: list[np.ndarray]) -> bytes:
    """The int8 flatbuffer. spectrograms: frontend values (frames, 40) that set the quantiser's ranges."""
    import tensorflow as tf

    module = streaming_module(weights)
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures=module.step)
        return quantised(Path(folder), spectrograms)


def quantised(saved_model: Path, spectrograms: list[np.ndarray]) -> bytes:
    """The int8 flatbuffer of a streaming SavedModel that maps (1, STRIDE, 40) float32, 0 to 26, to (1, 1)
    probability."""
    import numpy as np
    import tensorflow as tf

    from scripts.model import mixednet

    def representative():
        # The device's scale is fixed at 26 / 255, and what is louder is 26 to it. The first frames tell the quantiser
        # both ends.
        edges = np.zeros((1, mixednet.STRIDE, mixednet.CHANNELS), np.float32)
        edges[0, 0, 0] = LOUDEST
        yield [edges]
        for spectrogram in spectrograms:
            for i in range(0, len(spectrogram) - mixednet.STRIDE + 1, mixednet.STRIDE):
                frames = spectrogram[None, i : i + mixednet.STRIDE].astype(np.float32) * np.float32(
                    mixednet.FEATURE_SCALE
                )
                yield [np.minimum(frames, LOUDEST)]

    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved_model))
    converter.optimizations = {tf.lite.Optimize.DEFAULT}
    converter._experimental_variable_quantization = True
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = {tf.lite.OpsSet.TFLITE_BUILTINS_INT8}
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.uint8
    return converter.convert()


def calibration_spectrograms(stores: list[Path], seed: int) -> list[np.ndarray]:
    """Some clips of every training store: frontend values, each (frames, 40) uint16."""
    import numpy as np

    from scripts.core.spectrogram_store import open_store

    chosen = []
    for path in stores:
        store = open_store(path)
        for i in generator(seed, "calibration", path.parent.parent.name).permutation(len(store))[:CALIBRATION_CLIPS]:
            chosen.append(np.array(store[int(i)][:LONGEST_CLIP]))
    return chosen


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--model", type=Path, required=True, help="directory with weights.npz (ours) or streaming/ (the reference's)"
    )
    parser.add_argument("--features", type=Path, required=True, help="the word's features")
    parser.add_argument("--common", type=Path, required=True, help="the features shared by all words")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="directory for model.tflite and device.json")
    args = parser.parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from dataclasses import asdict

    from scripts.core.files import read_npz
    from scripts.core.formatting import without_tflm
    from scripts.model import device
    from scripts.model.batches import stores_of

    with stage_timer(args.out, "export"):
        spectrograms = calibration_spectrograms(
            stores_of(args.features, "training") + stores_of(args.common, "training"), args.seed
        )
        if (args.model / "streaming").is_dir():
            content = quantised(args.model / "streaming", spectrograms)
        else:
            content = convert(read_npz(args.model / "weights.npz"), spectrograms)
        report = device.publish_checked(content, spectrograms[:: max(1, len(spectrograms) // CHECKED_CLIPS)], args.out)
    measured = (
        f"{report.arena_measured} bytes measured" if report.arena_measured else f"under {report.arena_bound} bytes"
    )
    compared = (
        without_tflm(asdict(report))
        or f"TFLM and LiteRT differ in {report.steps_different} of {report.steps_compared} inferences."
    )
    print(
        f"device gate: {report.file_bytes} bytes, {report.resource_variables} variables, arena {measured}, {report.arena_declared} declared. {compared}"
    )


if __name__ == "__main__":
    main()
