"""What Google's speech embedding hears in a sound: 96 numbers every 80 ms that tell sounds of speech apart and people
hardly.

    heard = embedding(sound)            # (samples,) float32 at 16 kHz -> (positions, 96) float32
    last_frames(len(heard))             # the frontend's frame that each position hears last: 75, 83, ...

The network (Lin et al. 2020, arXiv 2002.01322; Apache-2.0) has learned from very many people and is far too large for a
device; training is taught by it (model/pretraining.py). The package openwakeword 0.1.1 (Apache-2.0; its wake words,
which are not used, are CC-BY-NC-SA-4.0) holds it as ONNX, for one piece of FRAMES_SEEN mel frames at a time. It has no
padding in time, so its graph is changed to take a sound of any length at once, which gives the same numbers.
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
HOP_FRAMES = 8  # of 10 ms from one position to the next
FRAMES_SEEN = 76  # mel frames a position hears; each 512 samples, a new one every 160
SHORTEST = 160 * (FRAMES_SEEN - 1) + 512  # samples of the shortest sound that has a position


def last_frames(positions: int, warm_up: int = 0) -> np.ndarray:
    """(positions,) int: of the frontend's frames after `warm_up` that one which each position hears last (32 samples
    more of it)."""
    return HOP_FRAMES * np.arange(positions) + FRAMES_SEEN - 1 - warm_up


def embedding(sound: np.ndarray) -> np.ndarray:
    """(positions, 96) float32 of (samples,) at 16 kHz; none of a sound below SHORTEST samples."""
    if len(sound) < SHORTEST:
        return np.zeros((0, SIZE), np.float32)
    mel, network = _sessions()
    (frames,) = mel.run(None, {mel.get_inputs()[0].name: pcm16(sound)[None].astype(np.float32)})
    frames = frames.reshape(1, -1, 32, 1) / 10 + 2  # as the network has learned them (openwakeword/utils.py)
    (heard,) = network.run(None, {network.get_inputs()[0].name: frames.astype(np.float32)})
    return np.ascontiguousarray(heard[0, :, :, 0].T)


def of_any_length(model):
    """The network's ONNX graph for any number of mel frames: (1, frames, 32, 1) -> (1, 96, positions, 1). Raises
    ValueError for any other graph."""
    graph = model.graph
    shapes = [node for node in graph.node if node.op_type == "Reshape"]
    known = {tensor.name: numpy_helper.to_array(tensor).tolist() for tensor in graph.initializer}
    asked = [known.get(node.input[1]) for node in shapes]
    if asked != [[-1, 1, FRAMES_SEEN, 34], [-1, 1, 1, SIZE]]:
        raise ValueError(
            f"the embedding of {PACKAGE} has other shapes ({asked}) than the one wakemake knows: install what requirements.lock says"
        )
    first, last = shapes
    unused = [tensor for tensor in graph.initializer if tensor.name in {node.input[1] for node in shapes}]
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
    models = (
        Path(metadata.distribution(PACKAGE).locate_file(PACKAGE)) / "resources" / "models"
    )  # importing it takes far more
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # processes, not threads, share the work
    changed = of_any_length(onnx.load_model_from_string((models / "embedding_model.onnx").read_bytes()))
    return tuple(
        onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        for content in ((models / "melspectrogram.onnx").read_bytes(), changed.SerializeToString())
    )
