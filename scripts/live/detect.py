"""Run a published model over recordings: when does it detect its word, and up to which cutoff?

    python -m scripts.live.detect --data data --slug hey_buster --wav clip.wav
    python -m scripts.live.detect --data data --slug hey_buster --wav recordings/ --format json

Takes any format and rate that FFmpeg decodes; of a directory, every file below it.
"""

import json
import sys
from functools import partial
from pathlib import Path

from scripts.live.published import build_parser, find_published, read_cutoff_option


def main(argv=None) -> None:
    parser = build_parser("Tell when a published model detects its word in recordings.")
    parser.add_argument("--wav", required=True, help="a sound file, or a directory of sound files")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--jobs", type=int, default=0, help="processes; 0: one for each processor")
    args = parser.parse_args(argv)
    if not args.wav.strip():
        raise SystemExit('detect needs a recording. Type: make detect WORD="..." WAV=file-or-directory')
    published, cutoff = find_published(args.data, args.slug, args.word), read_cutoff_option(args.cutoff)
    from scripts.core.parallel import parallel
    from scripts.live.recordings import detect_in_file, format_results, list_files

    files = list_files(Path(args.wav).expanduser())
    detect = partial(detect_in_file, published=published, cutoff=cutoff)
    results = list(parallel(detect, files, args.jobs, "detect", "files"))
    cutoff = published.cutoff if cutoff is None else cutoff
    if args.format == "json":
        report = {
            "wake_word": published.title,
            "model": str(published.model),
            "cutoff": cutoff,
            "window": published.window,
            "files": results,
        }
        print(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        print(format_results(published, cutoff, results))
    if all("undecodable" in result for result in results):
        count = len(results)
        sys.exit(
            f"detect: none of the {count} files could be decoded."
            if count > 1
            else "detect: the file could not be decoded."
        )


if __name__ == "__main__":
    main()
