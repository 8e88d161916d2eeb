"""A server on loopback that serves files as a dataset host does, with the faults it is given; and processes to be
killed."""

import hashlib
import http.server
import os
import sys
import threading
from collections import Counter


def in_a_child(work) -> int:
    """Run `work` in a process of its own; return its exit status, negative for a signal. SystemExit gives 3."""
    child = os.fork()
    if not child:
        status = 0
        try:
            work()
        except SystemExit as error:
            print(error, file=sys.stderr, flush=True)
            status = 3
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            status = 4
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class Host:
    """`files` are served by path; `faults[path]` is a list of faults, one for each request:

    "status 500", "redirect URL", "cut N" (N bytes, then the connection ends), "stall N" (N bytes, then silence), "deaf"
    (no answer), "norange" (the whole file for any range), "nolength", "chunked".
    """

    def __init__(self):
        self.files: dict[str, bytes] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.faults: dict[str, list[str]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.closing = threading.Event()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.host = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def counts(self) -> Counter:
        return Counter(path for path, _ in self.requests)

    def ranges(self, path: str) -> list[str | None]:
        return [headers.get("Range") for requested, headers in self.requests if requested == path]


def etag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:16]}"'


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        host = self.server.host
        host.requests.append((self.path, dict(self.headers)))
        queue = host.faults.get(self.path)
        kind, _, value = (queue.pop(0) if queue else "").partition(" ")
        if kind == "deaf":
            return host.closing.wait(20)
        if kind == "status":
            return self.send_error(int(value))
        if kind == "redirect":
            self.send_response(302)
            self.send_header("Location", value)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        content = host.files.get(self.path.partition("?")[0])
        if content is None:
            return self.send_error(404)
        start = 0
        range_header = self.headers.get("Range")
        if range_header and kind != "norange" and self.headers.get("If-Range", etag(content)) == etag(content):
            start = int(range_header.removeprefix("bytes=").removesuffix("-"))
        if start >= len(content) > 0 and start:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            return self.end_headers()
        if kind == "chunked":
            self.protocol_version = "HTTP/1.1"
        self.send_response(206 if start else 200)
        if kind == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
        elif kind != "nolength":
            self.send_header("Content-Length", str(len(content) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("ETag", etag(content))
        for name, text in host.headers.get(self.path, {}).items():
            self.send_header(name, text)
        self.end_headers()
        if kind == "chunked":
            for at in range(0, len(content), 100_000):
                chunk = content[at : at + 100_000]
                self.wfile.write(b"%x\r\n" % len(chunk) + chunk + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
            self.close_connection = True
            return None
        self.wfile.write(content[start : int(value)] if kind in ("cut", "stall") else content[start:])
        if kind == "stall":
            self.wfile.flush()
            host.closing.wait(20)
        return None

    def log_message(self, *_):
        pass
