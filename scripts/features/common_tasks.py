"""The clips of the stores that all words share, as tasks: `short`, `speech`, `music`, `noise` and the ambient streams.

    tasks = plan_short(rows, samples, files) + plan_ambient(files, seed=1)

`rows` are the lines of samples/index.jsonl of the common samples, whose clips are in the folder `samples`; `files` are the
converted recordings (sources.list_recordings). make_common.py says what the stores are.
"""

from dataclasses import replace
from pathlib import Path

from scripts.core.random_numbers import generator
from scripts.features.augment import COLOURS
from scripts.features.build import Task, noisy, sample_clip
from scripts.features.sources import SPLITS
from scripts.features.streams import (
    LIGHT,
    MIXED,
    PLAIN,
    ROOMS,
    Piece,
    background_clip,
    cut,
    music_stream,
    pack,
    speech_stream,
)
from scripts.features.utterances import piece_clip

SHORT_FILES = {"training": 8_000, "validation": 600, "testing": 600}  # real short recordings
SHORT_PIECES = {"training": 2_500, "validation": 500, "testing": 500}  # pieces cut out of real speech
SPEECH_HOURS = {
    "training": 8.0,
    "validation": 0.5,
    "testing": 0.5,
}  # as many passes as that takes, at most SPEECH_PASSES
SPEECH_PASSES = 2
SPEECH_CLIP_S = 12.0
MUSIC_CLIPS = {"training": 540, "validation": 60, "testing": 60}
NOISE_CLIPS = {"training": 300, "validation": 60, "testing": 60}
COLOURED_SHARE = 0.3
BACKGROUND_CLIP_S = 10.0
AMBIENT_STREAM_S = 150.0  # speech in a stream: long enough to run like a device, short enough to share among processors
AMBIENT_MUSIC_HOURS = 1.0
SLOW_SPEED = 0.87  # and 2.4 semitones lower


def plan_short(rows: list[dict], samples: Path, files: list) -> list:
    """Tasks of the store `short`."""

    tasks = [
        Task(
            sample_clip,
            "short",
            row["split"],
            "short",
            row["path"],
            line,
            "samples",
            (samples / row["path"], row["start_s"], row["end_s"]),
        )
        for line, row in enumerate(rows)
        if row["kind"] == "word"
    ]
    for split in SPLITS:
        short = [file for file in files if file.split == split and file.kind == "short"]
        step = max(1, -(-len(short) // SHORT_FILES[split]))
        tasks += [
            Task(
                sample_clip,
                "short",
                split,
                "short",
                f"{file.dataset} {file.row}",
                file.row,
                file.dataset,
                (file.path, None, None),
            )
            for file in short[::step]
        ]
        if any(file.split == split and file.kind == "speech" for file in files):
            tasks += [
                Task(piece_clip, "short", split, "short", f"piece {number}", -1, "pieces", ())
                for number in range(SHORT_PIECES[split])
            ]
    return tasks + noisy([task for task in tasks if task.mode == "training"])


def plan_speech(rows: list[dict], samples: Path, files: list, seed: int) -> list:
    """Tasks of the store `speech`: real speech and synthetic sentences, shuffled anew in each pass."""

    tasks = []
    for split in SPLITS:
        pieces = [
            piece
            for file in files
            if file.split == split and file.kind == "speech"
            for piece in cut(file.path, file.duration_s, SPEECH_CLIP_S)
        ]
        pieces += [
            Piece(samples / row["path"], 0.0, row["duration_s"])
            for row in rows
            if row["kind"] == "sentence" and row["split"] == split
        ]
        left_s = SPEECH_HOURS[split] * 3600
        for number in range(SPEECH_PASSES if split == "training" else 1):
            order = generator(seed, "speech", split, number).permutation(len(pieces))
            for count, group in enumerate(pack([pieces[index] for index in order], SPEECH_CLIP_S)):
                if left_s <= 0:
                    break
                left_s -= sum(piece.end_s - piece.start_s for piece in group)
                tasks.append(
                    Task(speech_stream, "speech", split, "speech", f"{number} {count}", -1, "speech", (group, LIGHT))
                )
    return tasks


def plan_backgrounds(files: list) -> list:
    """Tasks of the stores `music` and `noise`; music and recorded noise only where the split has any."""

    tasks = []
    for split in SPLITS:
        has = {file.kind for file in files if file.split == split}
        if "music" in has:
            tasks += [
                Task(background_clip, "music", split, "music", str(number), -1, "music", ("music", BACKGROUND_CLIP_S))
                for number in range(MUSIC_CLIPS[split])
            ]
        coloured = int(NOISE_CLIPS[split] * COLOURED_SHARE) if "noise" in has else NOISE_CLIPS[split]
        for number in range(NOISE_CLIPS[split]):
            kind = list(COLOURS)[number % len(COLOURS)] if number < coloured else "noise"
            tasks.append(
                Task(background_clip, "noise", split, "noise", str(number), -1, kind, (kind, BACKGROUND_CLIP_S))
            )
    return tasks


def plan_ambient(files: list, seed: int) -> list:
    """Tasks of the ambient modes: every file of the split's real speech, three ways, for validation also slow, and its
    music."""

    tasks = []
    for split in ("validation", "testing"):
        mode = f"{split}_ambient"
        pieces = [
            piece
            for file in files
            if file.split == split and file.kind in ("speech", "short")
            for piece in cut(file.path, file.duration_s, AMBIENT_STREAM_S)
        ]
        heard = [("speech", "plain", PLAIN), ("speech", "rooms", ROOMS), ("mixed", "mixed", MIXED)]
        if split == "validation":
            heard += [("slow", f"slow_{name}", replace(treatment, speed=SLOW_SPEED)) for _, name, treatment in heard]
        for store, name, treatment in heard:
            order = generator(seed, "ambient", mode, name).permutation(len(pieces))
            groups = pack([pieces[index] for index in order], AMBIENT_STREAM_S) if pieces else []
            tasks += [
                Task(speech_stream, store, mode, name, str(count), -1, "speech", (group, treatment))
                for count, group in enumerate(groups)
            ]
        left_s = AMBIENT_MUSIC_HOURS * 3600
        for file in (file for file in files if file.split == split and file.kind == "music"):
            for count, piece in enumerate(cut(file.path, file.duration_s, AMBIENT_STREAM_S)):
                if left_s > 0:
                    left_s -= piece.end_s - piece.start_s
                    tasks.append(
                        Task(
                            music_stream,
                            "mixed",
                            mode,
                            "music",
                            f"{file.dataset} {file.row} {count}",
                            file.row,
                            file.dataset,
                            (piece,),
                        )
                    )
    return tasks
