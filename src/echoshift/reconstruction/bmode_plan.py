"""Rendering of one B-mode picture with many settings: those that act after detection are moved on its grey levels."""

from collections.abc import Mapping, Sequence

import numpy as np

from echoshift.bmode import BModeFrame
from echoshift.reconstruction.filters import filtered
from echoshift.reconstruction.grey_levels import GreyLevels, complete_from
from echoshift.reconstruction.grid import PixelGrid
from echoshift.settings import BEFORE_DETECTION


class BModePlan:
    """Move the settings of one picture.

    Window, gain, beta and sliders are moved on the grey levels: see `GreyLevels`. Beta and sliders act at the depth of each
    pixel. Grey curve, filters and zoom start neutral: they act on what the picture shows. At the recorded settings the
    picture inside the sector is unchanged, to the bit.

    Parameters
    ----------
    frame : BModeFrame

    Attributes
    ----------
    grid : PixelGrid
        The picture's own.
    z, x : ndarray, (z,) and (x,)
        Pixel centres from the middle of the face (without one, from the top middle of the sector), in metres, or in
        pixels if their size is unknown.
    sector : ndarray of bool, (z, x)
    regions : mapping
        Empty: a picture has no named regions.
    """

    def __init__(self, frame: BModeFrame) -> None:
        self.grid = picture_grid(frame)
        self.z, self.x, self.sector = self.grid.z, self.grid.x, frame.sector
        self.regions: Mapping[str, np.ndarray] = {}
        self._frame, self._refused = frame, cannot_move(frame)
        frequency = frame.center_frequency if frame.pixel_size else None
        self._levels = GreyLevels(frame.image[frame.sector], frame.depths(), frame.window, frequency)

    def render(self, settings: Mapping[str, float]) -> np.ndarray:
        """Move the picture to other settings.

        Parameters
        ----------
        settings : mapping
            As for `ReconstructionPlan.render`. Omitted ones are as recorded.

        Returns
        -------
        ndarray of uint8, (z, x)
            0 outside the sector, or as recorded there if the frame keeps it.

        Raises
        ------
        EchoShiftError
            One line, if a setting cannot be moved on this picture.
        """
        return self.render_many([settings])[0]

    def render_many(self, settings: Sequence[Mapping[str, float]]) -> np.ndarray:
        """Move the picture to each mapping of settings, as `render` does. Returns uint8, (query, z, x)."""
        images = np.zeros((len(settings), *self.grid.shape), dtype=np.uint8)
        for image, one in zip(images, map(self._complete, settings), strict=True):
            image[self.sector] = self._levels.moved(one)
            image[:] = filtered(image, self.sector, self.grid, one)
            if self._frame.keep_outside:
                np.copyto(image, self._frame.image, where=~self.sector)
        return images

    def unknown(self, settings: Sequence[Mapping[str, float]]) -> np.ndarray:
        """Share of the sector whose grey is not determined, before filters and zoom: float64 (query,). See `GreyLevels`."""
        return np.array([self._levels.unknown(self._complete(one)) for one in settings], dtype=np.float64)

    def _complete(self, settings: Mapping[str, float]) -> dict[str, float]:
        return complete_from(self._frame.window, settings, self._refused)


def cannot_move(frame: BModeFrame) -> dict[str, str]:
    """Settings that cannot be moved on a picture, with the reason and what to declare."""
    refused = {BEFORE_DETECTION: "found a B-mode picture, expected RF: it acts before detection"}
    needed = {"center_frequency": frame.center_frequency, "pixel_size": frame.pixel_size}
    if missing := [name for name, value in needed.items() if value is None]:
        refused["beta"] = f"found a picture without {' and '.join(missing)}, expected center_frequency and pixel_size"
    return refused


def picture_grid(frame: BModeFrame) -> PixelGrid:
    """Pixel centres of a picture. The origin is the middle of the face, or else the top middle of the sector."""
    face, columns = frame.origin, np.flatnonzero(frame.sector.any(axis=0))
    middle = (columns[0] + columns[-1]) / 2 if face.column is None else face.column
    height, width = frame.pixel_size or (1.0, 1.0)
    z, x = (np.arange(n, dtype=np.float64) for n in frame.image.shape)
    return PixelGrid((z - face.row) * height, (x - middle) * width, "m" if frame.pixel_size else "pixel")
