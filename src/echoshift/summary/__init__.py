"""Results of a study: selected frames, confirmed flips, rates with intervals, tables, trajectories."""
