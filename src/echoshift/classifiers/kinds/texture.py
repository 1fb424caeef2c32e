"""Features of the texture of a picture and a standard classifier of them, trained on the cohorts."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from echoshift.classifiers.kinds.settings import ClassifierSettings, ModelInputs
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.classifiers.texture.settings import TextureSettings
from echoshift.errors import EchoShiftError


class TextureKindSettings(ClassifierSettings):
    """A classifier of texture features."""

    made_files: ClassVar = ("texture.skops", "texture.json")
    judged_by: ClassVar = PredictorSettings(engine="scikit_learn")
    confirmed_by: ClassVar = PredictorSettings(engine="scikit_learn")

    kind: Literal["texture"]
    texture: TextureSettings = Field(default_factory=TextureSettings)

    def recipe(self, classes: tuple[str, ...], folder: str) -> TextureSettings:
        return self.texture

    def complaint(self, classes: tuple[str, ...]) -> str | None:
        if self.regions and self.protocol == "first_cohort":
            return (
                "protocol: found first_cohort, which trains on further images, which have no regions, expected cross_validation or "
                f"train_once: texture needs {' and '.join(self.regions)}"
            )
        return None

    @property
    def regions(self) -> tuple[str, ...]:
        return self.texture.regions

    @property
    def model_seed(self) -> int:
        """Seed of the inner folds and of the forest."""
        return self.texture.seed

    @property
    def threads(self) -> int:
        return 1

    @property
    def needs_pictures(self) -> bool:
        return True


Settings, Recipe = TextureKindSettings, TextureSettings


def make_model(recipe: TextureSettings, inputs: ModelInputs, folder: Path) -> None:
    """Train a model and write `texture.skops`, `texture.json`, `tuning.csv`, `record.json` and `digest.txt`."""
    from echoshift.classifiers.texture.training import train_texture

    if inputs.table is None:
        raise EchoShiftError("--table: found nothing, expected the training items")
    train_texture(inputs.table, recipe, folder)
