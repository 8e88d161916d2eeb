"""Bring the source of the reference trainer here, and believe nothing but its content.

    python -m scripts.model.microwakeword_source --origin https://github.com/kahrendt/microWakeWord/archive/COMMIT.zip \
        --tree 6b7bc6883bf4b1f9b6f43a99febf8acf3f17479f --out data/microwakeword/source

--origin is an address, an archive, or a folder with a clone. Whichever it is, its folder microwakeword must be, to the
byte, the one of that commit: git names a folder by a checksum of all that is in it, and --tree is that name
(git rev-parse COMMIT:microwakeword). OUT gets that folder alone.
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
    options = parser.parse_args(argv)
    from scripts.model.microwakeword_package import ADVICE, PACKAGE, package_in, tree_name

    with TemporaryDirectory() as scratch, publishing(options.out, directory=True) as part:
        package = package_in(options.origin, Path(scratch))
        if (found := tree_name(package)) != options.tree:
            raise SystemExit(
                f"{options.origin} holds another microWakeWord: git names its folder {PACKAGE} {found}, expected {options.tree}. "
                f"In a clone, check out the commit that scripts/model/microwakeword.mk names. {ADVICE}"
            )
        shutil.copytree(package, part / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    print(f"{options.out}: microWakeWord, just as its commit has it")


if __name__ == "__main__":
    main()
