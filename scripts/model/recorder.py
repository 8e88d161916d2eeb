"""What is written down while a network learns."""

import time
from pathlib import Path

import numpy as np

from scripts.core.files import publishing
from scripts.core.progress import note
from scripts.model import checkpoint
from scripts.model.optimizer import Trainer
from scripts.model.tensorboard import TensorBoardWriter
from scripts.model.validation import Validation


class Clock:
    """Seconds that the training of a word has taken: those until its networks were last saved, and those since."""

    def __init__(self) -> None:
        self._started, self._earlier_s = time.monotonic(), 0.0

    def resume(self, seconds: float) -> None:
        """Count the seconds with which a network was saved; networks trained at once do not add up."""
        self._earlier_s = max(self._earlier_s, seconds)

    def seconds(self) -> float:
        return round(self._earlier_s + time.monotonic() - self._started, 2)


class Recorder:
    """Validates a network now and then, and writes log lines, TensorBoard's curves and checkpoints into `out`."""

    def __init__(
        self,
        name: str,
        out: Path,
        identity: dict,
        trainer: Trainer,
        validation: Validation | None,
        figures: dict[str, float],
        clock: Clock,
    ):
        self.name, self.out, self.identity, self.trainer, self.validation = name, out, identity, trainer, validation
        self.writer = TensorBoardWriter(out / "tensorboard")
        self.figures, self._clock = figures, clock
        self._started, self._first = time.monotonic(), trainer.done

    def start(self) -> None:
        """The first step of this run begins: until now the network may have waited for others."""
        self._started = time.monotonic()

    def note(self, losses: dict) -> None:
        """Write the losses into the log."""
        values = " ".join(f"{name}={float(loss):.4f}" for name, loss in losses.items())
        note(f"{self.name}: step {self.trainer.done} {values}")

    def report(self, losses: dict) -> None:
        """Validate the averages, keep them if they are the best, and write a line and the curves."""
        averages = {name: value.numpy() for name, value in self.trainer.averages.items()}
        self.figures = self.validation.measure(averages) if self.validation else {}
        best = self.trainer.keep_if_best(self.figures.get("score", 0.0), averages)
        curves = {
            **{f"loss/{name}": float(value) for name, value in losses.items()},
            "rate": self.trainer.learning_rate(),
            **{f"validation/{name}": value for name, value in self.figures.items()},
        }
        done = self.trainer.done
        self.writer.write_scalars(done, curves)
        print(
            f"{self.name}: step {done}/{self.trainer.segments[-1][1]} "
            + " ".join(f"{name.split('/')[-1]}={value:.4f}" for name, value in curves.items())
            + f" {(time.monotonic() - self._started) / (done - self._first) * 1000:.0f} ms/step"
            + (" *best*" if best and self.validation else ""),
            flush=True,
        )

    def save_checkpoint(self) -> None:
        state = {
            **self.trainer.state(),
            "identity": self.identity,
            "figures": self.figures,
            "seconds": self._clock.seconds(),
            "curves": checkpoint.file_sizes(self.out / "tensorboard"),
        }
        checkpoint.save(self.out / "checkpoint.npz", state)


def save_weights(path: Path, weights: dict[str, np.ndarray]) -> None:
    """Publish weights as an uncompressed .npz."""
    with publishing(path) as part, part.open("wb") as out:
        np.savez(out, **weights)  # type: ignore[arg-type]  # none is called allow_pickle
