"""The metrics as the stage prints them."""

SHOWN = (0.5, 0.7, 0.9, 0.95)  # cutoffs in the table, besides the chosen one


def format_metrics(metrics: dict) -> str:
    """metrics.json as text: the chosen setting, a line for each split, and a table of cutoffs on testing data."""
    lowest, highest = metrics["plateau"]
    plateau = f" (validation finds {lowest:.2f} to {highest:.2f} equally good)" if lowest < highest else ""
    lines = [
        f"Chosen on validation data: cutoff {metrics['probability_cutoff']:.2f}, "
        f"window {metrics['sliding_window_size']}{plateau}"
    ]
    if not metrics["target_met"]:
        lines.append(
            f"No cutoff is shown, with {metrics['confidence']:.0%} confidence, to stay within "
            f"{metrics['target_fa_per_hour']} false accepts per hour by {metrics['validation']['hours']:.2f} h of "
            "validation sound; the chosen one is among those with the fewest."
        )
    lines += [_format_split(split, metrics[split]) for split in ("validation", "testing")]
    if heldout := metrics.get("strangers"):
        lines.append(
            f"  held-out: recall {_format_recall(heldout)}, TTS voices used only for evaluation. A model that detects "
            "them well usually detects people well."
        )
    for phrase, figures in metrics["testing"].get("by_negative_phrase", {}).items():
        lines.append(f"Negative phrase {phrase!r}: accepted {figures['heard']} of {figures['n']} times")
    lines.append(f"Where each detection is checked a second time: {format_generous(metrics['generous'])}.")
    talk = [
        f"{split} {metrics[split]['talk_hours']:.2f} h"
        for split in ("validation", "testing")
        if metrics[split]["talk_hours"]
    ]
    if talk:
        lines.append(
            f"Recordings of talk: {', '.join(talk)}. Each recording is tested three times (plain, in a room, over music), "
            "for validation also slowed, so one bad recording can count three times or six; the intervals take that into "
            "account."
        )
    return "\n".join(lines + _format_curve(metrics["testing"]["curve"], metrics["probability_cutoff"]))


def format_generous(figures: dict) -> str:
    """The generous cutoff of metrics.json, with what it detects and accepts of testing data."""
    return (
        f"cutoff {figures['probability_cutoff']:.2f} detects {figures['recall']:.1%} and accepts "
        f"{figures['fa_per_hour']:.1f} sounds per hour"
    )


def _format_recall(figures: dict) -> str:
    low, high = figures["recall_interval"]
    return f"{figures['recall']:.1%} of {figures['n_positive']} ({low:.1%} to {high:.1%})"


def _format_split(split: str, figures: dict) -> str:
    low, high = figures["fa_per_hour_interval"]
    confusable = ""
    if figures["near_accept_rate"] is not None:
        confusable = f", confusable phrases accepted {figures['near_accept_rate']:.1%} of {figures['n_near']}"
    return (
        f"{split:>10}: recall {_format_recall(figures)}, {figures['fa_per_hour']:.2f} false accepts per hour "
        f"({figures['false_accepts']} in {figures['hours']:.2f} h{format_recordings(figures)}, {low:.2f} to {high:.2f})"
        f"{confusable}"
    )


def format_recordings(figures: dict) -> str:
    """The number of recordings with false accepts, where there are several events."""
    recordings = figures["false_accept_recordings"]
    return f", from {recordings} recording{'s' if recordings > 1 else ''}" if figures["false_accepts"] > 1 else ""


def _format_curve(curve: list[dict], chosen: float) -> list[str]:
    lines = ["On testing data    cutoff   recall   false accepts/h   confusable phrases accepted"]
    for point in curve:
        if point["cutoff"] in SHOWN or point["cutoff"] == chosen:
            accepted = "-" if point["near_accept_rate"] is None else f"{point['near_accept_rate']:.1%}"
            mark = "chosen" if point["cutoff"] == chosen else ""
            lines.append(
                f"{mark:>18} {point['cutoff']:8.2f} {point['recall']:8.1%} {point['fa_per_hour']:17.2f} {accepted:>29}"
            )
    return lines
