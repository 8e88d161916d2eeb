"""Start Dask's scheduler for `make worker` and whoever has work: on loopback, or with a certificate.

python -m scripts.cluster.scheduler --address tcp://127.0.0.1:8786 --data data
"""

import argparse
import os
import sys
from pathlib import Path

from scripts.core import cluster, contract
from scripts.core.address import DEFAULT_ADDRESS, Address, keys_of, parse_address, security

DASHBOARD_PORT = 8787


def tls_options(address: Address, data: Path) -> list[str]:
    """Options of Dask's programs for certificates."""
    security(address, data)  # refuses where there are none
    certificate, key = map(str, keys_of(data))
    names = {"--tls-ca-file": certificate, "--tls-cert": certificate, "--tls-key": key}
    return [text for pair in names.items() for text in pair] if address.kind == "tls" else []


def remote_address(text: str, what: str) -> Address:
    """An address for a program that others reach. SystemExit for local:N."""
    address = parse_address(text or DEFAULT_ADDRESS)
    if address.kind == "local":
        raise SystemExit(
            f"CLUSTER={address} needs no {what}: it is started with what uses it. Type: make words CLUSTER={address}"
        )
    return address


def start(module: str, options: list[str], address: Address) -> None:
    """Become one of Dask's programs."""
    environment = {
        f"DASK_DISTRIBUTED__SCHEDULER__{name.upper().replace('-', '_')}": value for name, value in settings()
    }
    if address.kind == "tls":
        environment["DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION"] = "True"
    os.environ.update(environment)
    os.execv(sys.executable, [sys.executable, "-m", module, *options])


def settings() -> list[tuple[str, str]]:
    """Dask's settings for our schedulers that the environment does not set."""
    return [(name.rpartition(".")[2], str(value)) for name, value in cluster.scheduler_settings().items()]


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", default="", help=f"where it listens; empty: {DEFAULT_ADDRESS}")
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR")
    parser.add_argument("--dashboard", type=int, default=DASHBOARD_PORT, help="port of its page, on loopback")
    args = parser.parse_args(argv)
    address = remote_address(args.address, "scheduler")
    contract.token(args.data)
    print(
        f"scheduler: at {address}, its page at http://127.0.0.1:{args.dashboard}/info/main/workers.html (on loopback alone). "
        f"Workers: make worker CLUSTER={address}. It ends with Ctrl-C",
        flush=True,
    )
    options = ["--host", address.host, "--port", str(address.port), "--protocol", address.kind]
    options += ["--dashboard-address", f"127.0.0.1:{args.dashboard}", *tls_options(address, args.data)]
    start("distributed.cli.dask_scheduler", options, address)


if __name__ == "__main__":
    main()
