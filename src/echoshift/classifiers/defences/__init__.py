"""One module per defence: what a classifier does so that image settings cannot flip its answer.

A defence module defines `Settings`, a subclass of `DefenceSettings` (see `defences.settings`) with a unique `defence`. If it
changes the pictures that a predictor is asked about (`of_pictures`), it also defines

- `pictures(image: uint8 (z, x), settings) -> uint8 (version, z, x)`: what the network is asked instead of a picture. It
  depends on nothing but the picture: a defence that draws at random is refused. The scores are the mean over the versions.

Modules import NumPy etc. inside functions, because planning the workflow imports them.
"""

DEFENCES = {
    "augment": "echoshift.classifiers.defences.augment",
    "worst_case": "echoshift.classifiers.defences.worst_case",
    "canonical": "echoshift.classifiers.defences.canonical",
    "average": "echoshift.classifiers.defences.average",
}
"""Module of each defence. Imported by name, so that a job depends only on the source of its own defences."""
