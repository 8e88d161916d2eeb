"""What the tests of fetching share: data that a host has, and the stage itself."""

import hashlib
import json
from pathlib import Path

from scripts.datasets import fetch

DATA = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(DATA).hexdigest()


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def main(out: Path, *pairs: tuple[str, str], more: tuple = ()) -> list[dict]:
    arguments = ["--name", "some", "--out", str(out), *more]
    for source, sha256 in pairs:
        arguments += ["--package", source, "--sha256", sha256]
    fetch.main(arguments)
    return json.loads((out / "fetched.json").read_text())
