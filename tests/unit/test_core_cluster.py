"""Addresses of workers: what is safe, and sentences for what is not. The tests of workers at work are in tests/cluster."""

import pytest

from scripts.core import contract
from scripts.core.address import parse_address, security


@pytest.mark.parametrize(
    "text, kind, host, port",
    [
        ("tcp://127.0.0.1:8786", "tcp", "127.0.0.1", 8786),
        ("tcp://localhost", "tcp", "localhost", 8786),
        ("tcp://[::1]:99", "tcp", "::1", 99),
        ("tls://head.example:1234/", "tls", "head.example", 1234),
    ],
)
def test_addresses(text, kind, host, port):
    address = parse_address(text)
    assert (address.kind, address.host, address.port) == (kind, host, port)
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    "text", ["", "local", "local:0", "http://x:1", "tcp://", "tcp://x:99999", "tcp://x y:1", "8786"]
)
def test_what_is_no_address(text):
    with pytest.raises(SystemExit, match="is no address: write local:4"):
        parse_address(text)


@pytest.mark.parametrize("host", ["10.0.0.1", "head", "0.0.0.0", "127.example.org", "[2001:db8::1]"])
def test_tcp_to_another_machine_is_refused_unless_asked_for(host, monkeypatch):
    monkeypatch.delenv("CLUSTER_INSECURE", raising=False)
    with pytest.raises(
        SystemExit, match="is refused: whoever reaches that port can run programs on all workers, as you"
    ):
        parse_address(f"tcp://{host}:8786")
    parse_address(f"tls://{host}:8786")
    monkeypatch.setenv("CLUSTER_INSECURE", "1")
    assert not parse_address(f"tcp://{host}:8786").loopback


def test_the_token_is_written_once_and_tells_directories_apart(tmp_path):
    first, second = contract.token(tmp_path / "a"), contract.token(tmp_path / "b")
    assert first == contract.token(tmp_path / "a") != second
    assert [path.name for path in (tmp_path / "a/cluster").iterdir()] == ["token"]


def test_facts_differ_with_what_they_are_of(tmp_path, monkeypatch):
    facts = contract.facts(tmp_path)
    assert set(facts) == set(contract.WAY_OUT)
    assert contract.facts(tmp_path) == facts
    assert contract.facts(tmp_path / "other")["data"] != facts["data"]
    assert contract.facts_of({"resources": {**contract.resources(facts), "GPU": 1}}) == facts


def test_tls_without_a_certificate_says_how_to_make_one(tmp_path):
    pytest.importorskip("distributed")
    with pytest.raises(SystemExit, match="make cluster-keys"):
        security(parse_address("tls://head:1"), tmp_path)
