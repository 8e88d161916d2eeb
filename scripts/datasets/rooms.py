"""Simulate the impulse responses of rooms in ordinary homes.

    python -m scripts.datasets.rooms --out data/datasets/rooms_simulated/16k --count 300 --seed 1 --jobs 4

Shoebox rooms by image sources for the early reflections and ray tracing for the tail (pyroomacoustics; Scheibler et
al., ICASSP 2018). Writes OUT/SPLIT/simulated/NNN.wav and OUT/index.json, which also gives each room's rt60_s, measured
on the response itself, and distance_m.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scripts.core import audio, files
from scripts.core.random_numbers import generator

SOUND_M_PER_S = 343.0
# ISO 9613 air and walls aside, a home's surfaces swallow between a bare tiled room's and a furnished bedroom's share.
LEAST_ABSORPTION, MOST_ABSORPTION = 0.02, 0.7
WALL_MARGIN_M = 0.1
TRIES = 1000


class Room(NamedTuple):
    """What is drawn of a room; lengths in metres, positions as (x, y, z) from one corner of the floor."""

    size_m: tuple[float, float, float]
    rt60_s: float  # aimed at; what comes out is measured
    absorption: float  # energy share of the walls, by Sabine's formula for size_m and rt60_s
    person_m: tuple[float, float, float]
    device_m: tuple[float, float, float]
    distance_m: float
    split: str


def sabine_absorption(size_m: np.ndarray, rt60_s: float) -> float:
    """The walls' energy absorption that gives a shoebox (3,) its reverberation time (Sabine: RT60 = 24 ln 10 V / (c S
    a))."""
    x, y, z = size_m
    return float(24 * np.log(10) * x * y * z / (SOUND_M_PER_S * 2 * (x * y + y * z + x * z) * rt60_s))


def draw_room(rng: np.random.Generator) -> Room:
    """Draw a plausible home's room, somebody in it who speaks, and a device that listens."""
    split = rng.choice(["training", "validation", "testing"], p=[0.8, 0.1, 0.1])
    for _ in range(TRIES):
        size = np.array([rng.uniform(2.0, 8.0), rng.uniform(1.8, 6.0), rng.uniform(2.3, 3.2)])
        rt60_s = float(np.exp(rng.uniform(np.log(0.15), np.log(0.9))))
        absorption = sabine_absorption(size, rt60_s)
        if not LEAST_ABSORPTION < absorption < MOST_ABSORPTION:
            continue
        # On a shelf, a table or a bed side; heard from a child on a sofa to a tall adult standing.
        device = rng.uniform([0, 0, 0.3], [*size[:2], min(1.8, size[2])])
        height = rng.uniform(0.8, 1.8)
        # To a whole number of samples, so that the direct sound is one sharp sample and not smeared over several.
        sample_m = SOUND_M_PER_S / audio.SAMPLE_RATE_HZ
        distance = sample_m * round(float(np.exp(rng.uniform(np.log(0.3), np.log(5.0)))) / sample_m)
        rise = height - device[2]
        if abs(rise) >= distance:
            continue
        angle, level = rng.uniform(0, 2 * np.pi), np.sqrt(distance**2 - rise**2)
        person = device + [level * np.cos(angle), level * np.sin(angle), rise]
        if all(np.all((point > WALL_MARGIN_M) & (point < size - WALL_MARGIN_M)) for point in (person, device)):
            return Room(
                tuple(size.tolist()),
                rt60_s,
                absorption,
                tuple(person.tolist()),
                tuple(device.tolist()),
                distance,
                str(split),
            )
    raise ValueError(f"no room that fits was drawn in {TRIES} tries")


def simulate(room: Room, seed: int) -> np.ndarray:
    """The room's impulse response (samples,) at 16 kHz, direct sound first, unit peak. The same for the same seed."""
    import pyroomacoustics

    from scripts.datasets.impulse_response import align

    pyroomacoustics.random.seed(seed)  # the rays and the noise of the tail
    box = pyroomacoustics.ShoeBox(
        room.size_m,
        fs=audio.SAMPLE_RATE_HZ,
        materials=pyroomacoustics.Material(room.absorption, 0.1),
        max_order=6,
        ray_tracing=True,
        air_absorption=True,
    )
    box.add_source(room.person_m)
    box.add_microphone(room.device_m)
    box.compute_rir()
    delay = pyroomacoustics.constants.get("frac_delay_length") // 2
    direct = delay + round(room.distance_m / pyroomacoustics.constants.get("c") * audio.SAMPLE_RATE_HZ)
    return align(box.rir[0][0], direct)


def make_room(job: tuple[int, int, str]) -> dict:
    """Draw, simulate and write room (seed, number, directory); return its entry for the index."""
    from scripts.datasets.impulse_response import rt60_s

    seed, number, out = job
    rng = generator(seed, "room", number)
    room = draw_room(rng)
    response = simulate(room, int(rng.integers(2**31)))
    path = f"{room.split}/simulated/{number:03d}.wav"
    (Path(out) / path).parent.mkdir(parents=True, exist_ok=True)
    audio.write(Path(out) / path, response)
    return {
        "path": path,
        "kind": "rooms",
        "split": room.split,
        "group": f"simulated_{number:03d}",
        "duration_s": round(len(response) / audio.SAMPLE_RATE_HZ, 3),
        "rt60_s": round(rt60_s(response, audio.SAMPLE_RATE_HZ), 3),
        "distance_m": round(room.distance_m, 3),
        "size_m": [round(length, 2) for length in room.size_m],
    }


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, type=Path, help="directory to publish")
    parser.add_argument("--count", type=int, default=300, help="how many rooms")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=0, help="processes; 0: as many as processors")
    options = parser.parse_args(argv)
    from scripts.core.parallel import parallel

    if options.count < 1:
        raise SystemExit(f"--count {options.count}: expected at least one room.")
    with files.publishing(options.out, directory=True) as part:
        tasks = [(options.seed, number, str(part)) for number in range(options.count)]
        index = sorted(
            parallel(make_room, tasks, options.jobs, "simulate rooms", "rooms"),
            key=lambda entry: entry["path"],
        )
        files.write_json(part / "index.json", {"files": index, "skipped": [], "left_out": []})
    by_split = [
        f"{split} {sum(entry['split'] == split for entry in index)}" for split in ("training", "validation", "testing")
    ]
    rt60 = np.percentile([entry["rt60_s"] for entry in index], [5, 50, 95])
    print(
        f"rooms_simulated: {len(index)} rooms ({', '.join(by_split)}), RT60 {rt60[0]:.2f} / {rt60[1]:.2f} / {rt60[2]:.2f} s "
        f"(5th, 50th and 95th percentile)"
    )


if __name__ == "__main__":
    main()
