"""Accidental changes: how often the answer differs at settings drawn around the initial ones."""
