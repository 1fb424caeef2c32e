"""Tests of the provenance (a package, so that its conftest and the ones of other folders keep their own names)."""
