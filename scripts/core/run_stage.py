"""Run a stage: the terminal shows its messages, and a log file keeps its whole output.

    python -m scripts.core.run_stage --title "hey_buster: samples" --log data/work/hey_buster/samples.log \
        -m scripts.samples.speak_word --out data/work/hey_buster/samples ...

Lines that the stage prints go to both, in the file with the time. Output of C++ libraries, logging and warnings go only
to the file. A stage that fails ends with one sentence and the path of the log. A successful run's log is replaced by the
next run; logs of failed and interrupted runs are kept and appended to. Colours: on a terminal, unless NO_COLOR is set.

The stage runs in this process, so its exit status, Ctrl-C and signals behave as without the log.
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


def colour_text(text: str, colour: str, terminal) -> str:
    """`text` in a colour if it goes to a terminal that shows colours and NO_COLOR is not set."""
    plain = not terminal.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if plain else f"{colour}{text}{PLAIN}"


def make_room_for_line(terminal):
    """A context for writing a line to a terminal on which a progress bar may be drawn."""
    tqdm = sys.modules.get("tqdm")  # before a stage imports it, no bar is drawn
    return tqdm.tqdm.external_write_mode(file=sys.stderr.terminal) if tqdm and terminal.isatty() else nullcontext()


class Terminal(io.FileIO):
    """A terminal or pipe that may be closed while the stage runs (after disown); then output goes only to the log."""

    def write(self, data) -> int:
        try:
            return super().write(data)
        except OSError:
            devnull = os.open(os.devnull, os.O_WRONLY)
            os.dup2(devnull, self.fileno())
            os.close(devnull)
            return len(data)


class LoggedStream(io.TextIOBase):
    """Replaces sys.stdout or sys.stderr: complete lines go to the terminal and, with the time, into the log.

    Bars may be drawn on `terminal`; `note` writes only to the log. fileno() is the log's, for programs that the stage
    starts.
    """

    encoding = "utf-8"

    def __init__(self, terminal, log):
        self.terminal, self._log, self._unfinished = terminal, log, ""

    def write(self, text: str) -> int:
        *lines, self._unfinished = (self._unfinished + text).split("\n")
        for line in lines:
            self._write_line(line.rpartition("\r")[2])
        return len(text)

    def _write_line(self, line: str) -> None:
        self.note(line)
        is_warning = line.lower().startswith(("warning", "skipped"))
        shown = colour_text(line, YELLOW, self.terminal) if is_warning else line
        with make_room_for_line(self.terminal):
            print(shown, file=self.terminal, flush=True)

    def note(self, line: str) -> None:
        with suppress(OSError):  # the disk may be full; the stage reports that
            print(time.strftime("%H:%M:%S"), line, file=self._log, flush=True)

    def finish(self) -> None:
        """Write the last line if it has no line break."""
        if self._unfinished:
            self.write("\n")

    def flush(self) -> None:
        self.terminal.flush()

    def isatty(self) -> bool:
        return self.terminal.isatty()

    def fileno(self) -> int:
        return self._log.fileno()

    def writable(self) -> bool:
        return True


def open_log(path: Path):
    """Open the log at `path`, emptied if the run in it succeeded."""
    path.parent.mkdir(parents=True, exist_ok=True)
    succeeded = path.exists() and path.read_text(errors="replace").rstrip().rpartition("\n")[2].startswith(DONE)
    return path.open("w" if succeeded else "a", buffering=1, encoding="utf-8", errors="backslashreplace")


def describe_missing_permission(error: PermissionError) -> str:
    """A sentence about a file or directory of another user, with the remedy."""
    return (
        f"{error.filename}: {error.strerror}. If another user (or sudo) made it, take it back (sudo chown -R $(id -un) DATA_DIR), or name a "
        f"directory of yours (DATA_DIR=...), and type the same command again."
    )


def redirect_output(log) -> tuple[LoggedStream, LoggedStream]:
    """Send this process's output to the log; sys.stdout and sys.stderr also reach the terminal."""
    sys.stdout.flush()
    sys.stderr.flush()
    streams = []
    for descriptor in (1, 2):
        raw = io.BufferedWriter(Terminal(os.dup(descriptor), "w"))
        terminal = io.TextIOWrapper(raw, line_buffering=True, encoding="utf-8", errors="backslashreplace")
        os.dup2(log.fileno(), descriptor)
        streams.append(LoggedStream(terminal, log))
    sys.stdout, sys.stderr = streams
    logging.basicConfig(stream=log, format="%(asctime)s %(name)s: %(message)s", datefmt="%H:%M:%S")
    logging.captureWarnings(True)
    faulthandler.enable(log)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "0")
    return streams[0], streams[1]


def run(module: str, arguments: list[str], log) -> tuple[int, str]:
    """Run a module like `python -m`; return its exit status and, if it failed without printing why, the reason."""
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
            return 1, describe_missing_permission(error)
        if isinstance(error, MemoryError):
            return (
                1,
                f"There is not enough memory{f': {error}' * bool(str(error))}. Close other programs, lift the limit (ulimit -v), or set JOBS=1, and type the same command again.",
            )
        frames = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in frames if not re.search("^<|site-packages", frame.filename)]
        place = (ours or frames)[-1]
        return 1, f"{type(error).__name__}: {error} ({place.filename}, line {place.lineno})"
    return 0, ""


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--title", required=True, help="headline of the stage")
    parser.add_argument("--log", type=Path, required=True, help="the file that keeps the whole output")
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
        log = open_log(args.log)
    except PermissionError as error:
        raise SystemExit(describe_missing_permission(error)) from None
    print(f"== {args.title}, {time.strftime('%Y-%m-%d %H:%M:%S')}\n{' '.join(args.stage)}", file=log)
    print(
        colour_text(f"== {args.title}", BOLD, sys.stdout),
        colour_text(f"(log: {args.log})", DIM, sys.stdout),
        flush=True,
    )
    started = time.monotonic()
    out, err = redirect_output(log)
    try:
        status, reason = run(module, arguments, log)
    except KeyboardInterrupt:
        err.note("interrupted")
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)  # so that make sees it too
    out.finish()
    err.finish()
    if status == 0:
        print(f"{DONE} in {time.monotonic() - started:.1f} s", file=log)
        return 0
    if reason:
        err.note(reason)
        print(colour_text(reason, RED, err.terminal), file=err.terminal)
    print(f"{args.title}: failed. Its whole output: {args.log}", file=err.terminal, flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
