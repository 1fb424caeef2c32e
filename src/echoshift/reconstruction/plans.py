"""What every plan offers, whatever the recording: an image for each mapping of settings."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from echoshift.bmode import BModeFrame, GreyLinesFrame
from echoshift.errors import EchoShiftError
from echoshift.frame import EnvelopeFrame, RFFrame
from echoshift.reconstruction.bmode_plan import BModePlan
from echoshift.reconstruction.grey_lines_plan import GreyLinesPlan
from echoshift.reconstruction.plan import ReconstructionPlan

if TYPE_CHECKING:
    from echoshift.reconstruction.grid import PixelGrid

Frame = RFFrame | EnvelopeFrame | BModeFrame | GreyLinesFrame


class Plan(Protocol):
    """A recording prepared for rendering with many settings.

    Attributes
    ----------
    grid : PixelGrid
    z, x : ndarray, (z,) and (x,)
        Pixel centres.
    sector : ndarray of bool, (z, x)
    regions : mapping of str to ndarray, (vertex, 2)
        Named polygons (x, z), in metres. A picture has none.
    """

    grid: "PixelGrid"
    z: np.ndarray
    x: np.ndarray
    sector: np.ndarray
    regions: Mapping[str, np.ndarray]

    def render(self, settings: Mapping[str, float]) -> np.ndarray:
        """One image, uint8 (z, x)."""

    def render_many(self, settings: Sequence[Mapping[str, float]]) -> np.ndarray:
        """One image for each mapping of settings, uint8 (query, z, x)."""

    def unknown(self, settings: Sequence[Mapping[str, float]]) -> np.ndarray:
        """Share of the sector whose grey is not determined, float64 (query,): 0 of RF, see `GreyLevels`."""


def plan_of(
    frame: Frame,
    shape: tuple[int, int] | None = None,
    *,
    pixel: float | None = None,
    grid: "PixelGrid | None" = None,
) -> Plan:
    """The plan of any recording. `shape`, `pixel` and `grid` are those of `ReconstructionPlan`.

    Raises
    ------
    EchoShiftError
        If a shape or pixel size is given for a picture, which keeps its own pixels.
    """
    if isinstance(frame, GreyLinesFrame):
        return GreyLinesPlan(frame, shape, pixel=pixel, grid=grid)
    if isinstance(frame, BModeFrame):
        if shape is not None or pixel is not None:
            raise EchoShiftError(
                f"shape or pixel size: found {shape or pixel} for a picture, expected none: it keeps its own pixels"
            )
        return BModePlan(frame)
    return ReconstructionPlan(frame, shape, pixel=pixel, grid=grid)
