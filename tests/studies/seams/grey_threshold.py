"""A toy classifier kind without training: positive from a given mean grey level."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from echoshift.classifiers.kinds.settings import ClassifierSettings, ModelInputs
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.validation import Finite, Strict


class Threshold(Strict):
    """Threshold at which the answer changes."""

    grey_level: Finite = Field(40.0, description="mean grey level (1)")


class GreyThresholdSettings(ClassifierSettings):
    """Positive from a given mean grey level."""

    made_files: ClassVar = ("threshold.json",)
    judged_by: ClassVar = PredictorSettings(engine="grey_level")
    confirmed_by: ClassVar = PredictorSettings(engine="grey_level")

    kind: Literal["grey_threshold"]
    threshold: Threshold = Field(default_factory=Threshold)

    def recipe(self, classes: tuple[str, ...], folder: str) -> Threshold:
        """The threshold."""
        return self.threshold


Settings, Recipe = GreyThresholdSettings, Threshold


def make_model(recipe: Threshold, inputs: ModelInputs, folder: Path) -> None:
    """Write the threshold to a file."""
    from echoshift.records.provenance import provenance
    from echoshift.storage.files import sha256_of_bytes, write_json, write_text

    digest = sha256_of_bytes(recipe.model_dump_json().encode())
    write_json(folder / "threshold.json", recipe.model_dump())
    write_json(folder / "record.json", provenance(inputs={}, packages=(), settings=recipe.model_dump(), digest=digest))
    write_text(folder / "digest.txt", f"{digest}\n")
