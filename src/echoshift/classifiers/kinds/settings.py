"""What every classifier's entry in a study's configuration has, and what the workflow asks of it.

Imports neither TensorFlow nor NumPy: the workflow is planned with it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from echoshift.classifiers.backbones.settings import BackboneSettings
from echoshift.classifiers.predictors.settings import ENGINES, PredictorSettings
from echoshift.classifiers.protocols import PROTOCOLS, ProtocolName
from echoshift.validation import Strict


class ClassifierSettings(Strict):
    """One way to make a classifier and to judge it; a kind's own settings class adds its `kind` and its options.

    Attributes
    ----------
    files : tuple of str
        What `make_model` writes for predictors: an engine that reads no other files can be asked.
    judged_by, confirmed_by : PredictorSettings
        What judges the frames, and attacks them where the configuration names no predictor; what confirms each flip.
    """

    files: ClassVar[tuple[str, ...]]
    judged_by: ClassVar[PredictorSettings]
    confirmed_by: ClassVar[PredictorSettings]

    protocol: ProtocolName = Field(
        description="; ".join(f"{name}: {one.words}, {one.means}" for name, one in PROTOCOLS.items())
    )
    folds: int = Field(5, ge=2, description="number of folds of cross_validation")
    seed: int = Field(1, ge=0, description="deals the patients to the folds")

    @property
    def recipe(self) -> Strict:
        """The part of the settings that a model is made with."""
        raise NotImplementedError

    @property
    def model_seed(self) -> int | None:
        """Seed that a model is made with; None where nothing is drawn."""
        return None

    @property
    def learns(self) -> bool:
        """Whether a model is made from the cohorts: it then gets the table of its training items."""
        return bool(self.features_of or self.needs_pictures)

    @property
    def features_of(self) -> BackboneSettings | None:
        """The network whose features of the training items it needs, if any."""
        return None

    @property
    def needs_pictures(self) -> bool:
        """Whether it reads the pictures of the training items."""
        return False

    def user_files(self) -> dict[str, str]:
        """Files of the user's that a model is made from, by the key that names each, such as `training.weights`."""
        return {}

    @classmethod
    def engines(cls) -> tuple[str, ...]:
        """Names of the engines that can be asked."""
        return tuple(name for name, engine in ENGINES.items() if set(engine.files) <= set(cls.files))


@dataclass(frozen=True)
class ModelInputs:
    """What a model is made from, beside its recipe.

    Attributes
    ----------
    table : Path or None
        CSV of the training items: `item_id, kind (image or frame), patient_id, label, path`; None for a kind that does not
        learn.
    features : tuple of Path
        Files of `echoshift features`, which together have a row for each item; none unless the kind needs them.
    """

    table: Path | None = None
    features: tuple[Path, ...] = ()
