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
    AmbientStream,
    Counts,
    choose_generous_column,
    choose_operating_point,
    count,
    detected_clips,
    highest_levels,
    rate_bound,
)


def make_counts(detected, accepted, events, positives=1000, confusable=1000, hours=4.0) -> Counts:
    """Counts of one window from functions of the cutoff."""
    rows = [
        np.array([[round(float(number(cutoff))) for cutoff in CUTOFFS]], np.int64)
        for number in (detected, accepted, events)
    ]
    return Counts((5,), rows[0], positives, rows[1], confusable, rows[2], rows[2], rows[2], hours)


def test_a_perfect_model_gets_a_cutoff_of_one_half():
    point = choose_operating_point(make_counts(lambda c: 1000, lambda c: 0, lambda c: 0))
    assert point.cutoff == 0.50 and point.plateau == (0.01, 0.99) and point.target_met


def test_a_home_raises_the_cutoff_until_it_wakes_the_model_once_at_most():
    counts = make_counts(lambda c: 1000 - 200 * c, lambda c: 0, lambda c: 0, hours=17.0)
    at_home = make_counts(lambda c: 0, lambda c: 0, lambda c: 5 if c < 0.3 else 2 if c < 0.7 else 1, hours=0.4)
    assert choose_operating_point(counts).cutoff == 0.01
    assert choose_operating_point(counts, at_home=at_home).cutoff == 0.70
    restless = make_counts(lambda c: 0, lambda c: 0, lambda c: 9 if c < 0.8 else 4, hours=0.4)
    assert choose_operating_point(counts, at_home=restless).cutoff == 0.80, "no cutoff is quiet: that with the fewest"


def test_the_limit_of_false_accepts_holds_and_costs_no_more_recall_than_necessary():
    point = choose_operating_point(make_counts(lambda c: 1000 - 200 * c, lambda c: 0, lambda c: 10 if c < 0.6 else 0))
    assert point.cutoff == 0.60 and point.plateau == (0.60, 0.60), "the next cutoff detects fewer"
    assert choose_operating_point(
        make_counts(lambda c: 1000 - 50 * (c > 0.8), lambda c: 0, lambda c: 10 if c < 0.6 else 0)
    ).plateau == (
        0.60,
        0.80,
    )


def test_accepted_confusable_phrases_do_not_change_the_choice():
    without = choose_operating_point(make_counts(lambda c: 990 - 30 * c, lambda c: 0, lambda c: 0))
    accepting = choose_operating_point(make_counts(lambda c: 990 - 30 * c, lambda c: 300 * (1 - c), lambda c: 0))
    assert accepting == without


def test_the_cutoff_stays_away_from_a_drop_in_recall():
    point = choose_operating_point(
        make_counts(lambda c: 990 if c <= 0.8 else 500, lambda c: 0, lambda c: 50 if c < 0.4 else 0)
    )
    assert point.cutoff == pytest.approx(0.6, abs=0.02)


@pytest.mark.parametrize("events, hours", [(0, 2.71), (1, 6.26), (2, 9.24), (3, 12.02)])
def test_few_events_meet_the_target_only_in_enough_hours(events, hours):
    """Tables give 2.706, 6.251, 9.236 and 12.017 as upper 90 % quantiles of chi-squared with 2 n + 1 degrees of freedom; half of that
    divided by 0.5 per hour are the hours."""
    assert choose_operating_point(make_counts(lambda c: 900, lambda c: 0, lambda c: events, hours=hours)).target_met
    assert not choose_operating_point(
        make_counts(lambda c: 900, lambda c: 0, lambda c: events, hours=hours - 0.02)
    ).target_met


def test_many_events_bound_the_rate_at_a_higher_cutoff():
    """Each unit of log-odds leaves e times fewer of 100 events, 60 of them beyond 0.51. 40 h may have 20, so ln 5 = 1.61.

    90 % confidence takes 1.28 sqrt((1 + 1.4^2) / 60) = 0.28 more: log-odds of 1.89, which is a cutoff of 0.87.
    """
    counts = (100 * np.exp(-np.log(CUTOFFS / (1 - CUTOFFS)))).round().astype(int)
    bound = rate_bound(counts[None], 40.0)[0]
    assert CUTOFFS[bound <= 0.5].min() == pytest.approx(0.87, abs=0.011)
    assert np.all(np.diff(bound[:38]) > 0), "lower at every higher cutoff"


def test_the_bound_holds_in_nine_of_ten_cases():
    rng, log_odds, true = np.random.default_rng(1), np.log(CUTOFFS / (1 - CUTOFFS)), 120 * 0.9
    draws = [np.sort(rng.exponential(0.8, rng.poisson(true)))[::-1] - 0.6 for _ in range(2000)]
    counts = np.array([(draw[:, None] >= log_odds).sum(axis=0) for draw in draws])
    column = int(np.argmin(np.abs(true / 17 * np.exp(-(log_odds + 0.6) / 0.8) - 0.5)))
    truth = true / 17 * np.exp(-(log_odds[column] + 0.6) / 0.8)
    tail, counted = rate_bound(counts, 17.0)[:, column], chi2.ppf(CONFIDENCE, 2 * counts[:, column] + 1) / 34
    assert 0.87 <= np.mean(tail >= truth) <= 0.93
    assert np.std(np.log(tail)) < 0.9 * np.std(np.log(counted)), (
        "it varies less than a bound from the events at that cutoff alone"
    )


def test_a_cutoff_with_more_events_than_the_target_is_never_chosen():
    """Sixty events far below let none be expected above, and yet there are twelve in six hours."""
    point = choose_operating_point(
        make_counts(
            lambda c: 1000 - 100 * c, lambda c: 0, lambda c: 600 if c < 0.05 else 12 if c < 0.9 else 0, hours=6.0
        )
    )
    assert point.target_met and point.plateau[0] == 0.90


def test_without_a_feasible_cutoff_the_fewest_events_decide():
    point = choose_operating_point(make_counts(lambda c: 900, lambda c: 0, lambda c: 100 if c < 0.7 else 20, hours=3.0))
    assert not point.target_met and point.plateau == (0.70, 0.99)


def test_too_few_hours_do_not_show_that_the_target_is_met():
    point = choose_operating_point(make_counts(lambda c: 900, lambda c: 0, lambda c: 0 if c > 0.5 else 1, hours=0.4))
    assert not point.target_met and point.plateau[0] == 0.51, "yet the cutoff has no event"


def test_the_window_with_the_higher_recall_wins_and_of_equals_the_longest():
    def make_two(detected_3, detected_8):
        each = [make_counts(lambda c, h=h: h(c), lambda c: 0, lambda c: 0) for h in (detected_3, detected_8)]
        return Counts(
            (3, 8),
            np.concatenate([t.detected for t in each]),
            1000,
            np.concatenate([t.confusable_accepted for t in each]),
            1000,
            *[np.concatenate([t.false_accepts for t in each])] * 3,
            4.0,
        )

    assert choose_operating_point(make_two(lambda c: 950, lambda c: 900)).window == 3
    assert choose_operating_point(make_two(lambda c: 900, lambda c: 950)).window == 8
    assert choose_operating_point(make_two(lambda c: 950, lambda c: 950)).window == 8
    assert choose_operating_point(make_two(lambda c: 950, lambda c: 950 if c < 0.3 else 500)).window == 8, (
        "although the other has a wider plateau"
    )


def test_of_two_middle_cutoffs_the_lower_is_chosen():
    point = choose_operating_point(
        make_counts(lambda c: 950 if c < 0.805 else 900, lambda c: 0, lambda c: 0 if c > 0.785 else 50)
    )
    assert point.plateau == (0.79, 0.8) and point.cutoff == 0.79


def test_the_generous_cutoff_detects_most_with_ten_false_accepts_per_hour():
    def below(cutoff):  # the lower the cutoff, the more of both
        return 100 * (1 - cutoff)

    def none(cutoff):
        return 0

    counts = make_counts(below, none, lambda cutoff: 2 * below(cutoff))
    assert CUTOFFS[choose_generous_column(counts)] == 0.80  # 40 events in 4 hours
    counts = make_counts(lambda cutoff: min(below(cutoff), 10), none, lambda cutoff: 2 * below(cutoff))
    assert CUTOFFS[choose_generous_column(counts)] == 0.90  # no more words are detected below
    assert choose_generous_column(make_counts(below, none, lambda cutoff: 1000)) == 0


def test_without_positives_nothing_can_be_chosen():
    with pytest.raises(ValueError, match="0 clips"):
        choose_operating_point(make_counts(lambda c: 0, lambda c: 0, lambda c: 0, positives=0))


def test_counts_agree_with_the_detector():
    random = np.random.default_rng(0)

    def draw_clips(number, loud):
        clips = []
        for _ in range(number):
            outputs = random.integers(0, 30, 200, np.uint8)
            at = random.integers(110, 150)
            outputs[at : at + 8] = random.integers(loud, 256, 8)
            clips.append(outputs)
        return Scores.of(clips, 3)

    positives, confusable, ambient = draw_clips(20, 100), draw_clips(20, 50), draw_clips(10, 20)
    recordings = np.repeat([0, 1, 2, 3, 0], 400)  # a recording ends in the middle of a clip; one sounds twice
    counts = count(positives, np.tile([300, 600], (20, 1)), confusable, [AmbientStream(ambient, recordings)])
    for row, window in enumerate(WINDOWS):
        for column in (0, 20, 50, 80):
            setting = {"cutoff": float(CUTOFFS[column]), "window": window}
            assert counts.detected[row, column] == sum(
                bool(len(detections(positives[i], **setting))) for i in range(20)
            )
            assert counts.confusable_accepted[row, column] == sum(
                bool(len(detections(confusable[i], **setting))) for i in range(20)
            )
            events = detections(ambient.outputs, **setting)
            sizes = [sum(recordings[events] == recording) for recording in range(4)]
            assert counts.false_accepts[row, column] == len(events) and counts.recordings[row, column] == sum(
                map(bool, sizes)
            )
            assert counts.squares[row, column] == sum(size**2 for size in sizes)
    assert (counts.recordings < counts.false_accepts).any(), "some recording has several events"
    assert counts.detected.min() < 20 == counts.detected.max() and counts.hours == pytest.approx(2000 * 0.03 / 3600)


def test_a_detection_counts_from_the_start_of_the_word_until_the_end_of_its_span():
    outputs = np.zeros(100, np.uint8)
    outputs[50:55] = 255  # frames 150 to 164
    scores = Scores.of([outputs], 3)

    def detected(start, stop):
        return bool(detected_clips(scores, 5, 200, np.array([[start, stop]]))[0])

    assert detected(100, 200) and detected(150, 164)
    assert not detected(0, 130), "too late"
    assert not detected(165, 300), "before the word: no hit"
    assert highest_levels(scores, 5)[0].tolist() == [-1, 254]
