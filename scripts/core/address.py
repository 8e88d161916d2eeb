"""CLUSTER as typed: where workers are, and how a connection to them is kept from others.

Whoever reaches a scheduler's port can have its workers run anything. So tcp:// is for this machine alone (or a tunnel to
it), and tls:// for others, with the certificate that `make cluster-keys` makes below DATA_DIR.
"""

import ipaddress
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEFAULT_ADDRESS, DEFAULT_PORT = "tcp://127.0.0.1:8786", 8786


@dataclass(frozen=True)
class Address:
    """Where workers are found: kind is local, tcp or tls; local has `workers`, the others host and port."""

    kind: str
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    workers: int = 0

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"local:{self.workers}" if self.kind == "local" else f"{self.kind}://{host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """Whether nobody but this machine can reach it."""
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse_address(text: str) -> Address:
    """CLUSTER as typed. SystemExit with a sentence where it is none, or not safe.

    >>> parse_address("local:4"), str(parse_address("tls://head"))
    (Address(kind='local', host='127.0.0.1', port=8786, workers=4), 'tls://head:8786')
    """
    if found := re.fullmatch(r"local:([1-9]\d{0,3})", text):
        return Address("local", workers=int(found[1]))
    found = re.fullmatch(r"(tcp|tls)://(\[[0-9A-Fa-f:]+\]|[\w.-]+)(?::(\d{1,5}))?/?", text)
    if not found or int(found[3] or 1) > 65535:
        raise SystemExit(
            f"CLUSTER={text} is no address: write local:4 (four processes here), {DEFAULT_ADDRESS}, or tls://machine:{DEFAULT_PORT}"
        )
    address = Address(found[1], found[2].strip("[]"), int(found[3] or DEFAULT_PORT))
    if address.kind == "tcp" and not address.loopback and os.environ.get("CLUSTER_INSECURE") != "1":
        raise SystemExit(
            f"CLUSTER={address} is refused: whoever reaches that port can run programs on all workers, as you. Use tls://{address.host}:"
            f"{address.port} (make cluster-keys), or a tunnel (ssh -L {address.port}:127.0.0.1:{address.port} {address.host}) and {DEFAULT_ADDRESS}; "
            "in a network where you trust everybody, CLUSTER_INSECURE=1"
        )
    return address


def keys_of(data: Path) -> tuple[Path, Path]:
    """Certificate and key for tls://."""
    return data / "cluster" / "keys" / "certificate.pem", data / "cluster" / "keys" / "key.pem"


def security(address: Address, data: Path) -> Any:
    """Dask's Security for an address; None where there is none. SystemExit where keys are missing."""
    from distributed.security import Security

    if address.kind != "tls":
        return None
    certificate, key = keys_of(data)
    if not (certificate.is_file() and key.is_file()):
        raise SystemExit(
            f"{address} needs a certificate, and {certificate} is not there. Type: make cluster-keys, once; all machines read it from their DATA_DIR"
        )
    sides = {
        f"tls_{who}_{what}": str(path)
        for who in ("client", "worker", "scheduler")
        for what, path in (("cert", certificate), ("key", key))
    }
    return Security(tls_ca_file=str(certificate), require_encryption=True, **sides)
