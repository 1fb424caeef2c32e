"""A frame made ready to be rendered with many settings: all that does not depend on them is computed once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.frame import EnvelopeFrame, RFFrame
from echoshift.reconstruction.chain_settings import complete
from echoshift.reconstruction.depth_gain import depth_gain
from echoshift.reconstruction.envelope import envelope
from echoshift.reconstruction.filters import median, smooth
from echoshift.reconstruction.grid import PixelGrid, SectorPixels, pixel_grid, sector_pixels
from echoshift.reconstruction.tone import grey_curve
from echoshift.reconstruction.zoom import zoom

HIGHEST_GAIN = 400
"""Gain at any sample, in dB above the lower threshold, that float32 amplitudes stand without overflow; far beyond any scanner's."""

SPEEDS_KEPT = 4
"""Speeds of sound whose sampling tables a plan keeps: those of one central difference and one more."""

_DECIBELS_PER_NEPER = 20 / np.log(10)


@dataclass(frozen=True, eq=False)
class _Sampling:
    """What each pixel inside the sector takes from the samples, at one speed of sound.

    Attributes
    ----------
    depths : ndarray of float64, (sample,)
        In metres.
    sector : ndarray of bool, (z, x)
    sample : ndarray of intp, (1, pixel)
        The sample before each pixel, row by row.
    before, after : ndarray of float32, (1, pixel)
        Share of that sample's gain and of the next one's in the pixel's amplitude.
    """

    depths: np.ndarray
    sector: np.ndarray
    sample: np.ndarray
    before: np.ndarray
    after: np.ndarray


class ReconstructionPlan:
    """Reconstruct one frame with any settings.

    The chain, in its order: depth gain (`beta`, `gain`, `tgc_1` ... `tgc_8`), scan conversion of the amplitude (all
    depths times `sound_speed_ratio`; the pixels stay where they are), logarithm and window (`alpha_l`, `alpha_u`), grey
    curve (`gamma`, then `s_curve`), rounding to 8 bits, median filter (`median`), Gaussian (`smoothing`) and zoom
    (`image_scale`), the last three from 8 bits to 8 bits. A step whose settings are neutral is left out.

    Scan conversion is bilinear and the depth gain depends on the sample alone, so the amplitude of each pixel inside the
    sector is ``a * gain[k] + b * gain[k + 1]``: `a` and `b`, the envelope already blended between its two lines and
    weighted along depth, are computed once in float64. A query is one pass over those pixels: gain, sum, logarithm, window.

    Parameters
    ----------
    frame : RFFrame or EnvelopeFrame
        The echo data; the envelope is taken here unless that was done before.
    shape : (int, int)
        Rows and columns of the picture (see `pixel_grid`); 512 and 512 where nothing else is given.
    pixel : float, optional
        Side of a pixel in metres, instead of `shape`.
    grid : PixelGrid, optional
        The picture's pixels, instead of both.

    Attributes
    ----------
    grid : PixelGrid
    z, x : ndarray, (z,) and (x,)
        Pixel centres in metres.
    sector : ndarray of bool, (z, x)
        Which pixels lie inside the sector, at the frame's own speed of sound.
    """

    def __init__(
        self,
        frame: RFFrame | EnvelopeFrame,
        shape: tuple[int, int] | None = None,
        *,
        pixel: float | None = None,
        grid: PixelGrid | None = None,
    ) -> None:
        frame = envelope(frame) if isinstance(frame, RFFrame) else frame
        if shape is None and pixel is None:
            shape = (512, 512)
        self.grid = grid or pixel_grid(frame.geometry, frame.sample_depths[-1], shape, pixel)
        self.z, self.x = self.grid.z, self.grid.x
        self._center_frequency = frame.center_frequency
        self._sampling = lru_cache(SPEEDS_KEPT)(partial(_sampling, frame, self.grid))
        self.sector = self._sampling(1.0).sector

    def render(self, settings: Mapping[str, float]) -> np.ndarray:
        """Reconstruct one image.

        Parameters
        ----------
        settings : mapping
            `beta` in dB/(cm MHz), `alpha_l` and `alpha_u` in dB, and any others of `echoshift.settings`; those left out
            are neutral.

        Returns
        -------
        ndarray of uint8, (z, x)
            0 outside the sector.
        """
        return self.render_many([settings])[0]

    def render_many(self, settings: Sequence[Mapping[str, float]]) -> np.ndarray:
        """Reconstruct one image for each of the settings.

        Parameters
        ----------
        settings : sequence of mappings
            As for `render`.

        Returns
        -------
        ndarray of uint8, (query, z, x)
        """
        checked = [complete(one) for one in settings]
        images = np.zeros((len(checked), *self.grid.shape), dtype=np.uint8)
        for image, one in zip(images, checked, strict=True):
            sampling = self._sampling(one["sound_speed_ratio"])
            image[sampling.sector] = _levels(sampling, self._center_frequency, one)
            if one["median"] > 1:
                image[:] = median(image, sampling.sector, int(one["median"]))
            if one["smoothing"]:
                image[:] = smooth(image, sampling.sector, one["smoothing"])
            if one["image_scale"] != 1:
                image[:] = zoom(image, self.z, self.x, one["image_scale"])
        return images


def _sampling(frame: EnvelopeFrame, grid: PixelGrid, sound_speed_ratio: float) -> _Sampling:
    depths = sound_speed_ratio * frame.sample_depths
    pixels = sector_pixels(frame.geometry, depths, grid)
    sector = np.zeros(grid.shape, dtype=bool)
    sector.flat[pixels.inside] = True
    shares = weighted_envelope(frame.envelope, pixels) * 10 ** (-frame.reference_level / 20)
    before, after = shares.astype(np.float32)[:, None]
    return _Sampling(depths, sector, pixels.sample[None], before, after)


def weighted_envelope(values: np.ndarray, pixels: SectorPixels) -> np.ndarray:
    """Share of the sample before each pixel and of the sample after it in its amplitude, float64 (2, pixel).

    Parameters
    ----------
    values : ndarray, (line, sample)
    pixels : SectorPixels
    """
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
    # Into given arrays and by OpenCV, whose logarithm is as accurate as NumPy's and faster where there is no AVX-512.
    amplitude = gain.take(sampling.sample)
    cv2.multiply(amplitude, sampling.before, dst=amplitude)
    late = gain[1:].take(sampling.sample)
    cv2.multiply(late, sampling.after, dst=late)
    cv2.add(amplitude, late, dst=amplitude)
    cv2.log(amplitude, dst=amplitude)  # an amplitude of zero is minus infinity: black
    levels_per_neper = 255 / round(settings["alpha_u"] - settings["alpha_l"], 9) * _DECIBELS_PER_NEPER
    if settings["gamma"] == 1 and settings["s_curve"] == 0:
        return cv2.multiply(amplitude, levels_per_neper, dtype=cv2.CV_8U)[0]  # rounded and clipped
    shade = np.clip(amplitude * levels_per_neper, 0, 255)
    return np.floor(grey_curve(shade, settings["gamma"], settings["s_curve"]) + 0.5).astype(np.uint8)[0]
