"""Evaluation of a classifier on frames."""
