"""Fetch the source of the reference trainer, and accept it by its content alone.

    python -m scripts.model.microwakeword_source --origin https://github.com/kahrendt/microWakeWord/archive/COMMIT.zip \
        --tree 6b7bc6883bf4b1f9b6f43a99febf8acf3f17479f --out data/microwakeword/source

--origin is an address, an archive, or a folder with a clone. Its folder microwakeword must be, to the byte, the one of
the commit: git names a folder by a checksum of everything in it, and --tree is that name (git rev-parse
COMMIT:microwakeword). --out receives that folder alone.
"""

import argparse
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.core.files import publishing


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--origin", required=True, help="address, archive or clone")
    parser.add_argument("--tree", required=True, help="git's name of its folder microwakeword")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    from scripts.model.microwakeword_package import ADVICE, PACKAGE, find_package, name_tree

    with TemporaryDirectory() as scratch, publishing(args.out, directory=True) as part:
        package = find_package(args.origin, Path(scratch))
        if (tree := name_tree(package)) != args.tree:
            raise SystemExit(
                f"{args.origin} holds another microWakeWord: git names its folder {PACKAGE} {tree}, expected {args.tree}. "
                f"In a clone, check out the commit that scripts/model/microwakeword.mk names. {ADVICE}"
            )
        shutil.copytree(package, part / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    print(f"{args.out}: microWakeWord, as its commit has it")


if __name__ == "__main__":
    main()
