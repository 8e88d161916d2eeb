"""Run a stage so that a person can follow it: the terminal shows what the stage says, a file keeps everything.

    python -m scripts.core.run_stage --title "hey_buster: samples" --log data/work/hey_buster/samples.log \
        -m scripts.samples.speak_word --out data/work/hey_buster/samples ...

What the stage prints goes to both, with the time in the file. What libraries write past Python (TensorFlow's C++), log
or warn of goes to the file only. A stage that fails ends with its sentence, and with where the file is. A log begins
anew once the run in it was whole; what was interrupted or failed before stays in it. Colours: on a terminal, without
NO_COLOR.

The stage runs in this very process, so its exit status, Ctrl-C and a kill reach it, and make, as if nothing were
between.
"""

import argparse
import faulthandler
import io
import logging
import os
import re
import runpy
import signal
import sys
import time
import traceback
from contextlib import nullcontext, suppress
from pathlib import Path

from scripts.core.damaged import is_disk_full

BOLD, DIM, RED, YELLOW, PLAIN = "\033[1m", "\033[2m", "\033[31m", "\033[33m", "\033[0m"
DONE = "== done"


def painted(text: str, colour: str, terminal) -> str:
    """`text` in a colour, where the reader has said nothing against it and is no file."""
    plain = not terminal.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if plain else f"{colour}{text}{PLAIN}"


def above_the_bar(terminal):
    """A context in which a bar, where one is drawn, makes room for a line on the terminal."""
    tqdm = sys.modules.get("tqdm")  # before a stage imports it, no bar is drawn
    return tqdm.tqdm.external_write_mode(file=sys.stderr.terminal) if tqdm and terminal.isatty() else nullcontext()


class Terminal(io.FileIO):
    """A terminal that may be closed (under disown) or a pipe that nobody reads: the log still takes everything, and
    work goes on."""

    def write(self, data) -> int:
        try:
            return super().write(data)
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return len(data)


class Voice(io.TextIOBase):
    """Stands in for sys.stdout or sys.stderr: whole lines go to the terminal and, with the time, into the log.

    `terminal` is where bars may be drawn, `note` writes to the log alone, and fileno() is the log's, for programs it
    starts.
    """

    encoding = "utf-8"

    def __init__(self, terminal, log):
        self.terminal, self._log, self._begun = terminal, log, ""

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._say(line.rpartition("\r")[2])
        return len(text)

    def _say(self, line: str) -> None:
        self.note(line)
        warns = line.lower().startswith(("warning", "skipped"))
        shown = painted(line, YELLOW, self.terminal) if warns else line
        with above_the_bar(self.terminal):
            print(shown, file=self.terminal, flush=True)

    def note(self, line: str) -> None:
        with suppress(OSError):  # the disk may be full, and that is not the log's to say
            print(time.strftime("%H:%M:%S"), line, file=self._log, flush=True)

    def finish(self) -> None:
        """Say what no line break has ended."""
        if self._begun:
            self.write("\n")

    def flush(self) -> None:
        self.terminal.flush()

    def isatty(self) -> bool:
        return self.terminal.isatty()

    def fileno(self) -> int:
        return self._log.fileno()

    def writable(self) -> bool:
        return True


def opened(path: Path):
    """The log at `path`, emptied if the run in it was whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.exists() and path.read_text(errors="replace").rstrip().rpartition("\n")[2].startswith(DONE)
    return path.open("w" if whole else "a", buffering=1, encoding="utf-8", errors="backslashreplace")


def not_permitted(error: PermissionError) -> str:
    """What to do about a file or directory that is somebody else's."""
    return (
        f"{error.filename}: {error.strerror}. If another user (or sudo) made it, take it back (sudo chown -R $(id -un) DATA_DIR), or name a "
        f"directory of yours (DATA_DIR=...), and type the same command again."
    )


def take_over(log) -> tuple[Voice, Voice]:
    """Send this process's output to the log, and give it voices that reach the terminal too."""
    sys.stdout.flush()
    sys.stderr.flush()
    voices = []
    for descriptor in (1, 2):
        raw = io.BufferedWriter(Terminal(os.dup(descriptor), "w"))
        terminal = io.TextIOWrapper(raw, line_buffering=True, encoding="utf-8", errors="backslashreplace")
        os.dup2(log.fileno(), descriptor)
        voices.append(Voice(terminal, log))
    sys.stdout, sys.stderr = voices
    logging.basicConfig(stream=log, format="%(asctime)s %(name)s: %(message)s", datefmt="%H:%M:%S")
    logging.captureWarnings(True)
    faulthandler.enable(log)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "0")
    return voices[0], voices[1]


def run(module: str, arguments: list[str], log) -> tuple[int, str]:
    """Run a module as `python -m` would; return its exit status, and why it failed as a sentence ("": it did not, or
    said so)."""
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if isinstance(end.code, str):
            return 1, end.code
        return end.code or 0, ""
    except Exception as error:
        if is_disk_full(error):
            return 1, (
                f"The disk of {Path(log.name).parent} is full. Make room or name a larger one (DATA_DIR=/a/larger/disk), and type the same "
                f"command again."
            )
        with suppress(OSError):
            traceback.print_exc(file=log)
        if isinstance(error, PermissionError) and error.filename:
            return 1, not_permitted(error)
        if isinstance(error, MemoryError):
            return (
                1,
                f"There is not enough memory{f': {error}' * bool(str(error))}. Close other programs, lift the limit (ulimit -v), or set JOBS=1, and type the same command again.",
            )
        frames = traceback.extract_tb(error.__traceback__)
        place = [frames[-1], *(frame for frame in frames if not re.search("^<|site-packages", frame.filename))][
            -1
        ]  # in our own code
        return 1, f"{type(error).__name__}: {error} ({place.filename}, line {place.lineno})"
    return 0, ""


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--title", required=True, help="what the stage is, for people")
    parser.add_argument("--log", type=Path, required=True, help="the file that keeps everything")
    parser.add_argument(
        "-m",
        nargs=argparse.REMAINDER,
        required=True,
        metavar="MODULE ...",
        dest="stage",
        help="the stage and its arguments",
    )
    args = parser.parse_args(argv)
    module, *arguments = args.stage

    try:
        log = opened(args.log)
    except PermissionError as error:
        raise SystemExit(not_permitted(error)) from None
    print(f"== {args.title}, {time.strftime('%Y-%m-%d %H:%M:%S')}\n{' '.join(args.stage)}", file=log)
    print(painted(f"== {args.title}", BOLD, sys.stdout), painted(f"(log: {args.log})", DIM, sys.stdout), flush=True)
    started = time.monotonic()
    out, err = take_over(log)
    try:
        status, why = run(module, arguments, log)
    except KeyboardInterrupt:
        err.note("interrupted")
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)  # so that make, too, sees what ended it
    out.finish()
    err.finish()
    if status == 0:
        print(f"{DONE} in {time.monotonic() - started:.1f} s", file=log)
        return 0
    if why:
        err.note(why)
        print(painted(why, RED, err.terminal), file=err.terminal)
    print(f"{args.title}: failed. Everything it said: {args.log}", file=err.terminal, flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
