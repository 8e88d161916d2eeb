"""The clips of the stores that all words share, as tasks: `short`, `speech`, `music`, `noise` and the ambient streams.

    tasks = plan_short(rows, samples, files) + plan_ambient(files, seed=1)

`rows` are the lines of samples/index.jsonl of the common samples, whose clips are in the folder `samples`; `files` are
the converted recordings (sources.list_recordings). docs/stages/features.md describes the stores.
"""

from dataclasses import replace
from pathlib import Path

from scripts.core.random_numbers import generator
from scripts.features.augment import COLOURS
from scripts.features.build import Place, Task, noisy_copies, render_sample
from scripts.features.sources import SPLITS, Recording
from scripts.features.streams import (
    LIGHT,
    MIXED,
    PLAIN,
    ROOMS,
    Segment,
    pack,
    render_background,
    render_music,
    render_speech,
    split_file,
)
from scripts.features.utterances import render_utterance
from scripts.samples.kinds import SENTENCE, WORD

SHORT_FILES = {"training": 8_000, "validation": 600, "testing": 600}  # real short recordings
SHORT_UTTERANCES = {"training": 2_500, "validation": 500, "testing": 500}  # cut out of real speech
SPEECH_HOURS = {"training": 8.0, "validation": 0.5, "testing": 0.5}  # in at most SPEECH_PASSES passes over the speech
SPEECH_PASSES = 2
SPEECH_CLIP_S = 12.0
MUSIC_CLIPS = {"training": 540, "validation": 60, "testing": 60}
NOISE_CLIPS = {"training": 300, "validation": 60, "testing": 60}
COLOURED_SHARE = 0.3
BACKGROUND_CLIP_S = 10.0
AMBIENT_STREAM_S = 150.0  # speech in a stream: long enough to run like a device, short enough to share among processors
AMBIENT_MUSIC_HOURS = 1.0
SLOW_SPEED = 0.87  # and 2.4 semitones lower


def _select(files: list[Recording], split: str, *kinds: str) -> list[Recording]:
    return [file for file in files if file.split == split and file.kind in kinds]


def plan_short(rows: list[dict], samples: Path, files: list[Recording]) -> list[Task]:
    """Tasks of the store `short`: synthetic words, real short recordings, and utterances cut out of real speech."""
    tasks = [
        Task(
            render_sample,
            Place("short", row["split"], "short"),
            row["path"],
            line,
            "samples",
            (samples / row["path"], row["start_s"], row["end_s"]),
        )
        for line, row in enumerate(rows)
        if row["kind"] == WORD
    ]
    for split in SPLITS:
        place = Place("short", split, "short")
        short = _select(files, split, "short")
        every = max(1, -(-len(short) // SHORT_FILES[split]))
        tasks += [
            Task(render_sample, place, f"{file.dataset} {file.row}", file.row, file.dataset, (file.path, None, None))
            for file in short[::every]
        ]
        if _select(files, split, "speech"):
            tasks += [
                Task(render_utterance, place, f"piece {number}", -1, "pieces", ())
                for number in range(SHORT_UTTERANCES[split])
            ]
    return tasks + noisy_copies([task for task in tasks if task.mode == "training"])


def plan_speech(rows: list[dict], samples: Path, files: list[Recording], seed: int) -> list[Task]:
    """Tasks of the store `speech`: real speech and synthetic sentences, in another order in each pass."""
    tasks = []
    for split in SPLITS:
        segments = [
            segment
            for file in _select(files, split, "speech")
            for segment in split_file(file.path, file.duration_s, SPEECH_CLIP_S)
        ]
        segments += [
            Segment(samples / row["path"], 0.0, row["duration_s"])
            for row in rows
            if row["kind"] == SENTENCE and row["split"] == split
        ]
        left_s = SPEECH_HOURS[split] * 3600
        for number in range(SPEECH_PASSES if split == "training" else 1):
            order = generator(seed, "speech", split, number).permutation(len(segments))
            for count, group in enumerate(pack([segments[index] for index in order], SPEECH_CLIP_S)):
                if left_s <= 0:
                    break
                left_s -= sum(segment.end_s - segment.start_s for segment in group)
                place = Place("speech", split, "speech")
                tasks.append(Task(render_speech, place, f"{number} {count}", -1, "speech", (group, LIGHT)))
    return tasks


def plan_backgrounds(files: list[Recording]) -> list[Task]:
    """Tasks of the stores `music` and `noise`; music and recorded noise only if the split has any."""
    tasks = []
    for split in SPLITS:
        if _select(files, split, "music"):
            place = Place("music", split, "music")
            tasks += [
                Task(render_background, place, str(number), -1, "music", ("music", BACKGROUND_CLIP_S))
                for number in range(MUSIC_CLIPS[split])
            ]
        recorded = _select(files, split, "noise")
        coloured = int(NOISE_CLIPS[split] * COLOURED_SHARE) if recorded else NOISE_CLIPS[split]
        for number in range(NOISE_CLIPS[split]):
            kind = list(COLOURS)[number % len(COLOURS)] if number < coloured else "noise"
            place = Place("noise", split, "noise")
            tasks.append(Task(render_background, place, str(number), -1, kind, (kind, BACKGROUND_CLIP_S)))
    return tasks


def plan_ambient(files: list[Recording], seed: int) -> list[Task]:
    """Tasks of the ambient modes: all real speech of the split in three treatments, for validation also slowed, and its
    music."""
    tasks = []
    for split in ("validation", "testing"):
        mode = f"{split}_ambient"
        segments = [
            segment
            for file in _select(files, split, "speech", "short")
            for segment in split_file(file.path, file.duration_s, AMBIENT_STREAM_S)
        ]
        treatments = [("speech", "plain", PLAIN), ("speech", "rooms", ROOMS), ("mixed", "mixed", MIXED)]
        if split == "validation":
            treatments += [
                ("slow", f"slow_{name}", replace(treatment, speed=SLOW_SPEED)) for _, name, treatment in treatments
            ]
        for store, name, treatment in treatments:
            order = generator(seed, "ambient", mode, name).permutation(len(segments))
            groups = pack([segments[index] for index in order], AMBIENT_STREAM_S)
            tasks += [
                Task(render_speech, Place(store, mode, name), str(count), -1, "speech", (group, treatment))
                for count, group in enumerate(groups)
            ]
        tasks += _plan_ambient_music(files, split)
    return tasks


def _plan_ambient_music(files: list[Recording], split: str) -> list[Task]:
    """AMBIENT_MUSIC_HOURS of the split's music."""
    tasks = []
    left_s = AMBIENT_MUSIC_HOURS * 3600
    for file in _select(files, split, "music"):
        for count, segment in enumerate(split_file(file.path, file.duration_s, AMBIENT_STREAM_S)):
            if left_s > 0:
                left_s -= segment.end_s - segment.start_s
                place, item = Place("mixed", f"{split}_ambient", "music"), f"{file.dataset} {file.row} {count}"
                tasks.append(Task(render_music, place, item, file.row, file.dataset, (segment,)))
    return tasks
