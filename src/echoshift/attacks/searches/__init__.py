"""One module per search: its settings and how it chooses the next query.

A search module defines

- `Settings`: its entry in `attacks:`. A subclass of `AttackSettings` with a unique `method`, the `settings` that it moves
  and its options, which the search reads from `objective.search.options`.
- `search(objective: Objective) -> str`: queries only through `objective.start()` and `objective.query(points, kind,
  iteration)`, records its path with `objective.stand(...)`, and returns `flipped`, `at_bounds`, `stalled` or `exhausted`.
  It imports NumPy and other heavy packages inside the function, because planning the workflow imports the module.
- `field(objective) -> Dataset`, if its settings are `exhaustive`: all answers over the searched settings, with its main
  figures as attributes.
"""

SEARCHES = {
    "sign_descent": "echoshift.attacks.searches.sign_descent",
    "random_search": "echoshift.attacks.searches.random_search",
    "corners": "echoshift.attacks.searches.corners",
    "bayesian": "echoshift.attacks.searches.bayesian",
    "cma_es": "echoshift.attacks.searches.cma_es",
    "direct": "echoshift.attacks.searches.direct",
    "strongest": "echoshift.attacks.searches.strongest",
    "nearest": "echoshift.attacks.searches.nearest",
    "lattice": "echoshift.attacks.searches.lattice",
}
"""Module of each method. Imported by name, so that a job depends only on the source of its own method."""
