"""One classifier kind a file: what it needs, how a model folder is made, and which predictors open it.

A kind's file is a module with

- `Settings`: an entry of `classifiers:`, a `ClassifierSettings` (see `kinds.settings`) with a `kind` of its own;
- `Recipe`: the part of the settings that a model is made with; its JSON is what `echoshift train` gets;
- `make_model(recipe: Recipe, inputs: ModelInputs, folder: Path) -> None`: writes what the predictors read, then `record.json`,
  then `digest.txt`. These two are what the workflow knows of a model; nothing is made again as long as the digest is the same.

NumPy, TensorFlow and the like are imported within `make_model`: the workflow is planned with the module.
"""

KINDS = {
    "transfer_learned": "echoshift.classifiers.kinds.transfer_learned",
}
"""The module of each kind: imported by name, so that a training depends on its own kind's source alone."""

USUAL = "transfer_learned"
"""The kind of an entry that does not say which it is."""
