"""Settings common to all classifiers of a configuration, and the properties that the workflow reads.

Imports neither TensorFlow nor NumPy, because planning the workflow imports this module.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import Field, model_validator

from echoshift.classifiers.backbones.settings import BackboneSettings
from echoshift.classifiers.defences.listed import Defences
from echoshift.classifiers.defences.settings import DefenceSettings, folder_name, in_training
from echoshift.classifiers.predictors.settings import ENGINES, PredictorSettings
from echoshift.classifiers.protocols import PROTOCOLS, ProtocolName
from echoshift.validation import Strict

CHECKPOINT_EVERY = 30.0
"""Seconds between checkpoints. A training that takes less has none."""


class ClassifierSettings(Strict):
    """How to make and evaluate a classifier. The settings class of a kind adds its `kind` and its options.

    Attributes
    ----------
    made_files : tuple of str
        Files that `make_model` writes for predictors. An engine is supported if it reads no other files.
    judged_by, confirmed_by : PredictorSettings
        Predictor that evaluates the frames (and, by default, attacks them), and predictor that confirms flips.
    """

    made_files: ClassVar[tuple[str, ...]]
    judged_by: ClassVar[PredictorSettings]
    confirmed_by: ClassVar[PredictorSettings]

    protocol: ProtocolName = Field(
        description="; ".join(f"{name}: {one.words}, {one.means}" for name, one in PROTOCOLS.items())
    )
    folds: int = Field(5, ge=2, description="number of folds of cross_validation")
    seed: int = Field(1, ge=0, description="seed of the random assignment of patients to folds")

    predictor: PredictorSettings | None = Field(
        None, description="predictor that attack jobs query; if left out, that of the top level"
    )

    defences: Defences = Field(
        (),
        description="what makes answers harder to flip, in the order in which it acts on a picture: names, or mappings of "
        "`defence` and its options",
    )

    @model_validator(mode="after")
    def _trained_or_given(self) -> "ClassifierSettings":
        if self.learns and self.protocol == "given":
            raise ValueError("a protocol of training, not given")
        return self

    def recipe(self, classes: tuple[str, ...], folder: str) -> Strict:
        """The part of the settings that determines a model.

        Parameters
        ----------
        classes : tuple of str
            Names of the study's classes.
        folder : str
            Folder of the configuration.
        """
        raise NotImplementedError

    def complaint(self, classes: tuple[str, ...]) -> str | None:
        """What is wrong with the settings for a study with these classes: field, found and expected. None if nothing."""
        return None

    @property
    def model_seed(self) -> int | None:
        """Seed of the training. None if it is not random."""
        return None

    @property
    def threads(self) -> int:
        """CPU threads that making a model takes."""
        return 2

    @property
    def learns(self) -> bool:
        """Whether a model is made from the cohorts and needs the table of its training items."""
        return bool(self.features_of or self.needs_pictures or self.needs_recordings)

    @property
    def features_of(self) -> BackboneSettings | None:
        """The network whose features of the training items are needed, if any."""
        return None

    @property
    def needs_pictures(self) -> bool:
        """Whether the pictures of the training items are needed."""
        return False

    @property
    def needs_recordings(self) -> bool:
        """Whether it is trained on the RF of the frames and asked about it, instead of pictures: no setting reaches it."""
        return False

    @property
    def regions(self) -> tuple[str, ...]:
        """Names of the regions of each recording that are needed."""
        return ()

    @property
    def draws_copies(self) -> bool:
        """Whether training draws further copies of the items, beside those with features."""
        return False

    @property
    def needs_examples(self) -> bool:
        """Whether some of the study's reconstructions are needed, without their labels."""
        return False

    def known_patients(self) -> set[str] | None:
        """Patients that the model was trained on elsewhere. None if nobody says."""
        return None

    def takes(self, defence: DefenceSettings) -> bool:
        """Whether models of the kind can have a defence. Those that do record it, in their digest if it acts on pictures."""
        return False

    @property
    def features_folder(self) -> str | None:
        """Name of the folder with the features of the training items, as the network sees them."""
        if self.features_of is None:
            return None
        trained_on = in_training(self.defences)
        return "_".join((self.features_of.folder_name, *([folder_name(trained_on)] if trained_on else [])))

    def user_files(self, folder: str) -> dict[str, str]:
        """User files that a model is made from, by configuration key, such as `training.weights`."""
        return {}

    def engines(self) -> tuple[str, ...]:
        """Names of the supported engines."""
        return tuple(name for name, engine in ENGINES.items() if set(engine.files) <= set(self.made_files))


@dataclass(frozen=True)
class ModelInputs:
    """Inputs of a model in addition to its recipe.

    Attributes
    ----------
    table : Path or None
        CSV of the training items: `item_id, kind (image or frame), patient_id, label, path`. The path is that of the picture,
        or of the recording if the kind needs those. None if the kind needs none.
    features : tuple of Path
        Files of `echoshift features` that together have a row for each item. Empty if the kind needs none.
    copies : tuple of Path
        Tables that together have what the copies of each item are drawn from. Empty if the kind draws none.
    examples : tuple of Path
        Folders of some reconstructions. Empty if the kind needs none.
    checkpoint_every : float
        Seconds between checkpoints of a long training, for a kind that has them.
    """

    table: Path | None = None
    features: tuple[Path, ...] = ()
    copies: tuple[Path, ...] = ()
    examples: tuple[Path, ...] = ()
    checkpoint_every: float = CHECKPOINT_EVERY
