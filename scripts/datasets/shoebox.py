"""Rooms of ordinary homes, drawn as shoeboxes, and their simulated impulse responses.

    entry = simulate_room((1, 17, "out"))     # seed, number, directory: writes out/SPLIT/simulated/017.wav

Image sources give the early reflections and ray tracing the tail (pyroomacoustics; Scheibler et al., ICASSP 2018).
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyroomacoustics

from scripts.core import audio
from scripts.core.random_numbers import generator
from scripts.datasets.impulse_response import align, measure_rt60_s

Point = tuple[float, float, float]

SOUND_M_PER_S = 343.0
# Mean absorption of a home's surfaces: from a bare tiled room to a furnished bedroom.
LEAST_ABSORPTION, MOST_ABSORPTION = 0.02, 0.7
WALL_MARGIN_M = 0.1
TRIES = 1000


class Shoebox(NamedTuple):
    """A drawn room; lengths in metres, positions as (x, y, z) from one corner of the floor."""

    size_m: Point
    rt60_s: float  # aimed at; the simulated response's own is measured
    absorption: float  # energy share of the walls, by Sabine's formula for size_m and rt60_s
    person_m: Point
    device_m: Point
    distance_m: float
    split: str


def sabine_absorption(size_m: np.ndarray, rt60_s: float) -> float:
    """The walls' energy absorption that gives a room of size (3,) its reverberation time.

    Sabine: RT60 = 24 ln 10 V / (c S a).
    """
    x, y, z = size_m
    return float(24 * np.log(10) * x * y * z / (SOUND_M_PER_S * 2 * (x * y + y * z + x * z) * rt60_s))


def draw_shoebox(rng: np.random.Generator) -> Shoebox:
    """Draw a room as homes have them, with a person who speaks and a device. ValueError after TRIES tries."""
    split = rng.choice(["training", "validation", "testing"], p=[0.8, 0.1, 0.1])
    for _ in range(TRIES):
        size = np.array([rng.uniform(2.0, 8.0), rng.uniform(1.8, 6.0), rng.uniform(2.3, 3.2)])
        rt60_s = float(np.exp(rng.uniform(np.log(0.15), np.log(0.9))))
        absorption = sabine_absorption(size, rt60_s)
        if not LEAST_ABSORPTION < absorption < MOST_ABSORPTION:
            continue
        # The device is on a shelf, a table or a bedside; the mouth is that of a child on a sofa or of a standing adult.
        device = rng.uniform([0, 0, 0.3], [*size[:2], min(1.8, size[2])])
        height = rng.uniform(0.8, 1.8)
        # A whole number of samples, so that the direct sound is one sharp sample and not spread over several.
        sample_m = SOUND_M_PER_S / audio.SAMPLE_RATE_HZ
        distance = sample_m * round(float(np.exp(rng.uniform(np.log(0.3), np.log(5.0)))) / sample_m)
        rise = height - device[2]
        if abs(rise) >= distance:
            continue
        angle, level = rng.uniform(0, 2 * np.pi), np.sqrt(distance**2 - rise**2)
        person = device + [level * np.cos(angle), level * np.sin(angle), rise]
        if all(np.all((point > WALL_MARGIN_M) & (point < size - WALL_MARGIN_M)) for point in (person, device)):
            return Shoebox(
                tuple(size.tolist()),
                rt60_s,
                absorption,
                tuple(person.tolist()),
                tuple(device.tolist()),
                distance,
                str(split),
            )
    raise ValueError(f"no room that fits was drawn in {TRIES} tries")


def simulate(shoebox: Shoebox, seed: int) -> np.ndarray:
    """The impulse response (samples,) at 16 kHz, direct sound first, unit peak. The same for the same seed."""
    pyroomacoustics.random.seed(seed)  # of the rays, and of the noise in the tail
    room = pyroomacoustics.ShoeBox(
        shoebox.size_m,
        fs=audio.SAMPLE_RATE_HZ,
        materials=pyroomacoustics.Material(shoebox.absorption, 0.1),
        max_order=6,
        ray_tracing=True,
        air_absorption=True,
    )
    room.add_source(shoebox.person_m)
    room.add_microphone(shoebox.device_m)
    room.compute_rir()
    delay = pyroomacoustics.constants.get("frac_delay_length") // 2
    direct = delay + round(shoebox.distance_m / pyroomacoustics.constants.get("c") * audio.SAMPLE_RATE_HZ)
    return align(room.rir[0][0], direct)


def simulate_room(task: tuple[int, int, str]) -> dict:
    """Draw, simulate and write the room of (seed, number, directory); return its entry of the index."""
    seed, number, out = task
    rng = generator(seed, "room", number)
    shoebox = draw_shoebox(rng)
    response = simulate(shoebox, int(rng.integers(2**31)))
    path = f"{shoebox.split}/simulated/{number:03d}.wav"
    (Path(out) / path).parent.mkdir(parents=True, exist_ok=True)
    audio.write(Path(out) / path, response)
    return {
        "path": path,
        "kind": "rooms",
        "split": shoebox.split,
        "group": f"simulated_{number:03d}",
        "duration_s": round(len(response) / audio.SAMPLE_RATE_HZ, 3),
        "rt60_s": round(measure_rt60_s(response, audio.SAMPLE_RATE_HZ), 3),
        "distance_m": round(shoebox.distance_m, 3),
        "size_m": [round(length, 2) for length in shoebox.size_m],
    }
