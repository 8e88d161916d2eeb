"""Fetch a folder of a Hugging Face dataset, file by file, and pack it into one archive.

    pack_folder("https://huggingface.co/datasets/OWNER/NAME/tree/main/16khz", Path("NAME-16khz.tar"))

The host lists the files with their sizes and checksums. The archive holds them sorted and without times, so that the
same files always make the same bytes. Files that are here already are not fetched again.

huggingface_hub would save the page loop below and cost ten packages (httpx, fsspec, hf-xet ...), and its downloads know
neither mirrors nor what was fetched by this module's client.
"""

import hashlib
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

from scripts.core import files
from scripts.datasets import addresses
from scripts.datasets.download import download
from scripts.datasets.http_client import UnavailableError, check_status, open_url, retry

AT_ONCE = 8  # the files are small: most of the time is spent waiting for responses


def list_folder(url: str, name: str) -> list[dict]:
    """The files of the folder at `url` (addresses.FOLDER), for messages called `name`, as [{"path", "size", "oid", "lfs"}] sorted by path."""
    folder = match_folder(url)
    host = folder["host"]
    page_url: str | None = "{host}/api/datasets/{owner}/{name}/tree/{revision}/{folder}".format(**folder)
    entries: list[dict] = []
    while page_url:
        page, page_url = read_page(page_url, name)
        entries += [entry for entry in page if entry.get("type") == "file"]
        if page_url:  # a mirror may pass on the links of the origin
            page_url = addresses.replace_prefix(page_url, addresses.HUGGING_FACE, host) or page_url
    if not entries:
        raise UnavailableError(f"{url}: the list of files is empty")
    return sorted(entries, key=lambda entry: entry["path"])


def match_folder(url: str) -> dict[str, str]:
    """The parts of a folder's URL. ValueError for any other."""
    if not (match := addresses.FOLDER.fullmatch(url)):
        raise ValueError(f"{url} is not a folder of a Hugging Face dataset")
    return match.groupdict()


def read_page(url: str, name: str) -> tuple[list[dict], str | None]:
    """One page of a list of files, and the URL of the next one."""

    def attempt() -> tuple[list[dict], str | None]:
        with open_url(url) as response:
            check_status(response, url)
            try:
                return response.json(), response.links.get("next", {}).get("url")
            except ValueError as error:
                raise UnavailableError(f"{url}: the answer is not a list of files: {error}") from error

    return retry(attempt, name, url)


def is_complete(path: Path, entry: dict) -> bool:
    """Whether `path` is what the list says: by SHA-256, or for a small file by git's own checksum of its content."""
    if not path.exists() or path.stat().st_size != entry["size"]:
        return False
    if entry.get("lfs"):
        return files.sha256(path) == entry["lfs"]["oid"]
    return hashlib.sha1(b"blob %d\0" % entry["size"] + path.read_bytes()).hexdigest() == entry["oid"]


def pack_folder(url: str, target: Path) -> None:
    """Write all files of the folder at `url` into the tar archive `target`. Raises as download() does."""
    base = "{host}/datasets/{owner}/{name}/resolve/{revision}/".format(**match_folder(url))
    staging = target.with_name(target.name + ".files")
    staging.mkdir(exist_ok=True)
    entries = list_folder(url, target.name)

    def fetch(entry: dict) -> Path:
        path = staging / hashlib.sha256(entry["path"].encode()).hexdigest()  # a listed name could lead outside
        if not is_complete(path, entry):
            download(base + quote(entry["path"]), path, entry["size"], quiet=True)
            if not is_complete(path, entry):
                path.unlink()
                raise UnavailableError(f"{base}{entry['path']}: the file is not what the list of files says")
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
    files.remove(staging)
