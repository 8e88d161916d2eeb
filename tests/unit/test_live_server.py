"""The server behind `make try`: which requests it takes, what it detects, and which clips it keeps."""

import http.client
import json

import numpy as np
import pytest

from scripts.core import audio
from scripts.live import sessions
from scripts.live.app import make_app
from scripts.live.published import find_published


@pytest.fixture
def serving(serve, alexa_data, tmp_path):
    """serving(host): a server with its recordings in tmp_path/recordings."""
    return lambda host="127.0.0.1", served_at="": serve(
        make_app(find_published(alexa_data, "alexa"), tmp_path / "recordings"), host, served_at=served_at
    )


def ask(server, method, path, body=b"", host=None, origin="own", **headers):
    """Status, headers and body of a reply; by default the request is one of the page itself."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    host = host or f"127.0.0.1:{server.port}"
    sent = {"Host": host, **({"Origin": f"http://{host}" if origin == "own" else origin} if origin else {}), **headers}
    connection.request(method, path, body or None, sent)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, response.headers, content


def pcm(sound):
    return (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()


def test_it_serves_the_page_and_the_facts_of_the_model(serving):
    server = serving()
    assert server.url.startswith("http://127.0.0.1:") and server.base == "/"
    for name, kind in (
        ("", "text/html"),
        ("page.js", "text/javascript"),
        ("page.css", "text/css"),
        ("model.json", "application/json"),
    ):
        status, headers, _ = ask(server, "GET", f"/{name}", origin=None)
        assert (
            status == 200
            and headers["Content-Type"].startswith(kind)
            and "default-src 'none'" in headers["Content-Security-Policy"]
        )
    facts = json.loads(ask(server, "GET", "/model.json")[2])
    assert facts["title"] == "Alexa" and facts["cutoff"] == facts["manifest_cutoff"] == 0.9
    for wrong in ("/nothing", "/../serve.py", "/..%2fserve.py", "/page/../../serve.py"):
        assert ask(server, "GET", wrong)[0] == 404


def test_only_names_of_this_machine_reach_it(serving):
    server = serving()
    for host in ("127.0.0.1:1", "localhost:9999", "LOCALHOST", "[::1]:80"):
        assert ask(server, "GET", "/", host=host)[0] == 200, host
    for host in ("evil.example", "localhost.evil.example", "192.168.1.7:8760", "127.0.0.1.nip.example", "[::1", ""):
        assert ask(server, "GET", "/", host=host or " ")[0] in (400, 403), host


def test_only_the_page_may_post(serving, tmp_path):
    server, body = serving(), pcm(np.zeros(160))
    for origin in (None, "null", "http://evil.example", "http://127.0.0.1:1", "http://localhost"):
        status, _, reply = ask(server, "POST", "/keep?kind=positive&rate=16000", body, origin=origin)
        assert status == 403 and "Only the page itself" in json.loads(reply)["error"]
    assert not (tmp_path / "recordings").exists()


def test_another_page_loads_nothing_of_it(serving):
    server = serving()
    for site, mode, status in (
        ("cross-site", "no-cors", 403),
        ("same-site", "cors", 403),
        ("cross-site", "navigate", 200),
        ("same-origin", "cors", 200),
        ("none", "no-cors", 200),
    ):
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}
        assert ask(server, "GET", "/model.json", origin=None, **headers)[0] == status, (site, mode)


def test_beyond_loopback_the_address_needs_a_token(serving):
    server = serving("0.0.0.0")
    assert len(server.base) >= 22 and server.url.endswith(server.base) and serving("0.0.0.0").base != server.base
    for path in ("/", "/model.json", "/wrong/model.json", server.base[:-2] + "/", server.base[:-1]):
        assert ask(server, "GET", path)[0] == 404, path
    assert ask(server, "POST", "/keep?kind=positive&rate=16000", pcm(np.zeros(160)))[0] == 404
    for host, status in (
        ("192.168.1.7:8760", 200),
        ("localhost:1", 200),
        ("[fe80::1]:8760", 200),
        ("evil.example", 403),
    ):
        assert ask(server, "GET", f"{server.base}model.json", host=host)[0] == status, host


def test_a_container_prints_the_address_outside(serving):
    server = serving("0.0.0.0", "my-machine.example")
    assert server.url == f"http://my-machine.example:{server.port}{server.base}" and len(server.base) >= 22
    assert ask(server, "GET", f"{server.base}model.json", host="my-machine.example:8760")[0] == 200


def test_it_detects_the_word_in_posted_sound(serving, three_calls):
    server, (path, ends) = serving(), three_calls
    sound = pcm(audio.resample(audio.read(path), 16_000, 48_000))
    moments = []
    for at in range(0, len(sound), 96_000):
        status, _, reply = ask(
            server, "POST", f"/hear?session=one&rate=48000&cutoff=0.9&at={at / 96_000}", sound[at : at + 96_000]
        )
        assert status == 200
        moments += json.loads(reply)["moments"]
    times = [time for time, _, _, detected, _ in moments if detected]
    assert times == pytest.approx(ends, abs=0.6)
    assert all(0.9 <= cutoff <= 0.99 for _, _, _, detected, cutoff in moments if detected)
    assert ask(server, "POST", "/hear?session=two&rate=48000&cutoff=0.9&at=100", sound[:96_000])[2].startswith(
        b'{"moments":[[100.0'
    )


@pytest.mark.parametrize(
    "query",
    [
        "rate=48000&cutoff=0.9&at=0",
        "session=a&rate=5&cutoff=0.9&at=0",
        "session=a&rate=x&cutoff=0.9&at=0",
        "session=a&rate=48000&cutoff=2&at=0",
        "session=a&rate=48000&cutoff=0.9&at=now",
    ],
)
def test_a_wrong_query_is_refused(serving, query):
    status, _, reply = ask(serving(), "POST", f"/hear?{query}", pcm(np.zeros(160)))
    assert status == 400 and json.loads(reply)["error"].startswith("hear: ")


def test_one_page_too_many_has_to_wait(serving, monkeypatch):
    monkeypatch.setattr(sessions, "MAX_SESSIONS", 1)
    server = serving()
    statuses = [
        ask(server, "POST", f"/hear?session={name}&rate=16000&cutoff=0.9&at=0", pcm(np.zeros(160)))[0] for name in "aab"
    ]
    assert statuses == [200, 200, 503]
    monkeypatch.setattr(sessions, "IDLE_S", 0.0)
    assert ask(server, "POST", "/hear?session=b&rate=16000&cutoff=0.9&at=0", pcm(np.zeros(160)))[0] == 200


def test_clips_are_kept_and_discarded(serving, tmp_path, capsys):
    server, tone = serving(), 0.5 * np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)
    status, _, reply = ask(server, "POST", "/keep?kind=negative&rate=48000", pcm(tone))
    kept = json.loads(reply)
    (path,) = (tmp_path / "recordings" / "negative").iterdir()
    assert status == 200 and kept["path"] == str(path) and audio.duration_s(path) == 1.0
    assert audio.rms(audio.read(path)) == pytest.approx(0.5 / np.sqrt(2), rel=0.01)
    for query in ("kind=other&rate=16000", "kind=../x&rate=16000", "rate=16000"):
        assert ask(server, "POST", f"/keep?{query}", pcm(tone))[0] == 400
    assert ask(server, "POST", "/keep?kind=positive&rate=16000")[0] == 400, "an empty clip"
    assert ask(server, "POST", "/discard?kind=negative&name=../../secret.wav")[0] == 400
    assert ask(server, "POST", f"/discard?kind=negative&name={kept['name']}")[0] == 200 and not path.exists()
