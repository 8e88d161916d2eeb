"""One request to the page of `make try`: who may send it, what it asks, and the reply.

GET  /               the page and its files, model.json
POST hear            sound of the microphone; gives [time_s, output, probability, detected, highest_cutoff] an inference
POST keep, discard   write a clip, delete it again

A foreign page cannot use it: the Host header must name this machine, against DNS rebinding, and a POST must come from
the page itself (Origin). A sender that is slow, or does not send what it announced, is cut off after REQUEST_S.
"""

import io
import json
import math
import secrets
import socket
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import numpy as np

from scripts.core.audio import resample
from scripts.live.clips import discard_clip, keep_clip
from scripts.live.published import parse_cutoff
from scripts.live.sessions import BusyError

if TYPE_CHECKING:
    from scripts.live.server import Server

PAGE = Path(__file__).with_name("page")
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "media-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
MAX_BYTES = 8_000_000  # of one request: more than a clip at any rate
REQUEST_S = 60.0  # for a request to begin and to be there as a whole
RATES_HZ = range(8_000, 384_001)
Reply = tuple[str, bytes]  # content type and body


class RefusedError(Exception):
    """A request that is refused: the status, and a sentence."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class TimedReader(io.RawIOBase):
    """What a connection sends until `deadline` (time.monotonic()); the socket's own timeout restarts with every byte."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection, self.deadline = connection, 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        if (left_s := self.deadline - time.monotonic()) <= 0:
            raise TimeoutError
        self._connection.settimeout(left_s)
        return self._connection.recv_into(buffer)


class Handler(BaseHTTPRequestHandler):
    """Answers one request; an error becomes a status and a sentence."""

    protocol_version = "HTTP/1.1"
    server: "Server"
    timeout = REQUEST_S

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self._reader = TimedReader(self.connection)
        self.rfile = io.BufferedReader(self._reader)

    def handle_one_request(self) -> None:
        self._reader.deadline = time.monotonic() + REQUEST_S
        super().handle_one_request()

    def do_GET(self) -> None:
        self._reply(self._get)

    def do_POST(self) -> None:
        self._reply(self._post)

    def log_message(self, *_) -> None:
        pass  # there are eleven requests a second

    def _reply(self, act: Callable[[], Reply]) -> None:
        try:
            self._check()
            status, (kind, body) = HTTPStatus.OK, act()
            if self._name == "discard" or act != self._post and self.headers.get("Content-Length", "0") != "0":
                self.close_connection = True  # its body was not read, and would be taken for the next request
        except RefusedError as refused:
            status, kind, body = refused.status, "application/json", json.dumps({"error": str(refused)}).encode()
            self.close_connection = True  # its body may not have been read
        self.connection.settimeout(self.timeout)  # for the reply; reading has shortened it
        self.send_response(status)
        headers = {**HEADERS, "Content-Type": f"{kind}; charset=utf-8", "Content-Length": str(len(body))}
        if self.close_connection:
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _check(self) -> None:
        if not self.server.is_named_by(self.headers.get("Host", "")):
            raise RefusedError(
                HTTPStatus.FORBIDDEN,
                "This page belongs to the machine it runs on: open it by the address that was printed.",
            )
        try:
            address, base = urlsplit(self.path), self.server.base
        except ValueError:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "That is no address.") from None
        if "Transfer-Encoding" in self.headers or len(self.headers.get_all("Content-Length", [])) > 1:
            raise RefusedError(HTTPStatus.LENGTH_REQUIRED, "Say how long the request is, once, by Content-Length.")
        if not secrets.compare_digest(address.path[: len(base)].encode(), base.encode()):
            raise RefusedError(
                HTTPStatus.NOT_FOUND, "There is nothing here: open the whole address that was printed, with its token."
            )
        self._name = address.path[len(base) :]
        self._query = {key: values[-1] for key, values in parse_qs(address.query).items()}

    def _get(self) -> Reply:
        published = self.server.published
        if self._name == "model.json":
            return _json(
                {
                    "title": published.title,
                    "slug": published.slug,
                    "directory": published.directory.name,
                    "cutoff": self.server.cutoff,
                    "manifest_cutoff": published.cutoff,
                    "window": published.window,
                    "recordings": str(self.server.recordings),
                }
            )
        path = PAGE / (self._name or "page.html")
        if path not in PAGE.iterdir():
            raise RefusedError(HTTPStatus.NOT_FOUND, f"There is no {self._name} here.")
        return TYPES[path.suffix], path.read_bytes()

    def _post(self) -> Reply:
        origin = self.headers.get("Origin", "")
        if origin not in (f"http://{self.headers['Host']}", f"https://{self.headers['Host']}"):
            raise RefusedError(
                HTTPStatus.FORBIDDEN,
                f"Only the page itself may ask this, not {origin or 'a request without an Origin'}.",
            )
        actions = {"hear": self._hear, "keep": self._keep, "discard": self._discard}
        if self._name not in actions:
            raise RefusedError(HTTPStatus.NOT_FOUND, f"There is no {self._name} here.")
        try:
            return _json(actions[self._name]())
        except BusyError as busy:
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, str(busy)) from None
        except (KeyError, ValueError) as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, f"{self._name}: {error}") from None
        except TimeoutError:
            raise RefusedError(
                HTTPStatus.REQUEST_TIMEOUT, f"The request was not there as a whole after {REQUEST_S:.0f} s."
            ) from None
        except ConnectionError:
            raise
        except OSError as error:
            raise RefusedError(HTTPStatus.INTERNAL_SERVER_ERROR, f"{error.strerror}: {error.filename}") from None

    def _read_sound(self) -> tuple[np.ndarray, int]:
        # The body, 16-bit mono at ?rate=, as (samples,) float32, and that rate.
        text = self.headers.get("Content-Length", "")
        if not (text.isascii() and text.isdigit() and len(text) < 12):
            raise ValueError(
                f"Content-Length is {self.headers.get('Content-Length')!r}, expected the number of bytes that follow."
            )
        rate_hz, length = int(self._query["rate"]), int(text)
        if rate_hz not in RATES_HZ or length > MAX_BYTES or length % 2:
            raise ValueError(f"{length} bytes at {rate_hz} Hz are no sound this page would send.")
        if len(body := self.rfile.read(length)) < length:
            raise ValueError(f"{len(body)} of {length} bytes came.")
        return np.frombuffer(body, "<i2").astype(np.float32) / 32768, rate_hz

    def _hear(self) -> dict:
        cutoff, at_s = parse_cutoff(self._query["cutoff"]), float(self._query["at"])
        if not (math.isfinite(at_s) and at_s >= 0):
            raise ValueError(f"at={self._query['at']} is no time: expected seconds from the beginning.")
        sound, rate_hz = self._read_sound()
        inferences = self.server.sessions.push(self._query["session"], sound, rate_hz, cutoff, at_s)
        return {
            "moments": [
                [each.time_s, round(each.output, 3), round(each.probability, 3), each.detected, each.highest_cutoff]
                for each in inferences
            ]
        }

    def _keep(self) -> dict:
        path = keep_clip(self.server.recordings, self._query["kind"], resample(*self._read_sound()))
        print(f"kept {path}", flush=True)
        return {"name": path.name, "path": str(path)}

    def _discard(self) -> dict:
        discard_clip(self.server.recordings, self._query["kind"], self._query["name"])
        return {}


def _json(value: dict) -> Reply:
    return "application/json", json.dumps(value).encode()
