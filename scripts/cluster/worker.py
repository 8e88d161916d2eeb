"""Start Dask's workers: processes of one thread each, which say what they are, and wait for work from a scheduler.

    python -m scripts.cluster.worker --address tcp://127.0.0.1:8786 --data data --jobs 4 --make make

A process does one item of a stage at a time, or trains one word with JOBS=1.
"""

import argparse
import json
import os
import platform
import secrets
from pathlib import Path

from scripts.cluster.scheduler import remote_address, start, tls_options
from scripts.core import cluster, contract
from scripts.core.address import DEFAULT_ADDRESS

HOW = "WAKEMAKE_WORKER"  # how make is called on this machine, for scripts.cluster.task


def how_to_make(make: str, data: str, given: list[str]) -> str:
    """What a worker of this machine has to know to run make."""
    return json.dumps({"make": make, "data": data, "given": given})


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", default="", help=f"of the scheduler; empty: {DEFAULT_ADDRESS}")
    parser.add_argument("--data", required=True, help="DATA_DIR, which all machines share")
    parser.add_argument("--jobs", type=int, required=True, help="how many processes")
    parser.add_argument("--make", required=True, help="what GNU make is called here")
    parser.add_argument("--given", action="append", default=[], metavar="NAME=VALUE", help="a setting of this machine")
    args = parser.parse_args(argv)
    address = remote_address(args.address, "worker")
    said = {**contract.facts(Path(args.data)), "processor": contract.processor()}
    name = f"{platform.node()}-{secrets.token_hex(3)}"  # no number of a process: in each container it is 1
    print(
        f"worker: {name}, {args.jobs} processes for {address}; {' '.join(f'{key} {value}' for key, value in said.items())}",
        flush=True,
    )
    os.environ[HOW] = how_to_make(args.make, args.data, args.given)
    os.environ["DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE"] = "False"
    os.environ["DASK_DISTRIBUTED__WORKER__DAEMON"] = "False"  # some items start a process of their own
    options = [str(address), "--nworkers", str(args.jobs), "--nthreads", "1", "--name", name, "--memory-limit", "0"]
    options += ["--resources", " ".join(f"{key}={value}" for key, value in contract.resources(said).items())]
    options += ["--dashboard-address", "127.0.0.1:0", "--local-directory", cluster.scratch()]
    options += ["--host", "127.0.0.1"] if address.loopback else []
    start("distributed.cli.dask_worker", [*options, *tls_options(address, Path(args.data))], address)


if __name__ == "__main__":
    main()
