"""One training of a file of words: the make that does it, and what of it happens in a DATA_DIR of its seed.

Run before there is an environment, so this keeps to the standard library.
"""

import fcntl
import os
from dataclasses import dataclass, field
from pathlib import Path

from scripts.cluster.seeds import home_of, link_datasets, share_common
from scripts.cluster.words_file import Entry
from scripts.core.locks import Locks, list_shared_locks


@dataclass(frozen=True)
class Builder:
    """How make is called here: its name, DATA_DIR as typed, and the settings that hold for all words."""

    make: str
    data: str
    given: list[str] = field(default_factory=list)  # NAME=VALUE, without DATA_DIR

    def shared(self, entry: Entry) -> list[str]:
        """The command that makes what all words of the entry's language share."""
        language = [f"LANGUAGE={entry.settings['LANGUAGE']}"] if "LANGUAGE" in entry.settings else []
        return [self.make, "common", *self.given, *language, f"DATA_DIR={self.data}"]

    def prepare_seed(self, seed: str) -> list[str]:
        """Link the datasets of the main DATA_DIR into a seed's; the command that makes what depends on the seed."""
        home = home_of(self.data, seed)
        link_datasets(Path(self.data), Path(home))
        return [self.make, "datasets", *self.given, f"SEED={seed}", f"DATA_DIR={home}", *self.python()]

    def python_path(self) -> str:
        """The Python of the main DATA_DIR's environment, or one of one's own."""
        named = [text.removeprefix("PYTHON=") for text in self.given if text.startswith("PYTHON=")]
        return named[-1] if named else f"{self.data}/venv/bin/python"

    def python(self) -> list[str]:
        """That Python, for a DATA_DIR without one."""
        return [f"PYTHON={self.python_path()}"]

    def train(self, entry: Entry) -> list[str]:
        """The command that trains one word."""
        settings = [f"{name}={value}" for name, value in entry.settings.items()]
        command = [self.make, "train", *self.given, f"WORD={entry.word}", *settings]
        if not entry.seed:
            return [*command, f"DATA_DIR={self.data}"]
        home = Path(home_of(self.data, entry.seed))
        stamps = share_common(home, Path(self.data), entry.slug)
        old = [text for stamp in stamps for text in ("-o", str(stamp))]
        return [*command, f"DATA_DIR={home}", *self.python(), *old]


def hold_locks(data: str, entry: Entry) -> dict[str, str]:
    """The environment of a make that trains the entry. That of another seed takes no locks of its own, since
    -o would not reach the second make, which takes them; so they are taken here, and held until this process ends."""
    if not entry.seed:
        return {**os.environ}
    home, locks = home_of(data, entry.seed), Locks()
    locks.hold(f"{os.path.realpath(home)}/locks/word-{entry.slug}", fcntl.LOCK_EX, entry.name)
    for path in list_shared_locks(data):
        locks.hold(path, fcntl.LOCK_SH, f"what all words in {data} share")
    return locks.make_environment(home)
