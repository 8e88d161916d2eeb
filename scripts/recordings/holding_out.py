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
    """The recordings that judge, of all people. Those that judge go on doing so when a few later ones are added."""
    held_out: set[Path] = set()
    for clips in group_people(recordings).values():
        if len(clips) < FEWEST:
            held_out |= {clip.path for clip in clips}
            continue
        most, chosen = HELD_OUT * len(clips), list[Recording]()
        for session in in_drawn_order(group_sessions(clips), seed):
            if len(chosen) < most and len(chosen) + len(session) <= MOST_HELD_OUT * len(clips):
                chosen += session
        if len(chosen) < most - 1:  # a single session, or one that is most of all
            chosen = [clip for (clip,) in in_drawn_order([[clip] for clip in clips], seed)[: round(most)]]
        held_out |= {clip.path for clip in chosen}
    return held_out


def in_drawn_order(sessions: list[list[Recording]], seed: int) -> list[list[Recording]]:
    """Sessions in a random order, in which the place of two does not depend on what else there is."""
    return sorted(sessions, key=lambda each: generator(seed, "hold out", each[0].person, each[0].path.name).random())
