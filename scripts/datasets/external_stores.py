"""Spectrogram stores of negatives that others made, in microWakeWord's form (RAW/.../MODE/NAME_mmap).

    index = import_stores("negative_speech", Path("raw"), Path("features"))

They are published as OUT/DATASET/MODE/NAME_mmap, as our own features are laid out. The files get a second name instead
of a copy: it takes no disk space, and RAW may be deleted.
"""

import shutil
from pathlib import Path

from scripts.core import files
from scripts.core.damaged import DamagedError
from scripts.core.spectrogram_store import Store
from scripts.datasets.copying import copy_record, link_or_copy

MODES = ("training", "validation", "testing", "validation_ambient", "testing_ambient")


def inspect_store(path: Path) -> dict:
    """{"clips", "hours"} of a store, from its tables alone. ValueError if it is cut short or of another form."""
    try:
        store = Store(path)
    except DamagedError as error:
        raise ValueError(f"{path} cannot be opened: it {error.problem}") from error
    if store.values.dtype != "uint16":
        raise ValueError(f"{path} holds {store.values.dtype}, expected uint16")
    if not len(store):
        raise ValueError(f"{path} is damaged: it holds no clip")
    return {"clips": len(store), "hours": round(store.hours, 3)}


def import_stores(name: str, raw: Path, out: Path) -> dict:
    """Publish all stores below `raw`; return the index. ValueError if there is none or one is damaged."""
    paths = sorted(path.parent for path in raw.rglob("*_mmap/data.ninja"))
    if not paths:
        raise ValueError(f"{raw} holds no *_mmap directory")
    stores = []
    with files.publishing(out, directory=True) as part:
        for path in paths:
            mode, source = path.parent.name, path.relative_to(raw).as_posix()
            if mode not in MODES:
                raise ValueError(f"{source}: expected it in a directory named one of {', '.join(MODES)}")
            target = part / name / mode / path.name
            if target.exists():
                raise ValueError(f"{mode}/{path.name} is there twice, the second time as {source}")
            shutil.copytree(path, target, copy_function=link_or_copy)
            stores.append({"path": target.relative_to(part).as_posix(), "mode": mode, **inspect_store(path)})
        files.write_json(part / "index.json", {"stores": stores})
        copy_record(raw, part)
    return {"stores": stores}
