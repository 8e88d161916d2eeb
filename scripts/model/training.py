"""The training of a word: teachers, then the student that learns from them and is published.

    facts = train_word(Settings(features, common, [], samples, out, steps=2000, teachers=3, seed=1, init="official"))

train.py says what is written where. The loop over the steps is in train_network().
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from scripts.core.arrays import read_npz
from scripts.core.files import read_json, remove, write_json
from scripts.core.progress import note, progress
from scripts.datasets.licences import describe_package
from scripts.model import checkpoint, init_from_official, pretraining
from scripts.model.batches import SequenceSampler
from scripts.model.optimizer import LOG_EVERY, REPORT_EVERY, Trainer
from scripts.model.recorder import Recorder, save_weights
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
    pretrained: Path | None = None  # folder of the pretrained weights, for "embedding"


@dataclass(frozen=True)
class Network:
    """One network to train. Teachers are not validated: synthetic validation says little about who detects people best,
    so they keep their last averages."""

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
    teachers, teacher_seconds = train_teachers(settings, init, identity)
    result = train_student(settings, init, identity, teachers)
    write_origin(settings.out / "trainer.json", init)
    remove_further_teachers(settings)
    facts = {name: round(value, 4) if isinstance(value, float) else value for name, value in result.items()}
    facts["seconds"] = round(facts["seconds"] + teacher_seconds, 2)
    return {"steps": settings.steps, "teachers": settings.teachers, **facts}


def train_teachers(settings: Settings, init: Initialisation, identity: dict) -> tuple[list[dict], float]:
    """The weights of the teachers, and the seconds that their training took."""
    teachers, seconds = [], 0.0
    for number in range(1, settings.teachers + 1):
        print(f"teacher {number} of {settings.teachers}", flush=True)
        teacher = Network(
            settings.out / f"{checkpoint.TEACHER}{number}",
            count_teacher_steps(settings.steps),
            settings.seed + SEED_DISTANCE * number,
            validated=False,
        )
        seconds += train_network(settings, teacher, init, identity)["seconds"]
        teachers.append(read_npz(teacher.out / "weights.npz"))
    return teachers, seconds


def train_student(settings: Settings, init: Initialisation, identity: dict, teachers: list[dict]) -> dict:
    """Train the network to publish, which learns from its teachers or, without any, from the targets."""
    if teachers:
        print("the student, which is published", flush=True)
    student = Network(settings.out, settings.steps, settings.seed, teachers)
    return train_network(settings, student, init, identity | {"teachers": str(len(teachers))})


def train_network(settings: Settings, network: Network, init: Initialisation, identity: dict) -> dict:
    """Train one network, or continue where that was stopped; returns the figures of its last validation, its best score,
    its training segments ("legs") and the seconds it took."""
    state = checkpoint.resume(network.out, identity, network.steps)
    sampler, validation = open_data(settings, network)
    trainer = Trainer(network.steps, network.seed, network.teachers)
    if state:
        trainer.restore(state, network.steps)
        print(f"going on from step {trainer.done} of {network.steps}", flush=True)
    else:
        print(f"{sampler}; validation: {validation}" if validation else sampler)
    recorder = Recorder(network.out, network.steps, identity, trainer, validation, state)
    if validation:
        recorder.writer.write_graph(trainer.weights)
        recorder.writer.write_clips(settings.samples)
    with ThreadPoolExecutor(1) as ahead:  # draws the next batch while TensorFlow learns from this one
        next_batch = ahead.submit(sampler.batch, trainer.done)
        if not trainer.done:
            init.apply(trainer, next_batch.result().inputs)
        steps = range(trainer.done, network.steps)
        for step in progress(steps, network.steps, f"training {network.out.name}", "step", initial=trainer.done):
            batch = next_batch.result()
            next_batch = ahead.submit(sampler.batch, step + 1)
            losses = trainer.step(*batch)
            last = trainer.done == network.steps
            if trainer.done % LOG_EVERY == 0:
                note(f"step {trainer.done} " + " ".join(f"{name}={float(loss):.4f}" for name, loss in losses.items()))
            if trainer.done % REPORT_EVERY == 0 or last:
                recorder.report(losses)
            if trainer.done % CHECKPOINT_EVERY == 0 or last:
                recorder.save_checkpoint()
    save_weights(network.out / "weights.npz", trainer.best_weights)
    return {
        "best": trainer.best_score,
        **recorder.figures,
        checkpoint.SEGMENTS: trainer.segments,
        "seconds": recorder.seconds(),
    }


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
