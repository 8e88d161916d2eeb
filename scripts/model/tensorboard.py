"""What TensorBoard shows of a training: curves over steps, the network as a graph, and some of the clips it learns from.

writer = TensorBoardWriter(Path("data/work/hey_buster/model/tensorboard"))
writer.write_graph(weights)
writer.write_clips(Path("data/work/hey_buster/samples"))
writer.write_scalars(500, {"loss/positive": 0.4})
"""

from pathlib import Path

import numpy as np
import tensorflow as tf

from scripts.core import audio
from scripts.core.files import read_jsonl
from scripts.model import mixednet

CLIPS = 2  # of each kind: enough to hear what is learned, and little to publish


class TensorBoardWriter:
    """The event files in one directory. A training that continues adds a file; graph and clips are written once."""

    def __init__(self, directory: Path):
        self._new = not any(directory.glob("events.*"))
        self._writer = tf.summary.create_file_writer(str(directory))

    def write_scalars(self, step: int, values: dict[str, float]) -> None:
        """Scalars by name, at a step."""
        with self._writer.as_default(step=step):
            for name, value in values.items():
                tf.summary.scalar(name, value)
        self._writer.flush()

    def write_graph(self, weights: dict) -> None:
        """The network from spectrograms to logits, layer by layer."""
        if not self._new:
            return
        shape = tf.TensorSpec((None, mixednet.RECEPTIVE_FRAMES, mixednet.CHANNELS), tf.float32, name="spectrograms")
        traced = tf.function(
            lambda spectrograms: mixednet.forward(spectrograms, weights, False)[0]
        ).get_concrete_function(shape)
        with self._writer.as_default(step=0):
            tf.summary.graph(traced.graph)
        self._writer.flush()

    def write_clips(self, samples: Path) -> None:
        """The first few training clips of each kind, to listen to; none where the samples were deleted."""
        index = samples / "index.jsonl"
        if not self._new or not index.exists():
            return
        rows = [row for row in read_jsonl(index) if row["split"] == "training"]
        with self._writer.as_default(step=0):
            for kind in dict.fromkeys(row["kind"] for row in rows):
                for number, row in enumerate([row for row in rows if row["kind"] == kind][:CLIPS], 1):
                    sound = audio.read(samples / row["path"])[np.newaxis, :, np.newaxis]
                    tf.summary.audio(
                        f"{kind}/{number}", sound, audio.SAMPLE_RATE_HZ, description=f"{row['text']}, by {row['voice']}"
                    )
        self._writer.flush()
