"""Convert an extracted voice package into files that the sample stage loads: DATA_DIR/datasets/NAME/voice/.

    python -m scripts.datasets.convert_voices --name voice_kokoro --raw data/datasets/voice_kokoro/raw \\
        --out data/datasets/voice_kokoro/voice
"""

import argparse
from pathlib import Path

from scripts.core.files import building, publishing


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True, help="words_frequent, or voice_NAME")
    parser.add_argument("--raw", type=Path, required=True, help="extracted packages")
    parser.add_argument("--out", type=Path, required=True, help="directory to publish")
    args = parser.parse_args(argv)
    from scripts.datasets.voice_converters import CONVERTERS, convert_listed_piper

    with building(args.out, args.name) as needed:
        if not needed:
            return
        with publishing(args.out, directory=True) as part:
            try:
                CONVERTERS.get(args.name, convert_listed_piper)(args.raw, part)
            except ValueError as error:
                raise SystemExit(
                    f"{args.name} cannot be converted: {error}. Delete {args.raw.parent} and type the same command to "
                    "fetch it again; a voice that still fails can be left out of VOICES."
                ) from error


if __name__ == "__main__":
    main()
