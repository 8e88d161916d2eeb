"""Training sequences: clips of every kind one after the other, and the target of each of the network's outputs.

    sampler = SequenceSampler(features, common, seed=1)
    inputs, targets, teacher_inputs = sampler.batch(step=0)

A sequence is a spectrogram of SEQUENCE_FRAMES frames made of random clips of all stores, since a device hears one thing
after another. The network runs over it once and every output is an example: POSITIVE just after the end of the word,
NEGATIVE elsewhere, IGNORED where both would be right. A batch depends on (seed, step) alone, so training can stop and
continue.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scripts.core.random_numbers import generator
from scripts.core.spectrogram_store import (
    HOME,
    NEAR_HOME,
    NOISY,
    OWN_NEGATIVE,
    OWN_POSITIVE,
    TEACHING,
    Store,
    open_store,
)
from scripts.model import mixednet, spec_augment
from scripts.samples import kinds

SEQUENCE_FRAMES = 800  # 8 s
SEQUENCES = 32  # in a batch
LONGEST_EXCERPT, SHORTEST_EXCERPT = 400, 100  # frames; of a longer clip a random excerpt is used
# How often a clip of each store is the next one in a sequence. A user's own recordings get a tenth of the positives and two of a
# hundred negatives, however many there are: more of one home's sound costs recall, and more of one voice costs other people.
SHARES = {
    kinds.POSITIVE: 0.28,
    kinds.CONFUSABLE: 0.14,
    kinds.FRAGMENT: 0.06,
    kinds.CALLED: 0.07,
    kinds.REJECTED: 0.05,
    "short": 0.28,
    "speech": 0.15,
    "music": 0.05,
    "noise": 0.04,
    # ready-made sets, where the profile has them: in the proportions of microWakeWord's notebook
    "negative_speech": 0.10,
    "negative_dinner_party": 0.10,
    "negative_no_speech": 0.05,
    OWN_POSITIVE: 0.047,
    OWN_NEGATIVE: 0.0065,
    HOME: 0.0033,
    NEAR_HOME: 0.0033,
}
OTHER_SHARE = 0.05
# Confusable phrases count as the word in training. A network trained to reject them learns how synthetic voices say the
# phrase and rejects people: it detected 43 % instead of 87 % of 401 recordings at 0.5 false accepts per hour
# (docs/EXPERIMENTS.md).
POSITIVE_STORES = (kinds.POSITIVE, kinds.CONFUSABLE, OWN_POSITIVE)
# Frames after the end of the word whose target is positive, and the ignored ones before and after those.
POSITIVE_FROM, POSITIVE_UNTIL = 0, 36
IGNORED_BEFORE, IGNORED_AFTER = 15, 60
# For a student every fourth clip of the word and of short speech is replaced by the same clip with noise over it, and
# music or noise is laid under stretches of its sequences, scaled by a gain; in each channel the louder of both counts
# (log-max, Nadas et al. 1989).
NOISY_CHANCE = 0.25
BACKGROUND_STORES, BACKGROUND_CHANCE = ("music", "noise"), 0.3
BACKGROUND_FRAMES, BACKGROUND_GAIN = (150, 500), (0.3, 0.9)
POSITIVE, NEGATIVE, IGNORED = 1, 0, -1


class Batch(NamedTuple):
    """What one step learns from."""

    inputs: np.ndarray  # (sequences, frames, 40) uint16
    targets: np.ndarray  # (sequences, outputs) int8: POSITIVE, NEGATIVE or IGNORED
    # (sequences, frames, 40) uint16: the same without masks, noise and background, for the teachers of a student; without
    # teachers it is `inputs` itself
    teacher_inputs: np.ndarray


class Excerpt(NamedTuple):
    """A clip, or a part of a long one."""

    clean: np.ndarray  # (frames, 40) uint16
    noisy: np.ndarray  # the same, perhaps with noise over it
    end: int  # frame in which the speech ends, -1 if there is no one such frame


def list_stores(features: Path, mode: str) -> list[Path]:
    """The store directories (*_mmap) of one mode under a features directory, sorted."""
    return sorted(Path(features).glob(f"*/{mode}/*_mmap"))


def list_training_stores(features: Path, for_student: bool) -> dict[str, list[Path]]:
    """The store directories to learn from under a features directory, by store.

    `for_student`: where a store has other scenes of its clips for students (mode TEACHING), only those.
    """
    stores: dict[str, list[Path]] = {}
    for mode in ("training", *([TEACHING] if for_student else [])):
        of_mode: dict[str, list[Path]] = {}
        for path in list_stores(features, mode):
            of_mode.setdefault(path.parent.parent.name, []).append(path)
        stores |= of_mode
    return stores


def open_noisy_store(store: Store) -> Store | None:
    """The same clips with noise over them, None where there are none. ValueError if they are not the same clips."""
    path = store.path.parent.with_name(store.path.parent.name + NOISY) / store.path.name
    if not path.is_dir():
        return None
    noisy = open_store(path)
    if not np.array_equal(noisy.lengths, store.lengths):
        raise ValueError(
            f"{path} holds {len(noisy)} clips, expected the {len(store)} of {store.path}, each as long, with noise over it. "
            "report.json beside them lists what was skipped and why; then remove the features and make them again."
        )
    return noisy


class Kind:
    """Several stores as one list of clips, each equally likely. `noisy`: some clips with noise over them."""

    def __init__(self, paths: list[Path], noisy: bool = False):
        self.stores: list[Store] = [open_store(path) for path in paths]
        self.noisy = [open_noisy_store(store) if noisy else None for store in self.stores]
        self.clips = sum(len(store) for store in self.stores)
        self._starts = np.cumsum([0] + [len(store) for store in self.stores])

    def draw(self, rng: np.random.Generator) -> Excerpt:
        """One clip; of a long one a random excerpt."""
        i = int(rng.integers(self.clips))
        number = int(np.searchsorted(self._starts, i, "right")) - 1
        store, noisy, i = self.stores[number], self.noisy[number], i - int(self._starts[number])
        clean, end = store[i], int(store.end_frame[i])
        second = noisy[i] if noisy and rng.random() < NOISY_CHANCE else clean
        if len(clean) > LONGEST_EXCERPT:
            length = int(rng.integers(SHORTEST_EXCERPT, LONGEST_EXCERPT))
            first = int(rng.integers(len(clean) - length))
            return Excerpt(clean[first : first + length], second[first : first + length], -1)
        return Excerpt(clean, second, end)

    def forget(self) -> None:
        """Release the pages of the files from memory."""
        for store in filter(None, self.stores + self.noisy):
            store.forget()


class SequenceSampler:
    """Batches of sequences from the training stores of a word, the common ones and ready-made negatives.

    For a student the word's clips come in other scenes than those its teachers learned from: of these the teachers'
    outputs say little more than the targets do. The student's inputs are also harder than its teachers' (noisy student,
    Xie et al. 2020; docs/EXPERIMENTS.md). ValueError where there are no positives.
    """

    def __init__(
        self,
        features: Path,
        common: Path,
        seed: int,
        shares: dict[str, float] | None = None,
        negatives: Sequence[Path] = (),
        for_student: bool = False,
    ):
        paths: dict[str, list[Path]] = {}
        for root in (features, common, *negatives):
            for name, stores in list_training_stores(root, for_student).items():
                paths.setdefault(name, []).extend(stores)
        if kinds.POSITIVE not in paths:
            raise ValueError(f"{features} has no store positive/training")
        self.seed, self.for_student = seed, for_student
        self.kinds = {name: Kind(stores, noisy=for_student) for name, stores in sorted(paths.items())}
        self.names = list(self.kinds)
        weights = np.array([(shares or SHARES).get(name, OTHER_SHARE) for name in self.names])
        self.chances = weights / weights.sum()
        self.backgrounds = [self.kinds[name] for name in BACKGROUND_STORES if name in self.kinds]

    def __str__(self) -> str:
        return ", ".join(f"{kind.clips} {name}" for name, kind in self.kinds.items()) + " clips"

    def batch(self, step: int, sequences: int = SEQUENCES, frames: int = SEQUENCE_FRAMES) -> Batch:
        """The batch of a step."""
        rng = generator(self.seed, "batch", step)
        inputs = np.zeros((sequences, frames, mixednet.CHANNELS), np.uint16)
        teacher_inputs = np.zeros_like(inputs) if self.for_student else inputs
        targets = np.zeros((sequences, frames), np.int8)
        for sequence in range(sequences):
            at = -int(rng.integers(100))
            while at < frames:
                name = self.names[rng.choice(len(self.names), p=self.chances)]
                clip, factors = self.kinds[name].draw(rng), spec_augment.draw_warp(rng)
                clean, end = spec_augment.warp(clip.clean, clip.end, factors)
                noisy = clean if clip.noisy is clip.clean else spec_augment.warp(clip.noisy, clip.end, factors)[0]
                paste(teacher_inputs[sequence], clean, at)
                paste(inputs[sequence], spec_augment.mask(noisy, rng), at)
                if name in POSITIVE_STORES and end >= 0:  # other kinds of speech end too
                    mark_word_end(targets[sequence], at + end)
                at += len(clean)
            if self.for_student:
                self._add_background(inputs[sequence], rng)
        for kind in self.kinds.values():
            kind.forget()
        last = np.arange(mixednet.count_outputs(frames)) * mixednet.STRIDE + mixednet.RECEPTIVE_FRAMES - 1
        return Batch(inputs, targets[:, last], teacher_inputs)

    def _add_background(self, sequence: np.ndarray, rng: np.random.Generator) -> None:
        # Music or noise under stretches of a sequence (frames, 40); what is shorter than a stretch goes back and forth.
        at = 0
        while at < len(sequence) and self.backgrounds:
            stretch = sequence[at : at + int(rng.integers(*BACKGROUND_FRAMES))]
            if rng.random() < BACKGROUND_CHANCE:
                clip = self.backgrounds[rng.integers(len(self.backgrounds))].draw(rng).clean
                clip = np.pad(clip, ((0, max(0, len(stretch) - len(clip))), (0, 0)), "symmetric")[: len(stretch)]
                np.maximum(stretch, (clip * rng.uniform(*BACKGROUND_GAIN)).astype(np.uint16), out=stretch)
            at += len(stretch)


def paste(sequence: np.ndarray, clip: np.ndarray, at: int) -> None:
    """Write as much of a clip (frames, 40) into a sequence as fits, from frame `at` on, which may be negative."""
    first = max(0, at)
    part = clip[first - at : len(sequence) - at]
    sequence[first : first + len(part)] = part


def mark_word_end(targets: np.ndarray, end: int) -> None:
    """Write the targets around a word that ends in frame `end` into (frames,); positive wins over ignored."""

    def span(first: int, last: int) -> slice:
        return slice(max(0, first), max(0, min(len(targets), last)))

    around = targets[span(end - IGNORED_BEFORE, end + POSITIVE_UNTIL + IGNORED_AFTER)]
    around[around == NEGATIVE] = IGNORED
    targets[span(end + POSITIVE_FROM, end + POSITIVE_UNTIL)] = POSITIVE
