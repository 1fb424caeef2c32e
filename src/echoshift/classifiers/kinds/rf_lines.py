"""A convolutional network over pieces of the RF lines of a recording, trained on the frames of the study."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from echoshift.classifiers.kinds.settings import ClassifierSettings, ModelInputs
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.classifiers.rf_lines.settings import LinesTraining
from echoshift.errors import EchoShiftError


class LinesKindSettings(ClassifierSettings):
    """A classifier of RF lines. No setting of the reconstruction reaches it."""

    made_files: ClassVar = ("lines.xml", "lines.bin", "lines.json")
    judged_by: ClassVar = PredictorSettings(engine="openvino_lines")
    confirmed_by: ClassVar = PredictorSettings(engine="openvino_lines")

    kind: Literal["rf_lines"]
    training: LinesTraining = Field(default_factory=LinesTraining)

    def recipe(self, classes: tuple[str, ...], folder: str) -> LinesTraining:
        return self.training

    def complaint(self, classes: tuple[str, ...]) -> str | None:
        if self.protocol == "first_cohort":
            return (
                "protocol: found first_cohort, which trains on pictures alone, expected cross_validation or train_once: "
                "kind rf_lines is trained on the RF of the frames"
            )
        return None

    @property
    def model_seed(self) -> int:
        """Seed of the validation split, the pieces, the weights and the dropout."""
        return self.training.seed

    @property
    def needs_recordings(self) -> bool:
        return True


Settings, Recipe = LinesKindSettings, LinesTraining


def make_model(recipe: LinesTraining, inputs: ModelInputs, folder: Path) -> None:
    """Train a model and write `lines.xml`, `lines.bin`, `lines.json`, `history.csv`, `record.json` and `digest.txt`."""
    from echoshift.classifiers.rf_lines.training import train_lines

    if inputs.table is None:
        raise EchoShiftError("--table: found nothing, expected the training items")
    train_lines(inputs.table, recipe, folder)
