"""Download one file over HTTP: resumed, retried, and never waiting for ever.

    download("https://example.org/a.zip", Path("a.zip"), expected_bytes=1234)

The bytes go to a.zip.XXXXXXXX.partial, where a later call for the same address continues, also in another process. It
continues only with If-Range and the validator that the server gave for this version of the file (ETag or Last-Modified,
kept in ....partial.json): two versions of a file are never joined. Only a complete file gets the name a.zip.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import requests
from tqdm import tqdm

from scripts.core.progress import draws_bars, terminal
from scripts.datasets import http_client
from scripts.datasets.http_client import Patience, UnavailableError, check_status, open_url, retry

SLOWEST_BYTES_PER_S = 500
CHUNK_BYTES = 1 << 18
SHOWN_EVERY_S = 20


def download(
    url: str,
    target: Path,
    expected_bytes: int | None = None,
    quiet: bool = False,
    patience: Patience | None = None,
) -> None:
    """Write the file at `url` to `target`. UnavailableError, or ConnectionError after attempts without progress."""
    patience = patience or http_client.PATIENCE
    partial = PartialFile(url, target)

    def attempt() -> None:
        receive(url, partial, expected_bytes, quiet, patience.stall_s)

    retry(attempt, target.name, url, partial.size, patience)
    partial.publish()


class PartialFile:
    """The bytes of a file that have arrived, and the validator of the version they belong to."""

    def __init__(self, url: str, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f"{target.name}.{hashlib.sha256(url.encode()).hexdigest()[:8]}.partial")
        self.note = self.path.with_name(self.path.name + ".json")

    def size(self) -> int:
        """Bytes that have arrived."""
        return self.path.stat().st_size if self.path.exists() else 0

    def validator(self) -> str | None:
        """The validator of what has arrived; None where nothing can be resumed."""
        try:
            return json.loads(self.note.read_text(encoding="utf-8"))["validator"] if self.path.exists() else None
        except (OSError, ValueError, LookupError, TypeError):  # a damaged note: the download starts over
            return None

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)

    def start_over(self, response: requests.Response) -> None:
        """Drop what has arrived, and note the version that `response` brings (RFC 9110: If-Range takes no weak ETag)."""
        self.discard()
        etag = response.headers.get("ETag", "")
        validator = etag if etag.startswith('"') else response.headers.get("Last-Modified")
        self.note.write_text(json.dumps({"validator": validator}))

    def publish(self) -> None:
        """Give the complete file its name."""
        os.replace(self.path, self.target)
        self.note.unlink(missing_ok=True)


def receive(url: str, partial: PartialFile, expected_bytes: int | None, quiet: bool, stall_s: float) -> None:
    """One request, which continues where `partial` ends if that is surely the beginning of the same file.

    Raises UnavailableError, and one of http_client.RETRIED where another request may bring the rest.
    """
    validator = partial.validator()
    start = partial.size() if validator else 0
    headers = {"Range": f"bytes={start}-", "If-Range": validator} if validator and start else {}
    with open_url(url, headers, stall_s) as response:
        content_range = response.headers.get("Content-Range", "")
        if response.status_code == 416:
            if content_range == f"bytes */{start}":  # complete: an earlier process was killed after the last byte
                return
            partial.discard()
            raise ConnectionError("the file on the server is shorter now, starting over")
        check_status(response, url)
        resumed = start > 0 and response.status_code == 206 and content_range.startswith(f"bytes {start}-")
        if response.status_code == 206 and not resumed:
            partial.discard()
            raise ConnectionError("the server sent another range than the one asked for, starting over")
        start = start if resumed else 0
        total = total_bytes(response, url, start)
        if expected_bytes and total and total != expected_bytes:
            raise UnavailableError(f"{url}: the server has {total:,} bytes, expected {expected_bytes:,}")
        if not resumed:
            partial.start_over(response)
        with partial.path.open("ab", buffering=0) as out:
            for chunk in show_progress(read_chunks(response, stall_s), partial.target.name, total, start, quiet):
                out.write(chunk)
            size = out.tell()
    if total is not None and size != total:
        raise ConnectionError(f"cut off after {size:,} of {total:,} bytes")


def total_bytes(response: requests.Response, url: str, start: int) -> int | None:
    """Bytes of the whole file, of which `response` begins at `start`; None for a chunked response, which marks its end
    itself."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise UnavailableError(f"{url}: the server sends it compressed, though asked not to")
    length = response.headers.get("Content-Length")
    if length is None and "chunked" not in response.headers.get("Transfer-Encoding", ""):
        raise UnavailableError(
            f"{url}: the server does not give its length, so a download that breaks off would not be noticed"
        )
    return None if length is None else int(length) + start


def read_chunks(response: requests.Response, stall_s: float) -> Iterator[bytes]:
    """The body as it arrives. ConnectionError for a server that sends almost nothing in `stall_s`."""
    since, received = time.monotonic(), 0
    while chunk := response.raw.read1(CHUNK_BYTES, decode_content=False):
        yield chunk
        received += len(chunk)
        if (now := time.monotonic()) - since > stall_s:
            if received < SLOWEST_BYTES_PER_S * (now - since):
                raise ConnectionError(f"only {received:,} bytes came in {now - since:.0f} s")
            since, received = now, 0


def show_progress(chunks: Iterable[bytes], name: str, total: int | None, start: int, quiet: bool) -> Iterator[bytes]:
    """Pass chunks of bytes through, with a bar on a terminal, otherwise with a plain line now and then."""
    has_bar = draws_bars()
    printed = time.monotonic()
    received = start
    with tqdm(
        desc=name,
        total=total,
        initial=start,
        unit="B",
        unit_scale=True,
        disable=quiet or not has_bar,
        dynamic_ncols=True,
        file=terminal(),
    ) as bar:
        for chunk in chunks:
            yield chunk
            received += len(chunk)
            bar.update(len(chunk))
            if not (quiet or has_bar) and time.monotonic() - printed > SHOWN_EVERY_S:
                printed = time.monotonic()
                of_total = f"of {total / 1e6:.0f} MB" if total else "MB"
                print(f"{name}: {received / 1e6:.0f} {of_total}", file=sys.stderr, flush=True)
