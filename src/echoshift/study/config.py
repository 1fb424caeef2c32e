"""`config.yaml`, checked. These models are the one definition: the JSON schema in `workflow/schemas` is made from them."""

import os
from collections.abc import Iterable
from importlib import import_module
from typing import Annotated, Any, Union

from pydantic import BeforeValidator, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from echoshift.attacks.searches import SEARCHES
from echoshift.attacks.settings import SettingName
from echoshift.classifiers.kinds import KINDS, USUAL
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.settings import DECIMALS, PAPER, SETTINGS
from echoshift.validation import Finite, Strict

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
Word = Annotated[str, StringConstraints(pattern=r"^\w[\w -]*$", max_length=24)]


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

    shape: tuple[Annotated[int, Field(ge=16, le=4096)], Annotated[int, Field(ge=16, le=4096)]] | None = Field(
        None, description="rows, columns; 512, 512 where there is no pixel_size either"
    )
    pixel_size: Annotated[float, Field(ge=1e-5, le=1e-2, allow_inf_nan=False)] | None = Field(
        None, description="side of a pixel in metres, instead of shape: as many rows and columns as each frame fills"
    )
    settings: dict[SettingName, Finite] = Field(
        default_factory=lambda: {name: SETTINGS[name].initial for name in PAPER},
        description="initial value of each setting, in its unit; what is left out is the paper's, or neutral",
    )

    @model_validator(mode="before")
    @classmethod
    def _one_grid(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("shape") is None and values.get("pixel_size") is None:
            return {**values, "shape": (512, 512)}
        return values

    @field_validator("pixel_size")
    @classmethod
    def _instead_of_shape(cls, pixel_size: float | None, others: ValidationInfo) -> float | None:
        if pixel_size is not None and others.data.get("shape") is not None:
            raise ValueError("either shape or pixel_size")
        return pixel_size

    @field_validator("settings")
    @classmethod
    def _complete(cls, settings: dict[str, float]) -> dict[str, float]:
        return {
            name: round(settings.get(name, setting.initial), DECIMALS)
            for name, setting in SETTINGS.items()
            if name in PAPER or name in settings
        }


def _one_of(modules: Iterable[str], field: str) -> Any:
    """Any of the modules' `Settings`, told apart by a field."""
    models = tuple(import_module(module).Settings for module in modules)
    return Annotated[Union[models], Field(discriminator=field)] if len(models) > 1 else models[0]  # noqa: UP007


def _of_usual_kind(entry: Any) -> Any:
    return {"kind": USUAL, **entry} if isinstance(entry, dict) else entry


AnyAttack = _one_of(SEARCHES.values(), "method")
AnyClassifier = Annotated[_one_of(KINDS.values(), "kind"), BeforeValidator(_of_usual_kind)]


class StudyConfig(Strict):
    """All of `config.yaml`."""

    results_dir: str = Field("results", min_length=1, description="folder of all results")
    seed: int = Field(1, ge=0, description="seed of the simulated cohorts")
    classes: tuple[Word, Word] = Field(
        ("healthy", "fatty"),
        description="what figures and the headline call label 0 and label 1, the positive one: letters, digits, blanks, _ and -",
    )
    cohorts: Cohorts
    simulation: Simulation = Field(default_factory=Simulation)
    reconstruction: Reconstruction = Field(default_factory=Reconstruction)
    classifiers: dict[Name, AnyClassifier] = Field(min_length=1)
    predictor: PredictorSettings | None = Field(
        None, description="what attack jobs ask; left out: what judges the frames of each classifier, usually openvino"
    )
    frames_per_job: int = Field(
        1, ge=1, description="frames that one attack job takes in turn; above 1 the unit of rerun is the batch"
    )
    attacks: dict[Name, AnyAttack] = Field(min_length=1)

    @field_validator("classes")
    @classmethod
    def _told_apart(cls, classes: tuple[str, str]) -> tuple[str, str]:
        if classes[0] == classes[1]:
            raise ValueError("two different words")
        return classes

    @field_validator("results_dir")
    @classmethod
    def _one_spelling(cls, results_dir: str) -> str:
        if set(results_dir) & set("{}*?[]"):
            raise ValueError("a folder's name without {}*?[], which mean something in the workflow")
        return os.path.normpath(results_dir)  # `results/` and `results` are the same files
