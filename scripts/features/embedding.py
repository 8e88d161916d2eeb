"""Google's speech embedding: 96 numbers every 80 ms that differ between speech sounds and hardly between speakers.

    values = embedding(sound)           # (samples,) float32 at 16 kHz -> (positions, 96) float32
    last_frames(len(values))            # the last frame of the frontend that each position covers: 75, 83, ...

The network (Lin et al. 2020, arXiv 2002.01322; Apache-2.0) was trained on very many people and is far too large for a
device; pretraining learns to predict it (model/pretraining.py). The package openwakeword 0.1.1 (Apache-2.0; its wake
words, which are not used, are CC-BY-NC-SA-4.0) holds it as ONNX for windows of FRAMES_SEEN mel frames. It has no padding
in time, so its graph is changed to take sound of any length, which gives the same numbers.
"""

from functools import lru_cache
from importlib import metadata
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from scripts.core.frontend import pcm16

PACKAGE = "openwakeword"
SIZE = 96  # numbers at a position
HOP_FRAMES = 8  # of 10 ms, from one position to the next
FRAMES_SEEN = 76  # mel frames that a position covers: 512 samples each, one every 160
SHORTEST = 160 * (FRAMES_SEEN - 1) + 512  # samples; shorter sound has no position


def last_frames(positions: int, warm_up: int = 0) -> np.ndarray:
    """(positions,) int: the last frame that each position covers, counted from frame `warm_up` of the frontend.

    A mel frame ends 32 samples after the frontend's frame of the same number.
    """
    return HOP_FRAMES * np.arange(positions) + FRAMES_SEEN - 1 - warm_up


def embedding(sound: np.ndarray) -> np.ndarray:
    """(positions, 96) float32 of (samples,) at 16 kHz; no positions if it is shorter than SHORTEST."""
    if len(sound) < SHORTEST:
        return np.zeros((0, SIZE), np.float32)
    mel, network = _sessions()
    (frames,) = mel.run(None, {mel.get_inputs()[0].name: pcm16(sound)[None].astype(np.float32)})
    frames = frames.reshape(1, -1, 32, 1) / 10 + 2  # scaled as in training (openwakeword/utils.py)
    (values,) = network.run(None, {network.get_inputs()[0].name: frames.astype(np.float32)})
    return np.ascontiguousarray(values[0, :, :, 0].T)


def accept_any_length(model: onnx.ModelProto) -> onnx.ModelProto:
    """Change the network's graph to take any number of mel frames: (1, frames, 32, 1) -> (1, 96, positions, 1).

    Raises ValueError for any other graph.
    """
    graph = model.graph
    reshapes = [node for node in graph.node if node.op_type == "Reshape"]
    known = {tensor.name: numpy_helper.to_array(tensor).tolist() for tensor in graph.initializer}
    shapes = [known.get(node.input[1]) for node in reshapes]
    if shapes != [[-1, 1, FRAMES_SEEN, 34], [-1, 1, 1, SIZE]]:
        raise ValueError(
            f"the embedding network of {PACKAGE} has shapes {shapes} that wakemake does not know: install the version in requirements.lock"
        )
    first, last = reshapes
    unused = [tensor for tensor in graph.initializer if tensor.name in {node.input[1] for node in reshapes}]
    graph.initializer.append(helper.make_tensor("any_length", TensorProto.INT64, [4], [1, 1, -1, 34]))
    first.input[1] = "any_length"
    graph.input[0].type.tensor_type.shape.dim[1].dim_param = "frames"
    graph.node.remove(last)
    for tensor in unused:
        graph.initializer.remove(tensor)
    del graph.output[:], graph.value_info[:]
    graph.output.append(helper.make_tensor_value_info(last.input[0], TensorProto.FLOAT, None))
    return model


@lru_cache
def _sessions() -> tuple:
    package = str(metadata.distribution(PACKAGE).locate_file(PACKAGE))  # importing it takes much longer
    models = Path(package) / "resources" / "models"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # processes, not threads, share the work
    changed = accept_any_length(onnx.load_model_from_string((models / "embedding_model.onnx").read_bytes()))
    return tuple(
        onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        for content in ((models / "melspectrogram.onnx").read_bytes(), changed.SerializeToString())
    )
