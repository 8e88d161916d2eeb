"""Run a streaming model over stores of spectrograms, as the device runs it: one output every 30 ms.

    scores = score_stores(Path("model.tflite"), {"positive": ClipSet(open_stores(features, "positive", "testing"), 100)})
    scores["positive"][0]        # outputs of the first clip, (inferences,) uint8; probability = output / 256

Each clip follows three seconds of silence, which is longer than these models remember, so the clip before has no effect;
its set's `tail_frames` of silence come after it, in which a late model may still answer. Long sound is cut into chunks,
each warmed up with the three seconds before it: the joined outputs equal those of one uninterrupted run, whatever the
number of processes.

The model runs under LiteRT with its fast kernels, about 6 us an inference (TFLM: 30 to 60 us). Their rounding differs
from the device's in a few inferences of a thousand.
"""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from scripts.core.damaged import reading
from scripts.core.parallel import parallel
from scripts.core.spectrogram_store import Store, open_store
from scripts.model.inputs import CHANNELS, make_inference_inputs
from scripts.model.runtimes import check_unchanged

WARM_UP_FRAMES = 300  # 3 s; the official models remember 1.2 s
CHUNK_FRAMES = 60_000  # 10 min of sound a task


@dataclass
class Scores:
    """Outputs of a model for some clips: `outputs` (inferences,) uint8; clip i is offsets[i] to offsets[i + 1]."""

    outputs: np.ndarray
    offsets: np.ndarray
    stride: int

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, clip: int) -> np.ndarray:
        return self.outputs[self.offsets[clip] : self.offsets[clip + 1]]

    @classmethod
    def of(cls, clips: Sequence[np.ndarray], stride: int) -> "Scores":
        """Scores from one array of outputs for each clip."""
        outputs = np.concatenate(clips) if len(clips) else np.empty(0, np.uint8)
        return cls(outputs, np.concatenate([[0], np.cumsum([len(clip) for clip in clips])]).astype(np.int64), stride)


@dataclass(frozen=True)
class ClipSet:
    """Clips to run a model over: all clips of some stores, each followed by `tail_frames` frames of silence."""

    stores: Sequence[Store]
    tail_frames: int = 0


class StreamingModel:
    """A streaming model in this process: one output for every `stride` frames."""

    def __init__(self, model_path: Path) -> None:
        with reading(model_path), _without_greeting():
            self._interpreter = Interpreter(model_path=str(model_path), num_threads=1)
            self._interpreter.allocate_tensors()
        model_input, model_output = self._interpreter.get_input_details()[0], self._interpreter.get_output_details()[0]
        self._input, self._output = model_input["index"], model_output["index"]
        self.stride = int(model_input["shape"][1])

    def run(self, raw: np.ndarray) -> np.ndarray:
        """Outputs (frames // stride,) uint8 for frontend values (frames, 40) uint16; the state of the call before is
        kept."""
        inputs = make_inference_inputs(raw, self.stride)
        outputs = np.empty(len(inputs), np.uint8)
        set_tensor, invoke, get_tensor = (
            self._interpreter.set_tensor,
            self._interpreter.invoke,
            self._interpreter.get_tensor,
        )
        for number, values in enumerate(inputs):
            set_tensor(self._input, values)
            invoke()
            outputs[number] = get_tensor(self._output)[0, 0]
        return outputs

    def score_clip(self, raw: np.ndarray, before: np.ndarray | None = None, tail_frames: int = 0) -> np.ndarray:
        """Outputs (ceil((frames + tail_frames) / stride),) uint8 for one clip, independent of earlier calls.

        `before` holds the frames before the clip, None stands for silence. A last inference that lacks frames is filled
        up with silence.
        """
        warm_up = -(-WARM_UP_FRAMES // self.stride) * self.stride
        lead = np.zeros((0, CHANNELS), raw.dtype) if before is None else before[-warm_up:]
        silence = warm_up - len(lead)
        missing = -(len(raw) + tail_frames) % self.stride + tail_frames
        frames = [np.zeros((silence, CHANNELS), raw.dtype), lead, raw, np.zeros((missing, CHANNELS), raw.dtype)]
        return self.run(np.concatenate(frames))[warm_up // self.stride :]


@contextmanager
def _without_greeting() -> Iterator[None]:
    # LiteRT greets on descriptor 2, once a process, in the middle of the progress line. Its errors are raised anyway.
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@dataclass(frozen=True)
class _Chunk:
    """Frames start to stop of one clip of the store at `path`."""

    path: str
    clip: int
    start: int
    stop: int
    tail_frames: int


class _Scorer:
    """What a worker process keeps: the model, and the stores it has opened."""

    def __init__(self, model_path: str) -> None:
        self.model = StreamingModel(Path(model_path))
        self.stores: dict[str, Store] = {}

    def open(self, path: str) -> Store:
        if path not in self.stores:
            self.stores[path] = open_store(Path(path))
        return self.stores[path]


def _score_chunk(scorer: _Scorer, chunk: _Chunk) -> np.ndarray:
    store = scorer.open(chunk.path)
    frames = store[chunk.clip]
    before = frames[max(0, chunk.start - WARM_UP_FRAMES) : chunk.start]
    outputs = scorer.model.score_clip(frames[chunk.start : chunk.stop], before, chunk.tail_frames)
    store.forget()
    return outputs


def _cut(clip_set: ClipSet, size: int) -> list[list[_Chunk]]:
    """The chunks of each clip of a set, at most `size` frames each; silence follows the last one."""
    clips = []
    for store in clip_set.stores:
        for clip, length in enumerate(map(int, store.lengths)):
            starts = range(0, max(length, 1), size)
            clips.append(
                [
                    _Chunk(
                        str(store.path),
                        clip,
                        start,
                        min(start + size, length),
                        clip_set.tail_frames if start == starts[-1] else 0,
                    )
                    for start in starts
                ]
            )
    return clips


def score_stores(
    model_path: Path, sets: Mapping[str, ClipSet], *, jobs: int = 0, label: str = "score"
) -> dict[str, Scores]:
    """Outputs for every clip of every set, in the order of its stores.

    `jobs` is the number of processes, 0 one for each processor. DamagedError if the model is damaged, or another one
    than the device gate has checked.
    """
    check_unchanged(model_path)
    stride = StreamingModel(model_path).stride
    clips = {name: _cut(clip_set, CHUNK_FRAMES // stride * stride) for name, clip_set in sets.items()}
    chunks = [chunk for cut in clips.values() for clip in cut for chunk in clip]
    outputs = parallel(
        _score_chunk,
        chunks,
        jobs,
        label,
        unit="clips",
        chunk=max(1, min(64, len(chunks) // 32)),
        state=partial(_Scorer, str(model_path)),
    )
    scores = {
        name: Scores.of([np.concatenate([next(outputs) for _ in clip]) for clip in cut], stride)
        for name, cut in clips.items()
    }
    if list(outputs):  # also lets the progress line reach its end
        raise AssertionError("there are more outputs than chunks")
    return scores
