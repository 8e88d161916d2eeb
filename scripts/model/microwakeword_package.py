"""The source of the reference trainer, from an address, an archive or a clone, and git's name of its content."""

import hashlib
from pathlib import Path
from urllib.parse import unquote, urlsplit

from scripts.datasets.archives import UNREADABLE, extract_archive
from scripts.datasets.download import download
from scripts.datasets.http_client import Patience, UnavailableError

PACKAGE = "microwakeword"
TRIES = 3
ADVICE = (
    "Use the default trainer (leave TRAINER=microwakeword out), or get the source by hand, a clone or its zip, and give its "
    "path: make ... TRAINER_SOURCE=/path/to/it"
)


def name_tree(folder: Path) -> str:
    """Git's name of the tree of a folder of plain files; byte code is ignored.

    A blob is "blob SIZE\\0CONTENT", a tree "tree SIZE\\0" and its entries "MODE NAME\\0" with their twenty bytes;
    folders sort as if their name ended in a slash (gitformat-pack(5), git's fsck).
    """
    entries = []
    for path in sorted(folder.iterdir(), key=lambda path: path.name + "/" * path.is_dir()):
        if path.name != "__pycache__":
            kind, name = ("40000", name_tree(path)) if path.is_dir() else ("100644", _name("blob", path.read_bytes()))
            entries.append(f"{kind} {path.name}\0".encode() + bytes.fromhex(name))
    return _name("tree", b"".join(entries))


def _name(kind: str, content: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content).hexdigest()


def find_package(origin: str, scratch: Path) -> Path:
    """The folder microwakeword of an address, an archive or a clone. SystemExit says why there is none."""
    address = urlsplit(origin)
    path = Path(unquote(address.path)) if address.scheme == "file" else Path(origin).expanduser()
    if address.scheme in ("http", "https"):
        path = scratch / (Path(address.path).name or "source.zip")
        try:
            download(origin, path, patience=Patience(tries=TRIES))
        except (UnavailableError, ConnectionError) as error:
            raise SystemExit(f"The source of microWakeWord could not be downloaded: {error}. {ADVICE}") from None
    if path.is_file():
        try:
            extract_archive(path, scratch / "unpacked")
        except UNREADABLE as error:
            raise SystemExit(f"{origin} cannot be unpacked: {error}. {ADVICE}") from None
        path = scratch / "unpacked"
    folders = [folder for folder in (path / PACKAGE, *sorted(path.glob(f"*/{PACKAGE}"))) if folder.is_dir()]
    if not folders:
        raise SystemExit(f"{origin} {'has no folder ' + PACKAGE if path.exists() else 'is not there'}. {ADVICE}")
    return folders[0]
