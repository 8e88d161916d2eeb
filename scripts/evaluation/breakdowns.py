"""Who the model detects, and where: recall by voice, speaker, accent, company, distance, room and noise.

    by = recall_by_condition(open_stores(features, "positive", "testing"), index, detected)
    by["by_distance"]           # {"up to 1 m": {"heard": 31, "n": 40, "share": 0.775}, ...}, in a natural order

Who speaks is in a clip's line of samples/index.jsonl, its conditions (CONDITIONS) are in the store. Clips of which
neither is known form a group of their own, UNKNOWN.
"""

from collections.abc import Sequence

import numpy as np

from scripts.core.spectrogram_store import Store
from scripts.core.statistics import share

UNKNOWN = "not known"
COMPANY = {"quiet": "nothing else", "background": "music or noise", "talk": "other people talking", "": UNKNOWN}
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
# Distance and echo of measured rooms are not documented; those of simulated rooms are.
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


def find_accent(row: dict) -> str:
    """The accent of a line of samples/index.jsonl: as its voice states it, or else from the speaker's name.

    >>> find_accent({"voice": "kokoro", "speaker": "bf_lily"})
    'British English'
    """
    voice, speaker = row.get("voice"), row.get("speaker") or ""
    if row.get("accent"):
        return row["accent"]
    if voice == "kokoro":
        return KOKORO.get(speaker[:1], UNKNOWN)
    if voice == "espeak":
        return ESPEAK.get(tag := speaker.partition("+")[0], tag or UNKNOWN)
    return UNKNOWN


def find_speaker(row: dict) -> str:
    """The speaker of a line of samples/index.jsonl; of a mixture of two the one with the larger share.

    >>> find_speaker({"speaker": "af_sarah*0.42+am_puck/bf_lily"})
    'am_puck'
    """
    name = row.get("speaker") or UNKNOWN
    first, star, rest = name.partition("*")
    weight, _, second = rest.partition("/")[0].partition("+")
    return (first if float(weight) >= 0.5 else second) if star and second else name


def _name_band(value: float, bands: Sequence[tuple[float, str]], unknown: str) -> str:
    return unknown if np.isnan(value) else next(name for limit, name in bands if value < limit)


def _name_room_band(conditions: dict, key: str, bands: Sequence[tuple[float, str]], unknown: str) -> str:
    if not conditions["setting"]:  # a store made before conditions were kept
        return UNKNOWN
    return _name_band(conditions[key], bands, unknown) if conditions["room"] else NO_ROOM


def group_clips(stores: Sequence[Store], index: list[dict]) -> dict[str, tuple[list[str], list[str]]]:
    """For each dimension the group of every clip of the stores, in their order, and the order of the groups."""
    conditions = [
        {name: values[clip] for name, values in store.conditions.items()}
        for store in stores
        for clip in range(len(store.row))
    ]
    rows = [index[row] if 0 <= row < len(index) else {} for store in stores for row in store.row]
    voices = [str(row.get("voice") or UNKNOWN) for row in rows]
    speakers, accents = [find_speaker(row) for row in rows], [find_accent(row) for row in rows]
    distances, echoes, ratios = ([name for _, name in bands] for bands in (DISTANCE_M, ECHO_S, SNR_DB))
    return {
        "by_voice": (voices, sorted(set(voices))),
        "by_speaker": (speakers, sorted(set(speakers))),
        "by_accent": (accents, sorted(set(accents))),
        "by_company": ([COMPANY[str(clip["setting"])] for clip in conditions], list(COMPANY.values())),
        "by_distance": (
            [_name_room_band(clip, "distance_m", DISTANCE_M, NO_DISTANCE) for clip in conditions],
            [NO_ROOM, *distances, NO_DISTANCE, UNKNOWN],
        ),
        "by_room": (
            [_name_room_band(clip, "rt60_s", ECHO_S, NO_ECHO) for clip in conditions],
            [NO_ROOM, *echoes, NO_ECHO, UNKNOWN],
        ),
        "by_snr": (
            [_name_band(clip["snr_db"], SNR_DB, NO_NOISE if clip["setting"] else UNKNOWN) for clip in conditions],
            [*ratios, NO_NOISE, UNKNOWN],
        ),
    }


def count_shares(
    groups: Sequence[str], detected: Sequence[bool], order: Sequence[str] | None = None
) -> dict[str, dict]:
    """How many clips of each group were detected; groups without clips are left out.

    >>> count_shares(["joe", "ann", "joe"], [True, True, False])
    {'ann': {'heard': 1, 'n': 1, 'share': 1.0}, 'joe': {'heard': 1, 'n': 2, 'share': 0.5}}
    """
    counts: dict[str, list[int]] = {name: [0, 0] for name in (order or sorted(set(groups)))}
    for name, hit in zip(groups, detected, strict=True):
        counts[name][0] += bool(hit)
        counts[name][1] += 1
    return {name: {"heard": hits, "n": n, "share": share(hits, n)} for name, (hits, n) in counts.items() if n}


def recall_by_condition(stores: Sequence[Store], index: list[dict], detected: Sequence[bool]) -> dict[str, dict]:
    """Recall in every dimension, for metrics.json."""
    return {
        dimension: count_shares(groups, detected, order)
        for dimension, (groups, order) in group_clips(stores, index).items()
    }
