"""The reference data in small: the same addresses below a loopback host, archives of the same form, a few seconds of
sound.

with Host() as host:
    environment = serve(host, tables=False)     # for `make -e`: addresses, and the checksums of these archives
    Build(tmp_path, environment).made("datasets", "PROFILE=small")
"""

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import soundfile

from scripts.core.files import read_json

ROOT = Path(__file__).resolve().parents[1]
PLAIN = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
NEGATIVES = {  # modes of each set, and how many clips of how many frames
    "dinner_party": {"training": (6, 500), "validation": (2, 300), "testing": (2, 300)},
    "dinner_party_eval": {"validation_ambient": (2, 6000), "testing_ambient": (2, 6000)},
    "no_speech": {"training": (5, 300), "validation": (2, 300), "testing": (2, 300)},
    "speech": {"training": (9, 400), "validation": (2, 300), "testing": (2, 300)},
}


def noise(name: str, seconds: float, rate_hz: int, channels: int = 1) -> np.ndarray:
    """(samples, channels) float32 of noise of its own."""
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big"))
    return (0.1 * rng.standard_normal((int(seconds * rate_hz), channels))).astype(np.float32)


@cache
def sound(name: str, form: str, seconds: float = 0.5, rate_hz: int = 44_100, channels: int = 2) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, noise(name, seconds, rate_hz, channels), rate_hz, format=form)
    return out.getvalue()


@cache
def response(name: str, rate_hz: int) -> bytes:
    """A room: noise that dies away after the direct sound."""
    tail = noise(name, 0.2, rate_hz)[:, 0] * np.exp(-np.arange(int(0.2 * rate_hz)) / (0.03 * rate_hz)).astype(
        np.float32
    )
    tail[40] = 0.9
    out = io.BytesIO()
    soundfile.write(out, tail, rate_hz, format="WAV")
    return out.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in members.items():
            bundle.writestr(name, content)
    return out.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def table(sounds: dict[str, bytes]) -> bytes:
    """A Parquet table as AudioSet's: video_id, audio {bytes, path}, and columns nobody here asks for."""
    import pyarrow
    from pyarrow import parquet

    out = io.BytesIO()
    parquet.write_table(
        pyarrow.table(
            {
                "video_id": list(sounds),
                "labels": [["/m/09x0r"]] * len(sounds),
                "audio": [{"bytes": content, "path": None} for content in sounds.values()],
            }
        ),
        out,
        row_group_size=2,
    )
    return out.getvalue()


@cache
def negative_set(name: str) -> bytes:
    """A zip of RaggedMmap directories, without the file of facts that our own stores have."""
    from mmap_ninja.ragged import RaggedMmap

    with tempfile.TemporaryDirectory() as folder:
        for mode, (clips, frames) in NEGATIVES[name].items():
            rng = np.random.default_rng(len(mode))
            (Path(folder) / name / mode).mkdir(parents=True)
            RaggedMmap.from_lists(
                Path(folder) / name / mode / f"{name}_mmap",
                [rng.integers(0, 500, (frames + 10 * clip, 40)).astype(np.uint16) for clip in range(clips)],
            )
        return zipped(
            {
                path.relative_to(folder).as_posix(): path.read_bytes()
                for path in sorted(Path(folder).rglob("*"))
                if path.is_file()
            }
        )


def rooms(count: int = 8) -> dict[str, bytes]:
    return {
        f"h{number:03d}_Room_{number}txts.wav": response(f"room {number}", 16_000) for number in range(1, count + 1)
    }


def listing(folder: str, members: dict[str, bytes]) -> bytes:
    """The answer of Hugging Face's API to what is in a folder: larger files with SHA-256, smaller ones with git's
    checksum."""

    def entry(number: int, name: str, content: bytes) -> dict:
        git = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        large = (
            {"lfs": {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}}
            if number % 2
            else {}
        )
        return {
            "type": "file",
            "oid": git if not large else "0" * 40,
            "size": len(content),
            "path": f"{folder}/{name}",
            **large,
        }

    return json.dumps(
        [{"type": "directory", "oid": "0", "size": 0, "path": f"{folder}/more"}]
        + [entry(number, *member) for number, member in enumerate(members.items())]
    ).encode()


def serve(host, tables: bool = False, audioset_clips: int = 6) -> dict[str, str]:
    """Put all of it on `host`; return the environment for `make -e` that leads there. AudioSet as tars, or as
    tables."""
    hub, page = "/hub/datasets", "/hub/api/datasets/davidscripka/MIT_environmental_impulse_responses/tree/main/16khz"
    environment = {"HF_ENDPOINT": f"{host.url}/hub", "WAKEMAKE_MIRRORS": f"https://mcdermottlab.mit.edu={host.url}/mit"}
    members = rooms()
    halves = [dict(list(members.items())[:5]), dict(list(members.items())[5:])]
    host.files |= {page: listing("16khz", halves[0]), f"{page}/page2": listing("16khz", halves[1])}
    host.headers[page] = {"Link": f'<{host.url}{page}/page2>; rel="next"'}
    host.files |= {
        f"{hub}/davidscripka/MIT_environmental_impulse_responses/resolve/main/16khz/{name}": content
        for name, content in members.items()
    }
    host.files["/mit/Reverb/IRMAudio/Audio.zip"] = zipped({f"Audio/{name}": response(name, 32_000) for name in members})
    host.files[f"{hub}/mchl914/fma_xsmall/resolve/main/fma_xs.zip"] = music = zipped(
        {f"fma_xs/{number:06d}.mp3": sound(f"track {number}", "MP3") for number in range(8)}
        | {"__MACOSX/fma_xs/._000000.mp3": b"Mac OS X"}
    )
    environment["music_fma_xs_BYTES"] = str(len(music))
    clips = [
        {
            f"{'-_ab'[part % 4]}{part}{number}": sound(f"clip {part} {number}", "FLAC", rate_hz=48_000)
            for number in range(audioset_clips)
        }
        for part in range(10)
    ]
    base, revisions = (
        f"{hub}/agkphysics/AudioSet/resolve",
        ("0049167e89f259a010c3f070fe3666d9e5242836", "ceb9eaaa7844c9ad7351e659c84a572e376ad06d"),
    )
    for number in range(38 if tables else 1):
        part = clips[number % 10]
        host.files[f"{base}/main/data/bal_train/{number:02d}.parquet"] = table(
            {f"{name}{number // 10 or ''}": content for name, content in list(part.items())[number // 10 :: 4]}
            if tables
            else part
        )
    for number, part in enumerate(clips if not tables else []):
        place = f"{revisions[number % 2]}/data/bal_train{'/bal_train' if number % 2 else ''}0{number}.tar"
        host.files[f"{base}/{place}"] = tarred(
            {f"audio/bal_train/{name}.flac": content for name, content in part.items()}
        )
    for name in NEGATIVES:
        content = negative_set(name)
        host.files[f"{hub}/kahrendt/microwakeword/resolve/0da95f94302ca2f4aae3b18fc6560fa6d2bba3d1/{name}.zip"] = (
            content
        )
        environment |= {
            f"negative_{name}_SHA256": hashlib.sha256(content).hexdigest(),
            f"negative_{name}_BYTES": str(len(content)),
        }
    return environment


def borrow(data: Path, dataset: str, *more: str) -> Path:
    """Let `data` have a converted dataset of DATA_DIR, where make first makes it, and `more`. Returns DATA_DIR."""
    shared = (ROOT / os.environ.get("DATA_DIR", "data")).resolve()
    subprocess.run(
        ["make", f"convert-{dataset}", *more, f"DATA_DIR={shared}", f"PYTHON={sys.executable}"], cwd=ROOT, check=True
    )
    (data / "datasets").mkdir(exist_ok=True)
    (data / "datasets" / dataset).symlink_to(shared / "datasets" / dataset)
    return shared


class Build:
    """make in ROOT, with data of its own, and of the environment nothing but what is given. Every dataset counts as
    small."""

    def __init__(self, data: Path, environment: dict[str, str]):
        self.data = data
        table = (ROOT / "scripts/datasets/datasets.mk").read_text()
        rows = (
            set(re.findall(r"(?m)^(\w+)_KIND ", table))
            | {f"noise_audioset_{n}" for n in range(10)}
            | {f"negative_{name}" for name in NEGATIVES}
        )
        self.environment = (
            PLAIN | {f"{row}_{what}_MB": "1" for row in rows for what in ("DOWNLOAD", "DISK", "READY")} | environment
        )

    def make(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run make. What the environment says of rows of the table (noise_keyboard_SHA256) stands above the table
        itself."""
        of_table = {
            name: value
            for name, value in self.environment.items()
            if name in ("DEBIAN", "SNAPSHOT")
            or re.fullmatch(r"\w+_(DOWNLOAD_MB|DISK_MB|READY_MB|SHA256|BYTES|PACKAGES|DATASETS)", name)
        }
        return subprocess.run(
            [
                "make",
                *(f"--eval=override {name} := {value}" for name, value in of_table.items()),
                f"PYTHON={sys.executable}",
                f"DATA_DIR={self.data}",
                "JOBS=1",
                *arguments,
            ],
            cwd=ROOT,
            env={name: value for name, value in self.environment.items() if name not in of_table},
            text=True,
            capture_output=True,
        )

    def made(self, *arguments: str) -> str:
        ran = self.make(*arguments)
        assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
        return ran.stdout

    def left(self) -> set[str]:
        """Archives and unpacked data that are still there, of what came from the loopback host."""
        return {
            f"{path.parent.name}/{path.name}"
            for name in ("archive", "raw")
            for path in self.data.glob(f"datasets/*_*/{name}")
            if (path.parent / "archive.log").exists()
        }

    def index(self, name: str) -> dict:
        return read_json(self.data / "datasets" / name / "16k/index.json")
