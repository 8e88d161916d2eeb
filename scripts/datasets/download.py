"""Fetch one file over HTTP: resumed, retried, and never waiting for ever.

    download("https://example.org/a.zip", Path("a.zip"), expected_bytes=1234)

What arrives goes to a.zip.XXXXXXXX.partial, from where a later call for the same address, also of another process, goes
on. It does so only by If-Range, with what the server said of the file then (ETag or Last-Modified, kept in
....partial.json): two versions of a file are never glued together. Only what arrived whole gets the name a.zip.
"""

import hashlib
import json
import os
import re
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from scripts.core.progress import draws_bars, terminal
from scripts.datasets import addresses

STALL_S = 30.0  # without enough bytes for so long, the connection is given up
SLOWEST_BYTES_PER_S = 500
TRIES = 6  # in a row without progress
FIRST_WAIT_S = 1.0  # doubled after each
LONGEST_WAIT_S = 120.0  # whatever a server asks for
CHUNK_BYTES = 1 << 18
HOPELESS = {400, 401, 403, 404, 405, 410, 451}  # asking again will not help
_thread = threading.local()


class UnavailableError(ValueError):
    """The server has answered, and the file is not to be had there."""


class RetryLaterError(ConnectionError):
    """The server has said for how long to leave it alone."""

    def __init__(self, message: str, wait_s: float):
        super().__init__(message)
        self.wait_s = wait_s


def session():
    """A requests.Session that trusts whom the system trusts (SSL_CERT_FILE, SSL_CERT_DIR), besides requests' own list.

    Whose network has a certificate authority of its own has told the system, and pip and curl heed it: requests does
    not.
    """
    import requests

    class Trusting(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *arguments, **options):
            super().init_poolmanager(*arguments, **options, ssl_context=ssl.create_default_context())

        def proxy_manager_for(self, proxy, **options):
            return super().proxy_manager_for(proxy, **options, ssl_context=ssl.create_default_context())

    made = requests.Session()
    made.mount("https://", Trusting())
    return made


def ask(url: str, headers: dict | None = None, stall_s: float = STALL_S):
    """A streamed answer to GET; the token goes to its own host alone, and requests drops it on a redirect to
    another."""
    import requests

    class Bearer(requests.auth.AuthBase):
        def __call__(self, request):
            request.headers["Authorization"] = f"Bearer {token}"
            return request

    if not hasattr(_thread, "session"):
        _thread.session = session()
    token = addresses.token_for(url)
    # identity: a compressed transfer could be neither counted nor resumed.
    headers = {"Accept-Encoding": "identity", "User-Agent": "wakemake", **(headers or {})}
    return _thread.session.get(
        url, headers=headers, auth=Bearer() if token else None, stream=True, timeout=(stall_s, stall_s)
    )


def check_status(answer, url: str) -> None:
    """Raise UnavailableError where asking again is of no use, RetryLaterError or ConnectionError where it may be."""
    status = answer.status_code
    if status in HOPELESS:
        hint = (
            " (is a token needed there? HF_TOKEN=... make ...)"
            if status in (401, 403) and url.startswith(addresses.endpoint())
            else ""
        )
        raise UnavailableError(f"{url}: the server says {status} {answer.reason}{hint}")
    if status >= 400:
        after = answer.headers.get("Retry-After", "")
        raise RetryLaterError(
            f"the server says {status} {answer.reason}", min(float(after), LONGEST_WAIT_S) if after.isdigit() else 0.0
        )


def persistently(
    attempt, name: str, url: str, progress=lambda: 0, tries: int = TRIES, first_wait_s: float = FIRST_WAIT_S
):
    """attempt() until it succeeds; ConnectionError after `tries` in a row between which `progress()` did not grow."""
    import requests
    import urllib3

    failures, wait_s = 0, first_wait_s
    while True:
        before = progress()
        try:
            return attempt()
        except (requests.RequestException, urllib3.exceptions.HTTPError, ConnectionError) as error:
            why = reason(error)
            if progress() > before:
                failures, wait_s = 0, first_wait_s
            failures += 1
            if failures >= tries:
                raise ConnectionError(f"{url}: {tries} attempts failed, the last with: {why}") from error
            pause_s = max(wait_s, getattr(error, "wait_s", 0.0))
            print(f"{name}: {why}; trying again in {pause_s:.0f} s", file=sys.stderr, flush=True)
            time.sleep(pause_s)
            wait_s *= 2


def reason(error: Exception) -> str:
    """What is wrong with a connection, without the objects and the address that requests puts around it."""
    inner = getattr(error.args[0] if error.args else None, "reason", None)
    return re.sub(r"^HTTPS?Connection(Pool)?\(.*?\): ", "", str(inner or error))


def download(
    url: str,
    target: Path,
    expected_bytes: int | None = None,
    quiet: bool = False,
    stall_s: float = STALL_S,
    tries: int = TRIES,
    first_wait_s: float = FIRST_WAIT_S,
) -> None:
    """Write the file at `url` to `target`. Raises UnavailableError, or ConnectionError after `tries` attempts without progress."""
    partial = target.with_name(f"{target.name}.{hashlib.sha256(url.encode()).hexdigest()[:8]}.partial")
    note = partial.with_name(partial.name + ".json")

    def have() -> int:
        return partial.stat().st_size if partial.exists() else 0

    persistently(
        lambda: _attempt(url, partial, note, expected_bytes, quiet, stall_s),
        target.name,
        url,
        have,
        tries,
        first_wait_s,
    )
    os.replace(partial, target)
    note.unlink(missing_ok=True)


def _kept(note: Path) -> str | None:
    """The validator in a note; None where there is none, or the note is damaged: then the file begins anew."""
    try:
        return str(json.loads(note.read_text(encoding="utf-8"))["validator"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _attempt(url: str, partial: Path, note: Path, expected_bytes: int | None, quiet: bool, stall_s: float) -> None:
    """One request, going on where `partial` ends if that is surely the beginning of the same file."""
    validator = _kept(note) if partial.exists() else None
    have = partial.stat().st_size if validator else 0
    with ask(url, {"Range": f"bytes={have}-", "If-Range": validator} if have else {}, stall_s) as answer:
        part = answer.headers.get("Content-Range", "")
        if answer.status_code == 416:
            if part == f"bytes */{have}":  # nothing is missing: the process before this one ended at the last byte
                return
            partial.unlink()
            raise ConnectionError("the file on the server is shorter now, starting anew")
        check_status(answer, url)
        resumed = have > 0 and answer.status_code == 206 and part.startswith(f"bytes {have}-")
        if answer.status_code == 206 and not resumed:
            partial.unlink(missing_ok=True)
            raise ConnectionError("the server sent another part than the one asked for, starting anew")
        total = _total(answer, url, have if resumed else 0)
        if expected_bytes and total and total != expected_bytes:
            raise UnavailableError(f"{url}: the server has {total:,} bytes, expected {expected_bytes:,}")
        if not resumed:
            partial.unlink(missing_ok=True)
            _keep(note, answer)
        with partial.open("ab", buffering=0) as out:
            for chunk in _shown(
                _chunks(answer, stall_s), partial.name.rsplit(".", 2)[0], total, have if resumed else 0, quiet
            ):
                out.write(chunk)
            size = out.tell()
    if total is not None and size != total:
        raise ConnectionError(f"cut off after {size:,} of {total:,} bytes")


def _total(answer, url: str, before: int) -> int | None:
    """Bytes of the whole file; None where a chunked answer will say itself when it ends."""
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise UnavailableError(f"{url}: the server sends it compressed, though asked not to")
    length = answer.headers.get("Content-Length")
    if length is None and "chunked" not in answer.headers.get("Transfer-Encoding", ""):
        raise UnavailableError(
            f"{url}: the server does not say how long it is, so a cut could not be told from the end"
        )
    return None if length is None else int(length) + before


def _keep(note: Path, answer) -> None:
    """Note by what the same version of the file is known again (RFC 9110: If-Range takes no weak ETag)."""
    etag = answer.headers.get("ETag", "")
    validator = etag if etag.startswith('"') else answer.headers.get("Last-Modified")
    note.write_text(json.dumps({"validator": validator}))


def _chunks(answer, stall_s: float) -> Iterator[bytes]:
    """The body as it comes in. A server that dribbles is given up like one that is silent."""
    since, came = time.monotonic(), 0
    while chunk := answer.raw.read1(CHUNK_BYTES, decode_content=False):
        yield chunk
        came += len(chunk)
        if (now := time.monotonic()) - since > stall_s:
            if came < SLOWEST_BYTES_PER_S * (now - since):
                raise ConnectionError(f"only {came:,} bytes came in {now - since:.0f} s")
            since, came = now, 0


def _shown(chunks, name: str, total: int | None, have: int, quiet: bool):
    """Pass chunks of bytes through: a bar on a terminal, otherwise a plain line every 20 s."""
    from tqdm import tqdm

    shown = draws_bars()
    with tqdm(
        desc=name,
        total=total,
        initial=have,
        unit="B",
        unit_scale=True,
        disable=quiet or not shown,
        dynamic_ncols=True,
        file=terminal(),
    ) as bar:
        said = time.monotonic()
        for chunk in chunks:
            yield chunk
            have += len(chunk)
            bar.update(len(chunk))
            if not (quiet or shown) and time.monotonic() - said > 20:
                said = time.monotonic()
                print(
                    f"{name}: {have / 1e6:.0f} of {total / 1e6 if total else float('nan'):.0f} MB",
                    file=sys.stderr,
                    flush=True,
                )
