"""Validation of `config.yaml`. The JSON schema in `workflow/schemas` is generated from these models."""

import os
from collections.abc import Iterable
from importlib import import_module
from typing import Annotated, Any, Union

from pydantic import BeforeValidator, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from echoshift.accidental.settings import Accidental
from echoshift.attacks.searches import SEARCHES
from echoshift.classifiers.kinds import KINDS, USUAL
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.formats.made_with import MadeWith
from echoshift.phantom.fat_limits import FAT_GRADE, wrong_limits
from echoshift.sensitivity.settings import Sensitivity
from echoshift.settings import DECIMALS, PAPER, SETTINGS, SettingName
from echoshift.study.sheets import SCANNER
from echoshift.validation import Finite, Name, Strict

Word = Annotated[str, StringConstraints(pattern=r"^\w[\w -]*$", max_length=24)]


class Cohorts(Strict):
    """The sheets that list the recordings."""

    frames: str = Field(description="sheet of the frames, which are classified and attacked")
    images: str | None = Field(None, description="sheet of additional B-mode images, for training only")
    group_by: str | None = Field(
        None,
        pattern=rf"^(note_.+|{SCANNER}|{FAT_GRADE})$",
        description="what `summary/groups.csv` groups the frames by: a `note_` column of their sheet, its column `scanner`, or "
        "`fat_grade` of simulated frames (S0 to S3 by fat fraction); default: fat_grade if all frames are simulated",
    )
    reference_level: Finite | None = Field(
        None, description="dB subtracted from every frame's levels; default: the level in each file"
    )


class Simulation(Strict):
    """The simulated cohorts: frames and images whose path begins with `simulated/`."""

    lines: int = Field(192, ge=16, le=1024, description="lines per RF frame")
    samples: int = Field(
        2048, ge=1670, le=8192, description="samples per line, over 15.8 cm, or what another scanner images"
    )
    fat_limits: tuple[Finite, ...] = Field(
        (),
        description="fat fractions in % that divide the fatty livers into classes, ascending: [17.4] divides label 1 into "
        "labels 1 and 2",
    )

    @field_validator("fat_limits")
    @classmethod
    def _ascending(cls, limits: tuple[float, ...]) -> tuple[float, ...]:
        if wrong := wrong_limits(limits):
            raise ValueError(wrong)
        return limits


class Reconstruction(Strict):
    """The image grid and initial settings of every frame."""

    shape: tuple[Annotated[int, Field(ge=16, le=4096)], Annotated[int, Field(ge=16, le=4096)]] | None = Field(
        None, description="rows, columns; default: 512, 512 unless pixel_size is given"
    )
    pixel_size: Annotated[float, Field(ge=1e-5, le=1e-2, allow_inf_nan=False)] | None = Field(
        None,
        description="pixel size in metres, instead of shape; rows and columns then follow from each frame's extent",
    )
    settings: dict[SettingName, Finite] = Field(
        default_factory=lambda: {name: SETTINGS[name].initial for name in PAPER},
        description="initial value of each setting, in its unit; default: the paper's value, else neutral",
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
    """The whole `config.yaml`."""

    results_dir: str = Field("results", min_length=1, description="folder for all results")
    seed: int = Field(1, ge=0, description="seed of the simulated cohorts")
    classes: tuple[Word, ...] = Field(
        ("healthy", "fatty"),
        min_length=2,
        max_length=100,
        description="names of labels 0, 1, ... in figures and headline: letters, digits, spaces, _ and -; with two classes, the "
        "second is the positive one",
    )
    cohorts: Cohorts
    simulation: Simulation = Field(default_factory=Simulation)
    reconstruction: Reconstruction = Field(default_factory=Reconstruction)
    recorded: MadeWith | None = Field(
        None, description="what the pictures among the frames were made with, where their side-cars do not say"
    )
    classifiers: dict[Name, AnyClassifier] = Field(min_length=1)
    predictor: PredictorSettings | None = Field(
        None, description="predictor that attack jobs query; if left out, the one that classifies the frames"
    )
    frames_per_job: int | None = Field(
        None, ge=1, description="frames per attack job; if left out, the profile's number, or 1"
    )
    attacks: dict[Name, AnyAttack] = Field(min_length=1)
    accidental: Accidental | None = Field(
        None, description="how often accidental changes of the settings change answers"
    )
    sensitivity: Sensitivity | None = Field(
        None, description="which settings the scores depend on, alone and together; run by `make sensitivity` alone"
    )

    @field_validator("classes")
    @classmethod
    def _distinct(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(classes)) < len(classes):
            raise ValueError("different words")
        if wrong := [name for label, name in enumerate(classes) if name.isdigit() and name != str(label)]:
            raise ValueError(f"words: {wrong[0]} would be taken for the number of a class")
        return classes

    @field_validator("results_dir")
    @classmethod
    def _normalised(cls, results_dir: str) -> str:
        if set(results_dir) & set("{}*?[]"):
            raise ValueError("a folder name without {}*?[], which have a special meaning in the workflow")
        return os.path.normpath(results_dir)  # `results/` and `results` are the same folder
