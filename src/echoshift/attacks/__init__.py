"""Searches for image settings at which a classifier changes its answer on the same echo data. One file per search."""
