"""A studio for the tests of its pages, whose make is a stand-in: it plans two stages and publishes the official "alexa"."""

import threading
from contextlib import contextmanager
from pathlib import Path

from scripts.live.server import Server
from scripts.studio.app import Studio, is_model_file, make_app
from scripts.studio.builds import Builds

MAKE = """#!/bin/sh
case "$*" in
  *refused*) echo "Makefile:1: *** WORD=\\"refused\\": no voice reads it.  Stop." >&2; exit 2 ;;
  *print-SLUG*) echo SLUG=alexa; for each; do case "$each" in *=*) echo "$each" ;; esac; done ;;
  *-n*) for stage in samples train; do echo "python -m scripts.core.run_stage --title 'alexa: $stage' --log x"; done ;;
  *)
    echo "== alexa: samples (log: x)"
    echo "speak: 500/1000 clips (10.0/s)"
    until [ -e HERE/go ]; do sleep 0.1; done
    echo "== alexa: train (log: x)" ;;
esac
"""


@contextmanager
def serving(data: Path, here: Path):
    """The address of a studio of `data`; its trainings end once the file `go` is in `here`."""
    make = here / "make"
    make.write_text(MAKE.replace("HERE", str(here)))
    make.chmod(0o755)
    studio = Studio(data, Builds(data, [str(make)]))
    server = Server(make_app(studio), open_paths=is_model_file)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server.url
    (here / "go").touch()
    server.should_exit = True
    thread.join()
