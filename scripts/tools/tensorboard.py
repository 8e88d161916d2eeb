"""Start TensorBoard on all trainings there are, side by side: the published ones, and what is in work.

python -m scripts.tools.tensorboard --data data --host 127.0.0.1 --port 8760
"""

import argparse
import os
import sys
from pathlib import Path

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def runs(data: Path) -> dict[str, Path]:
    """Event directories by the name they are shown under; work that is published already is shown once."""
    found, published = {}, set()
    for logs in sorted(data.glob("output/*/tensorboard")):
        if not logs.parent.is_symlink():
            found[logs.parent.name] = logs
            published.add(frozenset(os.listdir(logs)))
    for logs in sorted(data.glob("work/*/model/tensorboard")):
        if frozenset(os.listdir(logs)) not in published:
            found[f"in work - {logs.parents[1].name}"] = logs
    return found


def command(found: dict[str, Path], host: str, port: int) -> list[str]:
    """The command line of TensorBoard for some runs."""
    spec = ",".join(f"{name}:{path}" for name, path in found.items())
    return [sys.executable, "-m", "tensorboard.main", "--logdir_spec", spec, "--host", host, "--port", str(port)]


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description="Start TensorBoard on all trainings below DATA.")
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    parser.add_argument("--port", type=int, default=8760)
    args = parser.parse_args(argv)
    if not (found := runs(args.data)):
        raise SystemExit(f'tensorboard: no training has begun below {args.data} yet. Run: make train WORD="..."')
    served_at = os.environ.get("WAKEMAKE_SERVED_AT") or args.host  # a container does not know by itself
    print(
        f"{len(found)} training{'s' * (len(found) != 1)}: {', '.join(found)}\nOpen http://{served_at}:{args.port} in a browser; Ctrl-C ends it. "
        "A training that begins later is shown after a new start."
    )
    if served_at not in LOOPBACK:
        print(f"warning: TensorBoard asks nobody for a password, and {served_at} is more than this machine")
    sys.stdout.flush()
    os.execve(
        sys.executable,
        command(found, args.host, args.port),
        {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"},
    )


if __name__ == "__main__":
    main()
