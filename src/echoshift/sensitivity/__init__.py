"""Sensitivity: which settings move the scores of a frame, alone and together."""
