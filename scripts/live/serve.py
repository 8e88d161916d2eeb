"""Serve a page on which a published model listens through the browser's microphone.

    python -m scripts.live.serve --data data --slug hey_buster          # then open the address it prints

The page sends the microphone's sound to this process in pieces (POST hear), and gets back what the model made of it.
Nothing is written to disk but the clips the user keeps (POST keep; scripts/live/clips.py).

Only this machine can reach it, unless --host says otherwise; then the address holds a random token, without which there
is nothing to see. A foreign page cannot speak to it either way: the Host header must name this machine, against DNS
rebinding, and a POST must come from the page itself (Origin). WAKEMAKE_SERVED_AT is where a container's page is
reached. Whoever sends slowly, or not what was announced, is cut off after REQUEST_S, and no more than MOST_CONNECTIONS
are served at once.
"""

import io
import ipaddress
import json
import math
import os
import secrets
import socket
import sys
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from scripts.live.published import Published, build_parser, find_published, parse_cutoff, read_cutoff_option
from scripts.live.sessions import BusyError, Listeners
from scripts.live.streaming import StreamingDetector

PAGE = Path(__file__).with_name("page")
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "media-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
MOST_BYTES = 8_000_000  # of one request: more than a clip at any rate
MOST_CONNECTIONS = 64  # at once; a page needs two or three
REQUEST_S = 60.0  # for a request to begin and to be there as a whole
RATES_HZ = range(8_000, 384_001)
PORT = 8760
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class RefusedError(Exception):
    """An answer other than success: its status, and a sentence."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Incoming(io.RawIOBase):
    """What a connection sends, until `deadline` (time.monotonic()): a timeout of the socket alone begins anew with
    every byte."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection, self.deadline = connection, 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, into) -> int:
        if (left_s := self.deadline - time.monotonic()) <= 0:
            raise TimeoutError
        self._connection.settimeout(left_s)
        return self._connection.recv_into(into)


class Server(ThreadingHTTPServer):
    """The page at `url`, its listeners, and the folder into which clips are kept."""

    daemon_threads = True

    def __init__(
        self,
        published: Published,
        recordings: Path,
        host: str = "127.0.0.1",
        port: int = 0,
        cutoff: float | None = None,
        served_at: str = "",
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.published, self.recordings, self.cutoff = (
            published,
            recordings,
            published.cutoff if cutoff is None else cutoff,
        )
        self.listeners, self._free = Listeners(published), threading.BoundedSemaphore(MOST_CONNECTIONS)
        self.shared = host not in LOOPBACK
        self.base = f"/{secrets.token_urlsafe(16)}/" if self.shared else "/"
        super().__init__((host, port), Handler)
        self.name = served_at or (socket.gethostname() if host == "0.0.0.0" else host)
        self.url = f"http://{f'[{self.name}]' if ':' in self.name else self.name}:{self.server_address[1]}{self.base}"

    def process_request(self, request, client_address) -> None:
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request, client_address) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request, client_address) -> None:
        error = sys.exception() if hasattr(sys, "exception") else sys.exc_info()[1]
        if not isinstance(
            error, (ConnectionError, TimeoutError)
        ):  # whoever closes the page in the middle of an answer is no news
            print(f"A request could not be answered: {type(error).__name__}: {error}", file=sys.stderr, flush=True)

    def knows(self, host: str) -> bool:
        """Does this Host header (name or name:port) name this machine? A name of someone else's may lead here too."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
            own = (
                LOOPBACK
                if not self.shared
                else {*LOOPBACK, *(name.lower() for name in (socket.gethostname(), socket.getfqdn(), self.name))}
            )
            return name in own or self.shared and bool(ipaddress.ip_address(name))
        except ValueError:
            return False


class Handler(BaseHTTPRequestHandler):
    """One request. What is wrong with it is answered with a status and a sentence."""

    protocol_version = "HTTP/1.1"
    server: Server
    timeout = REQUEST_S

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self._incoming = Incoming(self.connection)
        self.rfile = io.BufferedReader(self._incoming)

    def handle_one_request(self) -> None:
        self._incoming.deadline = time.monotonic() + REQUEST_S
        super().handle_one_request()

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def log_message(self, *_) -> None:
        pass  # eleven requests a second are no news

    def _answer(self, act) -> None:
        try:
            self._check()
            status, (kind, body) = HTTPStatus.OK, act()
            if self._name == "discard" or act != self._post and self.headers.get("Content-Length", "0") != "0":
                self.close_connection = True  # a body that nobody has read would be taken for the next request
        except RefusedError as refused:
            status, kind, body = refused.status, "application/json", json.dumps({"error": str(refused)}).encode()
            self.close_connection = True  # what it sent may not have been read
        self.connection.settimeout(self.timeout)  # for the answer; reading has set it to what was left
        self.send_response(status)
        ending = {"Connection": "close"} if self.close_connection else {}
        for name, value in {
            **HEADERS,
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Length": len(body),
            **ending,
        }.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def _check(self) -> None:
        if not self.server.knows(self.headers.get("Host", "")):
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
        self._asked = {key: values[-1] for key, values in parse_qs(address.query).items()}

    def _get(self) -> tuple[str, bytes]:
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

    def _post(self) -> tuple[str, bytes]:
        origin = self.headers.get("Origin", "")
        if origin not in (f"http://{self.headers['Host']}", f"https://{self.headers['Host']}"):
            raise RefusedError(
                HTTPStatus.FORBIDDEN,
                f"Only the page itself may ask this, not {origin or 'someone who does not say who it is'}.",
            )
        acts = {"hear": self._hear, "keep": self._keep, "discard": self._discard}
        if self._name not in acts:
            raise RefusedError(HTTPStatus.NOT_FOUND, f"There is no {self._name} here.")
        try:
            return _json(acts[self._name]())
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

    def _announced(self) -> int | None:
        """How many bytes the request's body has, as it says; None where it does not say a number."""
        said = self.headers.get("Content-Length", "")
        return int(said) if said.isascii() and said.isdigit() and len(said) < 12 else None

    def _sound(self):
        """The body, 16-bit mono at ?rate=, as (samples,) float32, and that rate."""
        import numpy as np

        rate_hz, length = int(self._asked["rate"]), self._announced()
        if length is None:
            raise ValueError(
                f"Content-Length is {self.headers.get('Content-Length')!r}, expected the number of bytes that follow."
            )
        if rate_hz not in RATES_HZ or length > MOST_BYTES or length % 2:
            raise ValueError(f"{length} bytes at {rate_hz} Hz are no sound this page would send.")
        if len(body := self.rfile.read(length)) < length:
            raise ValueError(f"{len(body)} of {length} bytes came.")
        return np.frombuffer(body, "<i2").astype(np.float32) / 32768, rate_hz

    def _hear(self) -> dict:
        cutoff, at_s = parse_cutoff(self._asked["cutoff"]), float(self._asked["at"])
        if not (math.isfinite(at_s) and at_s >= 0):
            raise ValueError(f"at={self._asked['at']} is no time: expected seconds from the beginning.")
        sound, rate_hz = self._sound()
        moments = self.server.listeners.hear(self._asked["session"], sound, rate_hz, cutoff, at_s)
        return {
            "moments": [
                [moment.time_s, round(moment.output, 3), round(moment.probability, 3), moment.detected]
                for moment in moments
            ]
        }

    def _keep(self) -> dict:
        from scripts.core.audio import resample
        from scripts.live.clips import keep

        path = keep(self.server.recordings, self._asked["kind"], resample(*self._sound()))
        print(f"kept {path}", flush=True)
        return {"name": path.name, "path": str(path)}

    def _discard(self) -> dict:
        from scripts.live.clips import discard

        discard(self.server.recordings, self._asked["kind"], self._asked["name"])
        return {}


def _json(value: dict) -> tuple[str, bytes]:
    return "application/json", json.dumps(value).encode()


def advice(server: Server) -> str:
    """What to type where, for a page that other machines may open."""
    port = server.server_address[1]
    return (
        f"Whoever has this address can listen with the model and keep clips on this machine. Browsers give their microphone only to https and to\n"
        f"the machine they run on: from another one, type ssh -L {port}:localhost:{port} {server.name} there, and open\n"
        f"http://localhost:{port}{server.base}"
    )


def main(argv=None) -> None:
    parser = build_parser("Serve a page on which a published model listens through the browser's microphone.")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="the address to listen at; another than this machine's own needs the token it prints",
    )
    parser.add_argument("--port", type=int, default=PORT, help="0 for any that is free")
    options = parser.parse_args(argv)
    published, cutoff = find_published(options.data, options.slug, options.word), read_cutoff_option(options.cutoff)
    StreamingDetector(published)  # what does not load must not wait for the first sound to say so
    try:
        server = Server(
            published,
            options.data / "recordings" / options.slug,
            options.host,
            options.port,
            cutoff,
            os.environ.get("WAKEMAKE_SERVED_AT", ""),
        )
    except OSError as error:
        raise SystemExit(
            f"Nothing can listen at {options.host}:{options.port}: {error.strerror or error}. Another port: PORT={options.port + 1}"
        ) from None
    print(f'"{published.title}" listens in your browser: open {server.url}\nCtrl-C ends it.', flush=True)
    if server.name not in LOOPBACK:
        print(advice(server), flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("\nStopped.")
    finally:
        server.server_close()


if __name__ == "__main__":
    main()
