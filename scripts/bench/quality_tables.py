"""The tables of `make bench-quality`: words with the worst first, means, and false accepts by kind of sound.

A row is what judge_word() gives, with "word", "seed" and "by_telephone".
"""

from statistics import fmean

from scripts.bench.people import CALLS, CONFUSABLE, RUNNING

RATES = ("0.1", "0.5", "1.0", "2.0")  # false accepts per hour
NOISY_RATES = ("0.1", "0.5")
NONE = {"recall": 0.0, "recall_once": 0.0}  # where no cutoff keeps to a rate
COLUMNS = (
    "| word | seed | recordings | recall at the build's own cutoff, clean | at 10 dB | each sound once, clean / 10 dB "
    "| false accepts per hour of running speech | per hundred calls of other words | per hundred confusable phrases "
    "| recall at 0.1 / 0.5 / 1 / 2 per hour, clean | at 0.1 / 0.5 per hour, 10 dB |\n" + "|---" * 11 + "|"
)


def format_quality(rows: list[dict]) -> str:
    """Markdown: the words, the mean over them and the worst; recordings by telephone in a table of their own."""
    parts = []
    for by_telephone in (False, True):
        chosen = [row for row in rows if row["by_telephone"] is by_telephone]
        if not chosen:
            continue
        if by_telephone:
            parts.append("Recordings by telephone (nothing above 4 kHz), in no mean:")
        parts.append(format_words(chosen))
        if not by_telephone:
            parts.append(format_means(chosen))
    return "\n\n".join(parts)


def _pair(rows: list[dict], word: str, seed: int) -> tuple[dict, dict]:
    # The clean and the noisy row of a word and seed.
    clean, noisy = sorted(
        (row for row in rows if (row["word"], row["seed"]) == (word, seed)), key=lambda row: row["snr_db"] is not None
    )
    return clean, noisy


def rank_words(rows: list[dict]) -> list[str]:
    """Words by the mean of their recalls at the builds' own cutoffs, clean and in noise, the worst first."""
    words = dict.fromkeys(row["word"] for row in rows)
    return sorted(words, key=lambda word: fmean(row["at_cutoff"]["recall"] for row in rows if row["word"] == word))


def format_words(rows: list[dict]) -> str:
    """A line for each word and seed, the worst word first."""
    lines = [COLUMNS]
    for word in rank_words(rows):
        for seed in sorted({row["seed"] for row in rows if row["word"] == word}):
            clean, noisy = _pair(rows, word, seed)
            cells = [
                word,
                str(seed),
                str(clean["n_positive"]),
                _format_recall(clean),
                _format_recall(noisy),
                " / ".join(f"{row['at_cutoff']['recall_once']:.1%}" for row in (clean, noisy)),
                " / ".join(_format_rate(row, RUNNING) for row in (clean, noisy)),
                " / ".join(_format_share(row, CALLS) for row in (clean, noisy)),
                " / ".join(_format_share(row, CONFUSABLE) for row in (clean, noisy))
                if CONFUSABLE in clean["kinds"]
                else "",
                _format_rates(clean, RATES),
                _format_rates(noisy, NOISY_RATES),
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def format_means(rows: list[dict]) -> str:
    """A sentence for each seed, and one for all of them, with the mean over words and the worst word."""
    seeds = sorted({row["seed"] for row in rows})
    groups = {f"Seed {seed}": [row for row in rows if row["seed"] == seed] for seed in seeds}
    if len(seeds) > 1:
        groups["All seeds"] = rows
    lines = []
    for name, group in groups.items():
        words = []
        for noisy, condition in ((False, "clean"), (True, "at 10 dB")):
            chosen = [row for row in group if (row["snr_db"] is not None) is noisy]
            recalls = {word: fmean(_list_recalls(chosen, word)) for word in rank_words(chosen)}
            worst = min(recalls, key=lambda word: recalls[word])
            hours = sum(row["kinds"].get(RUNNING, {}).get("hours", 0) for row in chosen)
            events = sum(row["kinds"].get(RUNNING, {}).get("false_accepts", 0) for row in chosen)
            calls = [row["kinds"][CALLS] for row in chosen if CALLS in row["kinds"]]
            share = 100 * sum(call["false_accepts"] for call in calls) / max(1, sum(call["files"] for call in calls))
            words.append(
                f"{condition} mean **{fmean(recalls.values()):.1%}**, worst {worst} **{recalls[worst]:.1%}**, "
                f"{events / hours if hours else 0:.2f} false accepts per hour of running speech ({events} in {hours:.1f} h), "
                f"{share:.2f} per hundred calls of other words"
            )
        lines.append(
            f"{name}, {len({row['word'] for row in group})} words at the builds' own cutoffs: {'; '.join(words)}."
        )
    return "\n\n".join(lines)


def _list_recalls(rows: list[dict], word: str) -> list[float]:
    return [row["at_cutoff"]["recall"] for row in rows if row["word"] == word]


def _format_recall(row: dict) -> str:
    low, high = row["at_cutoff"]["recall_interval"]
    return f"**{row['at_cutoff']['recall']:.1%}** ({low:.1%} to {high:.1%})"


def _format_rates(row: dict, rates: tuple[str, ...]) -> str:
    return " / ".join(f"{100 * (row['at_fa_per_hour'][rate] or NONE)['recall']:.1f}" for rate in rates) + "%"


def _format_rate(row: dict, kind: str) -> str:
    sums = row["kinds"].get(kind)
    return (
        f"{sums['false_accepts'] / sums['hours']:.2f} ({sums['false_accepts']} in {sums['hours']:.1f} h)"
        if sums
        else "-"
    )


def _format_share(row: dict, kind: str) -> str:
    sums = row["kinds"].get(kind)
    return (
        f"{100 * sums['false_accepts'] / sums['files']:.1f} ({sums['false_accepts']} of {sums['files']})"
        if sums
        else "-"
    )
