"""A pretrained network whose last layer, and optionally last blocks, are trained on the cohorts."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from echoshift.classifiers.backbones.settings import BackboneSettings
from echoshift.classifiers.defences.listed import Defences
from echoshift.classifiers.defences.settings import DefenceSettings
from echoshift.classifiers.kinds.settings import ClassifierSettings, ModelInputs
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.classifiers.training.settings import NO_CUTOFF, TrainingSettings
from echoshift.errors import EchoShiftError


class DefendedTraining(TrainingSettings):
    """What determines a model, apart from the training items."""

    defences: Defences = Field((), exclude_if=lambda defences: not defences)


class TransferLearnedSettings(ClassifierSettings):
    """A classifier trained by transfer learning, as in the paper."""

    made_files: ClassVar = ("model.keras", "engine.xml", "engine.bin")
    judged_by: ClassVar = PredictorSettings(engine="openvino")
    confirmed_by: ClassVar = PredictorSettings(engine="tensorflow", device="cpu")

    kind: Literal["transfer_learned"] = "transfer_learned"
    training: TrainingSettings = Field(default_factory=TrainingSettings)

    def recipe(self, classes: tuple[str, ...], folder: str) -> DefendedTraining:
        return DefendedTraining(**self.training.model_dump(), defences=self.defences)

    def takes(self, defence: DefenceSettings) -> bool:
        return True

    def complaint(self, classes: tuple[str, ...]) -> str | None:
        names = [one.defence for one in self.defences]
        if self.training.trained_blocks and "worst_case" in names:
            return f"defences: found worst_case with trained_blocks {self.training.trained_blocks}, expected trained_blocks 0"
        if not self.training.weight_decay and "worst_case" in names:
            return "training.weight_decay: found 0 with the defence worst_case, expected more than 0"
        if len(classes) > 2 and self.training.cutoff != NO_CUTOFF:
            return f"training.cutoff: found it with {len(classes)} classes, expected it with two only"
        return None

    @property
    def model_seed(self) -> int:
        """Seed of the validation split, the shuffling and the dropout."""
        return self.training.seed

    @property
    def threads(self) -> int:
        return 2 if self.training.trained_blocks else 1  # a last layer alone is trained sooner than TensorFlow starts

    @property
    def features_of(self) -> BackboneSettings:
        return BackboneSettings(**self.training.model_dump(include=set(BackboneSettings.model_fields)))

    @property
    def needs_pictures(self) -> bool:
        is_chosen = not isinstance(self.training.cutoff, float)
        untrained = any(one.of_pictures and not one.in_training for one in self.defences)
        return self.training.trained_blocks != 0 or (is_chosen and untrained)  # to choose it by what is answered

    @property
    def draws_copies(self) -> bool:
        return self.training.trained_blocks != 0 and any(one.defence == "augment" for one in self.defences)

    def user_files(self, folder: str) -> dict[str, str]:
        weights = self.training.weights_file
        return {"training.weights": weights} if weights else {}


Settings, Recipe = TransferLearnedSettings, DefendedTraining


def make_model(recipe: DefendedTraining, inputs: ModelInputs, folder: Path) -> None:
    """Train a model and write `model.keras`, `engine.xml`, `engine.bin`, `history.csv`, `record.json` and `digest.txt`."""
    from echoshift.classifiers.training.model_folder import train_from_table

    if inputs.table is None or not inputs.features:
        raise EchoShiftError("--table, --features: found nothing, expected the training items and their features")
    train_from_table(
        inputs.table, inputs.features, recipe, folder, inputs.checkpoint_every, recipe.defences, inputs.copies
    )
