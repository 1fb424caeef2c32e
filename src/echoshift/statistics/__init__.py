"""Intervals, rates and paired comparisons."""
