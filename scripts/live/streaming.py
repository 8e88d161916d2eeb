"""A published model as a device runs it: sound in, in pieces of any length; probabilities and detections out.

    ear = Ear(newest(Path("data"), "hey_buster"))
    for moment in ear.push(sound):            # (samples,) float32 at 16 kHz, as it comes
        print(moment.time_s, moment.probability, moment.heard)

Frontend, runtime (TFLM; LiteRT where that has no package) and rule of detection are the device's own; so is being deaf
for the first second, and for a second after each detection.
"""

import argparse
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.core.detection import SLICE_S, Detector, level_of

FRAME_S = 0.03  # of sound in a frame, of which one begins every SLICE_S
FULL = 255  # as ESPHome reads an output q, and the cutoff: q / 255


@dataclass(frozen=True)
class Published:
    """A published model: where its files are, and what its manifest says."""

    directory: Path
    slug: str
    title: str
    model: Path
    cutoff: float
    window: int


def newest(data: Path, slug: str, word: str = "...") -> Published:
    """The newest published model of a word. SystemExit with the line to type if there is none."""
    from scripts.model.manifest import Listening

    directory = (Path(data) / "output" / slug).resolve()
    manifest = directory / f"{slug}.json"
    if not manifest.is_file():
        raise SystemExit(
            f"Nothing is published for this word yet ({Path(data) / 'output' / slug} has no {slug}.json). "
            f'Type: make train WORD="{word or "..."}"'
        )
    facts = Listening.read(manifest)
    return Published(directory, slug, facts.title, facts.model, facts.cutoff, facts.window)


def options_of(description: str) -> argparse.ArgumentParser:
    """A parser with the options by which a command is told the model and its cutoff."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR")
    parser.add_argument("--slug", required=True, help="the word's directory name")
    parser.add_argument("--word", default="", help="the word as it is spelled")
    parser.add_argument("--cutoff", default="", help="where the cutoff begins, instead of the manifest's own")
    return parser


def cutoff_of(text: str) -> float:
    """A cutoff as people write it, 0.95 or 95%. ValueError outside of what a device takes."""
    number = text.strip()
    try:
        value = float(number.removesuffix("%")) / (100 if number.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 1 / FULL <= value < 1:
        raise ValueError(f"CUTOFF={text} is no cutoff: write a number between 0.01 and 0.99, such as CUTOFF=0.95")
    return value


def cutoff_given(text: str) -> float | None:
    """The cutoff a user gave, None where that is nothing. SystemExit if it is no cutoff."""
    try:
        return cutoff_of(text) if text.strip() else None
    except ValueError as error:
        raise SystemExit(str(error)) from None


@dataclass(frozen=True)
class Moment:
    """What the model said once, every 30 ms: `output` of its last slices alone, `probability` over the window, both 0
    to 1."""

    time_s: float  # the sound up to here has been heard
    output: float
    probability: float  # this is compared with the cutoff
    heard: bool


class Ear:
    """One listener to one stream of sound, which begins `from_s` into it (below zero: with what only settles the
    frontend)."""

    def __init__(self, published: Published, cutoff: float | None = None, from_s: float = 0.0) -> None:
        from scripts.core.frontend import Frontend
        from scripts.model.runtimes import device_runtime

        self._model, self._frontend = device_runtime(published.model), Frontend()
        self._stride = self._model.stride
        self._detector = Detector(published.cutoff, published.window, stride=self._stride)
        self._frames = np.zeros((0, 40), np.uint16)
        self._outputs = deque([0] * published.window, maxlen=published.window)
        self._inferences, self._from_s = 0, from_s
        self.cutoff = published.cutoff if cutoff is None else cutoff

    @property
    def cutoff(self) -> float:
        return self._cutoff

    @cutoff.setter
    def cutoff(self, cutoff: float) -> None:
        # May change while it listens; the rule goes on from where it is.
        self._cutoff, self._detector.level = cutoff, level_of(cutoff)

    def push(self, sound: np.ndarray) -> list[Moment]:
        """(samples,) float32 at 16 kHz -> the moments that became complete. What is left over waits for the next
        call."""
        from scripts.model.device import steps_of

        frames = np.concatenate([self._frames, self._frontend.push(sound)])
        steps = steps_of(frames, self._stride)
        self._frames = frames[len(steps) * self._stride :]
        return [self._moment(self._model(step)) for step in steps]

    def _moment(self, output: int) -> Moment:
        self._inferences += 1
        self._outputs.append(output)
        time_s = self._from_s + (self._inferences * self._stride - 1) * SLICE_S + FRAME_S
        mean = sum(self._outputs) / len(self._outputs)
        heard = self._detector.push(output)
        if heard:  # the device forgets them too
            self._outputs.extend([0] * len(self._outputs))
        return Moment(round(time_s, 2), output / FULL, mean / FULL, heard)
