"""Requests to `make try` from a hostile page, a slow sender or a broken browser: refused in a sentence, or cut off.

The page goes on in every case.
"""

import json
import os
import socket
import time

import numpy as np
import pytest
from test_live_server import ask, pcm, serving  # noqa: F401

from scripts.live import server as server_module

SILENCE = pcm(np.zeros(160))
HEAR = "/hear?session=a&rate=16000&cutoff=0.9&at=0"


def raw(server, sent: bytes, wait_s: float = 10.0) -> bytes:
    """Everything that comes back for these bytes until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=wait_s) as connection:
        connection.sendall(sent)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


def head(server, line: str, **changed) -> bytes:
    own = f"127.0.0.1:{server.port}"
    headers = {"Host": own, "Origin": f"http://{own}", "Connection": "close", **changed}
    return (
        f"{line} HTTP/1.1\r\n"
        + "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items() if value is not None)
        + "\r\n"
    ).encode("latin-1")


def well(server):
    """Whether the page still works."""
    return ask(server, "POST", HEAR, SILENCE)[0] == 200 and ask(server, "GET", "/model.json")[0] == 200


@pytest.mark.parametrize(
    "length, status",
    [
        ("-5", 400),
        ("1e3", 400),
        ("1_0", 400),
        ("+320", 400),
        ("\xb2", 400),
        ("", 400),
        (None, 400),
        ("8000002", 400),
        ("99999999999999999999999", 400),
        ("321", 400),
    ],
)
def test_a_wrong_content_length_is_refused(serving, length, status, capfd):  # noqa: F811
    server = serving()
    reply = raw(server, head(server, f"POST {HEAR}", Content_Length=length) + SILENCE)
    assert reply.startswith(f"HTTP/1.1 {status} ".encode())
    assert (b'{"error":"hear: ' in reply) == (length in (None, "8000002", "321")), "the others are no HTTP"
    assert well(server) and capfd.readouterr().err == ""


def test_two_lengths_or_chunks_are_refused(serving):  # noqa: F811
    server = serving()
    twice = head(server, f"POST {HEAR}", Content_Length=320).replace(
        b"Content-Length: 320", b"Content-Length: 320\r\nContent-Length: 0"
    )
    assert raw(server, twice + SILENCE).startswith(b"HTTP/1.1 400 ")
    chunks = head(server, f"POST {HEAR}", Transfer_Encoding="chunked", Content_Length=None) + b"5\r\nhello\r\n0\r\n\r\n"
    assert raw(server, chunks).startswith(b"HTTP/1.1 411 ")
    assert well(server)


def test_a_body_that_breaks_off_is_not_kept(serving, tmp_path, capfd):  # noqa: F811
    server = serving()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head(server, "POST /keep?kind=positive&rate=16000", Content_Length=320) + SILENCE[:100])
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(65536) == b""
    assert well(server) and not (tmp_path / "recordings").exists() and capfd.readouterr().err == ""


def test_a_sender_that_is_slow_over_all_is_cut_off(serving, monkeypatch):  # noqa: F811
    monkeypatch.setattr(server_module, "REQUEST_S", 1.0)
    server = serving()
    for sent in (b"GET / HTTP/1.1\r\nHost: ", head(server, f"POST {HEAR}", Content_Length=320)):
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(sent)
            with pytest.raises((ConnectionError, StopIteration)):
                while time.monotonic() - began < 8:
                    connection.sendall(b"x")
                    time.sleep(0.2)
                raise TimeoutError("it is still connected")
        assert 0.8 < time.monotonic() - began < 4
    assert well(server)


def test_connections_beyond_the_limit_are_closed(serving, monkeypatch):  # noqa: F811
    monkeypatch.setattr(server_module, "MAX_CONNECTIONS", 4)
    server = serving()
    held = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(4)]
    time.sleep(0.3)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as fifth:
        assert fifth.recv(1) == b""
    for connection in held:
        connection.close()
    time.sleep(0.3)
    assert well(server)


def test_malformed_addresses_origins_and_hosts_are_refused(serving, capfd):  # noqa: F811
    server = serving()
    for line in ("GET http://[", "GET /%00", "GET /\xff", "GET /page.html/..", "GET /%2e%2e/serve.py"):
        assert raw(server, head(server, line)).split(b"\r\n")[0].split()[1] in (b"404", b"400"), line
    for origin in (
        "http://[",
        "file://",
        "http://127.0.0.1",
        "https://evil.example",
        "http://127.0.0.1:80@evil.example",
    ):
        assert raw(server, head(server, f"POST {HEAR}", Origin=origin, Content_Length=320) + SILENCE).startswith(
            b"HTTP/1.1 403 "
        ), origin
    for host in (None, "[", "evil.example", "127.0.0.1.evil.example", "0x7f.1"):
        assert raw(server, head(server, "GET /model.json", Host=host)).split()[1] == (b"403" if host else b"400"), host
    assert well(server) and "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("at", ["nan", "inf", "-inf", "-1", "1e999"])
def test_a_wrong_time_is_refused(serving, at):  # noqa: F811
    status, _, reply = ask(serving(), "POST", f"/hear?session=a&rate=16000&cutoff=0.9&at={at}", SILENCE)
    assert status == 400 and "is not a time" in json.loads(reply)["error"]


def test_an_unread_body_is_not_taken_for_the_next_request(serving, tmp_path):  # noqa: F811
    server = serving()
    smuggled = head(server, "GET /model.json")
    for line in ("GET /model.json", "POST /discard?kind=positive&name=20260101-000000-000000.wav"):
        reply = raw(server, head(server, line, Connection="keep-alive", Content_Length=len(smuggled)) + smuggled)
        assert reply.count(b"HTTP/1.1 ") == 1, line


def test_a_page_closed_during_a_request_prints_nothing(serving, capfd):  # noqa: F811
    server = serving()
    for _ in range(5):
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, not an end
        connection.sendall(head(server, f"POST {HEAR}", Content_Length=320) + SILENCE[:-1])
        connection.close()
    time.sleep(0.3)
    assert well(server) and capfd.readouterr().err == ""


def test_a_page_may_change_its_microphone_when_all_sessions_are_taken(serving, monkeypatch):  # noqa: F811
    server = serving()
    statuses = [ask(server, "POST", HEAR.replace("=a", f"=page{number}"), SILENCE)[0] for number in range(10)]
    assert statuses == [200] * 8 + [503] * 2
    assert ask(server, "POST", "/hear?session=page3&rate=48000&cutoff=0.9&at=1", SILENCE)[0] == 200, "no new page"


def test_a_link_among_the_clips_is_deleted_and_not_followed(serving, tmp_path):  # noqa: F811
    server, kind = serving(), tmp_path / "recordings" / "positive"
    kind.mkdir(parents=True)
    secret = tmp_path / "secret.txt"
    secret.write_text("mine")
    name = "20260101-000000-000000.wav"
    (kind / name).symlink_to(secret)
    assert ask(server, "POST", f"/discard?kind=positive&name={name}")[0] == 200
    assert secret.read_text() == "mine" and not os.path.lexists(kind / name), "the link is gone, not what it leads to"
    for wrong in ("..%2f..%2fsecret.txt", f"..%2fpositive%2f{name}", f"{name}%00", f"{name}%0a", "%2e%2e"):
        assert ask(server, "POST", f"/discard?kind=positive&name={wrong}")[0] == 400
    (tmp_path / "recordings" / "negative").symlink_to(tmp_path / "nowhere")
    status, _, reply = ask(server, "POST", "/keep?kind=negative&rate=16000", SILENCE)
    assert status == 500 and "negative" in json.loads(reply)["error"]


def test_long_addresses_and_headers_are_refused(serving):  # noqa: F811
    server = serving()
    for sent in (head(server, "GET /" + "a" * 700_000), head(server, "GET /", X="y" * 700_000)):
        with pytest.raises(ConnectionError):  # closed before all of it was read
            assert raw(server, sent).startswith(b"HTTP/1.1 400 ")
            raise ConnectionError
    assert well(server)
