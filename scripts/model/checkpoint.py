"""What a training needs to go on where it was stopped, in one file that also says whose training it is.

    whose = identity(features, common, seed=1)
    state = load(out / "checkpoint.npz")             # None: there is none
    if state and not (why := unfit(state, whose, steps=4000)): ...go on from state

A training that goes on ends with the same bytes as one that was never stopped. So a checkpoint belongs to the seed, the
spectrograms, the code and the libraries it was made with, and is of no use to any other training.
"""

import hashlib
import json
import os
from importlib import metadata
from pathlib import Path

import numpy as np

from scripts.core.damaged import DamagedError, noticed
from scripts.core.files import publishing, read_npz, remove

CODE = ("mixednet.py", "init_from_official.py", "batches.py", "optimizer.py", "train.py", "validation.py")
LIBRARIES = ("numpy", "tensorflow", "tensorflow-cpu", "pymicro-wakeword", "openwakeword")
TEACHER = "teacher"  # the folders of the teachers: teacher1, teacher2, ...
PROBES, PROBE_BYTES = 64, 4096  # of a store's spectrograms: all of 26 GB would take longer to read than to train


def identity(features: Path, common: Path, seed: int, negatives: list[Path] = ()) -> dict[str, str]:
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
    """SHA-256 of a features directory: names and sizes of all its files, small ones whole, of large ones PROBES
    pieces."""
    total = hashlib.sha256()
    for path in sorted(Path(features).rglob("*")):
        if not path.is_file():
            continue
        size = path.stat().st_size
        total.update(f"{path.relative_to(features)} {size}\n".encode())
        with path.open("rb") as source:
            if size <= PROBES * PROBE_BYTES:
                total.update(source.read())
            else:
                for start in np.linspace(0, size - PROBE_BYTES, PROBES, dtype=np.int64).tolist():
                    source.seek(start)
                    total.update(source.read(PROBE_BYTES))
    return total.hexdigest()


def save(path: Path, state: dict) -> None:
    """Publish a state: arrays as they are, everything else as JSON under "facts"."""
    arrays = {name: value for name, value in state.items() if isinstance(value, np.ndarray)}
    facts = {name: value for name, value in state.items() if name not in arrays}
    with publishing(path) as part, part.open("wb") as out:
        np.savez(out, facts=np.array(json.dumps(facts)), **arrays)


def load(path: Path) -> dict | None:
    """What `save` was given; None where there is no checkpoint, or one that an earlier wakemake wrote. DamagedError if
    it is damaged."""
    if not path.exists():
        return None
    arrays = read_npz(path)
    with noticed(path):
        return {**json.loads(str(arrays.pop("facts"))), **arrays} if "facts" in arrays else None


def unfit(state: dict, whose: dict[str, str], steps: int) -> str:
    """Why this state is no beginning of a training of `steps` steps that is `whose`; empty if it is."""
    if other := [name for name, value in whose.items() if state["identity"].get(name) != value]:
        return f"the training there was made with another {' and '.join(other)}"
    if steps < (planned := state["legs"][-1][1]):
        return f"the training there was planned for {planned} steps, and what it learned from steps beyond {steps} cannot be taken out"
    return ""


def sizes(folder: Path) -> dict[str, int]:
    """Bytes of every file in a folder that is only ever appended to, as TensorBoard's: a checkpoint remembers how far
    they went."""
    return {path.name: path.stat().st_size for path in sorted(folder.glob("*"))}


def cut(folder: Path, known: dict[str, int]) -> None:
    """Take back what was appended after the checkpoint, so that no step is there twice."""
    for name, size in sizes(folder).items():
        if name in known:
            os.truncate(folder / name, min(known[name], size))
        else:
            (folder / name).unlink()


def resume(out: Path, identity: dict, steps: int) -> dict | None:
    """The state in `out` from which a training of `steps` steps can continue.

    Where there is none, `out` is emptied of all but the teachers' folders, and None returned; the reason is printed if
    there was a checkpoint.
    """
    state = None
    try:
        state = load(out / "checkpoint.npz")
    except DamagedError as error:
        print(f"starting from scratch: {error.path} {error.what}")
    if state and (why := unfit(state, identity, steps)):
        print(f"starting from scratch: {why}")
        state = None
    out.mkdir(parents=True, exist_ok=True)
    if state:
        cut(out / "tensorboard", state["curves"])
    else:
        for path in out.iterdir():
            if not path.name.startswith(TEACHER):
                remove(path)
    return state
