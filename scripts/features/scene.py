"""A scene: one short utterance with other sounds before, during and after it, in a room, through a microphone.

    scene = draw(rng, sources, speech_samples=16_000)
    sound, start = render(scene, speech)            # (samples,) float32 and the sample in which the speech starts
    clip = render_clip(rng, sources, sound, start_s=0.05, end_s=0.91)     # clip.frames(), clip.end_frame

Positives and negatives get the same kinds of scenes, so that neither padding, nor background, nor other speech tells a
network which is which. `draw` makes all random choices and `render` none. Rendering does not move the speech in time: an
impulse response starts with the direct sound, and every filter is causal, so end_frame is exact (frontend.end_frame).
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ, rms
from scripts.core.frontend import FRAME_SAMPLES, end_frame
from scripts.core.spectrogram import SoundClip
from scripts.features import augment
from scripts.features.microphone import apply_microphone
from scripts.features.sources import SILENT_RMS, Recording, Sources, cumulate, pick, read_random

# A device's frontend has been running long before the word, and its estimate of steady noise needs about a second to
# settle. So each clip starts this much earlier, and these frames are dropped.
WARM_UP_FRAMES = 80
LEAD_S = (0.2, 1.5)
TAIL_S = (0.35, 1.0)
MARGIN_S = (0.03, 0.06)  # kept before and after the speech of a sample, whose measured bounds are a little tight
SITUATION_SHARES = {"quiet": 0.35, "background": 0.45, "talk": 0.20}
BACKGROUND_SHARES = {"recorded": 0.75, "coloured": 0.13, "speech": 0.12}
COLOUR_SHARES = dict.fromkeys(augment.COLOURS, 1 / 3)
SNR_DB = (3.0, 25.0)
ADDED_NOISE_SHARES, ADDED_NOISE_SNR_DB = (
    {"recorded": 0.85, "coloured": 0.15},
    (2.0, 18.0),
)  # add_noise, over a whole scene
TALK_GAP_S = (0.05, 0.3)
TALK_DB = (-8.0, 4.0)  # level of other people against the speaker's
# Voices read all syllables equally loud. People who call start loud and trail off, and the frontend, which adapts to the
# loud syllable, nearly loses the soft ones after it (docs/EXPERIMENTS.md).
EMPHASIS_SHARE = 0.6
EMPHASIS_DB = 3.0  # standard deviation of the gain at points EMPHASIS_POINT_S apart
EMPHASIS_POINT_S = 0.2
RISE_DB = (-14.0, 5.0)  # from the start to the end
CONTRAST = (0.8, 1.9)  # factor of the differences in loudness within a word
ROOM_SHARE = 0.55
TELEPHONE_SHARE = 0.05
LEVEL_DBFS = (-45.0, -15.0)  # rms of the speech, as in recordings that people made
FLOOR_DBFS = (-88.0, -52.0)  # rms of the microphone's noise
FLOOR_BELOW_DB = 14.0  # ... at least this far below the speech
NO_FLOOR_SHARE = 0.2  # digital silence if nothing else sounds
SIDES = 3  # other speech before, after, on both sides
BACKGROUND_WITH_TALK_SHARE = 0.25
TALK_TRIES = 4
CLIPPED_SHARE, CLIPPED_PEAK, PEAK = 0.1, 1.6, 0.99

_cumulate = lru_cache(cumulate)


@dataclass(frozen=True)
class Scene:
    """All choices for a clip. Sounds are (samples,) float32; rendering sets their levels."""

    lead: int  # samples before the speech, warm-up included
    tail: int  # samples after it
    emphasis_db: np.ndarray | None  # gain at points of the speech; None leaves it as spoken
    contrast: float  # factor of its differences in loudness
    before: np.ndarray | None  # other speech, ending before_gap samples before the speech
    before_gap: int
    after: np.ndarray | None  # other speech, starting after_gap samples after it
    after_gap: int
    talk_db: float
    room: np.ndarray | None
    background: np.ndarray | None  # as long as the whole clip
    snr_db: float
    telephone: bool
    microphone: np.random.Generator
    level_dbfs: float
    floor: np.ndarray | None  # rms 1, as long as the whole clip
    floor_dbfs: float
    peak: float  # largest amplitude left; above 1 it clips
    room_recording: Recording | None = None  # the room's entry in its dataset


def _draw_samples(rng: np.random.Generator, bounds_s: tuple[float, float]) -> int:
    return int(rng.uniform(*bounds_s) * SAMPLE_RATE_HZ)


def _pick(rng: np.random.Generator, shares: dict[str, float]) -> str:
    return list(shares)[pick(rng, _cumulate(tuple(shares.values())))]


def _draw_talk(rng: np.random.Generator, sources: Sources, samples: int) -> np.ndarray | None:
    """Up to `samples` samples of a person talking, not a pause; None if the split has no speech."""
    for _ in range(TALK_TRIES if len(sources.talk) and samples > 0 else 0):
        speech = read_random(rng, sources.talk.draw(rng), samples)
        if rms(speech) > SILENT_RMS:
            return augment.fade(speech, 0.02)
    return None


def _draw_background(
    rng: np.random.Generator, sources: Sources, samples: int, shares: dict[str, float] = BACKGROUND_SHARES
) -> np.ndarray:
    kind = _pick(rng, shares)
    sound = None
    if kind == "recorded":
        sound = sources.background(rng, samples)
    elif kind == "speech":
        sound = sources.sound(rng, sources.talk, samples)
    return augment.draw_noise(rng, _pick(rng, COLOUR_SHARES), samples) if sound is None else sound


def _draw_emphasis(rng: np.random.Generator, speech_samples: int) -> np.ndarray:
    points = max(2, round(speech_samples / SAMPLE_RATE_HZ / EMPHASIS_POINT_S) + 1)
    return rng.normal(0.0, EMPHASIS_DB, points) + rng.uniform(*RISE_DB) * np.linspace(0, 1, points)


def draw(rng: np.random.Generator, sources: Sources, speech_samples: int) -> Scene:
    """Draw a scene for an utterance of `speech_samples` samples."""
    situation = _pick(rng, SITUATION_SHARES)
    lead = _draw_samples(rng, LEAD_S) + WARM_UP_FRAMES * FRAME_SAMPLES
    tail = _draw_samples(rng, TAIL_S)
    total = lead + speech_samples + tail
    before = after = background = floor = None
    before_gap, after_gap = _draw_samples(rng, TALK_GAP_S), _draw_samples(rng, TALK_GAP_S)
    if situation == "talk":
        side = rng.integers(SIDES)
        before = _draw_talk(rng, sources, lead - before_gap) if side != 1 else None
        after = _draw_talk(rng, sources, tail - after_gap) if side != 0 else None
    if situation == "background" or (situation == "talk" and rng.random() < BACKGROUND_WITH_TALK_SHARE):
        background = _draw_background(rng, sources, total)
    emphasis = _draw_emphasis(rng, speech_samples) if rng.random() < EMPHASIS_SHARE else None
    room = sources.draw_room(rng) if rng.random() < ROOM_SHARE else None
    level = rng.uniform(*LEVEL_DBFS)
    if rng.random() >= NO_FLOOR_SHARE:
        floor = augment.draw_noise(rng, _pick(rng, COLOUR_SHARES), total)
    return Scene(
        lead=lead,
        tail=tail,
        emphasis_db=emphasis,
        contrast=float(np.exp(rng.uniform(*np.log(CONTRAST)))),
        before=before,
        before_gap=before_gap,
        after=after,
        after_gap=after_gap,
        talk_db=rng.uniform(*TALK_DB),
        room=None if room is None else sources.response(room),
        background=background,
        snr_db=rng.uniform(*SNR_DB),
        telephone=bool(rng.random() < TELEPHONE_SHARE),
        microphone=rng.spawn(1)[0],
        level_dbfs=level,
        floor=floor,
        floor_dbfs=min(rng.uniform(*FLOOR_DBFS), level - FLOOR_BELOW_DB),
        peak=CLIPPED_PEAK if rng.random() < CLIPPED_SHARE else PEAK,
        room_recording=room,
    )


def describe(scene: Scene) -> dict:
    """The conditions under which the word is spoken, as stored with the clip (spectrogram_store.CONDITIONS).

    snr_db counts all steady noise, background and the microphone's own; nan if there is none.
    """
    noise = 0.0 if scene.background is None else augment.db(-scene.snr_db) ** 2
    noise += 0.0 if scene.floor is None else augment.db(scene.floor_dbfs - scene.level_dbfs) ** 2
    talk = scene.before is not None or scene.after is not None
    return {
        "setting": "talk" if talk else "quiet" if scene.background is None else "background",
        "snr_db": -10 * np.log10(noise) if noise else np.nan,
        "room": "" if scene.room_recording is None else scene.room_recording.dataset,
        "rt60_s": np.nan if scene.room_recording is None else scene.room_recording.rt60_s,
        "distance_m": np.nan if scene.room_recording is None else scene.room_recording.distance_m,
    }


def render(scene: Scene, speech: np.ndarray) -> tuple[np.ndarray, int]:
    """Put speech, (samples,) float32, into its scene: the sound, and the sample at which the speech starts."""
    start, end = scene.lead, scene.lead + len(speech)
    sound: np.ndarray = np.zeros(end + scene.tail, np.float32)
    if scene.emphasis_db is not None:
        speech = augment.emphasise(speech, scene.emphasis_db, scene.contrast)
    sound[start:end] = augment.fade(speech, 0.005)
    talk_rms = rms(speech) * augment.db(scene.talk_db)
    for talk, first in (
        (scene.before, start - scene.before_gap - (0 if scene.before is None else len(scene.before))),
        (scene.after, end + scene.after_gap),
    ):
        if talk is not None:
            sound[first : first + len(talk)] += talk * np.float32(talk_rms / max(rms(talk), 1e-9))
    if scene.room is not None:
        sound = augment.apply_room(sound, scene.room)
    if scene.background is not None:
        sound += scene.background * augment.gain_for_snr(rms(sound[start:end]), scene.background, scene.snr_db)
    if scene.telephone:
        sound = augment.apply_telephone(sound)
    sound = apply_microphone(scene.microphone, sound)
    sound = augment.set_rms(sound, scene.level_dbfs, rms(sound[start:end]))
    if scene.floor is not None:
        sound = sound + scene.floor * np.float32(augment.db(scene.floor_dbfs))
    loudest = float(np.abs(sound).max())
    return (sound * np.float32(scene.peak / loudest) if loudest > scene.peak else sound), start


def render_clip(
    rng: np.random.Generator, sources: Sources, sound: np.ndarray, start_s: float, end_s: float
) -> SoundClip:
    """Put the speech of `sound` between start_s and end_s into a drawn scene. Raises ValueError if it is silent.

    end_frame of the clip is the first frame whose window covers all of the speech.
    """
    first = max(0, int((start_s - MARGIN_S[0]) * SAMPLE_RATE_HZ))
    last = min(len(sound), int((end_s + MARGIN_S[1]) * SAMPLE_RATE_HZ))
    if last - first < SAMPLE_RATE_HZ // 20 or rms(sound[first:last]) == 0:
        raise ValueError(f"no speech between {start_s} s and {end_s} s of {len(sound) / SAMPLE_RATE_HZ:.2f} s")
    speech = sound[first:last]
    scene = draw(rng, sources, len(speech))
    rendered, start = render(scene, speech)
    end = start + min(round(end_s * SAMPLE_RATE_HZ) - first, len(speech))
    return SoundClip(rendered, end_frame(end) - WARM_UP_FRAMES, WARM_UP_FRAMES, describe(scene))


def add_noise(rng: np.random.Generator, sources: Sources, clip: SoundClip) -> SoundClip:
    """The same clip with music or noise added to its whole length; its conditions do not change."""
    noise = _draw_background(rng, sources, len(clip.sound), ADDED_NOISE_SHARES)
    level = rms(clip.sound[clip.warm_up * FRAME_SAMPLES :])
    gain = augment.gain_for_snr(level, noise, rng.uniform(*ADDED_NOISE_SNR_DB))
    return replace(clip, sound=clip.sound + noise * gain)
