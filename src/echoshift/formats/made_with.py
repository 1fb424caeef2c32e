"""What a picture was made with, as its user declares it. Planning a study imports this module, so it has no NumPy."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from echoshift.validation import Finite, Strict

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Size = Annotated[float, Field(gt=0, le=0.01, allow_inf_nan=False)]
Place = tuple[Finite, Finite]
WIDEST = 200
"""Largest plausible dynamic range, in decibels."""


class FlatFace(Strict):
    """Depth runs downwards from a row: a linear probe."""

    kind: Literal["linear"]
    face: Finite = Field(description="row of the face")
    unit: Literal["pixel", "m"] = "pixel"


class RoundFace(Strict):
    """Depth runs outwards from a circle about an apex: a convex probe, or with radius 0 a phased array."""

    kind: Literal["convex"]
    apex: Place = Field(description="row and column of the apex; the row is negative if it lies above the picture")
    radius: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(description="from the apex to the face")
    unit: Literal["pixel", "m"] = Field(
        "pixel",
        description="of apex and radius, from the centre of the first pixel; of DICOM, of its ultrasound region",
    )


class Outline(Strict):
    """Where the sector is, if it should not be found."""

    polygon: list[Place] | None = Field(None, min_length=3, description="row and column of each corner, in pixels")
    mask: str | None = Field(None, description="picture of the same size that is not black inside the sector")

    @model_validator(mode="after")
    def _one_of_two(self) -> "Outline":
        if (self.polygon is None) == (self.mask is None):
            raise ValueError("either polygon or mask")
        return self


class Assumed(Strict):
    """What nobody knows and the study assumes. Every table and figure then says so."""

    dynamic_range: Positive = Field(le=WIDEST, description="dB from black to white")


class Displayed(Strict):
    """What grey levels were made with: the window and the depth gain."""

    alpha_l: Finite | None = Field(None, description="level shown as black, dB")
    alpha_u: Finite | None = Field(None, description="level shown as white, dB")
    dynamic_range: Positive | None = Field(None, le=WIDEST, description="dB from black to white: a window from 0 dB")
    assume: Assumed | None = Field(None, description="what is unknown: `{dynamic_range: 60}`")
    beta: Finite | None = Field(
        None, description="attenuation compensation, dB/(cm MHz); default 0: changes count from it"
    )

    @model_validator(mode="after")
    def _window(self) -> "Displayed":
        given = [
            self.alpha_l is not None or self.alpha_u is not None,
            self.dynamic_range is not None,
            self.assume is not None,
        ]
        if sum(given) > 1:
            raise ValueError("one of alpha_l with alpha_u, dynamic_range, and assume")
        if (self.alpha_l is None) != (self.alpha_u is None):
            raise ValueError("both alpha_l and alpha_u")
        if self.alpha_l is not None and self.alpha_l >= self.alpha_u:
            raise ValueError("alpha_l below alpha_u")
        return self

    @property
    def window(self) -> tuple[float, float] | None:
        """Levels shown as black and white; None if nobody says."""
        if self.alpha_l is not None:
            return self.alpha_l, self.alpha_u
        width = self.dynamic_range or (self.assume.dynamic_range if self.assume else None)
        return None if width is None else (0.0, width)

    @property
    def settings(self) -> dict[str, float]:
        """The settings that it was made with; only where the window is known."""
        alpha_l, alpha_u = self.window
        return {"beta": self.beta or 0.0, "alpha_l": alpha_l, "alpha_u": alpha_u}


class MadeWith(Displayed):
    """What a picture was made with: in its side-car, or for a whole cohort in the configuration's `recorded`."""

    center_frequency: Annotated[float, Field(ge=1e5, le=1e8)] | None = Field(None, description="Hz")
    pixel_size: Size | tuple[Size, Size] | None = Field(
        None, description="m (not mm); or of rows and of columns; default: a DICOM file's own"
    )
    geometry: Annotated[FlatFace | RoundFace, Field(discriminator="kind")] | None = Field(
        None, description="where depth begins; default: a DICOM file's own, else the sector's first row"
    )
    sector: Outline | None = Field(None, description="default: the largest region that is not black")
    keep_outside: bool = Field(False, description="leave what is outside the sector as it is, instead of black")
    mask_coloured: bool = Field(False, description="take coloured pixels out of the sector")

    @property
    def mask(self) -> str | None:
        """File of the sector's mask."""
        return self.sector.mask if self.sector else None


WINDOW = ("alpha_l", "alpha_u", "dynamic_range", "assume")


def combined(layers: list[tuple[dict[str, Any], Path]]) -> dict[str, Any]:
    """What several sources say together, the later ones overriding the earlier ones.

    Parameters
    ----------
    layers : list of (dict, Path)
        Fields of `MadeWith` and the folder that paths are relative to. A window in a layer replaces that of the earlier ones,
        however it was given.
    """
    said: dict[str, Any] = {}
    for fields, folder in layers:
        if any(fields.get(name) is not None for name in WINDOW):
            said = {name: value for name, value in said.items() if name not in WINDOW}
        said |= {name: value for name, value in fields.items() if value is not None}
        mask = (fields.get("sector") or {}).get("mask")
        if mask:
            said["sector"] = {"mask": str(folder / mask)}
    return said
