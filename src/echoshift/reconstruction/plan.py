"""Rendering of one frame with many settings. Everything that does not depend on them is computed once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.frame import EnvelopeFrame, RFFrame
from echoshift.reconstruction.chain_settings import complete
from echoshift.reconstruction.depth_gain import depth_gain
from echoshift.reconstruction.envelope import envelope
from echoshift.reconstruction.filters import filtered
from echoshift.reconstruction.grid import PixelGrid, SectorPixels, chosen_grid, sector_pixels
from echoshift.reconstruction.tone import grey_curve

HIGHEST_GAIN = 400
"""Highest gain, in dB above the lower threshold, at which float32 cannot overflow. No scanner comes near it."""

SPEEDS_KEPT = 4
"""Number of speeds of sound whose sampling tables a plan caches: those of one central difference and one more."""

_DECIBELS_PER_NEPER = 20 / np.log(10)


@dataclass(frozen=True, eq=False)
class _Sampling:
    """Contributions of the samples to each pixel inside the sector, at one speed of sound.

    Attributes
    ----------
    depths : ndarray of float64, (sample,)
        In metres.
    sector : ndarray of bool, (z, x)
    sample : ndarray of intp, (1, pixel)
        The sample before each pixel, row by row.
    before, after : ndarray of float32, (1, pixel)
        Factors of that sample's gain and of the next one's in the pixel's amplitude.
    """

    depths: np.ndarray
    sector: np.ndarray
    sample: np.ndarray
    before: np.ndarray
    after: np.ndarray


class ReconstructionPlan:
    """Reconstruct one frame with any settings.

    The steps of the chain are, in order: depth gain (`beta`, `gain`, `tgc_1` ... `tgc_8`), scan conversion of the amplitude
    (all depths times `sound_speed_ratio`, on fixed pixels), logarithm and window (`alpha_l`, `alpha_u`), grey curve
    (`gamma`, then `s_curve`), rounding to 8 bits, median filter (`median`), Gaussian (`smoothing`) and zoom
    (`image_scale`). The last three work on 8-bit values. Steps with neutral settings are skipped.

    Scan conversion is bilinear and the depth gain depends only on the sample. So the amplitude of each pixel inside the
    sector is ``a * gain[k] + b * gain[k + 1]``. Here `a` and `b` are the envelope, interpolated between two lines and
    weighted along depth. They are computed once in float64. Each query is one pass of gain, sum, logarithm and window.

    Parameters
    ----------
    frame : RFFrame or EnvelopeFrame
        The echo data. An `RFFrame` first undergoes envelope detection.
    shape : (int, int)
        Rows and columns of the image (see `pixel_grid`). Defaults to 512 and 512.
    pixel : float, optional
        Pixel size in metres, instead of `shape`.
    grid : PixelGrid, optional
        The image's pixels, instead of `shape` and `pixel`.

    Attributes
    ----------
    grid : PixelGrid
    z, x : ndarray, (z,) and (x,)
        Pixel centres in metres.
    sector : ndarray of bool, (z, x)
        Mask of the pixels inside the sector, at the frame's own speed of sound.
    regions : mapping of str to ndarray, (vertex, 2)
        The frame's named polygons (x, z), in metres.
    """

    def __init__(
        self,
        frame: RFFrame | EnvelopeFrame,
        shape: tuple[int, int] | None = None,
        *,
        pixel: float | None = None,
        grid: PixelGrid | None = None,
    ) -> None:
        frame = envelope(frame)
        self.grid = chosen_grid(frame.geometry, frame.sample_depths[-1], shape, pixel, grid)
        self.z, self.x = self.grid.z, self.grid.x
        self.regions = frame.regions
        self._center_frequency = frame.center_frequency
        self._sampling = lru_cache(SPEEDS_KEPT)(partial(_sampling, frame, self.grid))
        self.sector = self._sampling(1.0).sector

    def render(self, settings: Mapping[str, float]) -> np.ndarray:
        """Reconstruct one image.

        Parameters
        ----------
        settings : mapping
            `beta` in dB/(cm MHz), `alpha_l` and `alpha_u` in dB, and any others of `echoshift.settings`. Omitted ones
            are neutral.

        Returns
        -------
        ndarray of uint8, (z, x)
            0 outside the sector.
        """
        return self.render_many([settings])[0]

    def render_many(self, settings: Sequence[Mapping[str, float]]) -> np.ndarray:
        """Reconstruct one image for each mapping of settings, as `render` does. Returns uint8, (query, z, x)."""
        checked = [complete(one) for one in settings]
        images = np.zeros((len(checked), *self.grid.shape), dtype=np.uint8)
        for image, one in zip(images, checked, strict=True):
            sampling = self._sampling(one["sound_speed_ratio"])
            image[sampling.sector] = _levels(sampling, self._center_frequency, one)
            image[:] = filtered(image, sampling.sector, self.grid, one)
        return images

    def unknown(self, settings: Sequence[Mapping[str, float]]) -> np.ndarray:
        """Share of the sector whose grey is not determined, float64 (query,): none, as the level of all echoes is known."""
        return np.zeros(len(settings))


def _sampling(frame: EnvelopeFrame, grid: PixelGrid, sound_speed_ratio: float) -> _Sampling:
    depths = sound_speed_ratio * frame.sample_depths
    pixels = sector_pixels(frame.geometry, depths, grid)
    shares = weighted_envelope(frame.envelope, pixels) * 10 ** (-frame.reference_level / 20)
    before, after = shares.astype(np.float32)[:, None]
    return _Sampling(depths, pixels.mask(grid), pixels.sample[None], before, after)


def weighted_envelope(values: np.ndarray, pixels: SectorPixels) -> np.ndarray:
    """Contributions of the samples (line, sample) before and after each pixel to its amplitude, float64 (2, pixel)."""
    values = values.astype(np.float64)
    shares = np.empty((2, pixels.inside.size))
    for i, along_depth in enumerate((1 - pixels.sample_weight, pixels.sample_weight)):
        before, after = values[pixels.line, pixels.sample + i], values[pixels.line + 1, pixels.sample + i]
        shares[i] = along_depth * ((1 - pixels.line_weight) * before + pixels.line_weight * after)
    return shares


def _levels(sampling: _Sampling, center_frequency: float, settings: Mapping[str, float]) -> np.ndarray:
    """Grey levels of the pixels inside the sector, uint8 (pixel,)."""
    import cv2

    decibels = depth_gain(sampling.depths, center_frequency, settings)
    if (highest := float(decibels.max())) > HIGHEST_GAIN:
        raise EchoShiftError(
            f"settings: found beta {settings['beta']:g}, a gain of {highest:.0f} dB above alpha_l, expected at most {HIGHEST_GAIN} dB"
        )
    gain = (10 ** (decibels / 20)).astype(np.float32)
    # OpenCV works in place, and its logarithm is as accurate as NumPy's and faster without AVX-512.
    amplitude = gain.take(sampling.sample)
    cv2.multiply(amplitude, sampling.before, dst=amplitude)
    late = gain[1:].take(sampling.sample)
    cv2.multiply(late, sampling.after, dst=late)
    cv2.add(amplitude, late, dst=amplitude)
    cv2.log(amplitude, dst=amplitude)  # an amplitude of 0 gives minus infinity, which is black
    levels_per_neper = 255 / round(settings["alpha_u"] - settings["alpha_l"], 9) * _DECIBELS_PER_NEPER
    if settings["gamma"] == 1 and settings["s_curve"] == 0:
        return cv2.multiply(amplitude, levels_per_neper, dtype=cv2.CV_8U)[0]  # rounded and clipped
    shade = np.clip(amplitude * levels_per_neper, 0, 255)
    return np.floor(grey_curve(shade, settings["gamma"], settings["s_curve"]) + 0.5).astype(np.uint8)[0]
