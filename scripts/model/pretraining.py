"""What the layers of all words learn from: tapes of the common training sound, and what the speech embedding says of
them.

lessons = Lessons(features, {"short": [hear(task), ...]}, seed=1)
weights, unsaid = taught(lessons, steps=3000, seed=1)         # of mixednet, without the last layer
load(folder)                                                  # the same, where beginning.py has written them
"""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from scripts.core.files import read_npz
from scripts.core.frontend import frames_in
from scripts.core.progress import note, progress
from scripts.core.random_numbers import generator
from scripts.features import embedding
from scripts.model import batches, init_from_official, mixednet
from scripts.model.optimizer import AVERAGE, EVERY, NORM_MOMENTUM, NOTED, PEAK_RATE, WARM_UP_STEPS

NAME, BEGINS_WITH = "the speech embedding", "hey_mycroft"
SOURCES = {
    "speech embedding": embedding.PACKAGE,
    BEGINS_WITH: init_from_official.PACKAGE,
}  # what the layers are made of, by package
SHARES = {
    "short": 0.55,
    "speech": 0.38,
    "music": 0.04,
    "noise": 0.03,
}  # how often a piece of each kind follows on a tape
SHORTEST_PIECE = 200  # frames of a long clip that go on tape in one piece
# A position hears FRAMES_SEEN frames; before those of a clip there is another clip on the tape.
FIRST_ASKED = embedding.FRAMES_SEEN - 6  # of which a few may be heard


def serves(word: str) -> bool:
    """Whether a word may begin with the layers: a network never begins with one that knows a part of its word."""
    return init_from_official.beginning(word) == BEGINS_WITH


def load(folder: Path) -> dict[str, np.ndarray]:
    """The weights that beginning.py wrote, by name; SystemExit where there are none."""
    path = Path(folder) / "weights.npz"
    if not path.is_file():
        raise SystemExit(f"{path} is missing: make makes it before it trains a word (INIT=embedding).")
    return read_npz(path)


_sound: tuple = ()


def start(files: list, seed: int) -> None:
    """Make a process ready to hear()."""
    from scripts.features.sources import Sources

    global _sound
    _sound = Sources(files, "training"), seed


def hear(task) -> tuple[int, int, np.ndarray] | None:
    """Frames kept of a task's clip, frames it warms up for, and its embedding as float16; None for a clip that build()
    skips as well."""
    from scripts.features.build import render_task

    try:
        take = render_task(task, *_sound)
    except (ValueError, OSError):
        return None
    return frames_in(len(take.sound)) - take.warm_up, take.warm_up, embedding.embedding(take.sound).astype(np.float16)


class Lessons:
    """SequenceSampler of the common training sound, and what the embedding says of them.

    heard: for each kind the embeddings (positions, 96) of its clips, with warm-up, in the order of its one store.
    """

    def __init__(self, features: Path, heard: dict[str, list[tuple[int, int, np.ndarray]]], seed: int):
        self.stores = {
            path.parent.parent.name: batches.open_store(path)
            for path in batches.stores_of(features, "training")
            if path.parent.parent.name in heard
        }
        for name, clips in heard.items():
            lengths = self.stores[name].lengths.tolist() if name in self.stores else []
            if [frames for frames, _, _ in clips] != lengths:
                raise SystemExit(
                    f"{features}/{name} holds {len(lengths)} clips, and of the sound it should be made of there are {len(clips)} or of other lengths: "
                    "the datasets or the code have changed since. Delete common/features.stamp in DATA_DIR and make again."
                )
        self.heard, self.seed = heard, seed
        self.names = list(heard)
        chances = np.array([SHARES[name] for name in self.names])
        self.chances = chances / chances.sum()
        some = np.concatenate([said for clips in heard.values() for _, _, said in clips[::7]]).astype(np.float32)
        self.mean, self.deviation = some.mean(axis=0), some.std(axis=0) + 1e-3

    def _piece(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        # A clip, or of a long one a piece, as frames (frames, 40); which of them positions hear last, and the embedding
        # there.
        name = self.names[rng.choice(len(self.names), p=self.chances)]
        i = int(rng.integers(len(self.heard[name])))
        clip, (_, warm_up, said) = self.stores[name][i], self.heard[name][i]
        at = embedding.last_frames(len(said), warm_up)
        if len(clip) > batches.LONGEST_PIECE:
            length = int(rng.integers(SHORTEST_PIECE, batches.LONGEST_PIECE))
            first = int(rng.integers(len(clip) - length))
            clip, at = clip[first : first + length], at - first
        asked = (at >= FIRST_ASKED) & (at < len(clip))
        return clip, at[asked], said[asked]

    def batch(
        self, step: int, sequences: int = batches.SEQUENCES, frames: int = batches.FRAMES
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Features (tapes, frames, 40) uint16, what is to be said (tapes, outputs, 96) float32, and where, (tapes,
        outputs) float32 of 0 and 1."""
        rng = generator(self.seed, "beginning", step)
        sound = np.zeros((sequences, frames, mixednet.CHANNELS), np.uint16)
        outputs = mixednet.outputs(frames)
        said, asked = (
            np.zeros((sequences, outputs, embedding.SIZE), np.float32),
            np.zeros((sequences, outputs), np.float32),
        )
        for tape in range(sequences):
            at = -int(rng.integers(100))
            while at < frames:
                clip, places, told = self._piece(rng)
                warped, _ = batches.warped(clip, -1, batches.draw_warp(rng))
                places = places * len(warped) // len(clip)
                piece = batches.masked(warped, rng)[max(0, -at) :][: frames - max(at, 0)]
                sound[tape, max(at, 0) : max(at, 0) + len(piece)] = piece
                which = np.rint((at + places - mixednet.FRAMES_SEEN + 1) / mixednet.STRIDE).astype(int)
                there = (which >= 0) & (which < outputs)
                said[tape, which[there]] = (told[there].astype(np.float32) - self.mean) / self.deviation
                asked[tape, which[there]] = 1
                at += len(warped)
        for store in self.stores.values():
            store.forget()
        return sound, said, asked


def taught(lessons: Lessons, steps: int, seed: int) -> tuple[dict[str, np.ndarray], float]:
    """Weights of mixednet but for the last layer, averaged, and what share of the embedding's variance went unsaid in
    the last steps."""
    import tensorflow as tf

    random = generator(seed, "beginning")
    batch = lessons.batch(0)
    begun = init_from_official.settled(mixednet.draw_weights(random), BEGINS_WITH, batch[0])
    weights = {name: tf.Variable(value) for name, value in begun.items() if not name.startswith("last/")}
    averages = {name: tf.Variable(value) for name, value in weights.items()}
    channels = mixednet.BLOCKS[-1][1]
    out = tf.Variable(
        (
            random.standard_normal((mixednet.CONTEXT, channels, embedding.SIZE)) / np.sqrt(mixednet.CONTEXT * channels)
        ).astype(np.float32)
    )
    bias = tf.Variable(np.zeros(embedding.SIZE, np.float32))
    learned = [value for name, value in weights.items() if mixednet.trainable(name)] + [out, bias]
    adam = tf.keras.optimizers.Adam(PEAK_RATE)

    @tf.function
    def learn(sound, said, asked, keep):
        with tf.GradientTape() as tape:
            x, seen = mixednet.trunk(tf.cast(sound, tf.float32) * mixednet.FEATURE_SCALE, weights, True)
            unsaid = tf.reduce_mean(tf.square(tf.nn.conv1d(tf.squeeze(x, 2), out, 1, "VALID") + bias - said), axis=2)
            loss = tf.reduce_sum(unsaid * asked) / (tf.reduce_sum(asked) + 1)
        adam.apply_gradients(zip(tape.gradient(loss, learned), learned))
        for name, value in seen.items():
            weights[name].assign(NORM_MOMENTUM * weights[name] + (1 - NORM_MOMENTUM) * value)
        for name, value in weights.items():
            averages[name].assign(keep * averages[name] + (1 - keep) * value)
        return loss

    started, lately = time.monotonic(), 1.0
    with ThreadPoolExecutor(1) as ahead:
        for step in progress(range(steps), steps, "the beginning", "step"):
            following = ahead.submit(lessons.batch, step + 1)
            adam.learning_rate = (
                PEAK_RATE * min(1.0, (step + 1) / WARM_UP_STEPS) * 0.5 * (1 + np.cos(np.pi * step / steps))
            )
            loss = float(
                learn(*map(tf.constant, batch), tf.constant(min(AVERAGE, (step + 1) / (step + 10)), tf.float32))
            )
            lately = loss if not step else 0.98 * lately + 0.02 * loss
            if (step + 1) % NOTED == 0:
                note(f"step {step + 1} unsaid={loss:.4f}")
            if (step + 1) % EVERY == 0 or step + 1 == steps:
                print(
                    f"step {step + 1}/{steps} unsaid={lately:.3f} {(time.monotonic() - started) / (step + 1) * 1000:.0f} ms/step",
                    flush=True,
                )
            batch = following.result()
    return {name: value.numpy() for name, value in averages.items()}, lately
