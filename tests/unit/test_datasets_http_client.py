"""Certificates that a download over HTTPS trusts: those of the system, which may have a network's own certificate
authority, and requests' own list.

localhost.pem is a certificate of localhost, signed by itself, with its key, which is no secret.
"""

import http.server
import ssl
import threading
from pathlib import Path

import certifi
import pytest

from scripts.datasets import download, http_client

CERTIFICATE = Path(__file__).with_name("localhost.pem")


@pytest.fixture
def address():
    """A file served over HTTPS with a certificate that is in no list."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "3")
            self.end_headers()
            self.wfile.write(b"abc")

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://localhost:{server.server_port}/a"
        server.shutdown()


@pytest.fixture(autouse=True)
def new_session(monkeypatch):
    """A session of its own, and none of the variables that name a list to requests."""
    monkeypatch.delattr(http_client._thread, "session", raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)


def test_a_certificate_that_the_system_trusts_is_accepted(address, monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    download.download(address, tmp_path / "a", patience=http_client.Patience(tries=1))
    assert (tmp_path / "a").read_bytes() == b"abc"


def test_an_unknown_certificate_is_refused(address, monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    with pytest.raises(ConnectionError, match="certificate verify failed"):
        download.download(address, tmp_path / "a", patience=http_client.Patience(tries=1))
    assert not (tmp_path / "a").exists()
