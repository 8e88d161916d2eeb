"""Fetch one file over HTTP: resumed, retried, and never waiting for ever.

    download("https://example.org/a.zip", Path("a.zip"))

What arrives goes to a.zip.partial, from where a later call, also of another process, goes on.
"""
import os
import sys
import time
from pathlib import Path

from scripts.work import draws_bars, terminal

STALL_S = 30.0          # without a byte for so long, the connection is given up
TRIES = 6               # in a row without progress
FIRST_WAIT_S = 1.0      # doubled after each
CHUNK_BYTES = 1 << 18
HOPELESS = {400, 401, 403, 404, 405, 410, 451}  # asking again will not help


class Gone(ValueError):
    """The server has answered, and the file is not to be had there."""


def download(url: str, target: Path, stall_s: float = STALL_S, tries: int = TRIES, first_wait_s: float = FIRST_WAIT_S) -> None:
    """Write the file at `url` to `target`. Raises Gone, or ConnectionError after `tries` attempts without progress."""
    import requests

    partial = target.with_name(target.name + ".partial")
    failures, wait_s = 0, first_wait_s
    while True:
        before = partial.stat().st_size if partial.exists() else 0
        try:
            _attempt(url, partial, stall_s)
            os.replace(partial, target)
            return
        except (requests.RequestException, ConnectionError) as error:
            if (partial.stat().st_size if partial.exists() else 0) > before:
                failures, wait_s = 0, first_wait_s
            failures += 1
            if failures >= tries:
                raise ConnectionError(f"{url}: {tries} attempts failed, the last with: {error}") from error
            print(f"{target.name}: {error}; trying again in {wait_s:.0f} s", file=sys.stderr)
            time.sleep(wait_s)
            wait_s *= 2


def _attempt(url: str, partial: Path, stall_s: float) -> None:
    """One request, going on where `partial` ends if the server can."""
    import requests

    have = partial.stat().st_size if partial.exists() else 0
    # identity: a compressed transfer could be neither counted nor resumed.
    headers = {"Accept-Encoding": "identity", "User-Agent": "wakemake"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, headers=headers, stream=True, timeout=(stall_s, stall_s)) as answer:
        if answer.status_code == 416:  # what we have is not the beginning of what is there now
            partial.unlink()
            raise ConnectionError("the file on the server has changed, starting anew")
        if answer.status_code in HOPELESS:
            raise Gone(f"{url}: the server says {answer.status_code} {answer.reason}")
        answer.raise_for_status()
        resumed = answer.status_code == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        if answer.status_code == 206 and not resumed:
            partial.unlink()
            raise ConnectionError("the server sent another part than the one asked for, starting anew")
        length = answer.headers.get("Content-Length")
        total = None if length is None else int(length) + (have if resumed else 0)
        with partial.open("ab" if resumed else "wb") as out:
            for chunk in _shown(answer.iter_content(CHUNK_BYTES), partial.name.removesuffix(".partial"), total, out.tell()):
                out.write(chunk)
            size = out.tell()
    if total is not None and size < total:
        raise ConnectionError(f"cut off after {size:,} of {total:,} bytes")


def _shown(chunks, name: str, total: int | None, have: int):
    """Pass chunks of bytes through: a bar on a terminal, otherwise a plain line every 20 s."""
    from tqdm import tqdm

    shown = draws_bars()
    with tqdm(desc=name, total=total, initial=have, unit="B", unit_scale=True, disable=not shown, dynamic_ncols=True,
              file=terminal()) as bar:
        said = time.monotonic()
        for chunk in chunks:
            yield chunk
            have += len(chunk)
            bar.update(len(chunk))
            if not shown and time.monotonic() - said > 20:
                said = time.monotonic()
                print(f"{name}: {have / 1e6:.0f} of {total / 1e6 if total else float('nan'):.0f} MB", file=sys.stderr, flush=True)
