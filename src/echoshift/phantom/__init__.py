"""Simulated cohorts of a liver and kidney view: tissue table, patients, anatomy, echoes, the other scanner."""
