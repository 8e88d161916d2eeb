"""Fetch a folder of a Hugging Face dataset, file by file, and pack it into one archive.

    pack("https://huggingface.co/datasets/OWNER/NAME/tree/main/16khz", Path("NAME-16khz.tar"))

The host's own list says which files there are, how long each is and its checksum. The archive holds them sorted and
without times, so that the same files always make the same bytes. Files that are there already are not fetched again.
"""

import hashlib
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

from scripts.core import files
from scripts.datasets import addresses
from scripts.datasets.download import STALL_S, UnavailableError, ask, check_status, download, persistently

AT_ONCE = 8  # the files are small: waiting for answers is what takes time


def listing(address: str, stall_s: float = STALL_S, **patience) -> list[dict]:
    """The files of the folder: [{"path", "size", "oid", "lfs"}], by the list of the host, page by page."""
    tree = addresses.TREE.fullmatch(address)
    url = (
        f"{addresses.HUGGING_FACE}/api/datasets/{tree['owner']}/{tree['name']}/tree/{tree['revision']}/{tree['folder']}"
    )
    found: list[dict] = []
    while url:

        def page(url=addresses.resolve(url)):  # noqa: B008  bound now, as the loop goes on
            with ask(url, stall_s=stall_s) as answer:
                check_status(answer, url)
                try:
                    return answer.json(), answer.links.get("next", {}).get("url")
                except ValueError as error:
                    raise UnavailableError(f"{url}: the answer is no list of files: {error}") from error

        entries, url = persistently(page, addresses.file_name(address), url, **patience)
        found += [entry for entry in entries if entry.get("type") == "file"]
    if not found:
        raise UnavailableError(f"{address}: the list of files is empty")
    return sorted(found, key=lambda entry: entry["path"])


def is_whole(path: Path, entry: dict) -> bool:
    """Whether `path` is what the list says: by SHA-256, or for a small file by git's own checksum of its content."""
    if not path.exists() or path.stat().st_size != entry["size"]:
        return False
    if entry.get("lfs"):
        return files.sha256(path) == entry["lfs"]["oid"]
    return hashlib.sha1(b"blob %d\0" % entry["size"] + path.read_bytes()).hexdigest() == entry["oid"]


def pack(address: str, target: Path, **patience) -> None:
    """Write all files of the folder at `address` into the tar archive `target`. Raises as download() does."""
    tree = addresses.TREE.fullmatch(address)
    base = f"{addresses.HUGGING_FACE}/datasets/{tree['owner']}/{tree['name']}/resolve/{tree['revision']}/"
    folder = target.with_name(target.name + ".files")
    folder.mkdir(exist_ok=True)
    entries = listing(address, **patience)

    def fetch(entry: dict) -> Path:
        path = folder / hashlib.sha256(entry["path"].encode()).hexdigest()  # a name of the list is none of ours
        if not is_whole(path, entry):
            url = addresses.resolve(base + quote(entry["path"]))
            download(url, path, entry["size"], quiet=True, **patience)
            if not is_whole(path, entry):
                path.unlink()
                raise UnavailableError(f"{url}: what arrived is not what the list of files says")
        return path

    print(f"{target.name}: {len(entries)} files, {sum(entry['size'] for entry in entries) / 1e6:.1f} MB", flush=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        paths = list(pool.map(fetch, entries))
    with files.publishing(target) as part, tarfile.open(part, "w") as tar:
        for entry, path in zip(entries, paths):
            member = tarfile.TarInfo(entry["path"])
            member.size = entry["size"]
            with path.open("rb") as content:
                tar.addfile(member, content)
    files.remove(folder)
