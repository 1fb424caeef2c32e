"""Settings common to all attacks of a configuration, and the box that the attack on one frame searches.

Does not import NumPy, because planning the workflow imports this module.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib import import_module
from math import ceil
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, JsonValue, field_validator, model_validator

from echoshift.attacks.searches import SEARCHES
from echoshift.errors import EchoShiftError
from echoshift.settings import DECIMALS, PAPER, SETTINGS, SPACING, Kind
from echoshift.validation import Finite, Strict

Positive = Annotated[float, Field(ge=1e-5, allow_inf_nan=False)]
SettingName = Literal[tuple(SETTINGS)]


class Bounds(Strict):
    """Bounds of one searched setting. An omitted bound is the setting's default."""

    min: Finite | None = Field(None, description="lower bound, in the setting's unit")
    max: Finite | None = Field(None, description="upper bound, in the setting's unit")


class Moves(Bounds):
    """Bounds, probe distance and rate of one setting that a search moves step by step."""

    step: Positive | None = Field(
        None, description="probe distance of the central difference; integers: at least to the next allowed value"
    )
    rate: Positive | None = Field(
        None, description="distance moved per iteration; integers: at least to the next allowed value"
    )


RELATIVE = Field(
    None,
    description="whether bounds are offsets from the initial values; default: those of beta, alpha_l and alpha_u on B-mode "
    "pictures, as their recorded values differ",
)


def check_together(names: Iterable[str]) -> None:
    """Refuse settings that do the same to a picture, with a ValueError for a model's validator."""
    if {"gain", "alpha_l", "alpha_u"} <= set(names):
        raise ValueError("at most two of gain, alpha_l and alpha_u (a gain of +g dB moves both thresholds by -g dB)")


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


class Axis(Strict):
    """One searched setting of one frame: its start, bounds, probe distance and rate."""

    name: str
    kind: Kind = "continuous"
    initial: Finite
    low: Finite
    high: Finite
    step: Positive
    rate: Positive

    @model_validator(mode="after")
    def _moves(self) -> "Axis":
        if min(self.step, self.rate) < SPACING[self.kind]:
            raise ValueError(f"step and rate of at least {SPACING[self.kind]}, to the next {self.kind}")
        return self


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


WIDTH_KEPT = 1 / 3
"""Share of the initial window that offsets of the thresholds leave between them."""


def axes_of(
    settings: Mapping[str, Bounds],
    initial: Mapping[str, float],
    low: Mapping[str, float],
    high: Mapping[str, float],
    relative: bool | None = None,
    from_picture: bool = False,
) -> tuple[Axis, ...]:
    """Searched settings of one frame, in the order of `SETTINGS`.

    Parameters
    ----------
    settings : mapping
        Bounds of the searched settings.
    initial : mapping
        The frame's settings. A searched one that is missing starts neutral.
    low, high : mapping
        The frame's own bounds. They override the others.
    relative : bool or None
        Whether the bounds are offsets from the initial values. They are cut to what a setting allows, and so that
        `alpha_l` stays below `alpha_u`. None: those of the paper's settings are, on a picture.
    from_picture : bool
    """
    starts = {name: initial.get(name, one.initial) for name, one in SETTINGS.items() if name in settings}
    by_offset = set(settings) if relative else set(PAPER) if relative is None and from_picture else set()
    chosen = {
        name: _from_offsets(name, settings[name], start, initial) if name in by_offset else settings[name]
        for name, start in starts.items()
    }
    return tuple(axis(name, chosen[name], start, low.get(name), high.get(name)) for name, start in starts.items())


def _from_offsets(name: str, offsets: Bounds, start: float, initial: Mapping[str, float]) -> Bounds:
    """Bounds from offsets; omitted ones are those of the setting's default bounds from its default value."""
    setting = SETTINGS[name]
    least, most = setting.least, setting.most
    if {"alpha_l", "alpha_u"} <= set(initial):
        cut = (initial["alpha_u"] - initial["alpha_l"]) * (1 - WIDTH_KEPT) / 2
        most = initial["alpha_l"] + cut if name == "alpha_l" else most
        least = initial["alpha_u"] - cut if name == "alpha_u" else least
    down = setting.low - setting.initial if offsets.min is None else offsets.min
    up = setting.high - setting.initial if offsets.max is None else offsets.max
    return offsets.model_copy(update={"min": max(least, start + down), "max": min(most, start + up)})


def axis(name: str, chosen: Bounds, initial: float, low: float | None = None, high: float | None = None) -> Axis:
    """Combine the bounds of the frame (if any), the attack and the setting, in this order of precedence."""
    setting = SETTINGS[name]

    def first(*values: float | None) -> float:
        return round(next(value for value in values if value is not None), DECIMALS)

    def move(*values: float | None) -> float:
        spacing = SPACING[setting.kind]
        return spacing * ceil(first(*values) / spacing) if spacing else first(*values)

    return Axis(
        name=name,
        kind=setting.kind,
        initial=round(initial, DECIMALS),
        low=first(low, chosen.min, setting.low),
        high=first(high, chosen.max, setting.high),
        step=move(getattr(chosen, "step", None), setting.step),
        rate=move(getattr(chosen, "rate", None), setting.rate),
    )


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
