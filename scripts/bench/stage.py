"""One measurement of one stage, in a process of its own, as scripts/bench/measure.py starts it.

    python -m scripts.bench.stage features run_ours --data data --slug hey_buster --out /tmp/x --count 200

Prints as its last line {"items": ..., "seconds": ...}. The functions stand in scripts/bench/stages: run_ours, run_reference
and others measure `count` items; measure_scale gives the cost of one of them if there are `count` in all: what a stage
does for all at once is done whole, what it does for each alone is done for a few, spread over all.
"""

import argparse
import json
import os
from importlib import import_module
from pathlib import Path


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=("samples", "features", "training", "conversion", "evaluation"))
    parser.add_argument("function", help="a function of scripts/bench/stages/STAGE.py")
    parser.add_argument("--data", type=Path, default=Path("data"), help="DATA_DIR")
    parser.add_argument("--slug", default="", help="the word whose samples, features and model are used")
    parser.add_argument("--out", type=Path, required=True, help="an empty directory to work in")
    parser.add_argument("--count", type=int, required=True, help="samples, clips, steps, hours or files")
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--voices", default="piper:1")
    parser.add_argument("--format", default="flac", help="of the files to convert")
    args = parser.parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    args.out.mkdir(parents=True, exist_ok=True)
    function = getattr(import_module(f"scripts.bench.stages.{args.stage}"), args.function)
    if (seconds := function(args)) is not None:
        print(json.dumps({"items": 1, "seconds": seconds}))


if __name__ == "__main__":
    main()
