"""The section `sensitivity:` of a configuration, and what is asked about one frame.

Does not import NumPy, because planning the workflow imports this module.
"""

import hashlib
from collections.abc import Mapping

from pydantic import Field, field_validator

from echoshift.attacks.axes import RELATIVE, Axis, axes_of, check_together
from echoshift.settings import PAPER, Bounds, SettingName
from echoshift.validation import Finite, Strict


class Sensitivity(Strict):
    """Sweeps, pairwise maps and Sobol indices of every frame, on request."""

    samples: int = Field(
        256,
        ge=2,
        le=65_536,
        description="n of the Sobol indices, a power of two; n (number of settings + 2) questions a frame",
    )
    steps: int = Field(17, ge=2, le=1000, description="values of each setting's sweep")
    pairs: int = Field(9, ge=2, le=100, description="values along each side of a pairwise map")
    seed: int = Field(1, ge=0, description="determines the sample of each frame, together with the frame's name")
    settings: dict[SettingName, Bounds] = Field(
        default_factory=lambda: {name: Bounds() for name in PAPER},
        min_length=1,
        description="the settings that change, with their bounds",
    )
    relative: bool | None = RELATIVE
    classifiers: tuple[str, ...] | None = Field(
        None, min_length=1, description="entries of `classifiers` that are asked; default: the first"
    )

    @field_validator("samples")
    @classmethod
    def _power_of_two(cls, samples: int) -> int:
        if samples.bit_count() != 1:
            raise ValueError("a power of two")
        return samples

    @field_validator("settings")
    @classmethod
    def _independent(cls, settings: dict[str, Bounds]) -> dict[str, Bounds]:
        check_together(settings)
        return settings

    def design(
        self,
        frame: str,
        initial: Mapping[str, float],
        low: Mapping[str, float],
        high: Mapping[str, float],
        from_picture: bool = False,
    ) -> "Design":
        """What is asked about one frame.

        Parameters
        ----------
        frame : str
            The frame's id.
        initial : mapping
            The frame's settings by name, in each setting's unit. A changed setting that is missing starts neutral.
        low, high : mapping
            The frame's own bounds. They override those of the section.
        from_picture : bool
            Whether the frame is a picture, whose bounds are offsets by default.
        """
        return Design(
            samples=self.samples,
            steps=self.steps,
            pairs=self.pairs,
            # The same for each classifier, so that they are compared at the same settings.
            seed=int.from_bytes(hashlib.sha256(f"sensitivity/{self.seed}/{frame}".encode()).digest()[:6], "big"),
            axes=axes_of(self.settings, initial, low, high, self.relative, from_picture),
            fixed={name: value for name, value in initial.items() if name not in self.settings},
        )


class Design(Strict):
    """Everything that determines what is asked about one frame, as passed to a job and stored in its record."""

    samples: int = Field(ge=2)
    steps: int = Field(ge=2)
    pairs: int = Field(ge=2)
    seed: int
    axes: tuple[Axis, ...]
    fixed: dict[str, Finite] = Field(default_factory=dict, description="settings that do not change")
