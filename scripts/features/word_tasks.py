"""The clips of a word's stores, as tasks: several scenes of each sample."""

from pathlib import Path

from scripts.core.spectrogram_store import TEACHING
from scripts.features.build import Task, noisy, sample_clip

STORES = {"positive": "positive", "near": "near", "part": "part"}
INDEX_FIELDS = ("path", "split", "kind", "start_s", "end_s")  # of a line of samples/index.jsonl


def plan_word(rows: list[dict], samples: Path, repeats: int = 1, teaching: int = 0) -> list:
    """Tasks for the lines of samples/index.jsonl; of each training clip `repeats` scenes to learn from and `teaching`
    others to be taught in."""

    tasks = [
        Task(
            sample_clip,
            STORES[row["kind"]],
            mode,
            STORES[row["kind"]],
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
    return tasks + noisy([task for task in tasks if task.mode == TEACHING])
