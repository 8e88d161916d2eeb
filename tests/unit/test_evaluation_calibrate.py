"""The choice of cutoff and window: plain cases with known answers."""
import numpy as np
import pytest

from scripts.evaluation.calibrate import CUTOFFS, WINDOWS, Tables, choose, heard_by_clip, highest_levels, rate_interval, tables, wilson
from scripts.evaluation.detector import detections
from scripts.evaluation.score import Scores


def table(heard, near, events, positives=1000, nears=1000, hours=4.0) -> Tables:
    """Tables of one window from functions of the cutoff."""
    rows = [np.array([[round(float(count(cutoff))) for cutoff in CUTOFFS]], np.int64) for count in (heard, near, events)]
    return Tables((5,), rows[0], positives, rows[1], nears, rows[2], rows[2], rows[2], hours)


def test_a_perfect_model_gets_the_middle():
    point = choose(table(lambda c: 1000, lambda c: 0, lambda c: 0))
    assert point.cutoff == 0.50 and point.plateau == (0.01, 0.99) and point.target_met


def test_the_limit_of_false_accepts_holds_and_no_recall_is_given_away_beyond_it():
    point = choose(table(lambda c: 1000 - 200 * c, lambda c: 0, lambda c: 10 if c < 0.6 else 0))
    assert point.cutoff == 0.60 and point.plateau == (0.60, 0.60), "the next one hears fewer"
    assert choose(table(lambda c: 1000 - 50 * (c > 0.8), lambda c: 0, lambda c: 10 if c < 0.6 else 0)).plateau == (0.60, 0.80)


def test_near_misses_are_reported_but_do_not_choose():
    without = choose(table(lambda c: 990 - 30 * c, lambda c: 0, lambda c: 0))
    with_near = choose(table(lambda c: 990 - 30 * c, lambda c: 300 * (1 - c), lambda c: 0))
    assert with_near == without


def test_a_cliff_in_recall_is_kept_away_from():
    point = choose(table(lambda c: 990 if c <= 0.8 else 500, lambda c: 0, lambda c: 50 if c < 0.4 else 0))
    assert point.cutoff == pytest.approx(0.6, abs=0.02)


@pytest.mark.parametrize("events, hours", [(0, 3.85), (1, 7.82), (2, 11.08), (3, 14.07)])
def test_so_many_events_pass_in_so_many_hours(events, hours):
    """Upper 95 % quantiles of chi-squared with 2 n + 1 degrees of freedom in tables: 3.841, 7.815, 11.070, 14.067; half of it by 0.5 per hour."""
    assert choose(table(lambda c: 900, lambda c: 0, lambda c: events, hours=hours)).target_met
    assert not choose(table(lambda c: 900, lambda c: 0, lambda c: events, hours=hours - 0.02)).target_met


def test_no_feasible_cutoff_takes_the_fewest_events():
    point = choose(table(lambda c: 900, lambda c: 0, lambda c: 100 if c < 0.7 else 20, hours=3.0))
    assert not point.target_met and point.plateau == (0.70, 0.99)


def test_few_hours_are_no_proof():
    point = choose(table(lambda c: 900, lambda c: 0, lambda c: 0 if c > 0.5 else 1, hours=0.4))
    assert not point.target_met and point.plateau[0] == 0.51, "and yet no setting with an event is taken"


def test_the_better_window_wins_and_of_equals_the_longest():
    def two(heard_3, heard_8):
        each = [table(lambda c, h=h: h(c), lambda c: 0, lambda c: 0) for h in (heard_3, heard_8)]
        return Tables((3, 8), np.concatenate([t.heard for t in each]), 1000, np.concatenate([t.near_accepted for t in each]), 1000,
                      *[np.concatenate([t.false_accepts for t in each])] * 3, 4.0)

    assert choose(two(lambda c: 950, lambda c: 900)).window == 3
    assert choose(two(lambda c: 900, lambda c: 950)).window == 8
    assert choose(two(lambda c: 950, lambda c: 950)).window == 8
    assert choose(two(lambda c: 950, lambda c: 950 if c < 0.3 else 500)).window == 8, "though the other has more room"


def test_of_two_cutoffs_in_the_middle_the_lower_is_chosen():
    point = choose(table(lambda c: 950 if c < 0.805 else 900, lambda c: 0, lambda c: 0 if c > 0.785 else 100))
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
            outputs[at:at + 8] = random.integers(loud, 256, 8)
            made.append(outputs)
        return Scores.of(made, 3)

    positives, near, ambient = clips(20, 100), clips(20, 50), clips(10, 20)
    sounding = np.repeat([0, 1, 2, 3, 0], 400)          # each clip is a recording's second half and the next one's first; one is heard twice
    counted = tables(positives, np.tile([300, 600], (20, 1)), near, [(ambient, sounding)])
    for row, window in enumerate(WINDOWS):
        for column in (0, 20, 50, 80):
            setting = {"cutoff": float(CUTOFFS[column]), "window": window}
            assert counted.heard[row, column] == sum(bool(len(detections(positives[i], **setting))) for i in range(20))
            assert counted.near_accepted[row, column] == sum(bool(len(detections(near[i], **setting))) for i in range(20))
            events = detections(ambient.outputs, **setting)
            each = [sum(sounding[events] == recording) for recording in range(4)]
            assert counted.false_accepts[row, column] == len(events) and counted.recordings[row, column] == sum(map(bool, each))
            assert counted.squares[row, column] == sum(count ** 2 for count in each)
    assert (counted.recordings < counted.false_accepts).any(), "or nothing was counted twice"
    assert counted.heard.min() < 20 == counted.heard.max() and counted.hours == pytest.approx(2000 * 0.03 / 3600)


def test_an_answer_counts_from_the_start_of_the_word_to_its_late_end():
    outputs = np.zeros(100, np.uint8)
    outputs[50:55] = 255     # frames 150 to 164
    scores = Scores.of([outputs], 3)

    def heard(start, stop):
        return bool(heard_by_clip(scores, 5, 200, np.array([[start, stop]]))[0])

    assert heard(100, 200) and heard(150, 164)
    assert not heard(0, 130), "too late"
    assert not heard(165, 300), "in the lead-in: no hit"
    assert highest_levels(scores, 5)[0].tolist() == [-1, 254]


def test_intervals():
    assert wilson(0, 10) == [0.0, 0.277533] and wilson(10, 10) == [0.722467, 1.0]
    assert wilson(0, 0) == [0.0, 1.0]
    assert rate_interval(0, 1.0) == [0.0, 3.689] and rate_interval(3, 2.0) == [0.309, 4.384], "events alone: Garwood's"
    assert rate_interval(0, 1.0, 0, 3) == [0.0, pytest.approx(3 * 3.689, abs=0.003)], "three hearings are no three hours"
    assert rate_interval(9, 1.0, 27, 3)[0] < rate_interval(9, 1.0)[0] and rate_interval(9, 1.0, 27, 3)[1] > rate_interval(9, 1.0)[1]


def test_events_in_groups_are_covered_by_their_interval_and_not_by_that_of_lone_ones():
    rng, mean = np.random.default_rng(1), 8 * (1 + 3) / 2
    covered = np.zeros(2)
    for _ in range(2_000):
        singles, triples = rng.poisson(mean / 2), rng.poisson(mean / 6)        # half of the events come in threes
        events, squares = int(singles + 3 * triples), int(singles + 9 * triples)
        for which, (low, high) in enumerate((rate_interval(events, 1.0, squares, 3), rate_interval(events, 1.0))):
            covered[which] += low <= mean <= high
    grouped, lone = covered / 2_000
    assert grouped >= 0.94 and lone < 0.9
