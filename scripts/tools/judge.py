"""Judge a published model on recordings of real people: recall at fixed rates of false accepts, and at its own cutoff.

    python -m scripts.tools.judge data/output/hey_buster/hey_buster.json --positives mine/hey_buster --negatives mine/talk

Every file below --positives is one person saying the word once; all files below the --negatives folders, in the order
of their paths, are one uninterrupted stream. Any format that `make detect` takes, through the same decoder; what cannot
be decoded is named and counted. With --noise and --snr a stretch of noise is mixed into each recording at that ratio of
powers. A fixed trace of noise (1e-4 of full scale) is under everything, as in any microphone; without it pauses are
digital silence, which no device hears.

The sound goes through the device's frontend, the model and the device's rule of detection. Frontends work on pieces of
ten minutes that each begin with the twelve seconds before them, in which they settle (they follow the noise over about
one second). Spectrograms do not depend on the model: with --keep the next model on the same recordings is a matter of
seconds. A positive counts as heard wherever in its file the model answers. Recall is of all files, as it is judged
elsewhere; where some are copies of one sound (duplicates.py) it is said how many are not, and recall is given a second time
with each sound counted once.
"""

import argparse
import hashlib
import json
import sys
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ
from scripts.core.damaged import noticed, printable
from scripts.core.decode import Decoder, UndecodableError, files_below, read_all

if TYPE_CHECKING:
    from scripts.evaluation.inference import Scores

TRACE = 1e-4  # of full scale
SETTLE_S = 2.0  # of trace noise before a recording, in which the frontend settles
LEAD_S, TAIL_S = 0.5, 1.0  # of silence around a positive
PIECE_S, OVERLAP_S = 600, 12
FEWEST_S = 0.1  # shorter negatives are skipped
COPIES, TOLD = "positive_copies.npy", "told.json"
RATES = (0.1, 0.5, 1.0, 2.0, 5.0)  # false accepts per hour to read recall at


def sound_files(folder: Path) -> list[Path]:
    """All files below a folder, by path. SystemExit if there are none."""
    if not (found := files_below(folder)):
        raise SystemExit(f"There are no files below {folder}: name a folder of recordings, in any format.")
    return found


@dataclass
class Heard:
    """Which of the files given can be listened to, with their (samples,) at 16 kHz, and what is to be told of the
    others."""

    lengths: dict[Path, int] = field(default_factory=dict)
    told: dict = field(default_factory=lambda: {"skipped": [], "faults": []})

    def of(self, files: list[Path]) -> list[Path]:
        """Those of `files` that can be listened to."""
        return [path for path in files if path in self.lengths]


def measured(path: Path) -> tuple[int, list[str]]:
    """(samples at 16 kHz, what of the file was not decoded); (0, [why]) for one that cannot be decoded at all."""
    decoder = Decoder(path)
    try:
        for _ in decoder:
            pass
    except UndecodableError as error:
        return 0, [str(error)]
    return decoder.samples, decoder.faults


def look_through(files: list[Path], jobs: int) -> Heard:
    """Decode every file once: what there is to listen to, and what is skipped."""
    from scripts.core.parallel import parallel

    heard = Heard()
    for path, (samples, faults) in zip(files, parallel(measured, files, jobs, "look through", "files")):
        if samples:
            heard.lengths[path] = samples
            heard.told["faults"] += [f"{printable(str(path))}: {fault}" for fault in faults]
        else:
            heard.told["skipped"].append(f"{printable(str(path))}: {faults[0]}")
    return heard


class Mixer:
    """Adds trace noise and, if asked, a stretch of noise; drawn by the recording's name, so order and JOBS do not
    matter."""

    def __init__(self, noise: np.ndarray | None = None, snr_db: float | None = None) -> None:
        self.noise, self.snr_db = noise, snr_db

    def __call__(self, sound: np.ndarray, name: str) -> np.ndarray:
        """(samples,) float32 to the same; the noise wraps round where it is shorter."""
        from scripts.core.random_numbers import generator

        random = generator(1, "recordings", name)
        sound = sound + TRACE * random.standard_normal(len(sound), dtype=np.float32)
        if self.noise is not None and self.snr_db is not None:
            stretch = np.take(self.noise, np.arange(len(sound)) + random.integers(len(self.noise)), mode="wrap")
            ratio = np.mean(sound**2) / (np.mean(stretch**2) + 1e-12) / 10 ** (self.snr_db / 10)
            sound = sound + stretch * np.sqrt(ratio)
        return sound.astype(np.float32)


def mixer_of(noise: list[Path], snr_db: float | None) -> Mixer:
    """A mixer of the noise in these files, one after another."""
    return Mixer(np.concatenate([read_all(path)[0] for path in noise]) if noise else None, snr_db)


def _spectrogram(sound: np.ndarray, from_sample: int) -> np.ndarray:
    # Frames (frames, 40) of a sound without those that begin before `from_sample`, in which the frontend settles.
    from scripts.core.frontend import FRAME_SAMPLES, spectrogram

    return spectrogram(sound)[from_sample // FRAME_SAMPLES :]


def positive_frames(mixer: Mixer, path: Path) -> np.ndarray:
    """Frontend values (frames, 40) for one recording of the word between its silences."""
    word, _ = read_all(path)
    settle, lead, tail = (np.zeros(int(length * SAMPLE_RATE_HZ), np.float32) for length in (SETTLE_S, LEAD_S, TAIL_S))
    mixed = mixer(np.concatenate([lead, word, tail]), path.name)
    return _spectrogram(np.concatenate([Mixer()(settle, f"settle {path.name}"), mixed]), len(settle))


def piece_frames(mixer: Mixer, task: tuple[list[tuple[Path, int]], int, int, int]) -> np.ndarray:
    """The frames that begin in samples `start` to `stop` of the stream of `files`, each (path, where it begins),
    listened to from `before` on."""
    from scripts.core.frontend import FRAME_SAMPLES, WINDOW_SAMPLES

    files, before, start, stop = task
    sound = np.zeros(
        stop + WINDOW_SAMPLES - FRAME_SAMPLES - before, np.float32
    )  # the last frame begins in the piece and ends after it
    for path, at in files:
        mixed = mixer(read_all(path)[0], path.name)
        first, last = max(before, at), min(before + len(sound), at + len(mixed))
        if first < last:
            sound[first - before : last - before] = mixed[first - at : last - at]
    return _spectrogram(sound, start - before)


def pieces_of(lengths: dict[Path, int]) -> tuple[list, float]:
    """Cut the stream of all files, (samples,) long each, into tasks for piece_frames(), and its length in hours."""
    from scripts.core.frontend import WINDOW_SAMPLES

    starts, total = [], 0
    for path, length in lengths.items():
        starts.append((path, total))
        total += length
    offsets = [at for _, at in starts]
    size, tasks = PIECE_S * SAMPLE_RATE_HZ, []
    for start in range(0, total, size):
        before, stop = max(0, start - OVERLAP_S * SAMPLE_RATE_HZ), min(start + size, total)
        first, last = bisect_right(offsets, before) - 1, bisect_right(offsets, stop + WINDOW_SAMPLES)
        tasks.append((starts[first:last], before, start, stop))
    return tasks, total / SAMPLE_RATE_HZ / 3600


def listen(
    folder: Path, positives: list[Path], negatives: list[Path], noise: list[Path], snr_db: float | None, jobs: int
) -> None:
    """Write spectrograms into stores folder/positive_mmap, a clip a file, and folder/negative_mmap, one clip.

    Beside them: which positives are copies, and what is to be told of files that were skipped or damaged.
    """
    from scripts.core.files import write_json
    from scripts.core.parallel import parallel
    from scripts.core.spectrogram_store import Clip, write
    from scripts.tools.duplicates import find_duplicates

    heard = look_through(list(dict.fromkeys([*positives, *negatives, *noise])), jobs)
    words, others, background = heard.of(positives), heard.of(negatives), heard.of(noise)
    short = {path for path in others if heard.lengths[path] < FEWEST_S * SAMPLE_RATE_HZ}
    heard.told["skipped"] += [f"{printable(str(path))}: shorter than {FEWEST_S} s" for path in others if path in short]
    tasks, duration_h = pieces_of({path: heard.lengths[path] for path in others if path not in short})
    if not words or not tasks or noise and not background:
        say(heard.told)
        raise SystemExit(
            f"{len(words)} positives, {duration_h:.2f} hours of negatives{f' and {len(background)} files of noise' if noise else ''} could be "
            f"decoded; {'all three' if noise else 'both'} are needed."
        )
    start = {"state": mixer_of, "arguments": (background, snr_db)}
    write(folder, "positive", map(Clip, parallel(positive_frames, words, jobs, "positives", "files", **start)))
    np.save(folder / COPIES, find_duplicates(read_all(path)[0] for path in words))
    pieces = list(parallel(piece_frames, tasks, jobs, "negatives", "pieces", chunk=1, **start))
    write(folder, "negative", [Clip(np.concatenate(pieces))])
    write_json(folder / TOLD, heard.told)


def say(told: dict) -> None:
    """Name on standard error what is skipped, and what was decoded in part."""
    for line in [*(f"skipped {each}" for each in told["skipped"]), *(f"damaged {each}" for each in told["faults"])]:
        print(line, file=sys.stderr)


def recordings_key(files: list[Path], snr_db: float | None) -> str:
    """A name for what listen() makes of these files: it changes when one of them, the noise ratio, or what is kept
    does."""
    facts = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return hashlib.sha256(repr((COPIES, TOLD, snr_db, facts)).encode()).hexdigest()[:16]


def recall_table(
    positives: "Scores",
    negatives: np.ndarray,
    duration_h: float,
    window: int,
    cutoff: float,
    groups: np.ndarray | None = None,
) -> dict:
    """Recall at RATES and at `cutoff`, from the outputs for each positive and for the stream of negatives (inferences,)
    uint8.

    groups: (positives,), equal where two positives are copies of one sound; without it they are all taken for
    different.
    """
    from scripts.core.detection import LEVELS, detections, level_of, window_sums
    from scripts.core.statistics import rate_interval, share, wilson_interval
    from scripts.evaluation.operating_point import highest_levels

    highest = highest_levels(positives, window)[:, 1]
    sums = window_sums(negatives, window)
    events = np.array(
        [
            len(detections(negatives, level=level, window=window, stride=positives.stride, sums=sums))
            for level in range(LEVELS)
        ]
    )

    _, which, sizes = np.unique(
        np.arange(len(highest)) if groups is None else groups, return_inverse=True, return_counts=True
    )
    once = 1 / sizes[which] / len(sizes)  # the weight of each positive if copies count as one
    effective = round(
        len(highest) ** 2 / (sizes**2).sum()
    )  # copies are heard together or not at all (Kish 1965); without any it is their number

    def at(level: int) -> dict:
        heard, count = int((highest >= level).sum()), int(events[level])
        return {
            "recall": share(heard, len(highest)),
            "recall_interval": wilson_interval(round(heard / len(highest) * effective), effective),
            "recall_once": share(once[highest >= level].sum(), 1),
            "false_accepts": count,
            "fa_per_hour": round(count / duration_h, 3),
            "fa_per_hour_interval": rate_interval(count, duration_h),
        }

    table = {}
    for rate in RATES:
        # The lowest level that keeps to the rate, and so do all above it; level 0 would never listen again.
        below = np.flatnonzero(events[1:] > rate * duration_h)
        level = int(below[-1]) + 2 if len(below) else 1
        table[f"{rate}"] = {"cutoff": round(-(-level * 1000 // 255) / 1000, 3), **at(level)} if level < LEVELS else None
    return {
        "window": window,
        "n_positive": len(highest),
        "n_sounds": len(sizes),
        "n_effective": effective,
        "hours": round(duration_h, 3),
        "at_cutoff": {"cutoff": cutoff, **at(level_of(cutoff))},
        "at_fa_per_hour": table,
    }


def judge(
    manifest: Path,
    positives: Path,
    negatives: list[Path],
    noise: Path | None = None,
    snr_db: float | None = None,
    jobs: int = 0,
    keep: Path | None = None,
) -> dict:
    """The figures for a published model on folders of recordings, whose spectrograms are kept in `keep` for the next
    model."""
    from scripts.core.detection import hours
    from scripts.core.files import publishing, read_json
    from scripts.core.spectrogram_store import open_store
    from scripts.evaluation.inference import ClipSet, score_stores
    from scripts.model.manifest import Manifest

    facts = Manifest.read(manifest)
    words, others = sound_files(positives), [path for folder in negatives for path in sound_files(folder)]
    background = sound_files(noise) if noise else []
    with TemporaryDirectory() as temporary:
        folder = (keep or Path(temporary)) / recordings_key([*words, *others, *background], snr_db)
        if not folder.is_dir():
            with publishing(folder, directory=True) as part:
                listen(part, words, others, background, snr_db, jobs)
        say(told := read_json(folder / TOLD))
        sets = {name: ClipSet([open_store(folder / f"{name}_mmap")]) for name in ("positive", "negative")}
        scores = score_stores(facts.model, sets, jobs=jobs, label="score")
        with noticed(folder / COPIES):
            groups = np.load(folder / COPIES)
    stream = scores["negative"]
    return {
        "wake_word": facts.title,
        "snr_db": snr_db,
        "skipped": len(told["skipped"]),
        **recall_table(
            scores["positive"],
            stream.outputs,
            hours(len(stream.outputs), stream.stride),
            facts.window,
            facts.cutoff,
            groups,
        ),
    }


def printed(result: dict) -> str:
    """The figures as people read them."""
    noise = "" if result["snr_db"] is None else f", noise at {result['snr_db']:g} dB"
    copied = result["n_sounds"] < result["n_positive"]
    lines = [
        f"{result['wake_word']}: {result['n_positive']} recordings of the word"
        + (f" ({result['n_sounds']} sounds, the rest copies of them)" if copied else "")
        + f", {result['hours']:.2f} h of other sound, window {result['window']}{noise}",
        "false accepts/h         cutoff  recall  (95 %)" + ("            each sound once" if copied else ""),
    ]
    own = result["at_cutoff"]
    rows = [(f"its own: {own['fa_per_hour']:.2f} ({own['false_accepts']})", own)]
    rows += [(f"at most {rate}", row) for rate, row in result["at_fa_per_hour"].items()]
    for name, row in rows:
        lines.append(
            f"{name:<23} "
            + (
                "no cutoff keeps to it"
                if row is None
                else f"{row['cutoff']:6.3f} {row['recall']:7.1%}  ({row['recall_interval'][0]:.1%} to {row['recall_interval'][1]:.1%})"
                + (f"  {row['recall_once']:7.1%}" if copied else "")
            )
        )
    if result["skipped"]:
        lines.append(f"{result['skipped']} file{'s' * (result['skipped'] != 1)} skipped, named above")
    return "\n".join(lines)


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description="Judge a published model on recordings of real people.")
    parser.add_argument("manifest", type=Path, help="the model's .json")
    parser.add_argument(
        "--positives", type=Path, required=True, metavar="DIR", help="recordings of the word, one a file"
    )
    parser.add_argument(
        "--negatives", type=Path, required=True, nargs="+", metavar="DIR", help="recordings of anything else"
    )
    parser.add_argument("--snr", type=float, metavar="DB", help="mix noise in at this ratio")
    parser.add_argument("--noise", type=Path, metavar="DIR", help="where the noise is")
    parser.add_argument("--jobs", type=int, default=0, help="processes; 0 is one for each processor")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="keep the recordings' spectrograms here: the next model takes seconds"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args(argv)
    if (options.snr is None) != (options.noise is None):
        raise SystemExit("--snr and --noise belong together: a ratio in dB and a folder of noise.")
    if not options.manifest.is_file():
        raise SystemExit(f"There is no manifest {options.manifest}; give the .json beside a published model.")
    result = judge(
        options.manifest, options.positives, options.negatives, options.noise, options.snr, options.jobs, options.keep
    )
    print(json.dumps(result) if options.json else printed(result))


if __name__ == "__main__":
    main()
