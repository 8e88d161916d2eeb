"""Clips to listen to: which ones are worth it, and their sound, rendered again.

Stores hold spectrograms only, but a clip depends on nothing but its seed, its name and the recordings: rendered again it
is the same clip. Its spectrogram is compared with the stored one; where they differ, because a recording was exchanged,
the clip is shown without sound.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from scripts.core.arrays import read_npz
from scripts.core.audio import SAMPLE_RATE_HZ, rms
from scripts.core.detection import STRIDE
from scripts.core.files import read_json, read_jsonl, write_json
from scripts.core.frontend import FRAME_SAMPLES
from scripts.core.spectrogram import SoundClip
from scripts.core.spectrogram_store import Store, open_store
from scripts.evaluation.breakdowns import find_accent, find_speaker
from scripts.evaluation.evaluation_sets import CONFUSABLE, POSITIVE
from scripts.features.build import Task, open_recordings, render_task, split_of
from scripts.features.common_tasks import plan_ambient
from scripts.features.sources import Sources
from scripts.features.word_tasks import INDEX_FIELDS, plan_word

SHOWN = {"miss": 6, "false_accept": 12, "near": 3, "heard": 3}  # at most, of each kind
BEFORE_FRAMES, AFTER_FRAMES = 250, 60  # shown around a false accept
CAUSE_FRAMES = 150  # before a false accept: what sounds then was taken for the word
LATE_FRAMES = 15  # shown after the model's highest output
LOUDNESS_DBFS, PEAK = -20.0, 0.97  # clips are drawn as quiet as 45 dB below full scale, so they are played louder


@dataclass(frozen=True)
class ExampleInputs:
    """Everything that examples depend on."""

    evaluation: Path
    features: Path  # stores of the word
    samples: Path
    common: Path  # DATA_DIR/common
    datasets: Path  # DATA_DIR/datasets
    dataset_names: Sequence[str]  # those that the features were made from, in the same order
    seed: int  # that the features were made with


@dataclass(frozen=True)
class Example:
    """One clip to show: facts about it, its picture and its sound."""

    facts: dict[str, Any]
    frames: np.ndarray  # (frames, 40) uint16
    outputs: np.ndarray  # (inferences,) uint8, one every STRIDE frames
    sound: np.ndarray | None  # (samples,) float32; None if it could not be rendered again


def is_false_accept(result: dict) -> bool:
    """Whether a clip result is one of ambient sound."""
    return result["mode"].endswith("_ambient")


def choose_examples(results: list[dict], index: list[dict]) -> list[tuple[str, dict]]:
    """(kind, clip result) of the clips to show, worst first. Perturbed clips of one rendering sound alike, so only the
    worst of them is shown."""
    positives = [result for result in results if result["set"] == POSITIVE]
    confusable = [result for result in results if result["set"] == CONFUSABLE]
    candidates = {
        "miss": sorted(
            (result for result in positives if not result["heard"]),
            key=lambda result: (result["early"], result["highest_cutoff"]),
        ),
        "false_accept": _surest(result for result in results if is_false_accept(result)),
        "near": _surest(result for result in confusable if result["heard"]),
        "heard": _surest(result for result in positives if result["heard"]),
    }
    chosen = []
    for kind, kind_results in candidates.items():
        seen: set = set()
        for result in kind_results:
            row = index[result["row"]] if 0 <= result["row"] < len(index) else {}
            identity = (
                (result["set"], result["number"], result["frame"])
                if is_false_accept(result)
                else (row.get("text"), row.get("speaker"))
            )
            if identity not in seen and len(seen) < SHOWN[kind]:
                seen.add(identity)
                chosen.append((kind, result))
    return chosen


def _surest(results: Iterator[dict]) -> list[dict]:
    return sorted(results, key=lambda result: -result["highest_cutoff"])


def list_tasks(tasks: list[Task], report: dict) -> dict[tuple[str, str, str], list[Task]]:
    """The tasks behind the clips of each store, by (store, mode, name): all that were not skipped when it was built."""
    skipped = {reason.partition(": ")[0] for reason in report.get("skipped", [])}
    stores: dict[tuple[str, str, str], list[Task]] = {}
    for task in tasks:
        if task.title not in skipped:
            stores.setdefault((task.store, task.mode, task.name), []).append(task)
    return stores


def render_again(
    tasks: list[Task], clip: int, stored: np.ndarray, sources: dict[str, Sources], seed: int
) -> SoundClip | None:
    """A clip of a store as sound, or None if its spectrogram is not the stored one, (frames, 40) uint16."""
    if clip >= len(tasks):
        return None
    try:
        scene = render_task(tasks[clip], sources[split_of(tasks[clip].mode)], seed)
    except (ValueError, OSError, RuntimeError):  # soundfile's errors are RuntimeErrors
        return None
    return scene if np.array_equal(scene.frames(), stored) else None


def amplify(sound: np.ndarray) -> tuple[np.ndarray, float]:
    """(samples,) at an audible level, and the gain in dB."""
    gain = min(
        10 ** (LOUDNESS_DBFS / 20) / max(rms(sound), 1e-6), PEAK / max(float(np.abs(sound).max(initial=0)), 1e-6)
    )
    return sound * np.float32(gain), round(float(20 * np.log10(gain)), 1)


def cut_example(
    kind: str, result: dict, row: dict, store: Store, outputs: np.ndarray, scene: SoundClip | None
) -> Example:
    """The part of a clip that is worth showing: all of a short one, the seconds before a false accept."""
    stored, at = np.array(store[result["clip"]]), result["frame"]
    first, last = (
        (max(0, at - BEFORE_FRAMES), min(len(stored), at + AFTER_FRAMES))
        if is_false_accept(result)
        else (0, max(len(stored), at + LATE_FRAMES))
    )
    first -= first % STRIDE
    facts = {
        "kind": kind,
        "clip": f"{result['store']}/{result['mode']}/{result['name']} {result['clip']}",
        "stream": is_false_accept(result),
        "highest_cutoff": result["highest_cutoff"],
        "early": result.get("early", False),
        "at_s": round((at - first) / 100, 2),
        "seconds": round((last - first) / 100, 2),
        **{key: row.get(key) for key in ("text", "voice")},
        "speaker": find_speaker(row) if row else None,
        "accent": find_accent(row) if row else None,
        "word_s": find_word_s(int(store.end_frame[result["clip"]]), row),
        "conditions": {
            name: value.item()
            for name, values in store.conditions.items()
            if (value := values[result["clip"]]) == value  # not NaN
        },
        "recordings": []
        if scene is None
        else name_recordings(scene, (at - CAUSE_FRAMES) * FRAME_SAMPLES, at * FRAME_SAMPLES),
    }
    sound = None
    if scene is not None:
        begin, samples = (scene.warm_up + first) * FRAME_SAMPLES, (last - first) * FRAME_SAMPLES
        sound = scene.sound[begin : begin + samples]
        sound, facts["gain_db"] = amplify(np.pad(sound, (0, samples - len(sound))))
    frames = np.pad(stored[first:last], ((0, max(0, last - max(first, len(stored)))), (0, 0)))
    return Example(facts, frames, outputs[first // STRIDE : -(-last // STRIDE)], sound)


def find_word_s(end_frame: int, row: dict) -> list[float] | None:
    """Start and end of the word in a clip, in seconds; None if the clip has no such word. A frame covers 30 ms."""
    if end_frame < 0 or not row:
        return None
    end_s = end_frame / 100 + 0.03
    return [round(end_s - (row["end_s"] - row["start_s"]), 2), round(end_s, 2)]


def name_recordings(scene: SoundClip, begin: int, end: int) -> list[str]:
    """DATASET/FILE of the recordings that sound between two samples of a stream."""
    ends = [at for at, _ in scene.marks[1:]] + [len(scene.sound)]
    paths = [path for (at, path), until in zip(scene.marks, ends) if at < end and until > begin]
    return ["/".join([*path.parts[-5:-4], path.stem]) for path in paths]  # DATASET/16k/SPLIT/GROUP/FILE.wav


def make_examples(inputs: ExampleInputs) -> Iterator[Example]:
    """All examples of a word's evaluation."""
    index = read_jsonl(inputs.samples / "index.jsonl", *INDEX_FIELDS)
    files = open_recordings(inputs.datasets, list(inputs.dataset_names))
    common_features = inputs.common / "features"
    tasks = list_tasks(plan_word(index, inputs.samples), read_json(inputs.features / "report.json"))
    tasks |= list_tasks(plan_ambient(files, inputs.seed), read_json(common_features / "report.json"))
    sources = {split: Sources(files, split) for split in ("validation", "testing")}
    probabilities = {
        name: values
        for name, values in read_npz(inputs.evaluation / "probabilities.npz").items()
        if name.startswith("testing_")
    }
    stores: dict[Path, Store] = {}
    for kind, result in choose_examples(read_jsonl(inputs.evaluation / "clips.jsonl"), index):
        place = result["store"], result["mode"], result["name"]
        ready_made = inputs.datasets / place[0] / "features"  # spectrograms without sound
        word_or_common = common_features if is_false_accept(result) else inputs.features
        folder = (ready_made if ready_made.is_dir() else word_or_common) / place[0] / place[1]
        path = folder / f"{place[2]}_mmap"
        store = stores[path] if path in stores else stores.setdefault(path, open_store(path))
        key = f"testing_{result['set']}"
        start, stop = probabilities[f"{key}_offsets"][result["number"] :][:2]
        stored = np.array(store[result["clip"]])
        scene = render_again(tasks.get(place, []), result["clip"], stored, sources, inputs.seed)
        row = index[result["row"]] if not is_false_accept(result) and 0 <= result["row"] < len(index) else {}
        yield cut_example(kind, result, row, store, probabilities[key][start:stop], scene)


def write_examples(examples: Sequence[Example], folder: Path) -> None:
    """Write examples.json, examples.npz and the sounds into a folder."""
    for number, example in enumerate(examples):
        if example.sound is not None:
            encoded = io.BytesIO()  # libsndfile does not tell a full disk from other errors
            soundfile.write(encoded, example.sound, SAMPLE_RATE_HZ, format="MP3")
            (folder / f"{number}.mp3").write_bytes(encoded.getbuffer())
    write_json(folder / "examples.json", [example.facts for example in examples])
    arrays = {f"frames_{number}": example.frames for number, example in enumerate(examples)} | {
        f"outputs_{number}": example.outputs for number, example in enumerate(examples)
    }
    np.savez_compressed(folder / "examples.npz", **arrays)  # type: ignore[arg-type]
