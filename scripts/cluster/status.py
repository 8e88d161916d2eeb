"""Which workers a scheduler has, what each is and does, and where its page is.

python -m scripts.cluster.status --address tcp://127.0.0.1:8786 --data data
"""

import argparse
from pathlib import Path

from scripts.cluster.scheduler import remote_address
from scripts.core import cluster, contract
from scripts.core.address import DEFAULT_ADDRESS


def line(worker: dict, ours: dict[str, str], keys: list[str]) -> str:
    """A worker in a line."""
    facts = contract.facts_of(worker)
    why = contract.differences(ours, facts)
    said = " ".join(f"{name} {facts[name]}" for name in ("commit", "lock", "python", "processor") if name in facts)
    does = f"gets no work: {why}" if why else f"works on {', '.join(map(str, keys))}" if keys else "waits"
    return f"{worker['name']} ({worker['host']}): {said}; {does}"


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", default="", help=f"of the scheduler; empty: {DEFAULT_ADDRESS}")
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR")
    args = parser.parse_args(argv)
    address = remote_address(args.address, "status")
    with cluster.connect(str(address), args.data, wait=False) as connected:
        workers, does = connected.workers(), connected.client.processing()
        page = connected.client.scheduler_info()["services"].get("dashboard")
        cores = sum(worker["nthreads"] for worker in workers.values())
        print(
            f"scheduler {address}: {len(workers)} workers, {cores} cores; here commit {connected.ours['commit']}, lock {connected.ours['lock']}"
        )
        for at, worker in sorted(workers.items(), key=lambda pair: str(pair[1]["name"])):
            print("  " + line(worker, connected.ours, list(does.get(at, ()))))
        if page:
            print(
                f"its page: http://127.0.0.1:{page}/info/main/workers.html on the scheduler's machine (ssh -L {page}:127.0.0.1:{page} {address.host})"
            )


if __name__ == "__main__":
    main()
