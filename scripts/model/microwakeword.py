"""Train with the reference trainer, microWakeWord, on the same features as ours: TRAINER=microwakeword.

    data/microwakeword/venv/bin/python -m scripts.model.microwakeword --source data/microwakeword/source \
        --features data/work/hey_buster/features --common data/common/features --steps 25000 --seed 1 --out data/work/hey_buster/model

It runs in the reference trainer's own environment, with the parameters of its notebook. Writes into --out: streaming/
(the network of the best weights as a streaming SavedModel, for scripts.model.export), tensorboard/, trainer.json (the
trainer, its versions and parameters). checkpoint/ exists while it runs; after an interruption training continues from
it. By itself the reference would count its steps from one again, and overwrite its best weights.
"""

import argparse
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType


def replace_audio_modules() -> None:
    """Put empty names in the place of the modules with which the reference reads sound.

    They ask for some eighty packages, one or the other of which keeps breaking, and are never called: the reference
    gets spectrograms.
    """
    for module, name in (
        ("clips", "Clips"),
        ("augmentation", "Augmentation"),
        ("spectrograms", "SpectrogramGeneration"),
        ("audio_utils", "generate_features_for_clip"),
    ):
        stand_in = ModuleType(f"microwakeword.audio.{module}")
        setattr(stand_in, name, None)
        sys.modules[stand_in.__name__] = stand_in


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, required=True, help="folder with the package microwakeword")
    parser.add_argument("--commit", default="", help="its commit, for trainer.json")
    parser.add_argument("--check", action="store_true", help="only say whether it loads")
    parser.add_argument("--features", type=Path, help="the word's features")
    parser.add_argument("--common", type=Path, help="the features shared by all words")
    parser.add_argument("--negatives", type=Path, action="append", default=[], help="ready-made features, repeatable")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args(argv)
    if not args.check and (
        missing := [name for name in ("features", "common", "steps", "out") if getattr(args, name) is None]
    ):
        parser.error(f"--{missing[0]} is missing")
    sys.path.insert(0, str(args.source.resolve()))
    replace_audio_modules()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from scripts.core.files import remove, write_json
    from scripts.core.timing import stage_timer
    from scripts.model import microwakeword_run, microwakeword_training

    if args.check:
        print(f"the reference trainer loads: {microwakeword_training.describe()}")
        return
    parameters = microwakeword_run.configure(args.features, args.common, args.steps, args.out, args.negatives)
    identity = microwakeword_run.identify(args.features, args.common, args.seed, args.negatives)
    run = microwakeword_run.Run(args.out, args.steps, identity)
    write_json(args.out / "training_parameters.yaml", parameters)  # JSON is YAML
    if run.done:
        run.print(f"going on from step {run.done}")
    with stage_timer(args.out, "train") as facts, redirect_stdout(microwakeword_run.LogOnly()):
        microwakeword_training.train(run, args.seed)
        facts.update(run.state, steps=args.steps)
    about = {"name": "microwakeword", "commit": args.commit, **microwakeword_training.list_versions()}
    about |= {"mixednet": microwakeword_run.MIXEDNET, "parameters": parameters}
    write_json(args.out / "trainer.json", about)
    remove(run.folder)


if __name__ == "__main__":
    main()
