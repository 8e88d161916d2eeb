"""Continuous sound: utterances one after another with pauses between them, and stretches of music and noise.

    clips = pack([Piece(path, 0.0, 3.2), Piece(path, 3.2, 6.1)], longest_s=12.0)
    take = speech_stream(rng, sources, clips[0], LIGHT)
    take = background_clip(rng, sources, "music", 10.0)

These carry no end_frame: nothing in them is the word.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ, resample, rms
from scripts.core.frontend import Take
from scripts.features import augment
from scripts.features.microphone import through_microphone
from scripts.features.sources import SILENT_RMS, Sources, read_segment

BACKGROUND_LEVEL_DBFS = (-55.0, -14.0)
BACKGROUND_PIECE_S = 30.0  # in a long stream the background changes about this often
FLOOR_DBFS = -78.0  # between the utterances of a stream; digital silence is rare in a room
QUIETEST_DBFS = -60.0  # below this an utterance is taken for silence and left at its own level


@dataclass(frozen=True)
class Piece:
    """A stretch of a file."""

    path: Path
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Treatment:
    """How a stream is augmented; shares are probabilities."""

    pause_s: tuple[float, float]
    room: float  # a room for an utterance
    level_dbfs: tuple[float, float] | None  # rms of each utterance; None leaves it as recorded
    background: float  # noise or music under the whole stream
    snr_db: tuple[float, float] = (5.0, 25.0)
    microphone: float = 0.0
    speed: float = 1.0  # played so fast, which makes voices as much higher: other people's


LIGHT = Treatment(pause_s=(0.1, 0.7), room=0.45, level_dbfs=(-42.0, -15.0), background=0.4, microphone=0.5)
PLAIN = Treatment(pause_s=(0.2, 1.5), room=0.0, level_dbfs=None, background=0.0)
ROOMS = Treatment(pause_s=(0.2, 1.5), room=0.8, level_dbfs=(-42.0, -18.0), background=0.0)
MIXED = Treatment(pause_s=(0.2, 1.5), room=0.5, level_dbfs=(-36.0, -20.0), background=1.0, snr_db=(0.0, 15.0))


def cut(path: Path | str, duration_s: float, longest_s: float) -> list[Piece]:
    """A file as pieces of equal length, none above `longest_s`."""
    count = max(1, int(np.ceil(duration_s / longest_s)))
    edges = np.linspace(0.0, duration_s, count + 1)
    return [Piece(Path(path), float(start), float(end)) for start, end in zip(edges[:-1], edges[1:])]


def pack(pieces: list[Piece], longest_s: float) -> list[list[Piece]]:
    """Pieces in their order, in groups whose speech is at most `longest_s` together (or a single longer piece)."""
    groups: list[list[Piece]] = []
    total_s = np.inf
    for piece in pieces:
        piece_s = piece.end_s - piece.start_s
        if total_s + piece_s > longest_s:
            groups.append([])
            total_s = 0.0
        groups[-1].append(piece)
        total_s += piece_s
    return groups


def _utterance(rng: np.random.Generator, sources: Sources, piece: Piece, treatment: Treatment) -> np.ndarray:
    start = int(piece.start_s * SAMPLE_RATE_HZ)
    sound = read_segment(piece.path, start, int(piece.end_s * SAMPLE_RATE_HZ) - start)
    sound = augment.faded(resample(sound, SAMPLE_RATE_HZ * treatment.speed), 0.005)
    room = sources.room(rng) if rng.random() < treatment.room else None
    if room is not None:
        sound = augment.in_room(np.pad(sound, (0, len(room) // 2)), room)  # let it ring into the pause
    if treatment.level_dbfs is not None and rms(sound) > augment.db(QUIETEST_DBFS):
        sound = augment.at_rms(sound, rng.uniform(*treatment.level_dbfs))
    return sound


def _long_background(rng: np.random.Generator, sources: Sources, samples: int) -> np.ndarray:
    """(samples,) of changing noise and music, every piece at rms 1."""
    out = np.zeros(samples, np.float32)
    at = 0
    while at < samples:
        length = min(samples - at, int(BACKGROUND_PIECE_S * rng.uniform(0.5, 1.5) * SAMPLE_RATE_HZ))
        piece = sources.background(rng, length)
        if piece is None:
            piece = augment.coloured_noise(rng, "pink", length)
        out[at : at + length] = augment.at_rms(piece, 0.0)
        at += length
    return out


def speech_stream(rng: np.random.Generator, sources: Sources, pieces: list[Piece], treatment: Treatment) -> Take:
    """The pieces one after another with pauses, for one running frontend."""
    parts, marks, at = [], [], 0
    for piece in pieces:
        marks.append((at, piece.path))
        parts.append(_utterance(rng, sources, piece, treatment))
        parts.append(np.zeros(int(rng.uniform(*treatment.pause_s) * SAMPLE_RATE_HZ), np.float32))
        at += len(parts[-2]) + len(parts[-1])
    speech_rms = rms(np.concatenate(parts[::2]))
    sound = np.concatenate(parts)
    if speech_rms < SILENT_RMS / 10:
        raise ValueError(f"silence where speech was expected, from {pieces[0].path}")
    if rng.random() < treatment.background:
        sound += _long_background(rng, sources, len(sound)) * np.float32(
            speech_rms / augment.db(rng.uniform(*treatment.snr_db))
        )
    if rng.random() < treatment.microphone:
        sound = through_microphone(rng, sound)
    sound = sound + augment.coloured_noise(rng, "pink", len(sound)) * np.float32(augment.db(FLOOR_DBFS))
    return Take(sound, marks=tuple(marks))


def background_clip(rng: np.random.Generator, sources: Sources, kind: str, seconds: float) -> Take:
    """Music, recorded noise or coloured noise ("music", "noise", a colour) alone, at a random level."""
    samples = int(seconds * SAMPLE_RATE_HZ)
    if kind in augment.COLOURS:
        sound = augment.coloured_noise(rng, kind, samples)
    else:
        sound = sources.sound(rng, getattr(sources, kind), samples)
    if sound is None:
        raise ValueError(f"nothing audible found among the {kind} of {sources.split}")
    return Take(_levelled(rng, sources, sound))


def music_stream(rng: np.random.Generator, sources: Sources, piece: Piece) -> Take:
    """A stretch of one piece of music alone, at a random level, now and then from across a room."""
    start = int(piece.start_s * SAMPLE_RATE_HZ)
    sound = _levelled(rng, sources, read_segment(piece.path, start, int(piece.end_s * SAMPLE_RATE_HZ) - start))
    return Take(sound, marks=((0, piece.path),))


def _levelled(rng: np.random.Generator, sources: Sources, sound: np.ndarray) -> np.ndarray:
    room = sources.room(rng) if rng.random() < 0.3 else None
    if room is not None:
        sound = augment.in_room(sound, room)
    sound = augment.at_rms(sound, rng.uniform(*BACKGROUND_LEVEL_DBFS))
    return sound + augment.coloured_noise(rng, "pink", len(sound)) * np.float32(augment.db(FLOOR_DBFS))
