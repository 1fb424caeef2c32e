"""One module per classifier kind: its inputs, how it makes a model folder, and which predictors can open it.

A kind module defines

- `Settings`: an entry of `classifiers:`. A subclass of `ClassifierSettings` (see `kinds.settings`) with a unique `kind`.
- `Recipe`: the part of the settings that determines a model, passed to `echoshift train` as JSON.
- `make_model(recipe: Recipe, inputs: ModelInputs, folder: Path) -> None`: writes the files that the predictors read, then
  `record.json`, then `digest.txt`. The workflow tracks only these two. Results stay valid while the digest is unchanged.

`make_model` imports NumPy, TensorFlow etc. inside the function, because planning the workflow imports the module.
"""

KINDS = {
    "transfer_learned": "echoshift.classifiers.kinds.transfer_learned",
    "given": "echoshift.classifiers.kinds.given",
    "texture": "echoshift.classifiers.kinds.texture",
    "rf_lines": "echoshift.classifiers.kinds.rf_lines",
}
"""Module of each kind. Imported by name, so that a training depends only on the source of its own kind."""

USUAL = "transfer_learned"
"""Default kind of an entry."""
