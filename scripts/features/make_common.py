"""Spectrograms that all words share: stores `short`, `speech`, `music`, `noise` and the ambient tests.

    python -m scripts.features.make_common --samples data/common/samples --datasets data/datasets \
        --dataset rooms_simulated --dataset speech_prompts --seed 1 --jobs 0 --out data/common/features

training, validation, testing:
    short    short utterances in scenes, as a word's samples are: synthetic words, real short recordings, and pieces cut
             at pauses out of real speech; once more with noise over them (training_noisy), for who is taught
    speech   8 to 12 s of continuous real and synthetic speech, lightly augmented
    music    10 s;  noise  10 s of recorded and of coloured noise
validation_ambient, testing_ambient, streams of minutes through one running frontend, all of the split's real speech:
    speech   plain_mmap: as recorded;  rooms_mmap: in rooms, at other levels
    mixed    mixed_mmap: over music and noise at 0 to 15 dB;  music_mmap: music alone
    slow     the same three of validation once more, by other and slower voices: people who call draw words out

With the starter profile the caps below give 66 h of sound, 1.8 GB, in 57 s on two cores of an AMD EPYC; an hour is 29
MB and one to two seconds of a core. Of the ambient modes nothing is capped but music: the more hours, the finer false
accepts can be told.
"""

import argparse
from pathlib import Path


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="scripts.features.make_common", description=__doc__.split("\n")[0])
    parser.add_argument("--samples", type=Path, required=True, help="folder with index.jsonl of the synthetic speech")
    parser.add_argument("--datasets", type=Path, required=True, help="folder of the converted datasets")
    parser.add_argument(
        "--dataset", action="append", default=[], help="a converted dataset to use; give it once per dataset"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=0, help="processes, 0: one per processor")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args(argv)

    from scripts.core.files import read_jsonl
    from scripts.core.timing import stage_timer
    from scripts.features import common_tasks
    from scripts.features.build import build, open_recordings

    index = arguments.samples / "index.jsonl"
    if not index.is_file():
        raise SystemExit(f"{index} is missing: the shared samples are made first, by `make samples`.")
    rows = read_jsonl(index)
    files = open_recordings(arguments.datasets, arguments.dataset)
    with stage_timer(arguments.out, "common_features") as facts:
        tasks = common_tasks.plan_short(rows, arguments.samples, files) + common_tasks.plan_speech(
            rows, arguments.samples, files, arguments.seed
        )
        tasks += common_tasks.plan_backgrounds(files) + common_tasks.plan_ambient(files, arguments.seed)
        facts.update(build(tasks, files, arguments.seed, arguments.jobs, arguments.out, "common features"))


if __name__ == "__main__":
    main()
