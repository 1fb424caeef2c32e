"""One search a file: its settings, and where the next question is asked.

A search's file is a module with

- `Settings`: what its entry in `attacks:` says, an `AttackSettings` with a `method` of its own, the `settings` that it moves,
  and its options, which reach the search as `objective.search.options`;
- `search(objective: Objective) -> str`: asks by `objective.start()` and `objective.query(points, kind, iteration)` alone,
  notes its path by `objective.stand(...)`, and returns `flipped`, `at_bounds`, `stalled` or `exhausted`. NumPy and the like
  are imported within it: the workflow is planned with the module.
"""

SEARCHES = {
    "sign_descent": "echoshift.attacks.searches.sign_descent",
    "random_search": "echoshift.attacks.searches.random_search",
}
"""The module of each method: imported by name, so that a job depends on its own method's source alone."""
