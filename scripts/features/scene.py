"""A scene: one short utterance, what is heard before, during and after it, in a room, through a microphone.

    scene = draw(rng, sources, speech_samples=16_000)
    sound, end = render(scene, speech)              # (samples,) float32 and the sample in which the speech ends
    take = short_clip(rng, sources, sound, start_s=0.05, end_s=0.91)      # take.frames(), take.end_frame

Wake words and everything that only sounds like one come through here alike, so that neither the padding, nor the
background, nor the company of other speech tells a network which is which. `draw` makes every choice; `render` makes
none, and leaves the speech where the scene puts it: an impulse response begins with the direct sound, every filter is
causal, so end_frame is exact (see frontend.end_frame).
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ, rms
from scripts.core.frontend import FRAME_SAMPLES, Take, end_frame
from scripts.features import augment
from scripts.features.microphone import through_microphone
from scripts.features.sources import SILENT_RMS, Recording, Sources, cumulative, pick, read_random

# A device's frontend has been listening long before the word, and its estimate of steady noise takes about a second to
# settle. Each clip begins this much early, and the frames are dropped.
WARM_UP_FRAMES = 80
LEAD_S = (0.2, 1.5)
TAIL_S = (0.35, 1.0)
MARGIN_S = (0.03, 0.06)  # kept around the speech of a sample, for what the measure of its bounds missed
SETTINGS = {"quiet": 0.35, "background": 0.45, "talk": 0.20}
BACKGROUNDS = {"recorded": 0.75, "coloured": 0.13, "speech": 0.12}
COLOURS = dict.fromkeys(augment.COLOURS, 1 / 3)
SNR_DB = (3.0, 25.0)
MORE_NOISE, MORE_NOISE_SNR_DB = {"recorded": 0.85, "coloured": 0.15}, (2.0, 18.0)  # over all that sounds in a scene
TALK_GAP_S = (0.05, 0.3)
TALK_DB = (-8.0, 4.0)  # other people against the speaker
# Voices read every syllable alike; people who call begin loud and trail off, and what trails off behind a loud syllable
# is nearly gone once the frontend has followed that (docs/EXPERIMENTS.md).
EMPHASIS_SHARE = 0.6
EMPHASIS_DB = 3.0  # standard deviation of the gain at points EMPHASIS_POINT_S apart
EMPHASIS_POINT_S = 0.2
RISE_DB = (-14.0, 5.0)  # from the begin to the end
CONTRAST = (0.8, 1.9)  # how many times the differences of loudness within a word
ROOM_SHARE = 0.55
TELEPHONE_SHARE = 0.05
LEVEL_DBFS = (-45.0, -15.0)  # rms of the speech, as people's own recordings vary
FLOOR_DBFS = (-88.0, -52.0)  # rms of the microphone's noise
FLOOR_BELOW_DB = 14.0  # ... and at least this far below the speech
NO_FLOOR_SHARE = 0.2  # digital silence where nothing else sounds
CLIPPED_SHARE, CLIPPED_PEAK, PEAK = 0.1, 1.6, 0.99

_cumulative = lru_cache(cumulative)


@dataclass(frozen=True)
class Scene:
    """Everything drawn for a clip. Sounds are (samples,) float32; levels are set when it is rendered."""

    lead: int  # samples before the speech, warm-up included
    tail: int  # samples after it
    emphasis_db: np.ndarray | None  # gain at points of the speech; None leaves it as spoken
    contrast: float  # ratio by which its differences of loudness grow
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
    where: Recording | None = None  # the room's own line, for what is known of it


def _samples(rng: np.random.Generator, bounds_s: tuple[float, float]) -> int:
    return int(rng.uniform(*bounds_s) * SAMPLE_RATE_HZ)


def _pick(rng: np.random.Generator, shares: dict[str, float]) -> str:
    return list(shares)[pick(rng, _cumulative(tuple(shares.values())))]


def _talk(rng: np.random.Generator, sources: Sources, samples: int) -> np.ndarray | None:
    """Up to `samples` samples of somebody talking, not a pause; None if the split has no speech."""
    for _ in range(4 if len(sources.talk) and samples > 0 else 0):
        piece = read_random(rng, sources.talk.draw(rng), samples)
        if rms(piece) > SILENT_RMS:
            return augment.faded(piece, 0.02)
    return None


def _background(
    rng: np.random.Generator, sources: Sources, samples: int, shares: dict[str, float] = BACKGROUNDS
) -> np.ndarray:
    kind = _pick(rng, shares)
    found = None
    if kind == "recorded":
        found = sources.background(rng, samples)
    elif kind == "speech":
        found = sources.sound(rng, sources.talk, samples)
    return augment.coloured_noise(rng, _pick(rng, COLOURS), samples) if found is None else found


def _emphasis(rng: np.random.Generator, speech_samples: int) -> np.ndarray:
    points = max(2, round(speech_samples / SAMPLE_RATE_HZ / EMPHASIS_POINT_S) + 1)
    return rng.normal(0.0, EMPHASIS_DB, points) + rng.uniform(*RISE_DB) * np.linspace(0, 1, points)


def draw(rng: np.random.Generator, sources: Sources, speech_samples: int) -> Scene:
    """Choose a scene for an utterance of so many samples."""
    setting = _pick(rng, SETTINGS)
    lead = _samples(rng, LEAD_S) + WARM_UP_FRAMES * FRAME_SAMPLES
    tail = _samples(rng, TAIL_S)
    total = lead + speech_samples + tail
    before = after = background = floor = None
    before_gap, after_gap = _samples(rng, TALK_GAP_S), _samples(rng, TALK_GAP_S)
    if setting == "talk":
        where = rng.integers(3)  # before, after, both
        before = _talk(rng, sources, lead - before_gap) if where != 1 else None
        after = _talk(rng, sources, tail - after_gap) if where != 0 else None
    if setting == "background" or (setting == "talk" and rng.random() < 0.25):
        background = _background(rng, sources, total)
    emphasis = _emphasis(rng, speech_samples) if rng.random() < EMPHASIS_SHARE else None
    where = sources.a_room(rng) if rng.random() < ROOM_SHARE else None
    level = rng.uniform(*LEVEL_DBFS)
    if rng.random() >= NO_FLOOR_SHARE:
        floor = augment.coloured_noise(rng, _pick(rng, COLOURS), total)
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
        room=None if where is None else sources.response(where),
        background=background,
        snr_db=rng.uniform(*SNR_DB),
        telephone=bool(rng.random() < TELEPHONE_SHARE),
        microphone=rng.spawn(1)[0],
        level_dbfs=level,
        floor=floor,
        floor_dbfs=min(rng.uniform(*FLOOR_DBFS), level - FLOOR_BELOW_DB),
        peak=CLIPPED_PEAK if rng.random() < CLIPPED_SHARE else PEAK,
        where=where,
    )


def conditions(scene: Scene) -> dict:
    """Under which conditions the word is spoken, as stored with the clip (store.CONDITIONS).

    snr_db is over all that sounds steadily, background and the microphone's own noise together; nan where nothing does.
    """
    noise = 0.0 if scene.background is None else augment.db(-scene.snr_db) ** 2
    noise += 0.0 if scene.floor is None else augment.db(scene.floor_dbfs - scene.level_dbfs) ** 2
    talk = scene.before is not None or scene.after is not None
    return {
        "setting": "talk" if talk else "quiet" if scene.background is None else "background",
        "snr_db": -10 * np.log10(noise) if noise else np.nan,
        "room": "" if scene.where is None else scene.where.dataset,
        "rt60_s": np.nan if scene.where is None else scene.where.rt60_s,
        "distance_m": np.nan if scene.where is None else scene.where.distance_m,
    }


def render(scene: Scene, speech: np.ndarray) -> tuple[np.ndarray, int]:
    """Put (samples,) float32 of speech into its scene: the sound and the sample at which the speech begins."""
    begin, end = scene.lead, scene.lead + len(speech)
    sound = np.zeros(end + scene.tail, np.float32)
    if scene.emphasis_db is not None:
        speech = augment.emphasised(speech, scene.emphasis_db, scene.contrast)
    sound[begin:end] = augment.faded(speech, 0.005)
    others = rms(speech) * augment.db(scene.talk_db)
    for piece, first in (
        (scene.before, begin - scene.before_gap - (0 if scene.before is None else len(scene.before))),
        (scene.after, end + scene.after_gap),
    ):
        if piece is not None:
            sound[first : first + len(piece)] += piece * np.float32(others / max(rms(piece), 1e-9))
    if scene.room is not None:
        sound = augment.in_room(sound, scene.room)
    if scene.background is not None:
        sound += scene.background * augment.gain_for_snr(rms(sound[begin:end]), scene.background, scene.snr_db)
    if scene.telephone:
        sound = augment.telephone(sound)
    sound = through_microphone(scene.microphone, sound)
    sound = augment.at_rms(sound, scene.level_dbfs, rms(sound[begin:end]))
    if scene.floor is not None:
        sound = sound + scene.floor * np.float32(augment.db(scene.floor_dbfs))
    loudest = float(np.abs(sound).max())
    return (sound * np.float32(scene.peak / loudest) if loudest > scene.peak else sound), begin


def short_clip(rng: np.random.Generator, sources: Sources, sound: np.ndarray, start_s: float, end_s: float) -> Take:
    """Put the speech of `sound` between start_s and end_s into a scene of its own.

    The take's end_frame is the first frame that has heard all of the speech.
    """
    first = max(0, int((start_s - MARGIN_S[0]) * SAMPLE_RATE_HZ))
    last = min(len(sound), int((end_s + MARGIN_S[1]) * SAMPLE_RATE_HZ))
    if last - first < SAMPLE_RATE_HZ // 20 or rms(sound[first:last]) == 0:
        raise ValueError(f"no speech between {start_s} s and {end_s} s of {len(sound) / SAMPLE_RATE_HZ:.2f} s")
    speech = sound[first:last]
    scene = draw(rng, sources, len(speech))
    heard, begin = render(scene, speech)
    end = begin + min(round(end_s * SAMPLE_RATE_HZ) - first, len(speech))
    return Take(heard, end_frame(end) - WARM_UP_FRAMES, WARM_UP_FRAMES, conditions(scene))


def noisier(rng: np.random.Generator, sources: Sources, take: Take) -> Take:
    """The same take with music or noise over all of it; its conditions are those without."""
    noise = _background(rng, sources, len(take.sound), MORE_NOISE)
    heard = rms(take.sound[take.warm_up * FRAME_SAMPLES :])
    return replace(take, sound=take.sound + noise * augment.gain_for_snr(heard, noise, rng.uniform(*MORE_NOISE_SNR_DB)))
