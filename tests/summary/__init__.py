"""Tests of the summary. A package, so that its conftest does not clash with the one above."""
