"""What the networks of all words begin with: the layers of an official model, taught by a large network that knows
people.

    python -m scripts.model.pretrain --samples data/common/samples --features data/common/features --datasets data/datasets \
        --dataset speech_adventure --seed 1 --steps 3000 --jobs 0 --out data/common/pretrained

Writes --out/weights.npz: weights of mixednet by name, without the last layer, of averages over the last steps
(lessons.py).

Google's speech embedding (features/embedding.py) tells words apart whoever says them. A device's network is far too
small to be it, and what it learns of a word from synthetic voices alone fits people badly. So before any word the
layers all words share learn to say what the embedding says of the common training sound, real people's speech for the
most part (distillation of features: Romero et al. 2015): a full layer behind them, thrown away afterwards, gives its 96
numbers. What that is worth stands in docs/EXPERIMENTS.md. The sound is made once more, as the common features were,
since they do not hold it.
"""

import argparse
import os
from pathlib import Path

from scripts.core.timing import stage_timer


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=Path, required=True, help="the samples all words share")
    parser.add_argument("--features", type=Path, required=True, help="the features made of them")
    parser.add_argument("--datasets", type=Path, required=True, help="folder of the converted datasets")
    parser.add_argument(
        "--dataset", action="append", default=[], help="a dataset the features were made of; give it once per dataset"
    )
    parser.add_argument("--seed", type=int, default=1, help="as the features'")
    parser.add_argument("--steps", type=int, required=True, help="steps of training")
    parser.add_argument("--jobs", type=int, default=0, help="processes, 0: one per processor")
    parser.add_argument("--out", type=Path, required=True, help="directory to publish")
    args = parser.parse_args(argv)
    from scripts.core.parallel import parallel

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import numpy as np

    from scripts.core.files import publishing, read_jsonl
    from scripts.features import embedding
    from scripts.features.build import open_recordings
    from scripts.features.common_tasks import plan_backgrounds, plan_short, plan_speech
    from scripts.model.pretraining import SHARES, Lessons, hear, start, taught

    with stage_timer(args.out, "beginning") as facts:
        rows, files = read_jsonl(args.samples / "index.jsonl"), open_recordings(args.datasets, args.dataset)
        tasks = (
            plan_short(rows, args.samples, files)
            + plan_speech(rows, args.samples, files, args.seed)
            + plan_backgrounds(files)
        )
        tasks = sorted((task for task in tasks if task.mode == "training"), key=lambda task: task.store)
        made = list(
            parallel(
                hear,
                tasks,
                args.jobs,
                "what the embedding hears",
                "clip",
                initializer=start,
                arguments=(files, args.seed),
            )
        )
        heard = {
            name: [said for task, said in zip(tasks, made) if task.store == name and said is not None]
            for name in SHARES
        }
        lessons = Lessons(args.features, {name: clips for name, clips in heard.items() if clips}, args.seed)
        clips, positions = (
            sum(map(len, heard.values())),
            sum(len(said) for clips in heard.values() for _, _, said in clips),
        )
        print(
            f"{positions} positions of {clips} clips, {positions * embedding.HOP_FRAMES / 360_000:.1f} h"
            + (f"; {len(tasks) - clips} could not be made, as in the features" if clips < len(tasks) else ""),
            flush=True,
        )
        import tensorflow as tf

        tf.keras.utils.set_random_seed(args.seed)
        tf.config.experimental.enable_op_determinism()
        weights, unsaid = taught(lessons, args.steps, args.seed)
        with publishing(args.out, directory=True) as part:
            np.savez(part / "weights.npz", **weights)
        facts.update(steps=args.steps, clips=clips, unsaid=round(unsaid, 4))


if __name__ == "__main__":
    main()
