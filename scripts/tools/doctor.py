"""The self-test: is everything here that training needs, and does it work?

    python -m scripts.tools.doctor --data data --needs-mb 3000 --gpu auto

Prints a line for each check: ok, missing, failed, or - where it was not checked; below a failure, a sentence on what to
do. Exits with 1 only if something fails that the default settings need.
"""

import argparse
from pathlib import Path

from scripts.tools.checks import run_checks


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description="Check that everything that training needs is here and works.")
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR")
    parser.add_argument("--needs-mb", type=float, default=0, help="disk space the profile needs at its peak, in MB")
    parser.add_argument(
        "--cleaned-mb", type=float, default=0, help="the same with archives and raw files deleted once converted"
    )
    parser.add_argument("--gpu", choices=("auto", "on", "off"), default="auto")
    args = parser.parse_args(argv)
    failures = 0
    for check in run_checks(args.data, args.needs_mb, args.gpu, args.cleaned_mb):
        failures += check.fatal
        print(f"  {check.state:8}{check.name:20} {check.result}", flush=True)
        if check.advice:
            print(f"          {'' if check.needed else '(not needed for training) '}{check.advice}", flush=True)
    if failures:
        raise SystemExit(
            f"doctor: {failures} thing{'s' * (failures > 1)} to put right before training, as described above. Then: make doctor"
        )
    print("doctor: everything that training needs is here and works.")


if __name__ == "__main__":
    main()
