"""Does a series of measurements grow? By its trend, which a few odd ones do not move: what one turn took and gave back is no leak."""

import statistics


def growth(series):
    """How much the trend of a series rose from its first to its last: the median of the slopes between all its pairs (Theil, Sen)."""
    slopes = [(later - earlier) / (j - i) for i, earlier in enumerate(series) for j, later in enumerate(series) if i < j]
    return statistics.median(slopes) * (len(series) - 1) if slopes else 0


def settled(series):
    """Without its first third, in which pools fill and caches warm."""
    return series[len(series) // 3 :]


def leaks(name, series, allowed, unit):
    """A sentence when a series goes on growing after its first third by more than is allowed; None when not."""
    grown = growth(settled(series))
    if grown <= allowed:
        return None
    return f"{name} grew by {grown:.1f} {unit} where {allowed:.1f} are allowed: {' '.join(f'{n:g}' for n in series)}"
