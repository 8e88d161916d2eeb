"""comparison.json as people read it: a row for each person, for false accepts, for the home, for synthetic voices.

list_changes(comparison)     # [("anna", "detects 9 of 10 (60 % to 98 %), before 4; 20 others trained"), ...]
"""

TESTED = {"testing": "the test's synthetic voices", "strangers": "held-out synthetic voices"}


def describe_recall(figures: dict) -> str:
    """Detected clips of how many, with the interval of their share."""
    low, high = figures["interval"]
    return f"detects {figures['detected']} of {figures['n']} ({100 * low:.0f} % to {100 * high:.0f} %)"


def describe_home(figures: dict) -> str:
    """False accepts in a home's sound, with the interval of their rate."""
    low, high = figures["interval"]
    times = figures["false_accepts"]
    return f"{times} false accept{'s' * (times != 1)} in {figures['hours']:.2f} h ({low:.2f} to {high:.2f} per hour)"


def list_changes(comparison: dict) -> list[tuple[str, str]]:
    """Rows (what, figures of this model and of the control before it); nothing in them was trained on."""
    rows = []
    for row in comparison["people"]:
        trained = f"{row['trained']} others trained" if row["trained"] else "none trained"
        rows.append(
            (row["person"], f"{describe_recall(row['now'])}, before {row['before']['detected']}; {trained}"),
        )
    if rejected := comparison["negative"]:
        before, now = rejected["before"], rejected["now"]
        rows.append(
            ("false accepts", f"{now['detected']} of {now['n']} held out still wake it, before {before['detected']}")
        )
    if home := comparison["home"]:
        sets_cutoff = "; it helped to set the cutoff" if comparison["home_sets_cutoff"] else ""
        text = f"{describe_home(home['now'])}, before {home['before']['false_accepts']}{sets_cutoff}"
        rows.append(("your home", text))
    for key, voices in TESTED.items():
        if figures := comparison["synthetic"].get(key):
            rows.append((voices, f"{describe_recall(figures['now'])}, before {figures['before']['detected']}"))
    if comparison.get("forced"):
        rows.append(("published by FORCE=1", f"although {comparison['refused']}"))
    return rows
