"""Training tapes: clips of every kind one after the other, and what the network should say at each of its outputs.

A tape is a spectrogram of FRAMES frames put together from random clips of all stores, as a device hears one thing after
another. The network runs over it once and every output position is an example: 1 just after the word has ended, 0
elsewhere, and nothing where either would be right. A batch depends on (seed, step) alone, so training can stop and go
on.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from scripts.core.random_numbers import generator
from scripts.core.spectrogram_store import NOISY, TEACHING, Store, open_store
from scripts.model import mixednet

FRAMES = 800  # of a tape: 8 s
SEQUENCES = 32  # a batch
LONGEST_PIECE = 400  # frames of a long clip that go on tape in one piece
SHORTEST_PIECE = 100
# How often a piece of each kind follows on a tape.
SHARES = {
    "positive": 0.28,
    "near": 0.14,
    "part": 0.06,
    "short": 0.28,
    "speech": 0.15,
    "music": 0.05,
    "noise": 0.04,
    # ready-made sets, where the profile has them: in the proportions of the reference recipe
    "negative_speech": 0.10,
    "negative_dinner_party": 0.10,
    "negative_no_speech": 0.05,
}
# What is nearly the word counts as the word in training. Taught to refuse it, a network learns how synthetic voices say
# the phrase and refuses people: of 401 recordings it heard 43 % instead of 87 % at 0.5 false accepts per hour
# (docs/EXPERIMENTS.md).
ANSWERED_YES = ("positive", "near")
# Frames after the end of the word in which the answer is yes, and around them those where nothing is asked.
YES_FROM, YES_UNTIL = 0, 36
UNASKED_BEFORE, UNASKED_AFTER = 15, 60
# Another speaker out of the same clip: channels stretched as by a longer or shorter vocal tract (Jaitly & Hinton 2013,
# VTLP) and time as by a faster or slower tongue; drawn for each piece of every kind.
WARP_CHANCE, TRACT_SPREAD, TEMPO_SPREAD = 0.7, 0.07, 0.10
# SpecAugment (Park et al. 2019), likewise.
FREQUENCY_MASKS, WIDEST_MASK, TIME_MASK_CHANCE, LONGEST_MASK = 2, 6, 0.4, 15
# Who is taught hears every fourth clip of a word and of short speech with noise over it, as the frontend makes of that:
# what is quiet goes under. And it hears music and noise under stretches of its tapes, this many times as bright as they
# are; in each channel the louder of the two counts (log-max, Nadas et al. 1989).
NOISY_CHANCE = 0.25
UNDER_KINDS, UNDER_SHARE, UNDER_FRAMES, UNDER_GAIN = ("music", "noise"), 0.3, (150, 500), (0.3, 0.9)
YES, NO, UNASKED = 1, 0, -1


class Batch(NamedTuple):
    """What one step learns from."""

    sound: np.ndarray  # (tapes, frames, 40) uint16, as the network hears them
    answers: np.ndarray  # (tapes, outputs) int8: YES, NO or UNASKED
    plain: (
        np.ndarray
    )  # as its teachers hear them: nothing masked, nothing over it or under it. Where nobody teaches, `sound` itself


def stores_of(features: Path, mode: str) -> list[Path]:
    """The store directories (*_mmap) of one mode under a features directory, sorted."""
    return sorted(Path(features).glob(f"*/{mode}/*_mmap"))


def training_stores(root: Path, for_student: bool) -> dict[str, list[Path]]:
    """The store directories to learn from under a features directory, by store; `taught`: where a store has scenes to
    be taught in, those."""
    found: dict[str, list[Path]] = {}
    for mode in ("training", *([TEACHING] if for_student else [])):
        of_mode: dict[str, list[Path]] = {}
        for path in stores_of(root, mode):
            of_mode.setdefault(path.parent.parent.name, []).append(path)
        found |= of_mode
    return found


class Drawn(NamedTuple):
    """A clip."""

    plain: np.ndarray  # (frames, 40) uint16
    heard: np.ndarray  # the same, or with noise over it
    end: int  # the frame its speech ends in, -1 if there is no one such frame


class Kind:
    """All stores of one kind as one list of clips; a clip of every store is equally likely. `noisy`: some with noise
    over them, where there are such."""

    def __init__(self, paths: list[Path], noisy: bool = False):
        self.stores: list[Store] = [open_store(path) for path in paths]
        self.noisy = [with_noise(store) if noisy else None for store in self.stores]
        self.clips = sum(len(store) for store in self.stores)
        self._starts = np.cumsum([0] + [len(store) for store in self.stores])

    def draw(self, rng: np.random.Generator) -> Drawn:
        """One clip. Long ones are cut to a random piece."""
        i = int(rng.integers(self.clips))
        which = int(np.searchsorted(self._starts, i, "right")) - 1
        store, noisy, i = self.stores[which], self.noisy[which], i - int(self._starts[which])
        plain, end = store[i], int(store.end_frame[i])
        heard = noisy[i] if noisy and rng.random() < NOISY_CHANCE else plain
        if len(plain) > LONGEST_PIECE:
            length = int(rng.integers(SHORTEST_PIECE, LONGEST_PIECE))
            first = int(rng.integers(len(plain) - length))
            return Drawn(plain[first : first + length], heard[first : first + length], -1)
        return Drawn(plain, heard, end)

    def forget(self) -> None:
        """Let go of the files' pages."""
        for store in filter(None, self.stores + self.noisy):
            store.forget()


def with_noise(store: Store) -> Store | None:
    """The same clips with noise over them, None where there are no such. ValueError if they are not the same."""
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


class SequenceSampler:
    """Batches of tapes from the training stores of a word, the common ones and ready-made negatives.

    A network that is `taught` hears other scenes of a word's clips than its teachers have learned from: of those they
    say little more than what they were told. And it hears them worse than its teachers do, whose answers it is to give
    all the same (noisy student, Xie et al. 2020; docs/EXPERIMENTS.md).
    """

    def __init__(
        self,
        features: Path,
        common: Path,
        seed: int,
        shares: dict[str, float] | None = None,
        negatives: list[Path] = (),
        for_student: bool = False,
    ):
        paths: dict[str, list[Path]] = {}
        for root in (features, common, *negatives):
            for name, found in training_stores(root, for_student).items():
                paths.setdefault(name, []).extend(found)
        if "positive" not in paths:
            raise ValueError(f"{features} has no store positive/training")
        self.kinds = {name: Kind(found, noisy=for_student) for name, found in sorted(paths.items())}
        shares = shares or SHARES
        weights = np.array([shares.get(name, 0.05) for name in self.kinds])
        self.names, self.chances, self.seed, self.for_student = (
            list(self.kinds),
            weights / weights.sum(),
            seed,
            for_student,
        )
        self.under = [self.kinds[name] for name in UNDER_KINDS if name in self.kinds]

    def batch(self, step: int, sequences: int = SEQUENCES, frames: int = FRAMES) -> Batch:
        """The tapes of a step, with what is to be said of them."""
        rng = generator(self.seed, "batch", step)
        sound = np.zeros((sequences, frames, mixednet.CHANNELS), np.uint16)
        plain = np.zeros_like(sound) if self.for_student else sound
        asked = np.zeros((sequences, frames), np.int8)
        for tape in range(sequences):
            at = -int(rng.integers(100))
            while at < frames:
                name = self.names[rng.choice(len(self.names), p=self.chances)]
                clip, warp = self.kinds[name].draw(rng), draw_warp(rng)
                said, end = warped(clip.plain, clip.end, warp)
                heard = said if clip.heard is clip.plain else warped(clip.heard, clip.end, warp)[0]
                record(plain[tape], said, at)
                record(sound[tape], masked(heard, rng), at)
                if name in ANSWERED_YES and end >= 0:  # other kinds of speech end too
                    mark(asked[tape], at + end)
                at += len(said)
            if self.for_student:
                self._put_under(sound[tape], rng)
        for kind in self.kinds.values():
            kind.forget()
        last = np.arange(mixednet.outputs(frames)) * mixednet.STRIDE + mixednet.FRAMES_SEEN - 1
        return Batch(sound, asked[:, last], plain)

    def _put_under(self, tape: np.ndarray, rng: np.random.Generator) -> None:
        # Music and noise under stretches of a tape (frames, 40); what is too short for a stretch goes back and forth.
        at = 0
        while at < len(tape) and self.under:
            stretch = tape[at : at + int(rng.integers(*UNDER_FRAMES))]
            if rng.random() < UNDER_SHARE:
                clip = self.under[rng.integers(len(self.under))].draw(rng).plain
                clip = np.pad(clip, ((0, max(0, len(stretch) - len(clip))), (0, 0)), "symmetric")[: len(stretch)]
                np.maximum(stretch, (clip * rng.uniform(*UNDER_GAIN)).astype(np.uint16), out=stretch)
            at += len(stretch)


def record(tape: np.ndarray, clip: np.ndarray, at: int) -> None:
    """Write as much of a clip (frames, 40) on a tape as there is room for, from frame `at` on, which may lie before the
    tape."""
    first = max(0, at)
    piece = clip[first - at : len(tape) - at]
    tape[first : first + len(piece)] = piece


def mark(asked: np.ndarray, end: int) -> None:
    """Write the answers around a word that ends in frame `end` into (frames,) asked. Yes wins over unasked."""

    def span(first: int, last: int) -> slice:
        return slice(max(0, first), max(0, min(len(asked), last)))

    around = asked[span(end - UNASKED_BEFORE, end + YES_UNTIL + UNASKED_AFTER)]
    around[around == NO] = UNASKED
    asked[span(end + YES_FROM, end + YES_UNTIL)] = YES


def draw_warp(rng: np.random.Generator) -> tuple[float, float] | None:
    """How many times a clip's channels and its tempo are to be stretched; None: it stays."""
    return tuple(np.exp(rng.uniform(-1, 1, 2) * (TRACT_SPREAD, TEMPO_SPREAD))) if rng.random() < WARP_CHANCE else None


def warped(clip: np.ndarray, end: int, warp: tuple[float, float] | None) -> tuple[np.ndarray, int]:
    """(frames, 40) with its channels and its time stretched, and where `end` (-1: none) has gone."""
    if warp is None:
        return clip, end
    tract, tempo = warp
    frames = clip[(np.arange(int(len(clip) / tempo)) * tempo).astype(int)]
    source = np.clip(np.arange(mixednet.CHANNELS) * tract, 0, mixednet.CHANNELS - 1.001)
    low = source.astype(int)
    share = (source - low).astype(np.float32)
    mixed = frames[:, low] * (1 - share) + frames[:, low + 1] * share
    return mixed.astype(np.uint16), int(end / tempo) if end >= 0 else -1


def masked(clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A copy of (frames, 40) with random bands of channels and of time set to zero."""
    clip = clip.copy()
    for _ in range(FREQUENCY_MASKS):
        width = int(rng.integers(WIDEST_MASK + 1))
        first = int(rng.integers(mixednet.CHANNELS - width + 1))
        clip[:, first : first + width] = 0
    if rng.random() < TIME_MASK_CHANCE:
        width = int(rng.integers(LONGEST_MASK + 1))
        first = int(rng.integers(max(1, len(clip) - width)))
        clip[first : first + width] = 0
    return clip
