"""Provenance of a finished study: its records as one RO-Crate, rejected if any two of them disagree."""
