"""Measure each stage against the reference's own way to do it, and write the tables of docs/RESULTS.md.

    python -m scripts.bench.run --data data --tables "features startup" --out docs/RESULTS.md

Each table takes under ten minutes on two idle cores; --small does very little of everything, to see that it runs, and
writes nothing. On a busy machine only the ratios mean something.
"""

import argparse
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from scripts.bench.document import DOCUMENT, describe_run, write_table
from scripts.bench.inputs import find_trained_word
from scripts.bench.tables import TABLES, Bench

DEFAULT_MIX = "kokoro:45 piper:15 hibari:10 espeak:30"
REFERENCE_ONLY = {"features": "audiomentations", "conversion": "librosa"}


def check_packages(tables: list[str]) -> None:
    """SystemExit if a package is missing that only the reference uses, and which is in no lock."""
    missing = sorted(
        {REFERENCE_ONLY[name] for name in tables if name in REFERENCE_ONLY and not find_spec(REFERENCE_ONLY[name])}
    )
    if missing:
        raise SystemExit(
            f"BENCH={' '.join(tables)} compares with {' and '.join(missing)}, which nothing else needs and which is not installed. "
            f'Type: {sys.executable} -m pip install {" ".join(missing)}, or leave out what compares: make bench BENCH="samples training"'
        )


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR")
    parser.add_argument("--slug", default="", help="the trained word to work on; default: the first one")
    parser.add_argument("--tables", default=" ".join(TABLES), help=f"some of: {' '.join(TABLES)}")
    parser.add_argument("--mix", default=DEFAULT_MIX, help="VOICES")
    parser.add_argument("--out", type=Path, default=DOCUMENT, help="document whose tables are replaced")
    parser.add_argument("--small", action="store_true", help="very little of everything, nothing written")
    args = parser.parse_args(argv)
    names = args.tables.split()
    if unknown := sorted(set(names) - set(TABLES)):
        raise SystemExit(f"BENCH={args.tables}: there is no {' '.join(unknown)}; there are: {' '.join(TABLES)}")
    check_packages(names)
    data = args.data.resolve()
    slug = args.slug or find_trained_word(data)
    for name in names:
        with tempfile.TemporaryDirectory(dir=data) as work:
            try:
                table = TABLES[name](Bench(data, slug, Path(work), args.small, args.mix))
            except (RuntimeError, subprocess.SubprocessError) as error:
                raise SystemExit(f"bench: {name}: {error}") from None
        print(f"== {name}\n{table}", flush=True)
        if not args.small:
            write_table(args.out, name, f"{table}\n\n{describe_run()}")


if __name__ == "__main__":
    main()
