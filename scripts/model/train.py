"""Train the network of mixednet.py on sequences of clips: first its teachers, then the student to publish.

    python -m scripts.model.train --features data/work/hey_buster/features --common data/common/features \
        --samples data/work/hey_buster/samples --steps 2000 --teachers 3 --seed 1 --out data/work/hey_buster/model

Writes into --out: weights.npz (of averages over the last steps those with the best recall at few false accepts),
checkpoint.npz, tensorboard/, trainer.json, and teacher1/ and so on with the same for each teacher. The validation data
choose the weights; the test data are not touched.

The same line after an interruption continues from the checkpoint, and ends as if there had been none. With more --steps
than planned it continues too, in another training segment: the learning rate starts anew and falls to zero over the
remaining steps (a warm restart, Loshchilov & Hutter 2017), so the result is not that of a training planned so from the
start. Fewer --steps, another seed, other features or other code start from scratch.
"""

import argparse
import os
from pathlib import Path

TEACHER_SHARE = 0.8  # of the student's steps


def count_teacher_steps(steps: int) -> int:
    """How many steps each teacher of a student with `steps` takes.

    >>> count_teacher_steps(2000)
    1600
    """
    return max(1, round(TEACHER_SHARE * steps))


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", type=Path, required=True, help="the word's features")
    parser.add_argument("--common", type=Path, required=True, help="the features shared by all words")
    parser.add_argument("--negatives", type=Path, action="append", default=[], help="ready-made features, repeatable")
    parser.add_argument(
        "--samples", type=Path, required=True, help="the word's samples, a few of which TensorBoard plays"
    )
    parser.add_argument(
        "--steps", type=int, required=True, help=f"steps of the student; each teacher takes {TEACHER_SHARE} of them"
    )
    parser.add_argument(
        "--init",
        choices=("embedding", "official", "random"),
        default="official",
        help="pretrained weights (--pretrained), those of an official model, or random ones",
    )
    parser.add_argument("--pretrained", type=Path, help="what scripts.model.pretrain wrote, for --init embedding")
    parser.add_argument(
        "--teachers", type=int, default=3, help="networks that the published one learns from; 0: it learns by itself"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="teachers that are trained at once; changes no result")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    if args.init == "embedding" and not args.pretrained:
        parser.error("--init embedding needs --pretrained, the directory that scripts.model.pretrain has written")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # One thread computes an operation (training.train_networks says why), and each network has two for its operations.
    os.environ["TF_NUM_INTRAOP_THREADS"] = "1"
    os.environ["TF_NUM_INTEROP_THREADS"] = str(2 * max(1, min(args.jobs, args.teachers)))
    from scripts.core.timing import stage_timer
    from scripts.model.training import Settings, train_word

    settings = Settings(
        args.features,
        args.common,
        args.negatives,
        args.samples,
        args.out,
        args.steps,
        args.teachers,
        args.seed,
        args.init,
        args.jobs,
        args.pretrained,
    )
    args.out.mkdir(parents=True, exist_ok=True)
    with stage_timer(args.out, "train") as facts:
        facts.update(train_word(settings))


if __name__ == "__main__":
    main()
