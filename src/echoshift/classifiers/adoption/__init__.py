"""Adopt a given model: check what it says and answers, and keep it as an engine."""
