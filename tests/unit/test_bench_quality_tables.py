"""The tables of bench-quality: the worst word first, means over words, telephones apart."""

from scripts.bench import quality_tables
from scripts.bench.people import CALLS, CONFUSABLE, RUNNING


def rows(word, seed, clean, noisy, by_telephone=False, confusable=False):
    """The clean and the noisy row of a word and seed, with these recalls."""
    kinds = {
        RUNNING: {"files": 10, "hours": 2.0, "false_accepts": 1},
        CALLS: {"files": 400, "hours": 0.2, "false_accepts": 4},
    }
    if confusable:
        kinds[CONFUSABLE] = {"files": 50, "hours": 0.1, "false_accepts": 5}
    return [
        {
            "word": word,
            "seed": seed,
            "by_telephone": by_telephone,
            "snr_db": snr_db,
            "n_positive": 200,
            "kinds": kinds,
            "at_fa_per_hour": {rate: {"recall": recall, "recall_once": recall} for rate in quality_tables.RATES},
            "at_cutoff": {"recall": recall, "recall_once": recall - 0.2, "recall_interval": [recall - 0.1, recall]},
        }
        for snr_db, recall in ((None, clean), (10.0, noisy))
    ]


def test_the_worst_word_comes_first_and_seeds_have_lines_of_their_own():
    table = quality_tables.format_words(
        [*rows("good", 1, 0.9, 0.9), *rows("bad", 2, 0.9, 0.5), *rows("bad", 1, 0.6, 0.5)]
    )
    lines = table.splitlines()
    assert [line.split(" | ")[:2] for line in lines[2:]] == [["| bad", "1"], ["| bad", "2"], ["| good", "1"]]
    assert len({line.count("|") for line in lines}) == 1
    assert "| **60.0%** (50.0% to 60.0%) | **50.0%** (40.0% to 50.0%) | 40.0% / 30.0% |" in lines[2]
    assert "| 0.50 (1 in 2.0 h) / 0.50 (1 in 2.0 h) | 1.0 (4 of 400) / 1.0 (4 of 400) |  |" in lines[2]


def test_where_no_cutoff_keeps_to_a_rate_nothing_is_detected():
    clean, noisy = rows("a", 1, 0.9, 0.8, confusable=True)
    clean["at_fa_per_hour"]["0.1"] = None
    (line,) = quality_tables.format_words([clean, noisy]).splitlines()[2:]
    assert line.endswith("| 10.0 (5 of 50) / 10.0 (5 of 50) | 0.0 / 90.0 / 90.0 / 90.0% | 80.0 / 80.0% |")


def test_means_are_over_words_and_name_the_worst():
    lines = quality_tables.format_means([*rows("a", 1, 1.0, 0.9), *rows("b", 1, 0.8, 0.5), *rows("b", 2, 0.6, 0.5)])
    first, _, last = lines.split("\n\n")
    assert (
        first.startswith("Seed 1, 2 words") and "clean mean **90.0%**, worst b **80.0%**, 0.50 false accepts" in first
    )
    assert "at 10 dB mean **70.0%**, worst b **50.0%**" in first and "(2 in 4.0 h), 1.00 per hundred calls" in first
    assert last.startswith("All seeds, 2 words") and "clean mean **85.0%**, worst b **70.0%**" in last


def test_recordings_by_telephone_are_in_no_mean():
    text = quality_tables.format_quality([*rows("a", 1, 0.9, 0.9), *rows("phoned", 1, 0.1, 0.1, by_telephone=True)])
    plain, telephone = text.split("Recordings by telephone")
    assert "phoned" not in plain and "| phoned | 1 |" in telephone and "mean **90.0%**" in plain
