"""What a training needs to continue where it was stopped, in one file that also says whose training it is.

    identity = identify(features, common, seed=1)
    state = resume(out, identity, steps=4000)        # None: start from scratch
    save(out / "checkpoint.npz", {"identity": identity, ...})

A continued training ends with the same bytes as one that was never stopped. So a checkpoint belongs to the seed, the
spectrograms, the code and the libraries it was made with, and is of no use to any other training.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import numpy as np

from scripts.core.arrays import read_npz
from scripts.core.damaged import DamagedError, reading
from scripts.core.files import publishing, remove

CODE = (
    "mixednet.py",
    "init_from_official.py",
    "batches.py",
    "spec_augment.py",
    "optimizer.py",
    "training.py",
    "recorder.py",
    "validation.py",
)
LIBRARIES = ("numpy", "tensorflow", "tensorflow-cpu", "pymicro-wakeword", "openwakeword")
TEACHER = "teacher"  # the folders of the teachers: teacher1, teacher2, ...
SEGMENTS = "legs"  # training segments, by the name they have in files
PROBES, PROBE_BYTES = 64, 4096  # of a store's spectrograms: all of 26 GB would take longer to read than to train


def identify(features: Path, common: Path, seed: int, negatives: Sequence[Path] = ()) -> dict[str, str]:
    """Everything that a training's result depends on beside its number of steps, as short texts by name."""
    here = Path(__file__).parent
    versions = []
    for name in LIBRARIES:
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            pass  # tensorflow goes by one of two names
    return {
        "seed": str(seed),
        "word's features": digest(features),
        "common features": digest(common),
        "negatives": " ".join(map(digest, negatives)),
        "code": hashlib.sha256(b"".join((here / name).read_bytes() for name in CODE)).hexdigest(),
        "libraries": ", ".join(versions),
    }


def digest(features: Path) -> str:
    """SHA-256 of a features directory: names and sizes of all its files, the content of small ones, PROBES samples of
    PROBE_BYTES of large ones."""
    total = hashlib.sha256()
    for path in sorted(Path(features).rglob("*")):
        if not path.is_file():
            continue
        size = path.stat().st_size
        total.update(f"{path.relative_to(features)} {size}\n".encode())
        with path.open("rb") as file:
            if size <= PROBES * PROBE_BYTES:
                total.update(file.read())
            else:
                for start in np.linspace(0, size - PROBE_BYTES, PROBES, dtype=np.int64).tolist():
                    file.seek(start)
                    total.update(file.read(PROBE_BYTES))
    return total.hexdigest()


def save(path: Path, state: dict) -> None:
    """Publish a state: arrays as they are, everything else as JSON under "facts"."""
    arrays = {name: value for name, value in state.items() if isinstance(value, np.ndarray)}
    facts = {name: value for name, value in state.items() if name not in arrays}
    with publishing(path) as part, part.open("wb") as out:
        np.savez(out, facts=np.array(json.dumps(facts)), **arrays)  # type: ignore[arg-type]  # none is called allow_pickle


def load(path: Path) -> dict | None:
    """What `save` was given; None where there is no checkpoint, or one that an earlier wakemake wrote. DamagedError if
    it is damaged."""
    if not path.exists():
        return None
    arrays = read_npz(path)
    with reading(path):
        return {**json.loads(str(arrays.pop("facts"))), **arrays} if "facts" in arrays else None


def why_unfit(state: dict, identity: dict[str, str], steps: int) -> str:
    """Why a training of `steps` steps with this identity cannot continue from a state; "" if it can."""
    if other := [name for name, value in identity.items() if state["identity"].get(name) != value]:
        return f"the training there was made with another {' and '.join(other)}"
    if steps < (planned := state[SEGMENTS][-1][1]):
        return f"the training there was planned for {planned} steps, and what it learned from steps beyond {steps} cannot be taken out"
    return ""


def resume(out: Path, identity: dict[str, str], steps: int) -> dict | None:
    """The state in `out` from which a training of `steps` steps can continue.

    Where there is none, `out` is emptied of all but the teachers' folders, and None returned; the reason is printed if
    there was a checkpoint.
    """
    state = None
    try:
        state = load(out / "checkpoint.npz")
    except DamagedError as error:
        print(f"starting from scratch: {error.path} {error.problem}")
    if state and (why := why_unfit(state, identity, steps)):
        print(f"starting from scratch: {why}")
        state = None
    out.mkdir(parents=True, exist_ok=True)
    if state:
        truncate_files(out / "tensorboard", state["curves"])
    else:
        for path in out.iterdir():
            if not path.name.startswith(TEACHER):
                remove(path)
    return state


def file_sizes(folder: Path) -> dict[str, int]:
    """Bytes of every file in a folder whose files only grow, such as TensorBoard's; a checkpoint remembers them."""
    return {path.name: path.stat().st_size for path in sorted(folder.glob("*"))}


def truncate_files(folder: Path, sizes: dict[str, int]) -> None:
    """Undo what was appended after the checkpoint, so that no step is in the files twice."""
    for name, size in file_sizes(folder).items():
        if name in sizes:
            os.truncate(folder / name, min(sizes[name], size))
        else:
            (folder / name).unlink()
