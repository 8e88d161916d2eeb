"""The server behind `make try`: where it is reached, by which names, and by how many at once.

Only this machine can reach it, unless `host` says otherwise; then the address holds a random token, without which every
request is refused. What a request may ask: scripts/live/handler.py.
"""

import ipaddress
import secrets
import socket
import sys
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from scripts.live.handler import Handler
from scripts.live.published import LOOPBACK, Published
from scripts.live.sessions import Sessions

MAX_CONNECTIONS = 64  # at once; a page needs two or three


class Server(ThreadingHTTPServer):
    """Serves the page at `url`; clips are kept in `recordings`."""

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
        self.published, self.recordings = published, recordings
        self.cutoff = published.cutoff if cutoff is None else cutoff
        self.sessions, self._free = Sessions(published), threading.BoundedSemaphore(MAX_CONNECTIONS)
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
        error = sys.exc_info()[1]
        if not isinstance(error, (ConnectionError, TimeoutError)):  # a page that is closed during a reply is no news
            print(f"A request failed: {type(error).__name__}: {error}", file=sys.stderr, flush=True)

    def is_named_by(self, host: str) -> bool:
        """Whether a Host header (name or name:port) names this machine; another domain may resolve to it too."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
            names = set(LOOPBACK)
            if self.shared:
                names |= {each.lower() for each in (socket.gethostname(), socket.getfqdn(), self.name)}
            return name in names or self.shared and bool(ipaddress.ip_address(name))
        except ValueError:
            return False
