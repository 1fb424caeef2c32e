"""Tests of the classifiers (a package, so that its conftest and the one above keep their own names)."""
