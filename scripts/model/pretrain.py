"""Pretrain the layers that the networks of all words start from: a small network learns to predict Google's speech
embedding, once for all words.

    python -m scripts.model.pretrain --features data/common/features --embeddings data/common/embeddings \
        --seed 1 --steps 3000 --out data/common/pretrained

Writes --out/weights.npz: weights of mixednet by name, without the last layer, averaged over the last steps
(pretraining.py).

The embedding (features/embedding.py) tells words apart whoever says them, and was trained on very many people. A
device's network is far too small for that, and what it learns of a word from synthetic voices alone fits people badly.
So the layers that all words share first learn to predict the embedding of the common training sound, most of it speech
of real people (distillation of features: Romero et al. 2015). A dense layer behind them, thrown away afterwards, gives
its 96 numbers. docs/EXPERIMENTS.md says how much that helps.
"""

import argparse
import os
from pathlib import Path


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", type=Path, required=True, help="the features shared by all words")
    parser.add_argument("--embeddings", type=Path, required=True, help="what scripts.features.make_embeddings wrote")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True, help="directory to publish")
    args = parser.parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from scripts.core.timing import stage_timer
    from scripts.features.clip_embeddings import read_embeddings
    from scripts.model.pretraining import PretrainingSampler, pretrain, publish_weights

    with stage_timer(args.out, "beginning") as facts:
        sampler = PretrainingSampler(args.features, read_embeddings(args.embeddings), args.seed)
        weights, loss = pretrain(sampler, args.steps, args.seed)
        publish_weights(args.out, weights)
        facts.update(steps=args.steps, clips=sampler.clips, unsaid=round(loss, 4))


if __name__ == "__main__":
    main()
