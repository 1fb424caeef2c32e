"""Rendering of lines of grey levels with many settings, which are moved before the conversion to a picture."""

from collections.abc import Mapping, Sequence

import numpy as np

from echoshift.bmode import GreyLinesFrame
from echoshift.reconstruction.filters import filtered
from echoshift.reconstruction.grey_levels import GreyLevels, complete_from
from echoshift.reconstruction.grid import TOLERANCE, PixelGrid, chosen_grid, sector_pixels
from echoshift.settings import BEFORE_DETECTION

_REFUSED = {BEFORE_DETECTION: "found lines of grey levels, expected RF: it acts before detection"}


class GreyLinesPlan:
    """Move the settings of grey lines and convert them to a picture.

    A scanner compresses its lines before it converts them. So window, gain, beta, sliders and grey curve are moved on the
    lines (see `GreyLevels`), and the grey levels are interpolated bilinearly. Filters and zoom act on the picture.

    Parameters
    ----------
    frame : GreyLinesFrame
    shape, pixel, grid
        The picture's pixels, as for `ReconstructionPlan`.

    Attributes
    ----------
    grid : PixelGrid
    z, x : ndarray, (z,) and (x,)
        Pixel centres in metres.
    sector : ndarray of bool, (z, x)
    regions : mapping of str to ndarray, (vertex, 2)
        The frame's named polygons (x, z), in metres.
    """

    def __init__(
        self,
        frame: GreyLinesFrame,
        shape: tuple[int, int] | None = None,
        *,
        pixel: float | None = None,
        grid: PixelGrid | None = None,
    ) -> None:
        self.grid = chosen_grid(frame.geometry, frame.sample_depths[-1], shape, pixel, grid)
        self.z, self.x = self.grid.z, self.grid.x
        self.regions = frame.regions
        pixels = sector_pixels(frame.geometry, frame.sample_depths, self.grid)
        self.sector = pixels.mask(self.grid)
        self._neighbours, self._weights = pixels.neighbours(frame.grey.shape[1])
        self._window = frame.window
        depths = np.tile(frame.sample_depths, len(frame.grey))
        self._levels = GreyLevels(frame.grey.ravel(), depths, frame.window, frame.center_frequency)

    def render(self, settings: Mapping[str, float]) -> np.ndarray:
        """One picture, uint8 (z, x), as `BModePlan.render`."""
        return self.render_many([settings])[0]

    def render_many(self, settings: Sequence[Mapping[str, float]]) -> np.ndarray:
        """One picture for each mapping of settings, uint8 (query, z, x)."""
        images = np.zeros((len(settings), *self.grid.shape), dtype=np.uint8)
        for image, one in zip(images, map(self._complete, settings), strict=True):
            shade = (self._levels.moved(one).take(self._neighbours) * self._weights).sum(axis=0)
            # Between lines, many values lie halfway between two levels. Round them up regardless of rounding errors.
            image[self.sector] = shade + (0.5 + TOLERANCE)
            image[:] = filtered(image, self.sector, self.grid, one)
        return images

    def unknown(self, settings: Sequence[Mapping[str, float]]) -> np.ndarray:
        """Share of the lines whose grey is not determined, float64 (query,). See `GreyLevels`."""
        return np.array([self._levels.unknown(self._complete(one)) for one in settings], dtype=np.float64)

    def _complete(self, settings: Mapping[str, float]) -> dict[str, float]:
        return complete_from(self._window, settings, _REFUSED)
