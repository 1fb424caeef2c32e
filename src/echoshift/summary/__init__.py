"""Collect and check the results of a study, and write its tables, its trajectories and the headline."""
