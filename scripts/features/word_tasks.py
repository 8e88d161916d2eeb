"""The clips of a word's stores, as tasks: several scenes of each sample."""

from pathlib import Path

from scripts.core.spectrogram_store import TEACHING
from scripts.features.build import Place, Task, noisy_copies, render_sample
from scripts.samples.kinds import CALLED, CONFUSABLE, FRAGMENT, POSITIVE, REJECTED

STORES = (POSITIVE, CONFUSABLE, FRAGMENT, CALLED, REJECTED)  # one for each kind of sample, with its name
INDEX_FIELDS = ("path", "split", "kind", "start_s", "end_s")  # of a line of samples/index.jsonl


def plan_word(rows: list[dict], samples: Path, repeats: int = 1, teaching: int = 0) -> list[Task]:
    """Tasks for the lines of samples/index.jsonl: of each training clip `repeats` scenes for training and `teaching`
    others for distillation, of every other clip one scene."""
    tasks = [
        Task(
            render_sample,
            Place(row["kind"], mode, row["kind"]),
            f"{row['path']} {repeat}",
            line,
            "samples",
            (samples / row["path"], row["start_s"], row["end_s"]),
        )
        for line, row in enumerate(rows)
        for mode, scenes in (
            {"training": repeats, TEACHING: teaching} if row["split"] == "training" else {row["split"]: 1}
        ).items()
        for repeat in range(scenes)
    ]
    return tasks + noisy_copies([task for task in tasks if task.mode == TEACHING])
