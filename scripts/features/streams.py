"""Continuous sound: speech with pauses, and stretches of music and noise.

    groups = pack([Segment(path, 0.0, 3.2), Segment(path, 3.2, 6.1)], longest_s=12.0)
    clip = render_speech(rng, sources, groups[0], LIGHT)
    clip = render_background(rng, sources, "music", 10.0)

These clips have no end_frame.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ, resample, rms
from scripts.core.spectrogram import SoundClip
from scripts.features import augment
from scripts.features.microphone import apply_microphone
from scripts.features.sources import SILENT_RMS, Sources, read_segment

BACKGROUND_LEVEL_DBFS = (-55.0, -14.0)
BACKGROUND_CHANGE_S = 30.0  # mean duration of one background in a stream
FLOOR_DBFS = -78.0  # noise in pauses; rooms have no digital silence
QUIETEST_DBFS = -60.0  # an utterance below this is silence and keeps its level


@dataclass(frozen=True)
class Segment:
    """A stretch of a sound file."""

    path: Path
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Treatment:
    """How a stream is augmented; shares are probabilities."""

    pause_s: tuple[float, float]
    room: float  # share of utterances in a room
    level_dbfs: tuple[float, float] | None  # rms of each utterance; None leaves it as recorded
    background: float  # share of streams with noise or music under all of it
    snr_db: tuple[float, float] = (5.0, 25.0)
    microphone: float = 0.0
    speed: float = 1.0  # of playing, which changes the pitch as well, like another speaker


LIGHT = Treatment(pause_s=(0.1, 0.7), room=0.45, level_dbfs=(-42.0, -15.0), background=0.4, microphone=0.5)
PLAIN = Treatment(pause_s=(0.2, 1.5), room=0.0, level_dbfs=None, background=0.0)
ROOMS = Treatment(pause_s=(0.2, 1.5), room=0.8, level_dbfs=(-42.0, -18.0), background=0.0)
MIXED = Treatment(pause_s=(0.2, 1.5), room=0.5, level_dbfs=(-36.0, -20.0), background=1.0, snr_db=(0.0, 15.0))


def split_file(path: Path | str, duration_s: float, longest_s: float) -> list[Segment]:
    """A file as segments of equal length, none longer than `longest_s`."""
    count = max(1, int(np.ceil(duration_s / longest_s)))
    edges = np.linspace(0.0, duration_s, count + 1)
    return [Segment(Path(path), float(start), float(end)) for start, end in zip(edges[:-1], edges[1:])]


def pack(segments: list[Segment], longest_s: float) -> list[list[Segment]]:
    """Group segments in their order: at most `longest_s` together, or a single longer one."""
    groups: list[list[Segment]] = []
    total_s = np.inf
    for segment in segments:
        duration_s = segment.end_s - segment.start_s
        if total_s + duration_s > longest_s:
            groups.append([])
            total_s = 0.0
        groups[-1].append(segment)
        total_s += duration_s
    return groups


def _read(segment: Segment) -> np.ndarray:
    start = int(segment.start_s * SAMPLE_RATE_HZ)
    return read_segment(segment.path, start, int(segment.end_s * SAMPLE_RATE_HZ) - start)


def _render_utterance(rng: np.random.Generator, sources: Sources, segment: Segment, treatment: Treatment) -> np.ndarray:
    sound = _read(segment)
    sound = augment.fade(resample(sound, SAMPLE_RATE_HZ * treatment.speed), 0.005)
    room = sources.room(rng) if rng.random() < treatment.room else None
    if room is not None:
        sound = augment.apply_room(np.pad(sound, (0, len(room) // 2)), room)  # the room rings into the pause
    if treatment.level_dbfs is not None and rms(sound) > augment.db(QUIETEST_DBFS):
        sound = augment.set_rms(sound, rng.uniform(*treatment.level_dbfs))
    return sound


def _draw_long_background(rng: np.random.Generator, sources: Sources, samples: int) -> np.ndarray:
    """(samples,) of changing noise and music, each at rms 1."""
    out = np.zeros(samples, np.float32)
    at = 0
    while at < samples:
        length = min(samples - at, int(BACKGROUND_CHANGE_S * rng.uniform(0.5, 1.5) * SAMPLE_RATE_HZ))
        background = sources.background(rng, length)
        if background is None:
            background = augment.draw_noise(rng, "pink", length)
        out[at : at + length] = augment.set_rms(background, 0.0)
        at += length
    return out


def render_speech(
    rng: np.random.Generator, sources: Sources, segments: list[Segment], treatment: Treatment
) -> SoundClip:
    """The segments one after another with pauses. Raises ValueError if they are silent."""
    parts, marks, at = [], [], 0
    for segment in segments:
        marks.append((at, segment.path))
        parts.append(_render_utterance(rng, sources, segment, treatment))
        parts.append(np.zeros(int(rng.uniform(*treatment.pause_s) * SAMPLE_RATE_HZ), np.float32))
        at += len(parts[-2]) + len(parts[-1])
    speech_rms = rms(np.concatenate(parts[::2]))
    sound = np.concatenate(parts)
    if speech_rms < SILENT_RMS / 10:
        raise ValueError(f"silence where speech was expected, from {segments[0].path}")
    if rng.random() < treatment.background:
        background = _draw_long_background(rng, sources, len(sound))
        sound += background * np.float32(speech_rms / augment.db(rng.uniform(*treatment.snr_db)))
    if rng.random() < treatment.microphone:
        sound = apply_microphone(rng, sound)
    sound = sound + augment.draw_noise(rng, "pink", len(sound)) * np.float32(augment.db(FLOOR_DBFS))
    return SoundClip(sound, marks=tuple(marks))


def render_background(rng: np.random.Generator, sources: Sources, kind: str, seconds: float) -> SoundClip:
    """Music, recorded noise or coloured noise ("music", "noise", a colour) alone, at a drawn level.

    Raises ValueError if the split has none that is audible.
    """
    samples = int(seconds * SAMPLE_RATE_HZ)
    if kind in augment.COLOURS:
        return SoundClip(_draw_level(rng, sources, augment.draw_noise(rng, kind, samples)))
    sound = sources.sound(rng, sources.music if kind == "music" else sources.noise, samples)
    if sound is None:
        raise ValueError(f"no audible {kind} in the recordings of {sources.split}")
    return SoundClip(_draw_level(rng, sources, sound))


def render_music(rng: np.random.Generator, sources: Sources, segment: Segment) -> SoundClip:
    """A segment of music alone, at a drawn level, sometimes in a room."""
    return SoundClip(_draw_level(rng, sources, _read(segment)), marks=((0, segment.path),))


def _draw_level(rng: np.random.Generator, sources: Sources, sound: np.ndarray) -> np.ndarray:
    room = sources.room(rng) if rng.random() < 0.3 else None
    if room is not None:
        sound = augment.apply_room(sound, room)
    sound = augment.set_rms(sound, rng.uniform(*BACKGROUND_LEVEL_DBFS))
    return sound + augment.draw_noise(rng, "pink", len(sound)) * np.float32(augment.db(FLOOR_DBFS))
