"""Tests of the classifiers (a package, so that the names of the two conftest modules differ)."""
