"""The log of a training as it is published: whatever interrupted it, no step stands in it twice.

>>> print(without_repeats("== a: train\\n10:00:01 step 100 x\\n10:00:02 step 200 x\\n== a: train\\n10:01:00 going on from step 100 of 300\\n"))
== a: train
10:00:01 step 100 x
== a: train
10:01:00 going on from step 100 of 300
<BLANKLINE>
"""

import re

SESSION = re.compile(r"(?m)^(?=== .*: train)")
WENT_ON = re.compile(r"(?m)^\S+ going on from step (\d+) ")
STEP = re.compile(r"\S+ (?:step|training:) (\d+)[ /]")


def without_repeats(log: str) -> str:
    """The text of a log without the steps that an interruption lost and a later session took again."""
    kept: list[str] = []
    for session in SESSION.split(log):
        went_on = WENT_ON.search(session)
        first = int(went_on[1]) if went_on else 0
        kept = [line for line in kept if not (step := STEP.match(line)) or int(step[1]) <= first]
        kept += session.splitlines(keepends=True)
    return "".join(kept)
