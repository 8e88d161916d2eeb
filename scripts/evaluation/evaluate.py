"""Choose a model's cutoff and window on validation data, then measure it on testing data.

    python -m scripts.evaluation.evaluate --model data/work/hey_buster/model/model.tflite \\
        --features data/work/hey_buster/features --samples data/work/hey_buster/samples --common data/common/features \\
        --out data/work/hey_buster/evaluation

Writes OUT/metrics.json, OUT/clips.jsonl and OUT/probabilities.npz; docs/stages/evaluate.md describes them.
"""

import argparse
from pathlib import Path


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description="Choose cutoff and window on validation data, measure the model on testing data."
    )
    parser.add_argument("--model", type=Path, required=True, help="the streaming .tflite")
    parser.add_argument("--features", type=Path, required=True, help="the word's stores")
    parser.add_argument("--samples", type=Path, required=True, help="the word's samples; their index says who speaks")
    parser.add_argument("--common", type=Path, required=True, help="the stores all words share")
    parser.add_argument("--negatives", type=Path, action="append", default=[], help="ready-made features, repeatable")
    parser.add_argument("--out", type=Path, required=True, help="folder to publish")
    parser.add_argument("--jobs", type=int, default=0, help="processes; 0 is one for each processor")
    args = parser.parse_args(argv)

    import numpy as np

    from scripts.core.files import publishing, write_json, write_jsonl
    from scripts.core.timing import stage_timer
    from scripts.evaluation.evaluation_sets import EvaluationInputs
    from scripts.evaluation.metrics import evaluate
    from scripts.evaluation.metrics_text import format_metrics

    if not args.model.is_file():
        raise SystemExit(f"There is no model {args.model}; `make train` writes it.")
    inputs = EvaluationInputs(args.model, args.features, args.samples, args.common, tuple(args.negatives))
    with stage_timer(args.out, "evaluate") as facts, publishing(args.out, directory=True) as part:
        try:
            evaluation = evaluate(inputs, args.jobs)
        except ValueError as error:
            raise SystemExit(str(error)) from error
        np.savez_compressed(part / "probabilities.npz", **evaluation.probabilities)  # type: ignore[arg-type]
        write_json(part / "metrics.json", evaluation.metrics)
        write_jsonl(part / "clips.jsonl", evaluation.clip_results)
        facts["items"] = sum(
            len(array) for name, array in evaluation.probabilities.items() if not name.endswith("_offsets")
        )
    print(format_metrics(evaluation.metrics))


if __name__ == "__main__":
    main()
