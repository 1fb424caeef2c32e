"""Searches for settings of the same echo data at which a classifier changes its answer: one search a file."""
