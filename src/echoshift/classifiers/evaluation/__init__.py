"""How well a classifier does on frames."""
