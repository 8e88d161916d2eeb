"""Whom does it hear, and where? Recall by voice, speaker, accent, company, distance, room and noise.

    by = recall_by(open_stores(features, "positive", "testing"), index, heard)
    by["by_distance"]           # {"up to 1 m": {"heard": 31, "n": 40, "share": 0.775}, ...}, in the order people expect

A clip's line in samples/index.jsonl tells who speaks, its store under which conditions (store.CONDITIONS). What neither
tells is a group of its own, UNKNOWN, and not left out.
"""

from collections.abc import Sequence

import numpy as np

from scripts.core.statistics import share

UNKNOWN = "not known"
SETTINGS = {"quiet": "nothing else", "background": "music or noise", "talk": "other people talking", "": UNKNOWN}
DISTANCE_M = ((1.0, "up to 1 m"), (2.0, "1 to 2 m"), (np.inf, "over 2 m"))
ECHO_S = (
    (0.3, "soft furnished (echo under 0.3 s)"),
    (0.6, "usual (echo 0.3 to 0.6 s)"),
    (np.inf, "echoing (over 0.6 s)"),
)
SNR_DB = (
    (6.0, "under 6 dB"),
    (12.0, "6 to 12 dB"),
    (18.0, "12 to 18 dB"),
    (24.0, "18 to 24 dB"),
    (np.inf, "over 24 dB"),
)
NO_ROOM = "at the microphone"
# Real rooms were measured without a note of how far or how long; simulated ones tell both.
NO_DISTANCE, NO_ECHO = "a measured room, distance not told", "a measured room, echo not told"
NO_NOISE = "no noise at all"
# Kokoro's voices begin with the letter of their language, eSpeak's with a language tag.
KOKORO = {
    "a": "American English",
    "b": "British English",
    "e": "Spanish",
    "f": "French",
    "h": "Hindi",
    "i": "Italian",
    "j": "Japanese",
    "p": "Portuguese",
    "z": "Mandarin",
}
ESPEAK = {
    "en-us": "American English",
    "en-gb": "British English",
    "en-gb-scotland": "Scottish English",
    "en-gb-x-rp": "British English",
    "en-gb-x-gbclan": "Lancashire English",
    "en-gb-x-gbcwmd": "West Midlands English",
    "en-029": "Caribbean English",
}


def accent(row: dict) -> str:
    """The accent a line of samples/index.jsonl is spoken with: its own word for it, or what its speaker's name
    tells."""
    voice, speaker = row.get("voice"), row.get("speaker") or ""
    if row.get("accent"):
        return row["accent"]
    if voice == "kokoro":
        return KOKORO.get(speaker[:1], UNKNOWN)
    if voice == "espeak":
        return ESPEAK.get(tag := speaker.partition("+")[0], tag or UNKNOWN)
    return UNKNOWN


def speaker(row: dict) -> str:
    """Who speaks; of a mixture 'af_sarah*0.42+am_puck/bf_lily' the voice with the larger share of the sound."""
    name = row.get("speaker") or UNKNOWN
    first, star, rest = name.partition("*")
    weight, _, second = rest.partition("/")[0].partition("+")
    return (first if float(weight) >= 0.5 else second) if star and second else name


def _band(value: float, bands: Sequence[tuple[float, str]], untold: str) -> str:
    return untold if np.isnan(value) else next(name for below, name in bands if value < below)


def _in_room(clip: dict, key: str, bands: Sequence[tuple[float, str]], untold: str) -> str:
    if not clip["setting"]:  # a store made before conditions were kept tells nothing
        return UNKNOWN
    return _band(clip[key], bands, untold) if clip["room"] else NO_ROOM


def labels(stores: Sequence, index: list[dict]) -> dict[str, tuple[list[str], list[str]]]:
    """For each dimension the group of every clip of the stores in their order, and the order of the groups."""
    told = [
        {name: values[clip] for name, values in store.conditions.items()}
        for store in stores
        for clip in range(len(store.row))
    ]
    rows = [index[row] if 0 <= row < len(index) else {} for store in stores for row in store.row]
    names = lambda bands: [name for _, name in bands]
    voices = [str(row.get("voice") or UNKNOWN) for row in rows]
    speakers, accents = [speaker(row) for row in rows], [accent(row) for row in rows]
    return {
        "by_voice": (voices, sorted(set(voices))),
        "by_speaker": (speakers, sorted(set(speakers))),
        "by_accent": (accents, sorted(set(accents))),
        "by_company": ([SETTINGS[str(clip["setting"])] for clip in told], list(SETTINGS.values())),
        "by_distance": (
            [_in_room(clip, "distance_m", DISTANCE_M, NO_DISTANCE) for clip in told],
            [NO_ROOM, *names(DISTANCE_M), NO_DISTANCE, UNKNOWN],
        ),
        "by_room": (
            [_in_room(clip, "rt60_s", ECHO_S, NO_ECHO) for clip in told],
            [NO_ROOM, *names(ECHO_S), NO_ECHO, UNKNOWN],
        ),
        "by_snr": (
            [_band(clip["snr_db"], SNR_DB, NO_NOISE if clip["setting"] else UNKNOWN) for clip in told],
            [*names(SNR_DB), NO_NOISE, UNKNOWN],
        ),
    }


def shares(groups: Sequence[str], heard: Sequence[bool], order: Sequence[str] | None = None) -> dict[str, dict]:
    """How many clips of each group were heard: {group: {"heard", "n", "share"}}, groups without clips left out."""
    counts: dict[str, list[int]] = {name: [0, 0] for name in (order or sorted(set(groups)))}
    for name, hit in zip(groups, heard, strict=True):
        counts[name][0] += bool(hit)
        counts[name][1] += 1
    return {name: {"heard": hits, "n": n, "share": share(hits, n)} for name, (hits, n) in counts.items() if n}


def recall_by(stores: Sequence, index: list[dict], heard: Sequence[bool]) -> dict[str, dict]:
    """Recall in every dimension, for metrics.json."""
    return {dimension: shares(groups, heard, order) for dimension, (groups, order) in labels(stores, index).items()}
