"""Train the network of mixednet.py on tapes: first its teachers, then the one to publish, which learns what they say
together.

    python -m scripts.model.train --features data/work/hey_buster/features --common data/common/features \
        --samples data/work/hey_buster/samples --steps 2000 --teachers 3 --seed 1 --out data/work/hey_buster/model

Writes into --out: weights.npz (of averages over the last steps those that hear best at few false accepts),
checkpoint.npz, tensorboard/, and teacher1/ and so on with the same for each teacher. The validation data choose the
weights; the test data are not touched.

The same line after an interruption goes on from the checkpoint, and ends as if there had been none. With more --steps
than the training there was planned for it goes on too: the step size starts anew, as in the beginning, and falls to
zero over the steps that are left (a warm restart, Loshchilov & Hutter 2017), so the result is not that of a training
planned so from the start. Fewer --steps, another seed, other features or other code begin from nothing.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.core.files import publishing, remove
from scripts.core.progress import note, progress
from scripts.core.timing import stage_timer

if TYPE_CHECKING:
    import numpy as np

CHECKPOINT_EVERY = 100  # steps between checkpoints: what an interruption costs at most
APART = 1_000_003  # how far apart the seeds of the networks are
TEACHER_SHARE = 0.8  # of the steps


def save(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Publish arrays as an uncompressed .npz."""
    import numpy as np

    with publishing(path) as part, part.open("wb") as out:
        np.savez(out, **arrays)


def train(
    features: Path,
    common: Path,
    negatives: list[Path],
    samples: Path,
    steps: int,
    seed: int,
    out: Path,
    whose: dict,
    teachers: Sequence[dict] = (),
    judged: bool = True,
    beginning: str = "",
    known: dict | None = None,
) -> dict:
    """Train one network into `out`, or go on where that was stopped. Returns the last validation's figures and how it
    came about.

    beginning: what it begins with, if anything: `known`, weights of all but the last layer, or an official model of
    that name. Not `judged`, as teachers are, it keeps the last averages: synthetic validation says little about who
    hears people best.
    """
    from scripts.model import checkpoint, init_from_official
    from scripts.model.batches import SequenceSampler
    from scripts.model.optimizer import EVERY, NOTED, Trainer
    from scripts.model.tensorboard import Board
    from scripts.model.validation import Validation

    whose = whose | {"beginning": beginning}
    state = checkpoint.resume(out, whose, steps)
    try:
        tapes, validation = (
            SequenceSampler(features, common, seed, negatives=negatives, for_student=bool(teachers)),
            Validation(features, common, negatives) if judged else None,
        )
    except ValueError as error:
        raise SystemExit(str(error)) from error
    trainer, figures, earlier_s = Trainer(steps, seed, teachers), {}, 0.0
    if state:
        trainer.restore(state, steps)
        figures, earlier_s = state["figures"], state["seconds"]
        print(f"going on from step {trainer.done} of {steps}", flush=True)
    else:
        print(
            ", ".join(f"{kind.clips} {name}" for name, kind in tapes.kinds.items())
            + " clips"
            + (f"; validation: {validation}" if judged else "")
        )
    board = Board(out / "tensorboard")
    if judged:
        board.network(trainer.weights)
        board.clips(samples)
    started, first = time.monotonic(), trainer.done

    def seconds() -> float:
        return round(earlier_s + time.monotonic() - started, 2)

    with ThreadPoolExecutor(1) as ahead:
        following = ahead.submit(tapes.batch, trainer.done) if trainer.done < steps else None
        if beginning and not trainer.done:
            trainer.begin(
                trainer.kept | known
                if known
                else init_from_official.settled(trainer.kept, beginning, following.result()[0])
            )
            print(f"it begins with what {'' if known else 'the official '}{beginning} knows")
        for step in progress(range(trainer.done, steps), steps, f"training {out.name}", "step", initial=trainer.done):
            batch = following.result()
            following = ahead.submit(tapes.batch, step + 1)
            now = trainer.step(*batch)
            if trainer.done % NOTED == 0:
                note(f"step {trainer.done} " + " ".join(f"{name}={float(value):.4f}" for name, value in now.items()))
            if trainer.done % EVERY == 0 or trainer.done == steps:
                averages = {name: value.numpy() for name, value in trainer.averages.items()}
                figures = validation.figures(averages) if judged else {}
                better = trainer.keep(figures.get("score", 0.0), averages)
                shown = {
                    **{f"loss/{name}": float(value) for name, value in now.items()},
                    "rate": trainer.rate(),
                    **{f"validation/{name}": value for name, value in figures.items()},
                }
                board.figures(trainer.done, shown)
                print(
                    f"step {trainer.done}/{steps} "
                    + " ".join(f"{name.split('/')[-1]}={value:.4f}" for name, value in shown.items())
                    + f" {(time.monotonic() - started) / (trainer.done - first) * 1000:.0f} ms/step"
                    + (" *best*" if better and judged else ""),
                    flush=True,
                )
            if trainer.done % CHECKPOINT_EVERY == 0 or trainer.done == steps:
                checkpoint.save(
                    out / "checkpoint.npz",
                    {
                        **trainer.state(),
                        "identity": whose,
                        "figures": figures,
                        "seconds": seconds(),
                        "curves": checkpoint.sizes(out / "tensorboard"),
                    },
                )
    save(out / "weights.npz", trainer.kept)
    return {"best": trainer.best, **figures, "legs": trainer.legs, "seconds": seconds()}


def count_teacher_steps(steps: int) -> int:
    """How many steps a teacher of a network with `steps` takes."""
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
        "--steps",
        type=int,
        required=True,
        help=f"of the network to publish; each teacher takes {TEACHER_SHARE} of them",
    )
    parser.add_argument(
        "--init",
        choices=("embedding", "official", "random"),
        default="official",
        help="weights that the speech embedding has taught (--pretrained), those of official models, or random ones",
    )
    parser.add_argument("--pretrained", type=Path, help="what scripts.model.pretrain made, for --init embedding")
    parser.add_argument(
        "--teachers", type=int, default=3, help="networks that teach the one to publish; 0: it learns by itself"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    if args.init == "embedding" and not args.pretrained:
        parser.error("--init embedding needs --pretrained, the directory that scripts.model.pretrain has written")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    from scripts.core.files import read_json, read_npz, write_json
    from scripts.datasets.licences import describe_package
    from scripts.model import checkpoint, init_from_official, pretraining

    tf.keras.utils.set_random_seed(args.seed)
    tf.config.experimental.enable_op_determinism()
    args.out.mkdir(parents=True, exist_ok=True)
    with stage_timer(args.out, "train") as facts:
        whose = checkpoint.identity(args.features, args.common, args.seed, args.negatives)
        given = (args.features, args.common, args.negatives, args.samples)
        word = read_json(args.samples / "phrases.json", dict, "word")["word"]
        beginning, known = init_from_official.beginning(word) if args.init != "random" else "", None
        if args.init == "embedding" and pretraining.serves(word):
            beginning, known = pretraining.NAME, pretraining.load(args.pretrained)
            whose |= {"start": checkpoint.digest(args.pretrained)}
        teachers, seconds = [], 0.0
        for number in range(1, args.teachers + 1):
            folder = args.out / f"{checkpoint.TEACHER}{number}"
            print(f"teacher {number} of {args.teachers}", flush=True)
            seconds += train(
                *given,
                count_teacher_steps(args.steps),
                args.seed + APART * number,
                folder,
                whose,
                judged=False,
                beginning=beginning,
                known=known,
            )["seconds"]
            teachers.append(read_npz(folder / "weights.npz"))
        if teachers:
            print("the network to publish, which learns what they say together", flush=True)
        made = train(
            *given,
            args.steps,
            args.seed,
            args.out,
            whose | {"teachers": str(len(teachers))},
            teachers,
            beginning=beginning,
            known=known,
        )
        sources = pretraining.SOURCES if known else {beginning: init_from_official.PACKAGE} if beginning else {}
        packages = {model: describe_package(package) for model, package in sources.items()}
        write_json(
            args.out / "trainer.json",
            {
                "name": "dense",
                "begins_with": [
                    {"model": model, "package": package["name"], "licence": package["licence"]}
                    for model, package in packages.items()
                ],
            },
        )
        for folder in args.out.glob(f"{checkpoint.TEACHER}*"):
            if int(folder.name.removeprefix(checkpoint.TEACHER)) > args.teachers:
                remove(folder)
        facts.update(
            steps=args.steps,
            teachers=args.teachers,
            **{name: round(value, 4) if isinstance(value, float) else value for name, value in made.items()},
        )
        facts["seconds"] = round(facts["seconds"] + seconds, 2)


if __name__ == "__main__":
    main()
