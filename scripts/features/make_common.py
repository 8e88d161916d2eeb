"""Spectrograms that all words share: stores `short`, `speech`, `music`, `noise` and the ambient tests.

    python -m scripts.features.make_common --samples data/common/samples --datasets data/datasets \
        --dataset rooms_simulated --dataset speech_prompts --seed 1 --jobs 0 --out data/common/features

training, validation, testing:
    short    short utterances in scenes, as a word's samples are: synthetic words, real short recordings, and pieces cut
             at pauses out of real speech; once more with noise over them (training_noisy), for who is taught
    speech   8 to 12 s of continuous real and synthetic speech, lightly augmented
    music    10 s;  noise  10 s of recorded and of coloured noise
validation_ambient, testing_ambient, streams of minutes through one running frontend, all of the split's real speech:
    speech   plain_mmap: as recorded;  rooms_mmap: in rooms, at other levels
    mixed    mixed_mmap: over music and noise at 0 to 15 dB;  music_mmap: music alone
    slow     the same three of validation once more, by other and slower voices: people who call draw words out

With the starter profile the caps below give 66 h of sound, 1.8 GB, in 57 s on two cores of an AMD EPYC; an hour is 29
MB and one to two seconds of a core. Of the ambient modes nothing is capped but music: the more hours, the finer false
accepts can be told.
"""

import argparse
from dataclasses import replace
from pathlib import Path

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


def short_tasks(rows: list[dict], samples: Path, files: list) -> list:
    """Tasks of the store `short`."""
    from scripts.features.build import Task, noisy, sample_clip
    from scripts.features.sources import SPLITS
    from scripts.features.utterances import piece_clip

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


def speech_tasks(rows: list[dict], samples: Path, files: list, seed: int) -> list:
    """Tasks of the store `speech`: real speech and synthetic sentences, shuffled anew in each pass."""
    from scripts.core.parallel import generator
    from scripts.features.build import Task
    from scripts.features.sources import SPLITS
    from scripts.features.streams import LIGHT, Piece, cut, pack, speech_stream

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


def background_tasks(files: list) -> list:
    """Tasks of the stores `music` and `noise`; music and recorded noise only where the split has any."""
    from scripts.features.augment import COLOURS
    from scripts.features.build import Task
    from scripts.features.sources import SPLITS
    from scripts.features.streams import background_clip

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


def ambient_tasks(files: list, seed: int) -> list:
    """Tasks of the ambient modes: every file of the split's real speech, three ways, for validation also slow, and its
    music."""
    from scripts.core.parallel import generator
    from scripts.features.build import Task
    from scripts.features.streams import MIXED, PLAIN, ROOMS, cut, music_stream, pack, speech_stream

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


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="scripts.features.make_common", description=__doc__.split("\n")[0])
    parser.add_argument("--samples", type=Path, required=True, help="folder with index.jsonl of the synthetic speech")
    parser.add_argument("--datasets", type=Path, required=True, help="folder of the converted datasets")
    parser.add_argument(
        "--dataset", action="append", default=[], help="a converted dataset to use; give it once per dataset"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=0, help="processes, 0: one per processor")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args(argv)

    from scripts.core.files import read_jsonl
    from scripts.core.parallel import stage_timer
    from scripts.features.build import build, open_sources

    index = arguments.samples / "index.jsonl"
    if not index.is_file():
        raise SystemExit(f"{index} is missing: the shared samples are made first, by `make samples`.")
    rows = read_jsonl(index)
    files = open_sources(arguments.datasets, arguments.dataset)
    with stage_timer(arguments.out, "common_features") as facts:
        tasks = short_tasks(rows, arguments.samples, files) + speech_tasks(
            rows, arguments.samples, files, arguments.seed
        )
        tasks += background_tasks(files) + ambient_tasks(files, arguments.seed)
        facts.update(build(tasks, files, arguments.seed, arguments.jobs, arguments.out, "common features"))


if __name__ == "__main__":
    main()
