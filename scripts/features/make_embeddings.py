"""Write Google's speech embedding of the common training clips, which pretraining learns to predict.

    python -m scripts.features.make_embeddings --samples data/common/samples --datasets data/datasets \
        --dataset speech_adventure --seed 1 --jobs 0 --out data/common/embeddings

Writes --out/STORE.npz for the stores short, speech, music and noise (clip_embeddings.py). The options must be those that
the common features were made with. The clips are rendered once more, because spectrograms do not hold their sound: with
the starter profile that is a fifth of the time, 65 s of one core beside 254 s for the embedding.
"""

import argparse

from scripts.features.arguments import add_feature_arguments


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_feature_arguments(parser)
    args = parser.parse_args(argv)
    from scripts.core.files import read_jsonl
    from scripts.core.timing import stage_timer
    from scripts.features import clip_embeddings
    from scripts.features.build import open_recordings

    with stage_timer(args.out, "embeddings") as facts:
        rows, files = read_jsonl(args.samples / "index.jsonl"), open_recordings(args.datasets, args.dataset)
        tasks = clip_embeddings.plan_training_clips(rows, args.samples, files, args.seed)
        facts.update(clip_embeddings.build(tasks, files, args.seed, args.jobs, args.out))


if __name__ == "__main__":
    main()
