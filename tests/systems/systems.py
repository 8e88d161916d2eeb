"""The systems that `make test-systems` builds: from which Debian release, and what is done to its tree.

What a machine of another kind lacks, has more of or has otherwise is done to a Debian tree, for a tree is quickly made
of Debian's packages and of no other's. `prepare(root)` does it, as root, once the README's own lines are done.
"""
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def nothing(root: Path) -> None:
    """A system as its release has it."""


@dataclass(frozen=True)
class System:
    release: str                                    # Debian's name for what the tree is made of
    what: str                                       # what it stands for, as a document says it
    prepare: Callable[[Path], None] = nothing


SYSTEMS = {
    "debian12": System("bookworm", "Debian 12"),
    "debian13": System("trixie", "Debian 13"),
    "sid": System("sid", "Debian sid"),
}
