"""Fat fractions that divide the fatty livers into classes. Imports no NumPy, because planning the workflow imports it."""

from collections.abc import Sequence
from itertools import pairwise

LIMITS, NARROWEST = (6.0, 44.0), 1.0
"""Range of the limits and their smallest distance, in %. Enough fatty livers lie between any two of them."""

FAT_GRADE = "fat_grade"
"""Groups of simulated frames that no column of a sheet has, because their fat fraction is drawn."""


def wrong_limits(fat_limits: Sequence[float]) -> str | None:
    """What is expected instead of these limits, in %. None if they are right."""
    lowest, highest = LIMITS
    inside = all(lowest <= limit <= highest for limit in fat_limits)  # False for NaN
    if not inside or any(high - low < NARROWEST for low, high in pairwise(fat_limits)):
        return f"ascending fat fractions from {lowest:g} to {highest:g} %, at least {NARROWEST:g} % apart"
    return None
