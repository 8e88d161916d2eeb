"""The published training log contains each step once, whatever interrupted the training."""

from scripts.publish.training_log import drop_repeats


def test_a_log_contains_each_step_once():
    log = """== w: train, 2026-11-22 10:00:00
10:00:01 540 music clips; validation: 9 positives
10:00:02 step 50 positive=0.1
10:00:03 step 100/200 score=0.5
10:00:04 step 150 positive=0.1
10:00:05 training: 160/200 step (9.1/s)
== w: train, 2026-11-22 11:00:00
11:00:01 going on from step 100 of 200
11:00:02 step 150 positive=0.1
11:00:03 step 200/200 score=0.6
""".splitlines(keepends=True)
    assert drop_repeats("".join(log)) == "".join(log[:4] + log[6:])


def test_the_log_of_a_training_from_scratch_replaces_the_one_before():
    log = ["== w: train\n", "10:00:02 step 50 positive=0.1\n", "== w: train\n", "10:00:04 step 50 positive=0.2\n"]
    assert drop_repeats("".join(log)) == "".join([log[0], *log[2:]])
