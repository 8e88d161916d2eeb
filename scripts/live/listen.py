"""Listen to this machine's microphone with a published model. Ctrl-C ends it.

    python -m scripts.live.listen --data data --slug hey_buster

--file plays a recording instead, as fast as the machine can.
"""

import sys
from pathlib import Path

from scripts.live.published import build_parser, find_published, read_cutoff_option


def main(argv=None) -> None:
    parser = build_parser("Listen to the microphone with a published model.")
    parser.add_argument("--file", type=Path, help="a recording to play instead of the microphone")
    args = parser.parse_args(argv)
    published, cutoff = find_published(args.data, args.slug, args.word), read_cutoff_option(args.cutoff)
    from scripts.live.display import Display, listen, open_blocks
    from scripts.live.streaming import StreamingDetector

    detector = StreamingDetector(published, cutoff)
    with open_blocks(args.file) as blocks:
        print(
            f'Listening for "{published.title}", cutoff {detector.cutoff:g}, window {published.window}. Ctrl-C ends it.',
            flush=True,
        )
        listen(blocks, detector, Display(detector.cutoff, sys.stdout))


if __name__ == "__main__":
    main()
