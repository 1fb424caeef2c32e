"""The section `accidental:` of a configuration, and what is drawn for one frame.

Does not import NumPy, because planning the workflow imports this module.
"""

import hashlib
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator, model_validator

from echoshift.attacks.axes import RELATIVE, Axis, Positive, axes_of, check_together
from echoshift.settings import PAPER, Bounds, SettingName
from echoshift.validation import Finite, Name, Strict


class Spread(Strict):
    """How far accidental changes go."""

    uniform: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] | None = Field(
        None,
        exclude_if=lambda uniform: uniform is None,
        description="each setting is uniform within this share of the way from its initial value to each bound",
    )
    normal: dict[SettingName, Positive] | None = Field(
        None,
        exclude_if=lambda normal: normal is None,
        description="each setting is normal around its initial value, with this standard deviation in its unit; draws "
        "outside the bounds are drawn again",
    )

    @model_validator(mode="after")
    def _either(self) -> "Spread":
        if (self.uniform is None) == (self.normal is None):
            raise ValueError("either uniform or normal")
        return self


class Accidental(Strict):
    """Settings drawn around the initial ones of every frame, as an operator might leave them."""

    draws: int = Field(
        299, ge=1, le=1_000_000, description="draws a frame; no change in 299 limits its probability to 1 %"
    )
    seed: int = Field(1, ge=0, description="determines the draws of each frame, together with the frame's name")
    settings: dict[SettingName, Bounds] = Field(
        default_factory=lambda: {name: Bounds() for name in PAPER},
        min_length=1,
        description="the settings that change, with their bounds",
    )
    relative: bool | None = RELATIVE
    spreads: dict[Name, Spread] = Field(min_length=1, description="one or several, by name: uniform or normal")
    classifiers: tuple[str, ...] | None = Field(
        None, min_length=1, description="entries of `classifiers` that are asked; default: the first"
    )

    @field_validator("settings")
    @classmethod
    def _independent(cls, settings: dict[str, Bounds]) -> dict[str, Bounds]:
        check_together(settings)
        return settings

    @field_validator("spreads")
    @classmethod
    def _complete(cls, spreads: dict[str, Spread], others: ValidationInfo) -> dict[str, Spread]:
        names = others.data.get("settings", {})
        for name, spread in spreads.items():
            if spread.normal and names and set(spread.normal) != set(names):
                raise ValueError(f"a deviation for each of {', '.join(names)} in {name}.normal, and for no other")
        return spreads

    def drawn(
        self,
        spread: str,
        frame: str,
        initial: Mapping[str, float],
        low: Mapping[str, float],
        high: Mapping[str, float],
        from_picture: bool = False,
    ) -> "Draws":
        """What is drawn for one frame.

        Parameters
        ----------
        spread : str
            Name of an entry of `spreads`.
        frame : str
            The frame's id.
        initial : mapping
            The frame's settings by name, in each setting's unit. A drawn setting that is missing starts neutral.
        low, high : mapping
            The frame's own bounds. They override those of the section.
        from_picture : bool
            Whether the frame is a picture, whose bounds are offsets by default.
        """
        return Draws(
            n=self.draws,
            # The same for each spread and classifier, so that they are compared at the same random numbers. Not the
            # seed of a random search with this seed.
            seed=int.from_bytes(hashlib.sha256(f"accidental/{self.seed}/{frame}".encode()).digest()[:6], "big"),
            spread=self.spreads[spread],
            axes=axes_of(self.settings, initial, low, high, self.relative, from_picture),
            fixed={name: value for name, value in initial.items() if name not in self.settings},
        )


class Draws(Strict):
    """Everything that determines the settings drawn for one frame, as passed to a job and stored in its record."""

    n: int = Field(ge=1)
    seed: int
    spread: Spread
    axes: tuple[Axis, ...]
    fixed: dict[str, Finite] = Field(default_factory=dict, description="settings that do not change")
