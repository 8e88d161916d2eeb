"""HTTP requests that never wait for ever: certificates, tokens, time limits and retries.

with open_url("https://example.org/a.zip") as response:
    check_status(response, response.url)

retry(attempt, "a.zip", "https://example.org/a.zip")    # attempt() until it succeeds, or several in a row have failed
"""

import re
import ssl
import sys
import threading
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import requests
import urllib3

from scripts.datasets import addresses

LONGEST_WAIT_S = 120.0  # whatever a server asks for
FINAL_STATUS = {400, 401, 403, 404, 405, 410, 451}  # asking again will not help
RETRIED = (requests.RequestException, urllib3.exceptions.HTTPError, ConnectionError)
_thread = threading.local()
Result = TypeVar("Result")


class Patience(NamedTuple):
    """How long to wait for a server."""

    stall_s: float = 30.0  # a connection that brings (nearly) nothing for so long is closed
    tries: int = 6  # in a row without progress
    first_wait_s: float = 1.0  # before the second try; doubled for each further one


PATIENCE = Patience()


class FetchError(ValueError):
    """A file could not be fetched; each argument is a sentence about one way that failed."""


class UnavailableError(FetchError):
    """The server has answered, and does not have the file."""


class RetryLaterError(ConnectionError):
    """The server has answered that it should be left alone for `wait_s` seconds."""

    def __init__(self, message: str, wait_s: float) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class _SystemTrust(requests.adapters.HTTPAdapter):
    """Trusts the system's certificates too (SSL_CERT_FILE, SSL_CERT_DIR), as pip and curl do and requests does not:
    the system knows the certificate authority of a network that has its own."""

    def init_poolmanager(self, *args, **kwargs) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=ssl.create_default_context())

    def proxy_manager_for(self, proxy, **kwargs):
        return super().proxy_manager_for(proxy, **kwargs, ssl_context=ssl.create_default_context())


class _Bearer(requests.auth.AuthBase):
    """Sends a token; requests drops it where it is redirected to another host."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request):
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def open_url(url: str, headers: dict[str, str] | None = None, stall_s: float | None = None) -> requests.Response:
    """The streamed response to a GET request. Proxies are those of the environment."""
    if not hasattr(_thread, "session"):  # a session serves one thread
        _thread.session = requests.Session()
        _thread.session.mount("https://", _SystemTrust())
    token = addresses.token_for(url)
    stall_s = stall_s or PATIENCE.stall_s
    # identity: a compressed transfer could be neither counted nor resumed.
    headers = {"Accept-Encoding": "identity", "User-Agent": "wakemake", **(headers or {})}
    return _thread.session.get(
        url, headers=headers, auth=_Bearer(token) if token else None, stream=True, timeout=(stall_s, stall_s)
    )


def check_status(response: requests.Response, url: str) -> None:
    """Raise UnavailableError where asking again cannot help, RetryLaterError where it may."""
    status = response.status_code
    if status in FINAL_STATUS:
        needs_token = status in (401, 403) and url.startswith(addresses.hugging_face_endpoint())
        hint = " (is a token needed there? HF_TOKEN=... make ...)" if needs_token else ""
        raise UnavailableError(f"{url}: the server says {status} {response.reason}{hint}")
    if status >= 400:
        after = response.headers.get("Retry-After", "")
        wait_s = min(float(after), LONGEST_WAIT_S) if after.isdigit() else 0.0
        raise RetryLaterError(f"the server says {status} {response.reason}", wait_s)


def retry(
    attempt: Callable[[], Result],
    name: str,
    url: str,
    progress: Callable[[], int] = lambda: 0,
    patience: Patience | None = None,
) -> Result:
    """attempt() until it succeeds. ConnectionError once `tries` in a row have failed without `progress()` growing."""
    tries, first_wait_s = (patience or PATIENCE)[1:]
    failures, wait_s = 0, first_wait_s
    while True:
        before = progress()
        try:
            return attempt()
        except RETRIED as error:
            reason = describe_error(error)
            if progress() > before:
                failures, wait_s = 0, first_wait_s
            failures += 1
            if failures >= tries:
                raise ConnectionError(f"{url}: {tries} attempts failed, the last with: {reason}") from error
            pause_s = max(wait_s, getattr(error, "wait_s", 0.0))
            print(f"{name}: {reason}; trying again in {pause_s:.0f} s", file=sys.stderr, flush=True)
            time.sleep(pause_s)
            wait_s *= 2


def describe_error(error: Exception) -> str:
    """What is wrong with a connection, without the objects and the address that requests puts around it."""
    inner = getattr(error.args[0] if error.args else None, "reason", None)
    return re.sub(r"^HTTPS?Connection(Pool)?\(.*?\): ", "", str(inner or error))
