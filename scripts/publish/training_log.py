"""The training log as it is published: each step once, whatever interrupted the training.

>>> print(drop_repeats("== a: train\\n10:00:01 step 100 x\\n10:00:02 step 200 x\\n== a: train\\n10:01:00 going on from step 100 of 300\\n"))
== a: train
10:00:01 step 100 x
== a: train
10:01:00 going on from step 100 of 300
<BLANKLINE>
"""

import re

SESSION = re.compile(r"(?m)^(?=== .*: train)")
CONTINUED = re.compile(r"(?m)^\S+ going on from step (\d+) ")
STEP = re.compile(r"\S+ (?:step|training:) (\d+)[ /]")


def drop_repeats(log: str) -> str:
    """A log without the steps that an interruption lost and a later session repeated."""
    kept: list[str] = []
    for session in SESSION.split(log):
        continued = CONTINUED.search(session)
        first = int(continued[1]) if continued else 0
        kept = [line for line in kept if not (step := STEP.match(line)) or int(step[1]) <= first]
        kept += session.splitlines(keepends=True)
    return "".join(kept)
