"""What the benchmarks work on: a word's samples, features and model in DATA_DIR, and stores made larger than they
are."""

import argparse
from pathlib import Path

PARTS = ("samples", "features", "training", "evaluation", "conversion", "memory", "startup", "scale")


def arguments(description: str, argv, *names: str) -> argparse.Namespace:
    """Parse: which of `names` to do, on what data, and how much of it."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=names)
    parser.add_argument("--data", type=Path, default=Path("data"), help="DATA_DIR")
    parser.add_argument("--slug", default="", help="the word to take samples, features and model of")
    parser.add_argument("--out", type=Path, required=True, help="an empty directory to work in")
    parser.add_argument("--count", type=int, required=True, help="how much: samples, clips, steps, hours or files")
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--voices", default="piper:1")
    parser.add_argument("--format", default="flac", help="of the files to convert")
    return parser.parse_args(argv)


def trained_word(data: Path) -> str:
    """A word whose samples, features and model are there; SystemExit if there is none."""
    for stamp in sorted((data / "work").glob("*/export.stamp")):
        if all((stamp.parent / name).is_dir() for name in ("samples", "features", "model")):
            return stamp.parent.name
    raise SystemExit(
        f'The benchmark works on a trained word, and {data}/work holds none: make train WORD="hey buster."'
    )


def training_clips(data: Path, slug: str, count: int) -> list[dict]:
    """`count` lines of a word's samples/index.jsonl with absolute paths, over again where there are too few."""
    from scripts.core.files import read_jsonl

    samples = (data / "work" / slug / "samples").resolve()
    rows = [
        {**row, "path": str(samples / row["path"])}
        for row in read_jsonl(samples / "index.jsonl")
        if row["split"] == "training"
    ]
    return [rows[place % len(rows)] for place in range(count)]


def sounds(data: Path, *kinds: str) -> list[Path]:
    """The converted training files of some kinds."""
    from scripts.core.files import read_json

    found = []
    for index in sorted((data / "datasets").glob("*/16k/index.json")):
        about = read_json(index)
        found += [
            index.parent / file["path"]
            for file in about["files"]
            if (file.get("kind") or about.get("kind")) in kinds and file["split"] == "training"
        ]
    return found


def ambient(common: Path, hours: float, out: Path) -> None:
    """Common features with `hours` of ambient sound, half of it for validation: the real ones over again."""
    import numpy as np

    from scripts.core import spectrogram_store

    for mode in ("validation_ambient", "testing_ambient"):
        stores = spectrogram_store.open_stores(common, "speech", mode)

        def clips():
            left = hours / 2 * spectrogram_store.FRAMES_AN_HOUR
            while left > 0:
                for source in stores:
                    for number in range(len(source)):
                        if left <= 0:
                            return
                        left -= len(source[number])
                        yield spectrogram_store.Clip(np.array(source[number]))
                    source.forget()

        spectrogram_store.write(out / "speech" / mode, "plain", clips())


def huge_store(folder: Path, name: str, gigabytes: float, frames: int = 1_200) -> None:
    """A store of so many GB of clips that takes no room on the disk: a file with a hole, in RaggedMmap's format."""
    import os

    import numpy as np
    from mmap_ninja import base
    from mmap_ninja import numpy as flat

    from scripts.core import spectrogram_store
    from scripts.core.frontend import CHANNELS

    count = int(gigabytes * 1e9 / (frames * CHANNELS * 2))
    spectrogram_store.write(
        folder, name, (spectrogram_store.Clip(np.zeros((1, CHANNELS), np.uint16)) for _ in range(count))
    )
    path = folder / f"{name}_mmap"
    starts = np.arange(count, dtype=np.int64) * frames * CHANNELS
    for key, values in (("starts", starts), ("ends", starts + frames * CHANNELS)):
        flat.from_ndarray(path / key, values)
    base._shape_to_file((count * frames * CHANNELS,), path / "shape.ninja")
    os.truncate(path / "data.ninja", count * frames * CHANNELS * 2)
