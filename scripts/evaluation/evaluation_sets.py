"""The sets of clips that a model is evaluated on, with the outputs of the model for them.

sets = score_sets(EvaluationInputs(model, features, samples, common), jobs=2)
sets.splits["testing"].positive.scores          # outputs for each clip of the word
sets.splits["testing"].ambient                  # one set for speech, one for speech with music, ...
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from scripts.core.detection import hours
from scripts.core.files import read_jsonl
from scripts.core.spectrogram_store import HELDOUT, Store, open_stores
from scripts.evaluation.event_sources import find_recordings
from scripts.evaluation.inference import ClipSet, Scores, score_stores
from scripts.evaluation.operating_point import LATE_FRAMES, AmbientStream

SPLITS = ("validation", "testing")
POSITIVE, CONFUSABLE, FRAGMENT, REJECTED = "positive", "near", "part", "rejected"  # stores of a word
# Common stores with ambient sound: speech alone, with music and noise, and both slowed. Ready-made negatives with such
# modes (a dinner party) are further ones, each under its own name.
AMBIENT = ("speech", "mixed", "slow")
FRAME_WIDTH = 3  # frames: one covers 30 ms, so a word shows in frames that begin before it does


@dataclass(frozen=True)
class EvaluationInputs:
    """Everything that an evaluation reads."""

    model: Path  # the streaming .tflite
    features: Path  # stores of the word
    samples: Path  # the word's samples; index.jsonl says who speaks
    common: Path  # stores that all words share
    negatives: tuple[Path, ...] = ()  # ready-made stores


@dataclass(frozen=True)
class EvaluationSet:
    """The clips of one name in one split, and the outputs of a model for them."""

    split: str
    name: str
    stores: Sequence[Store]
    scores: Scores
    spans: np.ndarray | None = None  # (clips, 2) frames: where a detection counts; None: anywhere in the clip
    # of ambient sound, (inferences,) int64: which recording sounds
    recordings: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def key(self) -> str:
        """Its name in probabilities.npz."""
        return f"{self.split}_{self.name}"

    @property
    def clips(self) -> list[tuple[Store, int]]:
        """(store, clip in it) for every clip, in the order of the scores."""
        return [(store, clip) for store in self.stores for clip in range(len(store))]

    @property
    def stream(self) -> AmbientStream:
        """Its outputs as one stream of ambient sound."""
        return AmbientStream(self.scores, self.recordings)

    @property
    def hours(self) -> float:
        """Hours of sound."""
        return hours(len(self.scores.outputs), self.scores.stride)


@dataclass(frozen=True)
class SplitSets:
    """The sets of one split."""

    positive: EvaluationSet
    confusable: EvaluationSet
    fragments: EvaluationSet
    rejected: EvaluationSet  # NEGATIVE_PHRASES
    ambient: list[EvaluationSet]

    @property
    def some_rejected(self) -> list[EvaluationSet]:
        """The set `rejected`, where there are such phrases."""
        return [self.rejected] if len(self.rejected.scores) else []

    def __iter__(self) -> Iterator[EvaluationSet]:
        return iter((self.positive, self.confusable, self.fragments, *self.some_rejected, *self.ambient))


@dataclass(frozen=True)
class EvaluationSets:
    """All sets of an evaluation, and the index of the word's samples."""

    splits: dict[str, SplitSets]
    heldout: EvaluationSet | None  # positives of held-out voices, if there are any
    index: list[dict]

    def __iter__(self) -> Iterator[EvaluationSet]:
        for split in self.splits.values():
            yield from split
        if self.heldout:
            yield self.heldout


def find_spans(stores: Iterable[Store], index: list[dict]) -> np.ndarray:
    """For each positive, where its word starts and the last frame at which a detection counts: (clips, 2) int64.

    The word ends at the store's end_frame; its length is in the clip's line of samples/index.jsonl. Without an end
    frame the whole clip counts.
    """
    spans = []
    for store in stores:
        for end, row, length in zip(store.end_frame, store.row, store.lengths):
            if end < 0:
                spans.append((0, length + LATE_FRAMES))
                continue
            word = 0 <= row < len(index) and round((index[row]["end_s"] - index[row]["start_s"]) * 100)
            spans.append((max(0, end - word - FRAME_WIDTH) if word else 0, end + LATE_FRAMES))
    return np.array(spans, np.int64).reshape(-1, 2)


def open_ambient_stores(common: Path, negatives: Sequence[Path], mode: str) -> dict[str, list[Store]]:
    """The stores in which false accepts are counted, by name; `mode` is validation_ambient or testing_ambient."""
    folders = [(common, name) for name in AMBIENT] + [
        (root, folder.name) for root in negatives for folder in sorted(root.iterdir()) if folder.is_dir()
    ]
    stores = {name: open_stores(root, name, mode) for root, name in folders}
    return {name: opened for name, opened in stores.items() if opened}


def _open_word(inputs: EvaluationInputs, split: str) -> dict[str, ClipSet]:
    """The word's clips in a split, by the name of their set. ValueError without positives."""
    sets = {
        name: ClipSet(open_stores(inputs.features, name, split), LATE_FRAMES)
        for name in (POSITIVE, CONFUSABLE, FRAGMENT, REJECTED)
    }
    if not sets[POSITIVE].stores:
        raise ValueError(
            f"There are no clips of the word in {inputs.features / POSITIVE / split}, so recall cannot be measured. "
            "Run `make features`."
        )
    return sets


def _open_ambient(inputs: EvaluationInputs, split: str) -> dict[str, ClipSet]:
    """The ambient sound of a split, by the name of its set. ValueError without any."""
    sets = open_ambient_stores(inputs.common, inputs.negatives, f"{split}_ambient")
    if not sets:
        raise ValueError(
            f"There is no ambient sound for {split} in {inputs.common} (expected {' or '.join(AMBIENT)}, mode "
            f"{split}_ambient), so false accepts cannot be counted. Run `make features`."
        )
    return {name: ClipSet(stores) for name, stores in sets.items()}


def score_sets(inputs: EvaluationInputs, jobs: int = 0) -> EvaluationSets:
    """Open every set and run the model over it; `jobs` 0: one process for each processor. ValueError if a set that an
    evaluation needs is empty."""
    index_path = inputs.samples / "index.jsonl"
    if not index_path.is_file():
        raise ValueError(f"There is no {index_path}, which says who speaks in which clip. Run `make samples`.")
    index = read_jsonl(index_path)
    clips: dict[str, dict[str, ClipSet]] = {}
    ambient: dict[str, dict[str, ClipSet]] = {}
    for split in SPLITS:
        clips[split], ambient[split] = _open_word(inputs, split), _open_ambient(inputs, split)
    if heldout := open_stores(inputs.features, POSITIVE, HELDOUT):
        clips[HELDOUT] = {POSITIVE: ClipSet(heldout, LATE_FRAMES)}
    scores = score_stores(
        inputs.model,
        {
            f"{split}_{name}": clip_set
            for split, sets in clips.items()
            for name, clip_set in (sets | ambient.get(split, {})).items()
        },
        jobs=jobs,
        label="evaluate",
    )
    streams = {
        (split, name): (clip_set.stores, scores[f"{split}_{name}"])
        for split, sets in ambient.items()
        for name, clip_set in sets.items()
    }
    recordings = dict(zip(streams, find_recordings(streams.values())))

    def gather(split: str, name: str) -> EvaluationSet:
        stores = clips[split][name].stores
        spans = find_spans(stores, index) if name == POSITIVE else None
        return EvaluationSet(split, name, stores, scores[f"{split}_{name}"], spans)

    splits = {
        split: SplitSets(
            gather(split, POSITIVE),
            gather(split, CONFUSABLE),
            gather(split, FRAGMENT),
            gather(split, REJECTED),
            [
                EvaluationSet(split, name, *streams[split, name], recordings=recordings[split, name])
                for name in ambient[split]
            ],
        )
        for split in SPLITS
    }
    return EvaluationSets(splits, gather(HELDOUT, POSITIVE) if heldout else None, index)
