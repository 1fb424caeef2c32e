"""Provenance of every output: inputs, versions, settings, and the digest of the source code."""
