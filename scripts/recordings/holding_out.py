"""Which of a user's recordings train a model and which judge it: a third of each person's never trains.

    >>> clips = [Recording(Path(f"{number}.wav"), "anna", 60.0 * number) for number in range(9)]
    >>> len(hold_out(clips, seed=1))
    3

Whole recording sessions are held out where a person has several. Of a person with fewer than FEWEST recordings none
trains: all of them judge.
"""

from collections.abc import Sequence
from pathlib import Path

from scripts.core.random_numbers import generator
from scripts.recordings.storage import SESSION_GAP_S, Recording

HELD_OUT = 1 / 3
FEWEST = 6
MOST_HELD_OUT = 0.5  # in whole sessions; where they are longer, single recordings are drawn


def group_people(recordings: Sequence[Recording]) -> dict[str, list[Recording]]:
    """The recordings of each person, by name."""
    people: dict[str, list[Recording]] = {}
    for recording in recordings:
        people.setdefault(recording.person, []).append(recording)
    return dict(sorted(people.items()))


def group_sessions(recordings: Sequence[Recording]) -> list[list[Recording]]:
    """Recordings in the order of their times, cut where SESSION_GAP_S passes between two."""
    sessions: list[list[Recording]] = []
    for recording in sorted(recordings, key=lambda each: (each.time_s, str(each.path))):
        if not sessions or recording.time_s - sessions[-1][-1].time_s > SESSION_GAP_S:
            sessions.append([])
        sessions[-1].append(recording)
    return sessions


def hold_out(recordings: Sequence[Recording], seed: int) -> set[Path]:
    """The recordings that judge, of all people."""
    held_out: set[Path] = set()
    for person, clips in group_people(recordings).items():
        if len(clips) < FEWEST:
            held_out |= {clip.path for clip in clips}
            continue
        rng = generator(seed, "hold out", person)
        chosen: list[Recording] = []
        sessions = group_sessions(clips)
        for number in rng.permutation(len(sessions)):
            if len(chosen) >= HELD_OUT * len(clips):
                break
            if len(chosen) + len(sessions[number]) <= MOST_HELD_OUT * len(clips):
                chosen += sessions[number]
        if len(chosen) < HELD_OUT * len(clips) - 1:  # a single session, or one that is most of all
            order = rng.permutation(len(clips))
            chosen = [clips[number] for number in order[: round(HELD_OUT * len(clips))]]
        held_out |= {clip.path for clip in chosen}
    return held_out
