"""Make the spectrograms that all words share: stores `short`, `speech`, `music`, `noise` and the ambient streams.

    python -m scripts.features.make_common --samples data/common/samples --datasets data/datasets \
        --dataset rooms_simulated --dataset speech_prompts --seed 1 --jobs 0 --out data/common/features

docs/stages/features.md describes the stores. The starter profile gives 66 h of sound, 1.8 GB, in 57 s on two cores of an
AMD EPYC; an hour is 29 MB and one to two seconds of a core.
"""

import argparse

from scripts.features.arguments import add_feature_arguments


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="scripts.features.make_common", description=__doc__.split("\n")[0])
    add_feature_arguments(parser)
    args = parser.parse_args(argv)

    from scripts.core.files import read_jsonl
    from scripts.core.timing import stage_timer
    from scripts.features import common_tasks
    from scripts.features.build import build, open_recordings

    index = args.samples / "index.jsonl"
    if not index.is_file():
        raise SystemExit(f"{index} is missing: the shared samples are made first, by `make samples`.")
    rows = read_jsonl(index)
    files = open_recordings(args.datasets, args.dataset)
    with stage_timer(args.out, "common_features") as facts:
        tasks = (
            common_tasks.plan_short(rows, args.samples, files)
            + common_tasks.plan_speech(rows, args.samples, files, args.seed)
            + common_tasks.plan_backgrounds(files)
            + common_tasks.plan_ambient(files, args.seed)
        )
        facts.update(build(tasks, files, args.seed, args.jobs, args.out, "common features"))


if __name__ == "__main__":
    main()
