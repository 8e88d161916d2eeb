"""The newest published model of a word, as `make report` and `make summary` ask for it."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Newest:
    """A word's newest published directory, and its work."""

    slug: str
    directory: Path  # the link output/SLUG
    work: Path


def parse_newest(description: str, argv: list[str] | None) -> Newest:
    """The newest model of the word named on the command line. SystemExit if none is published."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR")
    parser.add_argument("--slug", required=True, help="the word's name in paths")
    args = parser.parse_args(argv)
    link = args.data / "output" / args.slug
    if not (link / "build.json").exists():
        raise SystemExit(
            f"No model of this word has been published yet ({link} is missing). "
            f'Type: make train WORD="{os.environ.get("WORD") or "..."}"'
        )
    return Newest(args.slug, link, args.data / "work" / args.slug)


def show_path(path: Path) -> str:
    """A path as one would type it here: relative if it is below the current directory."""
    absolute = Path(os.path.abspath(path))
    return str(absolute.relative_to(Path.cwd())) if absolute.is_relative_to(Path.cwd()) else str(absolute)
