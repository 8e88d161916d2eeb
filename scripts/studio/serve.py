"""Serve the studio: pages on which a phrase is chosen, trained, looked at, tried and put on a device.

    python -m scripts.studio.serve --data data --make make          # then open the address it prints

Trainings are `make train`, in sessions of their own: they go on when the page or this process is closed.
WAKEMAKE_SERVED_AT is the address at which a container's page is reached.
"""

import argparse
from pathlib import Path

from scripts.live.published import PORT


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description="Serve pages that lead from a phrase to a device.")
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR")
    parser.add_argument("--make", default="make", help="the make that trains")
    parser.add_argument("--language", default="en", help="the language that is chosen at first")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen at; any but the loopback one needs the token it prints"
    )
    parser.add_argument("--port", type=int, default=PORT, help="0: any free one")
    args = parser.parse_args(argv)

    from scripts.live.server import run_server
    from scripts.studio.app import Studio, is_model_file, make_app
    from scripts.studio.builds import Builds, hold_queue, keep_ticking

    with hold_queue(args.data), keep_ticking(builds := Builds(args.data, [args.make], args.language)):
        app = make_app(Studio(args.data, builds))
        run_server(app, args.host, args.port, "The studio: open", open_paths=is_model_file)


if __name__ == "__main__":
    main()
