"""Settings common to all attacks of a configuration, and the complete search of one frame.

Does not import NumPy, because planning the workflow imports this module.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from importlib import import_module
from typing import Any, ClassVar

from pydantic import Field, JsonValue, field_validator, model_validator

from echoshift.attacks.axes import RELATIVE, Axis, axes_of, check_together
from echoshift.attacks.searches import SEARCHES
from echoshift.errors import EchoShiftError
from echoshift.settings import SETTINGS, Bounds
from echoshift.validation import Finite, Strict


class Accept(Strict):
    """Which pictures count as flips."""

    ssim: float | None = Field(
        None,
        gt=0,
        le=1,
        exclude_if=lambda ssim: ssim is None,
        description="smallest structural similarity to the initial picture, in the sector",
    )
    unknown: float | None = Field(
        None,
        ge=0,
        lt=1,
        exclude_if=lambda unknown: unknown is None,
        description="largest share of the sector whose grey is not determined, on B-mode pictures; there is none on RF",
    )

    @model_validator(mode="after")
    def _any(self) -> "Accept":
        if self.ssim is None and self.unknown is None:
            raise ValueError("ssim, unknown or both")
        return self

    @property
    def words(self) -> str:
        """What a box says of it, such as `, SSIM at least 0.8`."""
        ssim = "" if self.ssim is None else f", SSIM at least {self.ssim:g}"
        unknown = "" if self.unknown is None else f", at most {100 * self.unknown:g} % of the sector undetermined"
        return ssim + unknown


class AttackSettings(Strict):
    """Settings of every attack. The settings class of a search adds its `method`, `settings` and options.

    Attributes
    ----------
    exhaustive : bool
        Whether the search asks a whole lattice. A job then keeps its answers while it runs and stores them as a field.
        Its queries are too many for a table of all attacks, one column a query.
    """

    exhaustive: ClassVar[bool] = False

    max_queries: int = Field(
        105, ge=1, description="maximum number of distinct settings queried, including the initial"
    )
    target: str | None = Field(
        None,
        description="name of the class that the answer must become; default: any but the true one. Frames of this class are "
        "not attacked",
    )
    stop: bool = Field(True, description="end at the first flip; false: go on until the budget is spent")
    accept: Accept | None = Field(
        None, description="count only some pictures as flips: `{ssim: 0.8}`, `{unknown: 0.05}`"
    )
    classifiers: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="entries of `classifiers` that it attacks; default: all, but the first alone for a lattice",
    )
    on_request: bool = Field(False, description="run only when asked for by its name or by a make target")
    relative: bool | None = RELATIVE

    @field_validator("settings", check_fields=False)
    @classmethod
    def _independent(cls, settings: dict[str, Bounds]) -> dict[str, Bounds]:
        check_together(settings)
        return settings

    def seed_of(self, frame: str | None) -> int | None:
        """Seed of the draws for one frame. None if the search is deterministic."""
        return None

    @property
    def start(self) -> str | None:
        """Entry of `attacks` whose queries it starts from; None if it starts from the initial settings alone."""
        return None

    def complaint(self, search: "Search") -> str | None:
        """Say what is wrong with one frame's search; None if nothing is."""
        return None

    def options(self) -> dict[str, Any]:
        """Options specific to this method, as JSON values."""
        common = {*AttackSettings.model_fields, "method", "settings", "seed"}
        return self.model_dump(mode="json", exclude=common)

    def search(
        self,
        initial: Mapping[str, float],
        low: Mapping[str, float] | None = None,
        high: Mapping[str, float] | None = None,
        frame: str | None = None,
        classes: Sequence[str] = (),
        from_picture: bool = False,
    ) -> "Search":
        """Complete search of one frame.

        Parameters
        ----------
        initial : mapping
            The frame's settings by name, in each setting's unit. A searched setting that is missing starts neutral.
        low, high : mapping, optional
            The frame's own bounds. They override the attack's bounds.
        frame : str, optional
            The frame's id. Without it the seed is used unchanged.
        classes : sequence of str
            Names of the study's classes, among them the target.
        from_picture : bool
            Whether the frame is a picture, whose bounds are offsets by default.
        """
        return Search(
            method=self.method,
            max_queries=self.max_queries,
            seed=self.seed_of(frame),
            target=None if self.target is None else list(classes).index(self.target),
            stop=self.stop,
            accept=self.accept,
            axes=axes_of(self.settings, initial, low or {}, high or {}, self.relative, from_picture),
            fixed={name: value for name, value in initial.items() if name not in self.settings},
            options=self.options(),
        )


class SeededAttack(AttackSettings):
    """An attack that draws at random."""

    seed: int = Field(1, ge=0, description="determines the draws of each frame, together with the frame's name")

    def seed_of(self, frame: str | None) -> int:
        """Seed derived from the frame's name, so that its draws do not depend on the other frames."""
        if frame is None:
            return self.seed
        return int.from_bytes(hashlib.sha256(f"{self.seed}/{frame}".encode()).digest()[:6], "big")


class Search(Strict):
    """Complete search of one frame, as passed to an attack job and stored in its record."""

    method: str
    max_queries: int
    seed: int | None = None
    target: int | None = Field(
        None, ge=0, exclude_if=lambda target: target is None, description="class that the answer must become"
    )
    stop: bool = Field(True, exclude_if=lambda stop: stop, description="whether it ends at the first flip")
    accept: Accept | None = Field(None, exclude_if=lambda accept: accept is None)
    axes: tuple[Axis, ...]
    fixed: dict[str, Finite] = Field(default_factory=dict, description="settings that the search does not change")
    options: dict[str, JsonValue] = Field(
        default_factory=dict, exclude_if=lambda options: not options, description="options specific to the method"
    )

    @field_validator("axes")
    @classmethod
    def _independent(cls, axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
        check_together(axis.name for axis in axes)
        return axes


def is_exhaustive(method: str) -> bool:
    """Whether a method asks a whole lattice: see `AttackSettings`."""
    return import_module(SEARCHES[method]).Settings.exhaustive


def default_search(
    method: str,
    max_queries: int,
    initial: Mapping[str, float],
    fixed: Collection[str] = (),
    from_picture: bool = False,
) -> Search:
    """Search between the default bounds of the settings, starting from the given values.

    Parameters
    ----------
    method : str
        One of `SEARCHES`, with its default options.
    max_queries : int
    initial : mapping
        Values by name, in the setting's unit.
    fixed : collection of str
        Those that are not moved.
    from_picture : bool
        Whether the frame is a picture, whose bounds are offsets.

    Raises
    ------
    EchoShiftError
        If a value lies outside the setting's bounds.
    """
    for name, value in initial.items():
        setting = SETTINGS[name]
        if not (from_picture or setting.low <= value <= setting.high):
            raise EchoShiftError(
                f"{name}: found {value:g}, expected {setting.low:g} to {setting.high:g} {setting.unit} (the searched box)"
            )
    settings = {name: {} for name in initial if name not in fixed}
    entry = import_module(SEARCHES[method]).Settings(method=method, max_queries=max_queries, settings=settings)
    return entry.search(initial, from_picture=from_picture)
