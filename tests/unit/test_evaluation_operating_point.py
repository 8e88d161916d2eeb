"""The choice of cutoff and window: plain cases with known answers."""

import numpy as np
import pytest
from scipy.stats import chi2

from scripts.core.detection import detections
from scripts.evaluation.inference import Scores
from scripts.evaluation.operating_point import (
    CONFIDENCE,
    CUTOFFS,
    WINDOWS,
    Tables,
    choose,
    heard_by_clip,
    highest_levels,
    rate_bound,
    tables,
)


def table(heard, near, events, positives=1000, nears=1000, hours=4.0) -> Tables:
    """Tables of one window from functions of the cutoff."""
    rows = [
        np.array([[round(float(count(cutoff))) for cutoff in CUTOFFS]], np.int64) for count in (heard, near, events)
    ]
    return Tables((5,), rows[0], positives, rows[1], nears, rows[2], rows[2], rows[2], hours)


def test_a_perfect_model_gets_the_middle():
    point = choose(table(lambda c: 1000, lambda c: 0, lambda c: 0))
    assert point.cutoff == 0.50 and point.plateau == (0.01, 0.99) and point.target_met


def test_the_limit_of_false_accepts_holds_and_no_recall_is_given_away_beyond_it():
    point = choose(table(lambda c: 1000 - 200 * c, lambda c: 0, lambda c: 10 if c < 0.6 else 0))
    assert point.cutoff == 0.60 and point.plateau == (0.60, 0.60), "the next one hears fewer"
    assert choose(table(lambda c: 1000 - 50 * (c > 0.8), lambda c: 0, lambda c: 10 if c < 0.6 else 0)).plateau == (
        0.60,
        0.80,
    )


def test_near_misses_are_reported_but_do_not_choose():
    without = choose(table(lambda c: 990 - 30 * c, lambda c: 0, lambda c: 0))
    with_near = choose(table(lambda c: 990 - 30 * c, lambda c: 300 * (1 - c), lambda c: 0))
    assert with_near == without


def test_a_cliff_in_recall_is_kept_away_from():
    point = choose(table(lambda c: 990 if c <= 0.8 else 500, lambda c: 0, lambda c: 50 if c < 0.4 else 0))
    assert point.cutoff == pytest.approx(0.6, abs=0.02)


@pytest.mark.parametrize("events, hours", [(0, 2.71), (1, 6.26), (2, 9.24), (3, 12.02)])
def test_so_many_events_pass_in_so_many_hours(events, hours):
    """Upper 90 % quantiles of chi-squared with 2 n + 1 degrees of freedom in tables: 2.706, 6.251, 9.236, 12.017; half
    of it by 0.5 per hour."""
    assert choose(table(lambda c: 900, lambda c: 0, lambda c: events, hours=hours)).target_met
    assert not choose(table(lambda c: 900, lambda c: 0, lambda c: events, hours=hours - 0.02)).target_met


def test_what_many_events_say_of_a_higher_cutoff():
    """Of 100 events e times fewer are left with each unit of log-odds, of which 60 are beyond 0.51: 40 h may have 20,
    so ln 5 = 1.61.

    To be 90 % sure takes 1.28 sqrt((1 + 1.4^2) / 60) = 0.28 more: log-odds of 1.89, which is a cutoff of 0.87.
    """
    counts = (100 * np.exp(-np.log(CUTOFFS / (1 - CUTOFFS)))).round().astype(int)
    bound = rate_bound(counts[None], 40.0)[0]
    assert CUTOFFS[bound <= 0.5].min() == pytest.approx(0.87, abs=0.011)
    assert np.all(np.diff(bound[:38]) > 0), "less at every higher cutoff"


def test_the_bound_holds_as_often_as_it_says():
    rng, log_odds, true = np.random.default_rng(1), np.log(CUTOFFS / (1 - CUTOFFS)), 120 * 0.9
    draws = [np.sort(rng.exponential(0.8, rng.poisson(true)))[::-1] - 0.6 for _ in range(2000)]
    counts = np.array([(draw[:, None] >= log_odds).sum(axis=0) for draw in draws])
    wanted = int(np.argmin(np.abs(true / 17 * np.exp(-(log_odds + 0.6) / 0.8) - 0.5)))
    truth = true / 17 * np.exp(-(log_odds[wanted] + 0.6) / 0.8)
    tail, counted = rate_bound(counts, 17.0)[:, wanted], chi2.ppf(CONFIDENCE, 2 * counts[:, wanted] + 1) / 34
    assert 0.87 <= np.mean(tail >= truth) <= 0.93
    assert np.std(np.log(tail)) < 0.9 * np.std(np.log(counted)), (
        "and says it with less chance in it than the events there do"
    )


def test_no_cutoff_is_taken_that_woke_oftener_than_the_target():
    """Sixty events far below, none to be expected above by them, and yet there are twelve in six hours."""
    point = choose(
        table(lambda c: 1000 - 100 * c, lambda c: 0, lambda c: 600 if c < 0.05 else 12 if c < 0.9 else 0, hours=6.0)
    )
    assert point.target_met and point.plateau[0] == 0.90


def test_no_feasible_cutoff_takes_the_fewest_events():
    point = choose(table(lambda c: 900, lambda c: 0, lambda c: 100 if c < 0.7 else 20, hours=3.0))
    assert not point.target_met and point.plateau == (0.70, 0.99)


def test_few_hours_are_no_proof():
    point = choose(table(lambda c: 900, lambda c: 0, lambda c: 0 if c > 0.5 else 1, hours=0.4))
    assert not point.target_met and point.plateau[0] == 0.51, "and yet no setting with an event is taken"


def test_the_better_window_wins_and_of_equals_the_longest():
    def two(heard_3, heard_8):
        each = [table(lambda c, h=h: h(c), lambda c: 0, lambda c: 0) for h in (heard_3, heard_8)]
        return Tables(
            (3, 8),
            np.concatenate([t.heard for t in each]),
            1000,
            np.concatenate([t.near_accepted for t in each]),
            1000,
            *[np.concatenate([t.false_accepts for t in each])] * 3,
            4.0,
        )

    assert choose(two(lambda c: 950, lambda c: 900)).window == 3
    assert choose(two(lambda c: 900, lambda c: 950)).window == 8
    assert choose(two(lambda c: 950, lambda c: 950)).window == 8
    assert choose(two(lambda c: 950, lambda c: 950 if c < 0.3 else 500)).window == 8, "though the other has more room"


def test_of_two_cutoffs_in_the_middle_the_lower_is_chosen():
    point = choose(table(lambda c: 950 if c < 0.805 else 900, lambda c: 0, lambda c: 0 if c > 0.785 else 50))
    assert point.plateau == (0.79, 0.8) and point.cutoff == 0.79


def test_nothing_to_choose_on():
    with pytest.raises(ValueError, match="0 clips"):
        choose(table(lambda c: 0, lambda c: 0, lambda c: 0, positives=0))


def test_tables_count_as_the_detector_does():
    random = np.random.default_rng(0)

    def clips(count, loud):
        made = []
        for _ in range(count):
            outputs = random.integers(0, 30, 200, np.uint8)
            at = random.integers(110, 150)
            outputs[at : at + 8] = random.integers(loud, 256, 8)
            made.append(outputs)
        return Scores.of(made, 3)

    positives, near, ambient = clips(20, 100), clips(20, 50), clips(10, 20)
    sounding = np.repeat(
        [0, 1, 2, 3, 0], 400
    )  # each clip is a recording's second half and the next one's first; one is heard twice
    counted = tables(positives, np.tile([300, 600], (20, 1)), near, [(ambient, sounding)])
    for row, window in enumerate(WINDOWS):
        for column in (0, 20, 50, 80):
            setting = {"cutoff": float(CUTOFFS[column]), "window": window}
            assert counted.heard[row, column] == sum(bool(len(detections(positives[i], **setting))) for i in range(20))
            assert counted.near_accepted[row, column] == sum(
                bool(len(detections(near[i], **setting))) for i in range(20)
            )
            events = detections(ambient.outputs, **setting)
            each = [sum(sounding[events] == recording) for recording in range(4)]
            assert counted.false_accepts[row, column] == len(events) and counted.recordings[row, column] == sum(
                map(bool, each)
            )
            assert counted.squares[row, column] == sum(count**2 for count in each)
    assert (counted.recordings < counted.false_accepts).any(), "or nothing was counted twice"
    assert counted.heard.min() < 20 == counted.heard.max() and counted.hours == pytest.approx(2000 * 0.03 / 3600)


def test_an_answer_counts_from_the_start_of_the_word_to_its_late_end():
    outputs = np.zeros(100, np.uint8)
    outputs[50:55] = 255  # frames 150 to 164
    scores = Scores.of([outputs], 3)

    def heard(start, stop):
        return bool(heard_by_clip(scores, 5, 200, np.array([[start, stop]]))[0])

    assert heard(100, 200) and heard(150, 164)
    assert not heard(0, 130), "too late"
    assert not heard(165, 300), "in the lead-in: no hit"
    assert highest_levels(scores, 5)[0].tolist() == [-1, 254]
