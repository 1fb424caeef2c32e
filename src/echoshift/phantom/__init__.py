"""Simulated cohorts of a liver and kidney view: tissue table, patients, anatomy, echoes and a second scanner."""
