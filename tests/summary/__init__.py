"""Tests of the summary (a package, so that its conftest and the one above keep their own names)."""
