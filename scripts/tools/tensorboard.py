"""Start TensorBoard on all trainings, side by side: the published ones, and those in work.

python -m scripts.tools.tensorboard --data data --host 127.0.0.1 --port 8760
"""

import argparse
import os
import sys
from pathlib import Path

from scripts.live.published import LOOPBACK, PORT


def find_runs(data: Path) -> dict[str, Path]:
    """Event directories by the name they are shown under; work that is published is shown once."""
    runs, published = {}, set()
    for logs in sorted(data.glob("output/*/tensorboard")):
        if not logs.parent.is_symlink():
            runs[logs.parent.name] = logs
            published.add(frozenset(os.listdir(logs)))
    for logs in sorted(data.glob("work/*/model/tensorboard")):
        if frozenset(os.listdir(logs)) not in published:
            runs[f"in work - {logs.parents[1].name}"] = logs
    return runs


def build_command(runs: dict[str, Path], host: str, port: int) -> list[str]:
    """The command line that starts TensorBoard on these runs."""
    spec = ",".join(f"{name}:{path}" for name, path in runs.items())
    return [sys.executable, "-m", "tensorboard.main", "--logdir_spec", spec, "--host", host, "--port", str(port)]


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description="Start TensorBoard on all trainings below DATA.")
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    parser.add_argument("--port", type=int, default=PORT)
    args = parser.parse_args(argv)
    if not (runs := find_runs(args.data)):
        raise SystemExit(f'tensorboard: there is no training below {args.data} yet. Type: make train WORD="..."')
    served_at = os.environ.get("WAKEMAKE_SERVED_AT") or args.host  # a container does not know its own address
    print(
        f"{len(runs)} training{'s' * (len(runs) != 1)}: {', '.join(runs)}\nIt will answer at http://{served_at}:{args.port} in some seconds; Ctrl-C ends it. "
        "A training that begins later is shown after a restart."
    )
    if served_at not in LOOPBACK:
        print(f"warning: TensorBoard has no password, and other machines can reach {served_at}")
    sys.stdout.flush()
    os.execve(
        sys.executable,
        build_command(runs, args.host, args.port),
        {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"},
    )


if __name__ == "__main__":
    main()
