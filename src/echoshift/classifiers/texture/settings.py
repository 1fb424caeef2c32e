"""Settings of a texture classifier: the single definition for the configuration, its schema and all records.

Imports neither NumPy nor scikit-learn, because planning the workflow imports this module.
"""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from echoshift.validation import Strict

Pixels = Annotated[int, Field(ge=1, le=64)]


ORGANS = ("liver", "cortex")
"""Regions whose grey levels are compared."""
OF_ORGANS = ("ratio", "cnr")
"""Features that compare them."""


class FeatureSettings(Strict):
    """Which numbers describe the texture of a picture."""

    features: tuple[Literal["first_order", "co_occurrences", "patterns", "ratio", "cnr"], ...] = Field(
        ("first_order", "co_occurrences", "patterns"),
        min_length=1,
        description="first_order: statistics of the grey levels; co_occurrences of grey levels; patterns: local binary ones; "
        "ratio: logarithm of the mean grey level of the region liver by that of the region cortex; cnr: the contrast-to-noise ratio "
        "of the two: the difference of their means by the root of the sum of their variances",
    )
    region: str | None = Field(
        None,
        min_length=1,
        description="name of the region of each recording that the features are of, except ratio and cnr; if left out, the "
        "part of the picture that shows echoes. Items without the regions that are needed are not trained on",
    )
    size: int | None = Field(
        256,
        ge=16,
        le=4096,
        description="rows and columns that a picture is padded with black and resized to first, as for a network; null: "
        "the picture as it is (pixels)",
    )
    levels: int = Field(
        32,
        ge=2,
        le=255,
        description="equal steps that the grey levels 0 to 255 are divided into, for co-occurrences (1)",
    )
    distances: tuple[Pixels, ...] = Field(
        (1, 2, 4), min_length=1, description="distances between the two pixels of a co-occurrence (pixels)"
    )
    angles: tuple[Annotated[float, Field(ge=0, lt=180)], ...] = Field(
        (0.0, 45.0, 90.0, 135.0),
        min_length=1,
        description="directions from one pixel to the other; 0: along a row, 90: along a column (degrees)",
    )
    radii: tuple[Pixels, ...] = Field(
        (1, 2), min_length=1, description="radii of the circles of eight points of the local binary patterns (pixels)"
    )

    @field_validator("features", "distances", "angles", "radii")
    @classmethod
    def _distinct(cls, values: tuple[float | str, ...]) -> tuple[float | str, ...]:
        if len(set(values)) < len(values):
            raise ValueError("different values")
        return values

    @model_validator(mode="after")
    def _of_the_region(self) -> "FeatureSettings":
        if self.region is not None and set(self.features) <= set(OF_ORGANS):
            raise ValueError(
                f"no region: the only features, {' and '.join(self.features)}, are of the regions liver and cortex"
            )
        return self

    @property
    def regions(self) -> tuple[str, ...]:
        """Names of the regions that the features need."""
        own = () if self.region is None else (self.region,)
        return tuple(dict.fromkeys((*own, *(ORGANS if set(self.features) & set(OF_ORGANS) else ()))))


class TextureSettings(FeatureSettings):
    """How a texture classifier is made."""

    classifier: Literal["logistic", "svm", "random_forest"] = Field(
        "logistic",
        description="logistic: logistic regression; svm: support vector machine with a Gaussian kernel; random_forest; "
        "the first two of features scaled to deviation 1",
    )
    folds: int = Field(
        5,
        ge=2,
        le=100,
        description="number of folds, by patient, of the cross-validation among the training items that chooses the "
        "classifier's own settings",
    )
    seed: int = Field(1, ge=0, le=2**32 - 1, description="seed of these folds and of the forest")
