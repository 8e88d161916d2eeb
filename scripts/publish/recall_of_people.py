"""What the figures of a model say about people, in a sentence or two.

    describe_recall_of_people(recall=0.54)                   # no recordings of people
    describe_recall_of_people(recall=0.54, own=(9, 10))      # of ten recordings of people it detects nine

The test's recall is that of synthetic voices in rooms and noise. It ranks models, and is no promise about people.
"""

LOW_RECALL = 0.25  # of test clips, below which a warning is shown; a model with 33 % detected people at 95 % (docs/EXPERIMENTS.md)
# docs/RESULTS.md, recordings of people: the mean over eight words, and the worst of them.
PEOPLE, WORST_PEOPLE = 84, 66


def describe_recall_of_people(recall: float | None, own: tuple[int, int] = (0, 0)) -> str:
    """`recall`: the test's, None if it was not measured; `own`: of people's recordings, how many it detects of how many."""
    detected, count = own
    if count:
        more = " Few recordings say little: let others say it too." if count < 10 else ""
        return f"Of {count} recording{'s' * (count != 1)} of people it detects {detected}.{more}"
    if recall is None:
        return "Nobody has tried it yet: say it ten times."
    if recall < LOW_RECALL:
        return (
            "It misses three quarters of the test's synthetic voices and more, so it will miss people too: try another "
            "spelling, or more samples."
        )
    return (
        f"At default settings, models of eight English words detected {PEOPLE} of 100 calls by people, the worst {WORST_PEOPLE}. The "
        "synthetic voices of the test are harder. Say it ten times, and let others say it, to see how this one does."
    )
