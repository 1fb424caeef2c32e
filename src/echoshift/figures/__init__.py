"""Figures of a study, one per file. They need no display and are byte-reproducible."""
