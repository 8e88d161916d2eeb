"""Clips to listen to: the worst misses, the false accepts, near misses taken for the word, and a few that were heard.

    python -m scripts.evaluation.examples --evaluation data/work/hey_buster/evaluation --features data/work/hey_buster/features \\
        --samples data/work/hey_buster/samples --common data/common --datasets data/datasets --dataset rooms_simulated \\
        --seed 1 --out data/work/hey_buster/examples

Stores hold spectrograms only, but a clip depends on its seed, its name and the recordings alone: made again it is the
same clip. That is checked against the stored spectrogram, and a clip that comes out otherwise, because somebody
exchanged a recording, is shown without sound, and it is said. Writes OUT/examples.json, a list with what there is to
say of each, OUT/examples.npz with `frames_N` (frames, 40) uint16 and `outputs_N` (uint8, one every 30 ms), and
OUT/N.mp3: of the formats libsndfile writes the one every phone plays, and the same bytes each time.
"""

import argparse
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SHOWN = {"miss": 6, "false_accept": 12, "near": 3, "heard": 3}  # at most, of each kind
BEFORE_FRAMES, AFTER_FRAMES = 250, 60  # around a false accept
BLAMED_FRAMES = 150  # before a false accept: what sounds then is what was mistaken for the word
LATE_FRAMES = 15  # shown after the model's highest answer
LOUDNESS_DBFS, PEAK = -20.0, 0.97  # clips are as quiet as they are drawn, to 45 dB below full scale: played louder


def choose(lines: list[dict], index: list[dict]) -> list[tuple[str, dict]]:
    """(kind, verdict) of the clips to show, worst first. Bent takes of one rendering sound alike: only the worst is
    shown."""
    positives = [line for line in lines if line["set"] == "positive"]
    found = {
        "miss": sorted(
            (line for line in positives if not line["heard"]), key=lambda line: (line["early"], line["highest_cutoff"])
        ),
        "false_accept": sorted((line for line in lines if is_stream(line)), key=lambda line: -line["highest_cutoff"]),
        "near": sorted(
            (line for line in lines if line["set"] == "near" and line["heard"]),
            key=lambda line: -line["highest_cutoff"],
        ),
        "heard": sorted((line for line in positives if line["heard"]), key=lambda line: -line["highest_cutoff"]),
    }
    chosen = []
    for kind, candidates in found.items():
        seen: set = set()
        for line in candidates:
            row = index[line["row"]] if 0 <= line["row"] < len(index) else {}
            alike = (
                (line["set"], line["number"], line["frame"])
                if is_stream(line)
                else (row.get("text"), row.get("speaker"))
            )
            if alike not in seen and len(seen) < SHOWN[kind]:
                seen.add(alike)
                chosen.append((kind, line))
    return chosen


def is_stream(verdict: dict) -> bool:
    """Whether a verdict is of a false accept in ambient sound."""
    return verdict["mode"].endswith("_ambient")


def tasks_in_store(tasks: list, report: dict) -> dict[tuple[str, str, str], list]:
    """The tasks behind each store's clips, in their order: all but those that were skipped when it was built."""
    skipped = {why.partition(": ")[0] for why in report.get("skipped", [])}
    stores: dict[tuple[str, str, str], list] = {}
    for task in tasks:
        if task.title not in skipped:
            stores.setdefault((task.store, task.mode, task.name), []).append(task)
    return stores


def made_again(tasks: list, clip: int, stored: np.ndarray, sources: dict, seed: int):
    """The take of a store's clip, or None if what comes out now is not what was stored. stored (frames, 40) uint16."""
    from scripts.features.build import render_task, split_of

    if clip >= len(tasks):
        return None
    try:
        take = render_task(tasks[clip], sources[split_of(tasks[clip].mode)], seed)
    except (ValueError, OSError, RuntimeError):  # soundfile's errors are RuntimeErrors
        return None
    return take if np.array_equal(take.frames(), stored) else None


def louder(sound: np.ndarray) -> tuple[np.ndarray, float]:
    """(samples,) at a level people can hear, and by how many dB it was raised."""
    from scripts.core.audio import rms

    gain = min(
        10 ** (LOUDNESS_DBFS / 20) / max(rms(sound), 1e-6), PEAK / max(float(np.abs(sound).max(initial=0)), 1e-6)
    )
    return sound * np.float32(gain), round(float(20 * np.log10(gain)), 1)


@dataclass(frozen=True)
class Example:
    """One clip to show: what there is to say of it, and what there is to see and to hear."""

    facts: dict
    frames: np.ndarray  # (frames, 40) uint16
    outputs: np.ndarray  # (inferences,) uint8, one every STRIDE frames
    sound: np.ndarray | None  # (samples,) float32; None where it could not be made again


def example(kind: str, verdict: dict, row: dict, store, outputs: np.ndarray, take) -> Example:
    """Cut what is worth showing out of a clip: all of a short one, the seconds before a false accept."""
    from scripts.core.detection import STRIDE
    from scripts.core.frontend import FRAME_SAMPLES
    from scripts.evaluation.breakdowns import accent, speaker

    stored, at = np.array(store[verdict["clip"]]), verdict["frame"]
    first, last = (
        (max(0, at - BEFORE_FRAMES), min(len(stored), at + AFTER_FRAMES))
        if is_stream(verdict)
        else (0, max(len(stored), at + LATE_FRAMES))
    )
    first -= first % STRIDE
    facts = {
        "kind": kind,
        "clip": f"{verdict['store']}/{verdict['mode']}/{verdict['name']} {verdict['clip']}",
        "stream": is_stream(verdict),
        "highest_cutoff": verdict["highest_cutoff"],
        "early": verdict.get("early", False),
        "at_s": round((at - first) / 100, 2),
        "seconds": round((last - first) / 100, 2),
        **{key: row.get(key) for key in ("text", "voice")},
        "speaker": speaker(row) if row else None,
        "accent": accent(row) if row else None,
        "word_s": spoken_s(int(store.end_frame[verdict["clip"]]), row),
        "conditions": {
            name: value.item()
            for name, values in store.conditions.items()
            if (value := values[verdict["clip"]]) == value
        },
        "recordings": [] if take is None else playing(take, (at - BLAMED_FRAMES) * FRAME_SAMPLES, at * FRAME_SAMPLES),
    }
    sound = None
    if take is not None:
        begin, samples = (take.warm_up + first) * FRAME_SAMPLES, (last - first) * FRAME_SAMPLES
        sound = take.sound[begin : begin + samples]
        sound, facts["gain_db"] = louder(np.pad(sound, (0, samples - len(sound))))
    frames = np.pad(stored[first:last], ((0, max(0, last - max(first, len(stored)))), (0, 0)))
    return Example(facts, frames, outputs[first // STRIDE : -(-last // STRIDE)], sound)


def spoken_s(end_frame: int, row: dict) -> list[float] | None:
    """From when to when the word is spoken in a clip, in seconds; None where there is no such word. A frame hears 30
    ms."""
    if end_frame < 0 or not row:
        return None
    end_s = end_frame / 100 + 0.03
    return [round(end_s - (row["end_s"] - row["start_s"]), 2), round(end_s, 2)]


def playing(take, begin: int, end: int) -> list[str]:
    """Which recordings sound between two samples of a stream."""
    ends = [at for at, _ in take.marks[1:]] + [len(take.sound)]
    heard = [path for (at, path), until in zip(take.marks, ends) if at < end and until > begin]
    return ["/".join([*path.parts[-5:-4], path.stem]) for path in heard]  # DATASET/16k/SPLIT/GROUP/FILE.wav


def examples(
    evaluation: Path, features: Path, samples: Path, common: Path, datasets: Path, names: list[str], seed: int
) -> Iterator[Example]:
    """All examples of a word's evaluation."""
    from scripts.core.files import read_json, read_jsonl, read_npz
    from scripts.core.spectrogram_store import open_store
    from scripts.features.build import open_recordings
    from scripts.features.common_tasks import plan_ambient
    from scripts.features.sources import Sources
    from scripts.features.word_tasks import INDEX_FIELDS, plan_word

    index, files = read_jsonl(samples / "index.jsonl", *INDEX_FIELDS), open_recordings(datasets, names)
    tasks = tasks_in_store(plan_word(index, samples), read_json(features / "report.json"))
    tasks |= tasks_in_store(plan_ambient(files, seed), read_json(common / "features" / "report.json"))
    sources = {split: Sources(files, split) for split in ("validation", "testing")}
    stores: dict[Path, object] = {}
    heard = {
        name: values
        for name, values in read_npz(evaluation / "probabilities.npz").items()
        if name.startswith("testing_")
    }
    for kind, verdict in choose(read_jsonl(evaluation / "clips.jsonl"), index):
        place = verdict["store"], verdict["mode"], verdict["name"]
        ready = datasets / place[0] / "features"  # ready-made spectrograms, of which there is nothing to hear
        path = (
            (ready if ready.is_dir() else common / "features" if is_stream(verdict) else features)
            / place[0]
            / place[1]
            / f"{place[2]}_mmap"
        )
        store = stores[path] if path in stores else stores.setdefault(path, open_store(path))
        start, stop = heard[f"testing_{verdict['set']}_offsets"][verdict["number"] :][:2]
        take = made_again(tasks.get(place, []), verdict["clip"], np.array(store[verdict["clip"]]), sources, seed)
        row = index[verdict["row"]] if not is_stream(verdict) and 0 <= verdict["row"] < len(index) else {}
        yield example(kind, verdict, row, store, heard[f"testing_{verdict['set']}"][start:stop], take)


def write_examples(found: list[Example], folder: Path) -> None:
    """Write examples.json, examples.npz and the sounds into a folder."""
    import soundfile

    from scripts.core.audio import SAMPLE_RATE_HZ
    from scripts.core.files import write_json

    for number, one in enumerate(found):
        if one.sound is not None:
            coded = io.BytesIO()  # libsndfile does not tell a full disk from other errors
            soundfile.write(coded, one.sound, SAMPLE_RATE_HZ, format="MP3")
            (folder / f"{number}.mp3").write_bytes(coded.getbuffer())
    write_json(folder / "examples.json", [one.facts for one in found])
    arrays = {f"frames_{number}": one.frames for number, one in enumerate(found)} | {
        f"outputs_{number}": one.outputs for number, one in enumerate(found)
    }
    np.savez_compressed(folder / "examples.npz", **arrays)


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(
        description="Make clips to listen to: what the model misses and what it mistakes for the word."
    )
    parser.add_argument("--evaluation", type=Path, required=True, help="the word's evaluation")
    parser.add_argument("--features", type=Path, required=True, help="the word's stores")
    parser.add_argument("--samples", type=Path, required=True, help="the word's samples")
    parser.add_argument("--common", type=Path, required=True, help="what all words share: DATA_DIR/common")
    parser.add_argument("--datasets", type=Path, required=True, help="DATA_DIR/datasets")
    parser.add_argument(
        "--dataset", action="append", default=[], help="a dataset the features were made with, in the same order"
    )
    parser.add_argument("--seed", type=int, default=1, help="the one the features were made with")
    parser.add_argument("--out", type=Path, required=True, help="folder to publish")
    options = parser.parse_args(argv)

    from scripts.core.files import publishing
    from scripts.core.timing import stage_timer

    with stage_timer(options.out, "examples") as facts, publishing(options.out, directory=True) as part:
        found = list(
            examples(
                options.evaluation,
                options.features,
                options.samples,
                options.common,
                options.datasets,
                options.dataset,
                options.seed,
            )
        )
        write_examples(found, part)
        facts["items"] = len(found)
    silent = sum(one.sound is None for one in found)
    print(
        f"examples: {len(found)} clips to look at and listen to"
        + (
            f"; {silent} of them come out differently than when the features were made, and are "
            f"shown without sound: a recording or the code changed since. `make clean-work` with the word makes all anew."
            if silent
            else ""
        )
    )


if __name__ == "__main__":
    main()
