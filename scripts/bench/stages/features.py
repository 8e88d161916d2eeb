"""Augmentation and spectrograms: ours by the features stage; the reference's with audiomentations and pymicro-features,
clip by clip, with ten shifted copies each (microWakeWord 71677bd, notebooks/basic_training_notebook.ipynb)."""

import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import soundfile
from mmap_ninja.ragged import RaggedMmap
from pymicro_features import MicroFrontend

from scripts.bench.inputs import list_sounds, list_training_clips, make_huge_store
from scripts.bench.measure import timed
from scripts.core.files import read_jsonl, write_jsonl
from scripts.core.frontend import CHANNELS
from scripts.features import make_word

PROBE = 200  # clips that are made at scale
CLIP_FRAMES = 180
RATE_HZ = 16_000
CLIP_S, JITTER_S = 3.2, (0.195, 0.205)
SLIDES = 10


def _run_stage(args: Namespace) -> None:
    # The stage itself, on out/samples, with a single scene a clip.
    options = {
        "--samples": args.out / "samples",
        "--datasets": args.data / "datasets",
        "--repeats": 1,
        "--teaching": 0,
        "--jobs": args.jobs,
        "--out": args.out / "features",
    }
    names = [index.parents[1].name for index in sorted((args.data / "datasets").glob("*/16k/index.json"))]
    make_word.main(
        [
            *(text for option, value in options.items() for text in (option, str(value))),
            *(text for name in names for text in ("--dataset", name)),
        ]
    )


def run_ours(args: Namespace) -> None:
    """Spectrograms of `count` clips."""
    with timed() as result:
        write_jsonl(args.out / "samples/index.jsonl", list_training_clips(args.data, args.slug, args.count))
        _run_stage(args)
        result["items"] = args.count


def build_augmentation(rooms: list[Path], backgrounds: list[Path]) -> Callable:
    """The notebook's augmentations, in its order."""
    a = import_module("audiomentations")
    return a.Compose(
        [
            a.SevenBandParametricEQ(p=0.1, min_gain_db=-6, max_gain_db=6),
            a.TanhDistortion(p=0.1, min_distortion=0.0001, max_distortion=0.1),
            a.PitchShift(p=0.1, min_semitones=-3, max_semitones=3),
            a.BandStopFilter(p=0.1),
            a.AddColorNoise(p=0.1, min_snr_db=10, max_snr_db=30),
            a.AddBackgroundNoise(p=0.75, sounds_path=backgrounds, min_snr_db=-5, max_snr_db=10),
            a.Gain(p=1.0, min_gain_db=-45, max_gain_db=0),
            a.ApplyImpulseResponse(p=0.5, ir_path=rooms),
            a.Normalize(apply_to="only_too_loud_sounds", p=1.0),
        ]
    )


def _make_reference_spectrograms(args: Namespace) -> Iterator[np.ndarray]:
    augment = build_augmentation(list_sounds(args.data, "rooms"), list_sounds(args.data, "noise", "music"))
    rng = np.random.default_rng(1)
    for row in list_training_clips(args.data, args.slug, args.count):
        clip, _ = soundfile.read(row["path"], dtype="float32")
        clip = np.pad(clip, (0, int(rng.uniform(*JITTER_S) * RATE_HZ)))[-int(CLIP_S * RATE_HZ) :]
        clip = augment(np.pad(clip, (int(CLIP_S * RATE_HZ) - len(clip), 0)), sample_rate=RATE_HZ)
        data, frontend, frames = (np.clip(clip, -1, 1) * 32767).astype(np.int16).tobytes(), MicroFrontend(), []
        for at in range(0, len(data) - 319, 320):
            if frame := frontend.process_samples(data[at : at + 320]).features:
                frames.append(frame)
        spectrogram = np.array(frames).astype(np.float32)
        for slide in range(SLIDES):
            yield spectrogram[: len(spectrogram) - slide]


def run_reference(args: Namespace) -> None:
    """Spectrograms of `count` clips."""
    import_module("audiomentations")  # before the clock starts
    with timed() as result:
        RaggedMmap.from_generator(args.out / "reference_mmap", _make_reference_spectrograms(args), batch_size=100)
        result["items"] = args.count


def measure_scale(args: Namespace) -> float:
    """Seconds a clip: listing `count`, making PROBE, and adding them to a store that holds `count`."""
    started = time.perf_counter()
    rows = list_training_clips(args.data, args.slug, args.count)
    write_jsonl(args.out / "all.jsonl", rows)
    read_jsonl(args.out / "all.jsonl")
    shared_s = time.perf_counter() - started
    chosen = [rows[place] for place in np.linspace(0, len(rows) - 1, PROBE, dtype=int)]
    write_jsonl(args.out / "samples/index.jsonl", chosen)
    started = time.perf_counter()
    _run_stage(args)
    clip_s = (time.perf_counter() - started) / PROBE
    gigabytes = args.count * CLIP_FRAMES * CHANNELS * 2 / 1e9
    make_huge_store(args.out / "full", "full", gigabytes, CLIP_FRAMES)
    store = RaggedMmap(args.out / "full/full_mmap")
    clips = [np.zeros((CLIP_FRAMES, CHANNELS), np.uint16)] * 256
    started = time.perf_counter()
    store.extend(clips)
    return clip_s + (time.perf_counter() - started) / len(clips) + shared_s / args.count
