"""Bring the source of the reference trainer here, and believe nothing but its content.

    python -m scripts.model.microwakeword_source --origin https://github.com/kahrendt/microWakeWord/archive/COMMIT.zip \
        --tree 6b7bc6883bf4b1f9b6f43a99febf8acf3f17479f --out data/microwakeword/source

--origin is an address, an archive, or a folder with a clone. Whichever it is, its folder microwakeword must be, to the
byte, the one of that commit: git names a folder by a checksum of all that is in it, and --tree is that name
(git rev-parse COMMIT:microwakeword). OUT gets that folder alone.
"""

import argparse
import hashlib
import shutil
import tarfile
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

from scripts.core.files import publishing
from scripts.datasets.archives import extract_archive
from scripts.datasets.download import download
from scripts.datasets.http_client import Patience, UnavailableError

PACKAGE = "microwakeword"
TRIES = 3
ADVICE = (
    "Take the default trainer (leave TRAINER=microwakeword out), or bring the source by hand, a clone or its zip, and say where it "
    "is: make ... TRAINER_SOURCE=/path/to/it"
)


def tree_name(folder: Path) -> str:
    """What git calls the tree of a folder of plain files; byte code is passed over.

    A blob is "blob SIZE\\0CONTENT", a tree "tree SIZE\\0" and its entries "MODE NAME\\0" with their twenty bytes;
    folders sort as if their name ended in a slash (gitformat-pack(5), git's fsck).
    """
    entries = []
    for path in sorted(folder.iterdir(), key=lambda path: path.name + "/" * path.is_dir()):
        if path.name != "__pycache__":
            kind, name = ("40000", tree_name(path)) if path.is_dir() else ("100644", _name("blob", path.read_bytes()))
            entries.append(f"{kind} {path.name}\0".encode() + bytes.fromhex(name))
    return _name("tree", b"".join(entries))


def _name(kind: str, content: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content).hexdigest()


def package_in(origin: str, scratch: Path) -> Path:
    """The folder microwakeword of an address, an archive or a clone. SystemExit says why there is none."""
    address = urlsplit(origin)
    path = Path(unquote(address.path)) if address.scheme == "file" else Path(origin).expanduser()
    if address.scheme in ("http", "https"):
        path = scratch / (Path(address.path).name or "source.zip")
        try:
            download(origin, path, patience=Patience(tries=TRIES))
        except (UnavailableError, ConnectionError) as error:
            raise SystemExit(f"The source of microWakeWord cannot be had: {error}. {ADVICE}") from None
    if path.is_file():
        try:
            extract_archive(path, scratch / "unpacked")
        except (ValueError, OSError, EOFError, tarfile.TarError, zipfile.BadZipFile) as error:
            raise SystemExit(f"{origin} cannot be unpacked: {error}. {ADVICE}") from None
        path = scratch / "unpacked"
    found = [folder for folder in (path / PACKAGE, *sorted(path.glob(f"*/{PACKAGE}"))) if folder.is_dir()]
    if not found:
        raise SystemExit(f"{origin} {'has no folder ' + PACKAGE if path.exists() else 'is not there'}. {ADVICE}")
    return found[0]


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--origin", required=True, help="address, archive or clone")
    parser.add_argument("--tree", required=True, help="git's name of its folder microwakeword")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(argv)
    with TemporaryDirectory() as scratch, publishing(options.out, directory=True) as part:
        package = package_in(options.origin, Path(scratch))
        if (found := tree_name(package)) != options.tree:
            raise SystemExit(
                f"{options.origin} holds another microWakeWord: git names its folder {PACKAGE} {found}, expected {options.tree}. "
                f"In a clone, check out the commit that scripts/model/microwakeword.mk names. {ADVICE}"
            )
        shutil.copytree(package, part / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    print(f"{options.out}: microWakeWord, just as its commit has it")


if __name__ == "__main__":
    main()
