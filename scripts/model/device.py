"""Check that ESPHome's micro_wake_word would load and run a model.

    python -m scripts.model.device model.tflite --json device.json

Prints what was measured, and everything that is wrong with the model at once (device_gate.py).
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="the .tflite file")
    parser.add_argument("--json", type=Path, help="write what was measured to this file")
    args = parser.parse_args(argv)
    if not args.model.is_file():
        raise SystemExit(f"There is no model {args.model}; give the path of a .tflite file.")
    from scripts.core.files import write_json
    from scripts.core.formatting import without_tflm
    from scripts.model import device_gate
    from scripts.model.synthetic_speech import synthesise_speech

    report = device_gate.check(args.model, [synthesise_speech()])
    if args.json:
        write_json(args.json, asdict(report))
    print(json.dumps({key: value for key, value in asdict(report).items() if key != "reasons"}, indent=2))
    if not report.accepted:
        raise SystemExit(f"The device would not run {args.model}:\n- " + "\n- ".join(report.reasons))
    accepted = (
        f"The device accepts {args.model}: tensor_arena_size {report.arena_declared}. {without_tflm(asdict(report))}"
    )
    print(accepted.rstrip(), file=sys.stderr)


if __name__ == "__main__":
    main()
