"""The trainings that the page starts: `make train` in sessions of their own, one after another.

    builds = Builds(data, ["make"])
    builds.add("hey buster.", "en", "quick")
    builds.tick()                   # starts the next one where none runs; the server calls it every second

A build goes on when the page is closed, and when the studio ends. What is known of each is kept in DATA_DIR/studio:
builds.json, and for each ID.log (what make printed) and ID.exit (its exit status; without it, it was stopped).
"""

import fcntl
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import psutil

from scripts.core.damaged import reading
from scripts.core.files import read_json, write_json
from scripts.studio.estimates import DEFAULTS, find_progress, measure_pace, read_headlines

PRESETS = {
    "quick": {"SAMPLES": "1000", "NEGATIVE_SAMPLES": "1000", "TRAINING_STEPS": "1500", "TEACHERS": "0"},
    "default": {},
    "thorough": {"SAMPLES": "8000", "NEGATIVE_SAMPLES": "8000"},
}
RECORD_EXIT = '"$@"; status=$?; echo $status >"$0.part" && mv "$0.part" "$0"'
COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
PATIENCE_S = 60  # for what make only plans
LOG_LINES = 400  # shown
TAIL_BYTES = 200_000


@dataclass
class Build:
    """One training: waiting, running, stopped, done or failed."""

    id: str
    word: str
    goal: list[str]  # what follows make
    slug: str
    settings: dict[str, str]  # those that take time, as they are in force
    headlines: list[str]
    state: str = "waiting"
    pid: int = 0
    born: float = 0.0  # when the process began: another one may get its number


def show_command(goal: Sequence[str]) -> str:
    """A line for the terminal, as a person would type it; settings of the make that runs the studio belong to it.

    >>> show_command(["train", "WORD=hey buster.", "SAMPLES=1000"])
    'make train WORD="hey buster." SAMPLES=1000'
    """
    named = {word.partition("=")[0] for word in goal}
    _, _, given = os.environ.get("MAKEFLAGS", "").partition("-- ")
    inherited = [word for word in shlex.split(given) if word.partition("=")[0] not in {*named, "HOST", "PORT", "WORD"}]
    quoted = []
    for word in [*goal, *inherited]:
        name, _, value = word.partition("=")
        plain = shlex.quote(word) == word
        quoted.append(word if plain else shlex.quote(word) if '"' in value else f'{name}="{value}"')
    return " ".join(["make", *quoted])


class Builds:
    """The queue, for the threads of a server. `make` is the program and what it always gets, `language` the
    language of words that name none."""

    def __init__(self, data: Path, make: Sequence[str], language: str = "en") -> None:
        self._folder, self._data, self._make, self.language = data / "studio", data, list(make), language
        self._lock = threading.RLock()
        self._children: dict[int, subprocess.Popen] = {}
        path = self._folder / "builds.json"
        self._builds: list[Build] = []
        if path.exists():
            with reading(path):
                self._builds = [Build(**each) for each in read_json(path, list)]

    # ---- what make says ----------------------------------------------------------------------------------------------

    def _environment(self) -> dict[str, str]:
        # make's settings travel on in MAKEFLAGS; its job server does not.
        flags = re.sub(r"(^|\s)(-j\d*|--jobserver\S+)", r"\1", os.environ.get("MAKEFLAGS", ""))
        return {**os.environ, "MAKEFLAGS": flags, "MAKELEVEL": "0", "NO_COLOR": "1"}

    def ask_make(self, *goal: str) -> str:
        """What make prints. ValueError with its sentence if it refuses."""
        try:
            ran = subprocess.run(
                [*self._make, *goal],
                capture_output=True,
                text=True,
                errors="replace",
                env=self._environment(),
                timeout=PATIENCE_S,
            )
        except subprocess.TimeoutExpired:
            raise ValueError(f"make did not answer within {PATIENCE_S} s: the machine is too busy.") from None
        if ran.returncode:
            said = (ran.stderr.strip() or ran.stdout.strip() or "make failed").splitlines()[0]
            raise ValueError(re.sub(r"^\S+:\d+: \*\*\* |\.?  ?Stop\.$", "", said))
        return ran.stdout

    def plan(self, word: str, language: str, preset: str) -> Build:
        """A build that is not in the queue yet, with the stages that it would run."""
        if preset not in PRESETS:
            raise ValueError(f"{preset!r} is no quality: expected one of {', '.join(PRESETS)}.")
        settings = ({} if language == self.language else {"LANGUAGE": language}) | PRESETS[preset]
        given = [f"WORD={word}", *(f"{name}={value}" for name, value in settings.items())]
        said = self.ask_make("print-SLUG", *(f"print-{name}" for name in DEFAULTS), *given)
        values = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
        return Build(
            datetime.now().strftime("%Y%m%d-%H%M%S-%f"),
            word,
            ["train", *given],
            values.pop("SLUG"),
            values,
            read_headlines(self.ask_make("-n", "train", *given)),
        )

    # ---- the queue ---------------------------------------------------------------------------------------------------

    def add(self, word: str, language: str, preset: str) -> Build:
        """Put a word at the end of the queue. ValueError in a sentence if make refuses it, or it is there already."""
        build = self.plan(word, language, preset)
        with self._lock:
            if any(each.slug == build.slug and each.state in ("waiting", "running") for each in self._builds):
                raise ValueError(f"{word!r} is in the queue already.")
            self._builds.append(build)
            self.tick()
        return build

    def tick(self) -> None:
        """See which builds have ended, and start the next where none runs."""
        with self._lock:
            before = [each.state for each in self._builds]
            for build in self._builds:
                if build.state == "running" and not self._is_alive(build):
                    status = self._path(build, "exit")
                    failed = status.exists() and status.read_text().strip() != "0"
                    build.state = "failed" if failed else "done" if status.exists() else "stopped"
            if not any(each.state == "running" for each in self._builds):
                following = next((each for each in self._builds if each.state == "waiting"), None)
                if following:
                    self._start(following)
            if before != [each.state for each in self._builds]:
                self._write()

    def stop(self, id: str) -> None:
        """Stop a build, or take it out of the queue; it can be continued."""
        with self._lock:
            build = self._find(id)
            if build.state == "running" and self._is_alive(build):
                os.killpg(build.pid, signal.SIGTERM)
            elif build.state == "waiting":
                build.state = "stopped"
                self._write()

    def go_on(self, id: str) -> None:
        """Put a build that was stopped or failed into the queue again. It goes on where it was."""
        with self._lock:
            build = self._find(id)
            if build.state in ("stopped", "failed"):
                build.state = "waiting"
                self._builds.remove(build)
                self._builds.append(build)
                self.tick()
                self._write()

    def remove(self, id: str) -> None:
        """Forget a build that does not run. What it made stays."""
        with self._lock:
            build = self._find(id)
            if build.state == "running":
                raise ValueError(f"{build.word!r} is being trained: stop it first.")
            self._builds.remove(build)
            for kind in ("log", "exit"):
                self._path(build, kind).unlink(missing_ok=True)
            self._write()

    def _find(self, id: str) -> Build:
        if not (found := [each for each in self._builds if each.id == id]):
            raise ValueError(f"there is no build {id}.")
        return found[0]

    def _path(self, build: Build, kind: str) -> Path:
        return self._folder / f"{build.id}.{kind}"

    def _start(self, build: Build) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._path(build, "exit").unlink(missing_ok=True)
        command = ["sh", "-c", RECORD_EXIT, str(self._path(build, "exit").absolute()), *self._make, *build.goal]
        with self._path(build, "log").open("wb") as log:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment(),
                start_new_session=True,
            )
        self._children[child.pid] = child
        build.state, build.pid, build.born = "running", child.pid, psutil.Process(child.pid).create_time()

    def _is_alive(self, build: Build) -> bool:
        if child := self._children.get(build.pid):
            return child.poll() is None
        try:
            process = psutil.Process(build.pid)
            return abs(process.create_time() - build.born) < 2 and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def _write(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        write_json(self._folder / "builds.json", [asdict(each) for each in self._builds])

    # ---- what the page shows -----------------------------------------------------------------------------------------

    def describe(self) -> list[dict]:
        """All builds for JSON, in the order of the queue."""
        pace = measure_pace(self._data) or 1.0
        with self._lock:
            return [self._describe(each, pace) for each in self._builds]

    def _describe(self, build: Build, pace: float) -> dict:
        lines = self._read_log(build)
        facts = {
            "id": build.id,
            "word": build.word,
            "slug": build.slug,
            "state": build.state,
            "command": show_command(build.goal),
            "log": "\n".join(lines[-LOG_LINES:]),
        }
        if build.state == "running":
            facts |= find_progress(lines, build.headlines, build.settings, pace)
        elif build.state == "failed":
            facts["why"] = next((line for line in reversed(lines) if line and not line.startswith("make")), "")
        return facts

    def _read_log(self, build: Build) -> list[str]:
        path = self._path(build, "log")
        if not path.exists():
            return []
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - TAIL_BYTES))
            text = log.read().decode(errors="replace")
        return [line.rpartition("\r")[2] for line in COLOURS.sub("", text).splitlines()]


@contextmanager
def hold_queue(data: Path) -> Iterator[None]:
    """Keep a second studio from the same queue meanwhile: SystemExit in it. The kernel lets go however this one ends."""
    (data / "studio").mkdir(parents=True, exist_ok=True)
    with (data / "studio/lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(f"A studio of {data} is running already: open its page, or end it with Ctrl-C.") from None
        except OSError:
            pass  # no locks on this file system
        yield


@contextmanager
def keep_ticking(builds: Builds, every_s: float = 2.0) -> Iterator[None]:
    """Start waiting builds meanwhile, whether or not a page is open."""
    over = threading.Event()

    def tick() -> None:
        while not over.wait(every_s):
            try:
                builds.tick()
            except OSError as error:  # a full disk, say; it may be mended while this runs
                print(f"The queue cannot go on: {error}", file=sys.stderr, flush=True)

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join()
