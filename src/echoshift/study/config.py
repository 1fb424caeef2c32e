"""`config.yaml`, checked. These models are the one definition: the JSON schema in `workflow/schemas` is made from them."""

import os
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from echoshift.attacks.settings import AnyAttack, SettingName
from echoshift.classifiers.predictor_settings import PredictorSettings
from echoshift.classifiers.settings import TrainingSettings
from echoshift.protocols import PROTOCOLS, ProtocolName
from echoshift.settings import DECIMALS, SETTINGS
from echoshift.validation import Finite, Strict

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


class Cohorts(Strict):
    """Where the recordings are listed."""

    frames: str = Field(description="sheet of the RF frames: judged and attacked")
    images: str | None = Field(None, description="sheet of further B-mode images: training only")
    reference_level: Finite | None = Field(
        None, description="dB subtracted from every frame's levels; empty: each file's own"
    )


class Simulation(Strict):
    """The simulated cohorts: frames and images whose path begins with `simulated/`."""

    lines: int = Field(192, ge=16, le=1024, description="lines of an RF frame")
    samples: int = Field(2048, ge=1670, le=8192, description="samples of a line, over 15.8 cm")


class Reconstruction(Strict):
    """The picture and the settings at which every frame is first reconstructed."""

    shape: tuple[Annotated[int, Field(ge=16, le=4096)], Annotated[int, Field(ge=16, le=4096)]] = Field(
        (512, 512), description="rows, columns"
    )
    settings: dict[SettingName, Finite] = Field(
        default_factory=lambda: {setting.name: setting.initial for setting in SETTINGS.values()},
        description="initial value of each setting, in its unit; what is left out is the paper's",
    )

    @field_validator("settings")
    @classmethod
    def _complete(cls, settings: dict[str, float]) -> dict[str, float]:
        return {name: round(settings.get(name, setting.initial), DECIMALS) for name, setting in SETTINGS.items()}


class Classifier(Strict):
    """One way to train and judge a classifier."""

    protocol: ProtocolName = Field(
        description="; ".join(f"{name}: {one.words}, {one.means}" for name, one in PROTOCOLS.items())
    )
    folds: int = Field(5, ge=2, description="number of folds of cross_validation")
    seed: int = Field(1, ge=0, description="deals the patients to the folds")
    training: TrainingSettings = Field(default_factory=TrainingSettings)


class StudyConfig(Strict):
    """All of `config.yaml`."""

    results_dir: str = Field("results", min_length=1, description="folder of all results")
    seed: int = Field(1, ge=0, description="seed of the simulated cohorts")
    cohorts: Cohorts
    simulation: Simulation = Field(default_factory=Simulation)
    reconstruction: Reconstruction = Field(default_factory=Reconstruction)
    classifiers: dict[Name, Classifier] = Field(min_length=1)
    predictor: PredictorSettings = Field(default_factory=PredictorSettings, description="what attack jobs ask")
    frames_per_job: int = Field(
        1, ge=1, description="frames that one attack job takes in turn; above 1 the unit of rerun is the batch"
    )
    attacks: dict[Name, AnyAttack] = Field(min_length=1)

    @field_validator("results_dir")
    @classmethod
    def _one_spelling(cls, results_dir: str) -> str:
        if set(results_dir) & set("{}*?[]"):
            raise ValueError("a folder's name without {}*?[], which mean something in the workflow")
        return os.path.normpath(results_dir)  # `results/` and `results` are the same files
