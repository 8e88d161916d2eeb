"""Extract archives of unknown origin: wheels, zip and tar archives, Debian packages, and Parquet tables of sounds.

    links = extract_archive(Path("keys-data_1.0-2_all.deb"), Path("raw/keys-data"))

Files get today's times and are written one at a time. Links are counted and never made. Names that lead outside,
devices, duplicate names and archives that grow beyond all reason are errors.

Python's own readers do the work. A package for ar(5) would replace read_deb() alone; dpkg-deb exists on few systems.
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
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

import zstandard

MOST_GROWTH = 50  # compressed sound takes a tenth of its size; a bomb a thousandth
SMALL_BYTES = 64 * 2**20  # an archive may always grow to this size
MOST_FILES = 500_000  # a million empty files fill a disk as well
MOST_HEADER_BYTES = 2**20  # of a name in a tar archive, which tarfile reads at once: 10 GB of zeros compress to 1 MB
PARQUET_ROWS = 16  # of a table in memory at a time: 1 MB each
TAR_NAMES = (".tgz", ".tar.gz", ".tar.xz", ".tar.bz2", ".tar")
PLAIN_SUFFIXES = (".onnx", ".pt", ".json", "")  # files of a voice, not archives
DECOMPRESSORS: dict[bytes, Callable[[BinaryIO], IO[bytes]]] = {  # by the first bytes of what they read
    b"\xfd7zXZ\0": lzma.open,
    b"]\0\0": lzma.open,
    b"\x1f\x8b": cast(Callable[[BinaryIO], IO[bytes]], gzip.open),
    b"BZh": bz2.open,
    b"\x28\xb5\x2f\xfd": lambda file: zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True),
}
# What reading a damaged archive raises. RuntimeError: zipfile's, of a password or an unknown compression.
UNREADABLE = (
    ValueError,
    RuntimeError,
    OSError,
    EOFError,
    lzma.LZMAError,
    zlib.error,
    zstandard.ZstdError,
    tarfile.TarError,
    zipfile.BadZipFile,
)


def extract_archive(archive: Path, out: Path) -> int:
    """Extract any known archive into the new directory `out`; return how many links were left out.

    Raises one of UNREADABLE; what was extracted before may lie in `out` then.
    """
    out.mkdir(parents=True)
    if archive.suffix in (".whl", ".zip"):
        return extract_zip(archive, out)
    if archive.name.endswith(TAR_NAMES):
        with archive.open("rb") as file:
            return extract_tar(file, archive.stat().st_size, out)
    if archive.suffix == ".deb":
        return extract_tar(io.BytesIO(read_deb(archive)), archive.stat().st_size, out)
    if archive.suffix == ".parquet":
        return extract_parquet(archive, out)
    if archive.suffix in PLAIN_SUFFIXES:
        shutil.copyfile(archive, out / archive.name)
        return 0
    raise ValueError("it is none of .deb .whl .zip .tgz .tar.gz .tar.xz .tar.bz2 .tar .parquet")


def package_name(archive: Path) -> str:
    """The name of a package, from that of its file.

    >>> [package_name(Path(name)) for name in ("keys-data_1.0-2_all.deb", "joe_us-1.0.0-py3-none-any.whl", "x-1.2.tgz")]
    ['keys-data', 'joe_us', 'x']
    """
    if archive.suffix == ".deb":
        return archive.name.split("_")[0]
    if archive.suffix == ".whl":
        return archive.name.split("-")[0]
    stem = re.sub(r"\.(tgz|zip|parquet|tar(\.\w+)?)$", "", archive.name)
    return re.sub(r"-\d[\w.]*$", "", stem)


def check_size(size_bytes: int, archive_bytes: int) -> None:
    """ValueError for an archive that grows beyond all reason."""
    if size_bytes > max(MOST_GROWTH * archive_bytes, SMALL_BYTES):
        raise ValueError(f"it would grow from {archive_bytes:,} to {size_bytes:,} bytes or more")


def check_name(name: str, seen: set[PurePosixPath]) -> None:
    """ValueError for a name that leads outside or is in `seen` already; it is added to `seen`."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or re.match(r"[A-Za-z]:", name):
        raise ValueError(f"the name {name!r} leads outside")
    if path in seen:
        raise ValueError(f"it holds {name!r} twice")
    if len(seen) == MOST_FILES:
        raise ValueError(f"it holds more than {MOST_FILES:,} files")
    seen.add(path)


class TarStream:
    """The decompressed bytes of a tar archive, for tarfile, which would read a header of any size into memory."""

    def __init__(self, file: BinaryIO) -> None:
        magic = file.read(6)
        file.seek(0)
        openers = [opener for start, opener in DECOMPRESSORS.items() if magic.startswith(start)]
        plain = openers[0](file) if openers else file
        self._read, self.seek, self.tell = plain.read, plain.seek, plain.tell

    def read(self, size: int) -> bytes:
        """ValueError for more bytes than any honest archive has at once."""
        if not 0 <= size <= MOST_HEADER_BYTES:
            raise ValueError(f"a header in it says to be {size:,} bytes long")
        return self._read(size)


def extract_tar(file: BinaryIO, archive_bytes: int, out: Path) -> int:
    """Extract the regular files of an open tar archive, compressed or not; return how many links were left out.

    It is read once, since decompressing xz twice would take twice as long: files may be written before an error.
    """
    seen: set[PurePosixPath] = set()
    links = size = 0
    with tarfile.open(fileobj=cast(BinaryIO, TarStream(file)), mode="r:") as tar:
        for member in tar:
            size += member.size
            check_size(size, archive_bytes)
            if member.islnk() or member.issym():
                links += 1
            elif member.isreg():
                check_name(member.name, seen)
                # tarfile's own filters came with Python 3.11.4, and Debian 12 has 3.11.2.
                target = out / member.name
                target.parent.mkdir(parents=True, exist_ok=True)
                with cast(IO[bytes], tar.extractfile(member)) as content, target.open("xb") as copy:
                    shutil.copyfileobj(content, copy)
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


def read_deb(archive: Path) -> bytes:
    """The data archive of a Debian package, a compressed tar archive (deb(5): an ar archive of three members).

    ar(5): "!<arch>\\n", then for each member a header of 60 bytes, with its name in 0:16 and its size in 48:58, and the
    content, padded to an even length.
    """
    with archive.open("rb") as deb:
        if deb.read(8) != b"!<arch>\n":
            raise ValueError("it does not begin as an ar archive does")
        while header := deb.read(60):
            if len(header) < 60 or header[58:] != b"`\n" or not header[48:58].strip().isdigit():
                raise ValueError("a header of its ar archive is damaged")
            name, size = header[:16].decode("ascii", "replace").strip().rstrip("/"), int(header[48:58])
            content = deb.read(size + size % 2)
            if len(content) < size:
                raise ValueError(f"its member {name} is cut short")
            if name.startswith("data.tar"):
                return content[:size]
    raise ValueError("it has no data.tar member")


def extract_parquet(archive: Path, out: Path) -> int:
    """Write the sounds of a Parquet table as files, a few rows in memory at a time; return 0, as there are no links.

    The table is one of Hugging Face's audio datasets: a column `audio` of {"bytes", "path"}, and `video_id`, the name.
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
                    content = row["audio"]["bytes"]
                    suffix = PurePosixPath(row["audio"].get("path") or "").suffix or ".flac"
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
