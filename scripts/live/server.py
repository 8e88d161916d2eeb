"""Serves pages of this machine: where they are reached, by which names, and what no request may do.

    server = Server(make_app(published, recordings))        # any ASGI application; live/app.py has one
    print(server.url)
    server.run()

Only this machine can reach it, unless `host` says otherwise; then the address holds a random token, without which every
request is refused that is not in `open_paths`. A foreign page cannot use it: the Host header must name this machine,
against DNS rebinding, what a page loads must be one of its own (Sec-Fetch-Site), and what changes something must come from
one (Origin). A sender that is slow, or does
not send what it announced, is cut off after REQUEST_S.
"""

import ipaddress
import logging
import os
import secrets
import socket
from collections.abc import Callable, MutableMapping
from urllib.parse import urlsplit

import h11
import uvicorn
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

from scripts.live.published import LOOPBACK

MAX_CONNECTIONS = 64  # at once; a page needs two or three
REQUEST_S = 60.0  # for a request to begin and to be there as a whole
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
Refusal = tuple[int, str]  # status and sentence


class Protocol(H11Protocol):
    """HTTP/1.1 for few, and for those who finish their requests."""

    def connection_made(self, transport) -> None:
        super().connection_made(transport)
        self._deadline = self.loop.call_later(REQUEST_S, self._cut_off)
        if len(self.connections) > MAX_CONNECTIONS:
            transport.close()

    def on_response_complete(self) -> None:
        self._deadline.cancel()
        self._deadline = self.loop.call_later(REQUEST_S, self._cut_off)
        super().on_response_complete()

    def connection_lost(self, exc) -> None:
        self._deadline.cancel()
        super().connection_lost(exc)

    def _cut_off(self) -> None:
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):  # else a reply is on its way
            self.transport.abort()


class Server(uvicorn.Server):
    """Serves `app` at `url`. OSError if nothing can listen there."""

    def __init__(
        self,
        app: Callable,
        host: str = "127.0.0.1",
        port: int = 0,
        served_at: str = "",
        open_paths: Callable[[str], bool] = lambda path: False,
    ) -> None:
        self._listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port = self._listener.getsockname()[1]
        self.shared = host not in LOOPBACK
        self.base = f"/{secrets.token_urlsafe(16)}/" if self.shared else "/"
        self.name = served_at or (socket.gethostname() if host == "0.0.0.0" else host)
        self.open_url = f"http://{f'[{self.name}]' if ':' in self.name else self.name}:{self.port}/"
        self.url = self.open_url.removesuffix("/") + self.base
        self._app, self._open_paths = app, open_paths
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # what others send is not news
        super().__init__(
            uvicorn.Config(
                self._guard,
                interface="asgi3",
                proxy_headers=False,
                http=Protocol,
                ws="none",
                lifespan="off",
                loop="asyncio",
                log_config=None,
                access_log=False,  # there are eleven requests a second
                server_header=False,
                timeout_graceful_shutdown=5,
            )
        )

    def run(self, sockets=None) -> None:
        """Serve until Ctrl-C, or until `should_exit` is set."""
        super().run(sockets=[self._listener])

    async def _guard(self, scope: dict, receive: Callable, send: Callable) -> None:
        # ASGI: refuse, or pass on below the base, and add the headers to the reply.
        async def send_guarded(message: MutableMapping) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if refusal := self._refuse(scope):
            status, sentence = refusal
            reply = JSONResponse(
                {"error": sentence}, status, {"Connection": "close"}
            )  # its body may not have been read
            await reply(scope, receive, send_guarded)
            return
        below = "" if scope["path"] == self._open(scope) else self.base.removesuffix("/")
        scope = {**scope, "root_path": below, "open_url": self.open_url, "shared": self.shared}
        try:
            await self._app(scope, receive, send_guarded)
        except SystemExit as error:  # a damaged file, say: the sentence that would have ended a command
            await JSONResponse({"error": str(error)}, 500)(scope, receive, send_guarded)

    def _open(self, scope: dict) -> str | None:
        reads = scope["method"] in ("GET", "HEAD")
        return scope["path"] if self.shared and reads and self._open_paths(scope["path"]) else None

    def _refuse(self, scope: dict) -> Refusal | None:
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin", "")
        if not self.is_named_by(host):
            return 403, "This page belongs to the machine it runs on: open it by the address that was printed."
        if "transfer-encoding" in headers:
            return 411, "Say how long the request is, by Content-Length."
        start = scope["path"][: len(self.base)].encode(errors="replace")
        if self._open(scope) is None and not secrets.compare_digest(start, self.base.encode()):
            return 404, "There is nothing here: open the whole address that was printed, with its token."
        fetched = headers.get("sec-fetch-mode", "navigate") != "navigate"
        if fetched and headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return 403, "Only this machine's own pages may load this."
        if scope["method"] not in ("GET", "HEAD") and origin not in (f"http://{host}", f"https://{host}"):
            return 403, f"Only the page itself may ask this, not {origin or 'a request without an Origin'}."
        return None

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


def advise_on_microphones(name: str, port: int, base: str) -> str:
    """What to type where, for a page that other machines may open."""
    return (
        "Everybody who has this address can use the model and keep clips on this machine. Browsers give their microphone only to https\n"
        f"and to their own machine: on another one, type ssh -L {port}:localhost:{port} {name} there, and open\n"
        f"http://localhost:{port}{base}"
    )


def run_server(app, host: str, port: int, invitation: str, **options) -> None:
    """Serve an application until Ctrl-C; `invitation` is printed before its address."""
    try:
        server = Server(app, host, port, os.environ.get("WAKEMAKE_SERVED_AT", ""), **options)
    except OSError as error:
        raise SystemExit(
            f"Nothing can listen at {host}:{port}: {error.strerror or error}. Another port: PORT={port + 1}"
        ) from None
    print(f"{invitation} {server.url}\nCtrl-C ends it.", flush=True)
    if server.name not in LOOPBACK:
        print(advise_on_microphones(server.name, server.port, server.base), flush=True)
    try:
        server.run()
    except KeyboardInterrupt:
        print("\nStopped.")
