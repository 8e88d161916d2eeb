"""Turn trained weights into the streaming int8 model of the device, and publish it only if it passes the device gate.

    python -m scripts.model.export --model data/work/hey_buster/model --features data/work/hey_buster/features \
        --common data/common/features --seed 1 --out data/work/hey_buster/model

Writes model.tflite and device.json into --out.
"""

import argparse
import os
from pathlib import Path

CHECKED_CLIPS = 12  # of the calibration clips, run under both runtimes by the device gate


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--model", type=Path, required=True, help="directory with weights.npz (ours) or streaming/ (microWakeWord's)"
    )
    parser.add_argument("--features", type=Path, required=True, help="the word's features")
    parser.add_argument("--common", type=Path, required=True, help="the features shared by all words")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="directory for model.tflite and device.json")
    args = parser.parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from scripts.core.arrays import read_npz
    from scripts.core.timing import stage_timer
    from scripts.model import conversion, device_gate
    from scripts.model.batches import list_stores

    with stage_timer(args.out, "export"):
        stores = list_stores(args.features, "training") + list_stores(args.common, "training")
        spectrograms = conversion.draw_calibration_clips(stores, args.seed)
        if (args.model / "streaming").is_dir():
            content = conversion.quantise_saved_model(args.model / "streaming", spectrograms)
        else:
            content = conversion.convert_weights(read_npz(args.model / "weights.npz"), spectrograms)
        checked = spectrograms[:: max(1, len(spectrograms) // CHECKED_CLIPS)]
        report = device_gate.publish_checked(content, checked, args.out)
    print(f"device gate: {report.summary()}")


if __name__ == "__main__":
    main()
