"""Shares and rates with their 95 % intervals.

>>> share(2, 3), wilson_interval(9, 10)
(0.666667, [0.59585, 0.982124])
>>> rate_interval(3, 2.0)  # 3 events in 2 hours
[0.309, 4.384]
"""

from scipy.stats import binomtest, chi2


def share(part: float, whole: float) -> float:
    """part / whole, rounded to six digits; pages round again, and fewer digits here would sometimes give a visible error."""
    return round(float(part / whole), 6)


def wilson_interval(count: int, total: int) -> list[float]:
    """95 % interval of the share count / total (Wilson 1927, Journal of the American Statistical Association 22);
    [0, 1] if total is 0."""
    if not total:
        return [0.0, 1.0]
    interval = binomtest(int(count), int(total)).proportion_ci(method="wilson")
    return [share(interval.low, 1), share(interval.high, 1)]


def rate_interval(events: int, duration_h: float, squares: int | None = None, heaviest: int = 1) -> list[float]:
    """95 % interval of a rate per hour, for events that occur in groups: all events of a group occur, or none.

    squares: sum over the groups of their squared sizes; heaviest: the largest possible size of a group. The number of
    events is then a weighted sum of Poisson counts, and this is its gamma interval (Fay & Feuer 1997, Statistics in
    Medicine 16). Without `squares` events are independent, which gives the exact interval of Garwood 1936.
    """
    squares = events if squares is None else squares
    total, variance = events + heaviest, squares + heaviest**2
    low = squares / events / 2 * chi2.ppf(0.025, 2 * events**2 / squares) if events else 0.0
    return [
        round(float(bound / duration_h), 3)
        for bound in (low, variance / total / 2 * chi2.ppf(0.975, 2 * total**2 / variance))
    ]
