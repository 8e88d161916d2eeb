"""Take ready-made spectrograms of what is not the word as they are: stores in microWakeWord's form.

    python -m scripts.datasets.import_spectrograms --name negative_speech --raw data/datasets/negative_speech/raw \\
        --out data/datasets/negative_speech/features

Finds every MODE/NAME_mmap below RAW, looks whether it is whole, and publishes it as
OUT/NAME_OF_THE_DATASET/MODE/NAME_mmap, as our own features are laid out. The files are given a second name, not copied:
it takes no disk, and RAW may go.
"""

import argparse
import shutil
from pathlib import Path

from scripts.core import files
from scripts.datasets.copying import link_or_copy

MODES = ("training", "validation", "testing", "validation_ambient", "testing_ambient")


def inspect(path: Path) -> dict:
    """{"clips", "hours"} of a store, from its tables alone. Raises ValueError if it is cut short or of another form."""
    from scripts.core.damaged import DamagedError
    from scripts.core.spectrogram_store import Store

    try:
        store = Store(path)
    except DamagedError as error:
        raise ValueError(f"{path} cannot be opened: it {error.what}") from error
    if store.values.dtype != "uint16":
        raise ValueError(f"{path} holds {store.values.dtype}, expected uint16")
    if not len(store):
        raise ValueError(f"{path} is damaged: there is no clip in it")
    return {"clips": len(store), "hours": round(store.hours, 3)}


def take(name: str, raw: Path, out: Path) -> dict:
    """Publish the stores below `raw`; return the index. Raises ValueError if there is none or one is damaged."""
    found = sorted(path.parent for path in raw.rglob("*_mmap/data.ninja"))
    if not found:
        raise ValueError(f"{raw} holds no *_mmap directory")
    index = []
    with files.publishing(out, directory=True) as part:
        for path in found:
            mode, inside = path.parent.name, path.relative_to(raw).as_posix()
            if mode not in MODES:
                raise ValueError(f"{inside}: expected it in a directory named one of {', '.join(MODES)}")
            target = part / name / mode / path.name
            if target.exists():
                raise ValueError(f"{mode}/{path.name} is there twice, the second time as {inside}")
            shutil.copytree(path, target, copy_function=link_or_copy)
            index.append({"path": target.relative_to(part).as_posix(), "mode": mode, **inspect(path)})
        files.write_json(part / "index.json", {"stores": index})
        if (raw / "fetched.json").exists():
            shutil.copyfile(raw / "fetched.json", part / "fetched.json")
    return {"stores": index}


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True, help="name of the dataset in datasets.mk")
    parser.add_argument("--raw", required=True, type=Path, help="the extracted archives")
    parser.add_argument("--out", required=True, type=Path, help="directory to publish")
    options = parser.parse_args(argv)
    with files.step(options.out, options.name) as needed:
        if not needed:
            return
        if not options.raw.is_dir():
            raise SystemExit(f"{options.raw} is not there: extract the dataset first (make extract-{options.name}).")
        try:
            index = take(options.name, options.raw, options.out)
        except ValueError as error:
            raise SystemExit(
                f"{options.name} cannot be used: {error}. Nothing was published. Fetch and extract it again: delete "
                f"{options.raw.parent} and run make convert-{options.name}."
            ) from error
    for store in index["stores"]:
        print(f"{options.name}: {store['path']}: {store['clips']:,} clips, {store['hours']:.2f} h")


if __name__ == "__main__":
    main()
