"""Classifiers of one study or of several, compared with one of them on the same frames."""
