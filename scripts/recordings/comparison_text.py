"""comparison.json as people read it."""

TESTED = (("testing", "the test's synthetic voices"), ("strangers", "held-out synthetic voices"))


def list_changes(comparison: dict) -> list[tuple[str, str]]:
    """Rows (who or what, now and before): each person, false accepts, the home, synthetic voices."""
    rows = []
    for row in comparison["people"]:
        before, now = row["before"], row["now"]
        low, high = now["interval"]
        rows.append(
            (
                row["person"],
                f"detects {now['detected']} of {now['n']} ({low:.0%} to {high:.0%}), before {before['detected']}; "
                f"{row['trained']} others trained",
            )
        )
    if negative := comparison["negative"]:
        now = negative["now"]
        rows.append(
            ("what woke it", f"{now['detected']} of {now['n']} still do, before {negative['before']['detected']}")
        )
    if home := comparison["home"]:
        now = home["now"]
        low, high = now["interval"]
        rows.append(
            (
                "your home",
                f"{now['false_accepts']} false accepts in {now['hours']:.2f} h ({low:.2f} to {high:.2f} per hour), before "
                f"{home['before']['false_accepts']}"
                + ("; it helped to set the cutoff" * comparison["home_sets_cutoff"]),
            )
        )
    rows += [
        (voices, f"detects {figures['now']:.1%}, before {figures['before']:.1%}")
        for key, voices in TESTED
        if (figures := comparison["synthetic"].get(key))
    ]
    if comparison.get("forced"):
        rows.append(("published by FORCE=1", comparison["refused"]))
    return rows
