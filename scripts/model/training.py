"""The training of a word: teachers, then the student that learns from them and is published.

    facts = train_word(Settings(features, common, [], samples, out, steps=2000, teachers=3, seed=1, init="official"))

train.py says what is written where. The loop over the steps is in take_steps().
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event

import numpy as np
import tensorflow as tf

from scripts.core.arrays import read_npz
from scripts.core.files import read_json, remove, write_json
from scripts.core.progress import progress
from scripts.datasets.licences import describe_package
from scripts.model import checkpoint, init_from_official, pretraining
from scripts.model.batches import SequenceSampler
from scripts.model.optimizer import LOG_EVERY, REPORT_EVERY, Trainer
from scripts.model.recorder import Clock, Recorder, save_weights
from scripts.model.train import count_teacher_steps
from scripts.model.validation import Validation

CHECKPOINT_EVERY = 100  # steps between checkpoints: what an interruption costs at most
SEED_DISTANCE = 1_000_003  # between the seeds of the networks of a word


@dataclass(frozen=True)
class Settings:
    """A word's training: its data, and the options of the command."""

    features: Path  # the word's
    common: Path  # the features shared by all words
    negatives: Sequence[Path]  # ready-made features
    samples: Path  # the word's
    out: Path
    steps: int  # of the student
    teachers: int
    seed: int
    init: str  # "embedding", "official" or "random"
    jobs: int  # networks that are trained at once
    pretrained: Path | None = None  # folder of the pretrained weights, for "embedding"


@dataclass(frozen=True)
class Network:
    """One network to train. Teachers are not validated: synthetic validation says little about who detects people best,
    so they keep their last averages."""

    name: str  # "teacher 1" and so on, or "student"
    out: Path
    steps: int
    seed: int
    teachers: Sequence[dict[str, np.ndarray]] = ()  # their weights
    validated: bool = True


@dataclass(frozen=True)
class Initialisation:
    """What every network of a word starts from: pretrained weights, an official model, or nothing but random numbers."""

    source: str = ""  # an official model's name, or pretraining.SOURCE; "" for random weights
    pretrained: dict[str, np.ndarray] | None = None  # all but the last layer
    packages: dict[str, str] | None = None  # the package of each model it is made of

    def apply(self, trainer: Trainer, inputs: np.ndarray) -> None:
        """Set a trainer's weights; `inputs` (sequences, frames, 40) uint16 are its first batch."""
        if self.pretrained:
            trainer.initialise(trainer.best_weights | self.pretrained)
            print(f"initialised from weights pretrained on {self.source}")
        elif self.source:
            trainer.initialise(init_from_official.initialise(trainer.best_weights, self.source, inputs))
            print(f"initialised from the official model {self.source}")


def choose_initialisation(settings: Settings) -> Initialisation:
    """What `settings.init` means for the word: no network starts from a model that knows a part of its word."""
    word = read_json(settings.samples / "phrases.json", dict, "word")["word"]
    if settings.init == "embedding" and settings.pretrained and pretraining.is_suitable(word):
        return Initialisation(pretraining.SOURCE, pretraining.load_weights(settings.pretrained), pretraining.PACKAGES)
    if settings.init != "random" and (official := init_from_official.choose_model(word)):
        return Initialisation(official, packages={official: init_from_official.PACKAGE})
    return Initialisation()


def train_word(settings: Settings) -> dict:
    """Train all networks of a word, or continue where that was stopped; returns the facts for times.jsonl."""
    tf.keras.utils.set_random_seed(settings.seed)
    tf.config.experimental.enable_op_determinism()
    init = choose_initialisation(settings)
    identity = checkpoint.identify(settings.features, settings.common, settings.seed, settings.negatives)
    identity |= {"initialisation": init.source}
    if init.pretrained and settings.pretrained:
        identity |= {"pretrained weights": checkpoint.digest(settings.pretrained)}
    clock = Clock()
    teachers = train_teachers(settings, init, identity, clock)
    result = train_student(settings, init, identity, clock, teachers)
    write_origin(settings.out / "trainer.json", init)
    remove_further_teachers(settings)
    facts = {name: round(value, 4) if isinstance(value, float) else value for name, value in result.items()}
    return {"steps": settings.steps, "teachers": settings.teachers, **facts, "seconds": clock.seconds()}


def train_teachers(settings: Settings, init: Initialisation, identity: dict, clock: Clock) -> list[dict]:
    """Train the teachers; returns their weights."""
    teachers = [
        Network(
            f"teacher {number}",
            settings.out / f"{checkpoint.TEACHER}{number}",
            count_teacher_steps(settings.steps),
            settings.seed + SEED_DISTANCE * number,
            validated=False,
        )
        for number in range(1, settings.teachers + 1)
    ]
    train_networks(settings, teachers, init, identity, clock)
    return [read_npz(teacher.out / "weights.npz") for teacher in teachers]


def train_student(settings: Settings, init: Initialisation, identity: dict, clock: Clock, teachers: list[dict]) -> dict:
    """Train the network to publish, which learns from its teachers or, without any, from the targets."""
    student = Network("student", settings.out, settings.steps, settings.seed, teachers)
    return train_networks(settings, [student], init, identity | {"teachers": str(len(teachers))}, clock)[0]


@dataclass(frozen=True)
class Training:
    """What a network's training consists of, begun or to be continued."""

    network: Network
    sampler: SequenceSampler
    trainer: Trainer
    recorder: Recorder

    def result(self) -> dict:
        """The figures of its last validation, its best score, and its training segments ("legs")."""
        return {
            "best": self.trainer.best_score,
            **self.recorder.figures,
            checkpoint.SEGMENTS: self.trainer.segments,
        }


def train_networks(
    settings: Settings, networks: list[Network], init: Initialisation, identity: dict, clock: Clock
) -> list[dict]:
    """Train networks, as many at once as `settings.jobs`, or continue where that was stopped; returns Training.result()
    of each.

    Each has a thread, and TensorFlow computes an operation in one thread (train.py): small operations gain nothing from
    more, and so the sums have one order and the weights the same bytes on any number of processors.
    """
    trainings = [open_training(settings, network, init, identity, clock) for network in networks]
    total = sum(network.steps for network in networks)
    done = sum(training.trainer.done for training in trainings)
    finished_steps: SimpleQueue[int] = SimpleQueue()
    stop = Event()
    with ThreadPoolExecutor(max(1, settings.jobs)) as pool:
        runs = [pool.submit(take_steps, training, finished_steps, stop) for training in trainings]
        try:
            label = "training " + ", ".join(network.name for network in networks)
            for _ in progress(wait_for_steps(finished_steps, runs), total, label, "step", initial=done):
                pass
        except BaseException:
            stop.set()  # the others end after their step, else the pool would wait for all their steps
            raise
    return [training.result() for training in trainings]


def wait_for_steps(finished_steps: SimpleQueue, runs: list[Future]) -> Iterator[int]:
    """Yield whenever one of the runs has finished a step, until all have ended; raises what one of them raised."""
    while not all(run.done() for run in runs) or not finished_steps.empty():
        for run in runs:
            if run.done():
                run.result()
        with suppress(Empty):
            yield finished_steps.get(timeout=0.2)
    for run in runs:
        run.result()


def open_training(settings: Settings, network: Network, init: Initialisation, identity: dict, clock: Clock) -> Training:
    """A network with its data, as it was when it was stopped, or new."""
    state = checkpoint.resume(network.out, identity, network.steps)
    sampler, validation = open_data(settings, network)
    trainer = Trainer(network.steps, network.seed, network.teachers)
    if state:
        trainer.restore(state, network.steps)
        clock.resume(state["seconds"])
        print(f"{network.name}: going on from step {trainer.done} of {network.steps}", flush=True)
    else:
        print(f"{network.name}: {sampler}" + (f"; validation: {validation}" if validation else ""))
        init.apply(trainer, sampler.batch(0).inputs)
    recorder = Recorder(
        network.name, network.out, identity, trainer, validation, state["figures"] if state else {}, clock
    )
    if validation:
        recorder.writer.write_graph(trainer.weights)
        recorder.writer.write_clips(settings.samples)
    return Training(network, sampler, trainer, recorder)


def take_steps(training: Training, finished_steps: SimpleQueue, stop: Event) -> None:
    """Train to the last step or until `stop` is set, and put the number of each finished step into the queue."""
    network, sampler, trainer, recorder = training.network, training.sampler, training.trainer, training.recorder
    with ThreadPoolExecutor(1) as ahead:  # draws the next batch, and asks the teachers about it, during a step

        def prepare(step: int):
            return trainer.prepare(sampler.batch(step))

        next_batch = ahead.submit(prepare, trainer.done)
        recorder.start()
        for step in range(trainer.done, network.steps):
            if stop.is_set():
                return
            batch = next_batch.result()
            next_batch = ahead.submit(prepare, step + 1)
            losses = trainer.step(*batch)
            last = trainer.done == network.steps
            if trainer.done % LOG_EVERY == 0:
                recorder.note(losses)
            if trainer.done % REPORT_EVERY == 0 or last:
                recorder.report(losses)
            if trainer.done % CHECKPOINT_EVERY == 0 or last:
                recorder.save_checkpoint()
            finished_steps.put(trainer.done)
    save_weights(network.out / "weights.npz", trainer.best_weights)


def open_data(settings: Settings, network: Network) -> tuple[SequenceSampler, Validation | None]:
    """The training data of a network and, if it is validated, the validation data; SystemExit where some are missing."""
    roots = settings.features, settings.common
    try:
        sampler = SequenceSampler(
            *roots, network.seed, negatives=settings.negatives, for_student=bool(network.teachers)
        )
        return sampler, Validation(*roots, settings.negatives) if network.validated else None
    except ValueError as error:
        raise SystemExit(str(error)) from error


def write_origin(path: Path, init: Initialisation) -> None:
    """Say in trainer.json what the networks were initialised from, by package and licence."""
    packages = {model: describe_package(package) for model, package in (init.packages or {}).items()}
    begins_with = [
        {"model": model, "package": package["name"], "licence": package["licence"]}
        for model, package in packages.items()
    ]
    write_json(path, {"name": "dense", "begins_with": begins_with})


def remove_further_teachers(settings: Settings) -> None:
    """Delete the folders of teachers that an earlier training had and this one has not."""
    for folder in settings.out.glob(f"{checkpoint.TEACHER}*"):
        if int(folder.name.removeprefix(checkpoint.TEACHER)) > settings.teachers:
            remove(folder)
