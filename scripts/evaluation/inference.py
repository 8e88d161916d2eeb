"""Run a streaming model over stores of spectrograms: what would it have put out, every 30 ms?

    scores = score_stores(Path("model.tflite"), {"positive": ClipSet(open_stores(features, "positive", "testing"), 100)})
    scores["positive"][0]        # outputs of the first clip, (inferences,) uint8; probability = output / 256

A clip is heard after a warm-up of three seconds of silence, longer than any of these models remembers, so that nothing
of the clip before is left; and is followed by its set's `tail_frames` of silence in which a late model may still
answer. Long sound is cut into pieces that are each warmed up with the three seconds before them: the pieces joined are
exactly the outputs of one uninterrupted run, whatever the number of processes.

The model runs under LiteRT with its fast kernels, about 6 us an inference (TFLM: 30 to 60 us). They round differently
from the device's in a few inferences of a thousand.
"""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.core.damaged import noticed
from scripts.core.parallel import parallel
from scripts.core.spectrogram_store import Store, open_store
from scripts.model.inputs import CHANNELS, make_inference_inputs
from scripts.model.runtimes import check_unchanged

WARM_UP_FRAMES = 300  # 3 s: after 1.2 s the official models have forgotten everything before
PIECE_FRAMES = 60_000  # 10 min of sound a task


@dataclass
class Scores:
    """Outputs of a model over some clips: `outputs` (inferences,) uint8, clip i being offsets[i] to offsets[i + 1]."""

    outputs: np.ndarray
    offsets: np.ndarray
    stride: int

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, clip: int) -> np.ndarray:
        return self.outputs[self.offsets[clip] : self.offsets[clip + 1]]

    @classmethod
    def of(cls, clips: Sequence[np.ndarray], stride: int) -> "Scores":
        """Scores from one array of outputs a clip."""
        outputs = np.concatenate(clips) if len(clips) else np.empty(0, np.uint8)
        return cls(outputs, np.concatenate([[0], np.cumsum([len(clip) for clip in clips])]).astype(np.int64), stride)


@dataclass(frozen=True)
class ClipSet:
    """Clips to run a model over: all clips of some stores, each followed by `tail_frames` frames of silence."""

    stores: Sequence[Store]
    tail_frames: int = 0


class StreamingModel:
    """A streaming model in this process: feed it frames, get an output every `stride` of them."""

    def __init__(self, model_path: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        with noticed(model_path), _without_greeting():
            self._interpreter = Interpreter(model_path=str(model_path), num_threads=1)
            self._interpreter.allocate_tensors()
        into, out = self._interpreter.get_input_details()[0], self._interpreter.get_output_details()[0]
        self._into, self._out = into["index"], out["index"]
        self.stride = int(into["shape"][1])

    def run(self, raw: np.ndarray) -> np.ndarray:
        """Outputs (frames // stride,) uint8 for frontend values (frames, 40) uint16, going on from where the model
        was."""
        steps = make_inference_inputs(raw, self.stride)
        outputs = np.empty(len(steps), np.uint8)
        give, invoke, take = self._interpreter.set_tensor, self._interpreter.invoke, self._interpreter.get_tensor
        into, out = self._into, self._out
        for number, step in enumerate(steps):
            give(into, step)
            invoke()
            outputs[number] = take(out)[0, 0]
        return outputs

    def score_clip(self, raw: np.ndarray, before: np.ndarray | None = None, tail_frames: int = 0) -> np.ndarray:
        """Outputs for a clip by itself: ceil((frames + tail_frames) / stride) of them, after a warm-up whose outputs
        are dropped.

        `before` is what came before the clip, silence if it is None; a last inference that lacks frames gets silence.
        """
        warm_up = -(-WARM_UP_FRAMES // self.stride) * self.stride
        lead = np.zeros((0, CHANNELS), raw.dtype) if before is None else before[-warm_up:]
        silence = warm_up - len(lead)
        missing = -(len(raw) + tail_frames) % self.stride + tail_frames
        heard = np.concatenate(
            [np.zeros((silence, CHANNELS), raw.dtype), lead, raw, np.zeros((missing, CHANNELS), raw.dtype)]
        )
        return self.run(heard)[warm_up // self.stride :]


@contextmanager
def _without_greeting() -> Iterator[None]:
    # LiteRT greets on descriptor 2, once a process, in the middle of the progress line. What goes wrong is raised all
    # the same.
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


_runner: StreamingModel | None = None
_stores: dict[str, Store] = {}


def _start(model_path: str) -> None:
    global _runner
    _runner = StreamingModel(Path(model_path))


def _hear_piece(piece: tuple[str, int, int, int, int]) -> np.ndarray:
    # One task: frames start to stop of a clip, with what came before them in the clip.
    path, clip, start, stop, tail_frames = piece
    if path not in _stores:
        _stores[path] = open_store(Path(path))
    frames = _stores[path][clip]
    heard = _runner.score_clip(frames[start:stop], frames[max(0, start - WARM_UP_FRAMES) : start], tail_frames)
    _stores[path].forget()
    return heard


def score_stores(
    model_path: Path, sets: Mapping[str, ClipSet], *, jobs: int = 0, label: str = "score"
) -> dict[str, Scores]:
    """Outputs for every clip of every set, in the order of its stores. `jobs` 0: one process for each
    processor."""
    check_unchanged(model_path)
    stride = StreamingModel(model_path).stride
    size = PIECE_FRAMES // stride * stride
    pieces, clips_of = [], []
    for name, clip_set in sets.items():
        for store in clip_set.stores:
            for clip, length in enumerate(map(int, store.lengths)):
                starts = range(0, max(length, 1), size)
                pieces += [
                    (
                        str(store.path),
                        clip,
                        start,
                        min(start + size, length),
                        clip_set.tail_frames if start == starts[-1] else 0,
                    )
                    for start in starts
                ]
                clips_of.append((name, len(starts)))
    chunk = max(1, min(64, len(pieces) // 32))
    heard = parallel(
        _hear_piece, pieces, jobs, label, unit="clips", chunk=chunk, initializer=_start, arguments=(str(model_path),)
    )
    clips: dict[str, list[np.ndarray]] = {name: [] for name in sets}
    for name, count in clips_of:
        clips[name].append(np.concatenate([next(heard) for _ in range(count)]))
    for _ in heard:  # lets the progress come to its end
        raise AssertionError("more pieces were heard than were cut")
    return {name: Scores.of(found, stride) for name, found in clips.items()}
