"""A frame made ready to be rendered with many settings: all that does not depend on them is computed once."""

from collections.abc import Mapping, Sequence

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.frame import EnvelopeFrame, RFFrame
from echoshift.reconstruction.envelope import envelope
from echoshift.reconstruction.grid import PixelGrid, SectorPixels, pixel_grid, sector_pixels

NAMES = ("beta", "alpha_l", "alpha_u")
"""The settings of the chain: attenuation compensation in dB/(cm MHz), lower and upper threshold in dB."""

HIGHEST_GAIN = 400
"""Gain at the last sample, in dB, that float32 amplitudes stand without overflow; far beyond any scanner's."""

_LEVELS_PER_NEPER = 20 / np.log(10)  # decibels in a factor of e


class ReconstructionPlan:
    """Reconstruct one frame with any settings.

    Scan conversion is bilinear and the depth gain depends on the sample alone, so each pixel inside the sector is
    ``a * gain[k] + b * gain[k + 1]``: `a` and `b`, the envelope already blended between its two lines and weighted
    along depth, are computed once in float64. A query is one pass over those pixels: gain, sum, logarithm, window.

    Parameters
    ----------
    frame : RFFrame or EnvelopeFrame
        The echo data; the envelope is taken here unless that was done before.
    shape : (int, int)
        Rows and columns of the picture (see `pixel_grid`).
    grid : PixelGrid, optional
        The picture's pixels, instead of `shape`.

    Attributes
    ----------
    grid : PixelGrid
    z, x : ndarray, (z,) and (x,)
        Pixel centres in metres.
    sector : ndarray of bool, (z, x)
        Which pixels lie inside the sector.
    """

    def __init__(
        self, frame: RFFrame | EnvelopeFrame, shape: tuple[int, int] = (512, 512), *, grid: PixelGrid | None = None
    ) -> None:
        frame = envelope(frame) if isinstance(frame, RFFrame) else frame
        self.grid = grid or pixel_grid(frame.geometry, frame.sample_depths[-1], shape)
        self.z, self.x = self.grid.z, self.grid.x
        pixels = sector_pixels(frame.geometry, frame.sample_depths, self.grid)
        self._inside, self._sample = pixels.inside, pixels.sample
        self._weighted = _weighted_envelope(frame.envelope, pixels)
        self._decibels_per_beta = 2 * frame.center_frequency * 1e-6 * frame.sample_depths * 100  # f0 in MHz, d in cm
        self._reference_level = frame.reference_level

    @property
    def sector(self) -> np.ndarray:
        mask = np.zeros(self.grid.shape, dtype=bool)
        mask.flat[self._inside] = True
        return mask

    def render(self, settings: Mapping[str, float]) -> np.ndarray:
        """Reconstruct one image.

        Parameters
        ----------
        settings : mapping
            `beta` in dB/(cm MHz), `alpha_l` and `alpha_u` in dB.

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
        checked = [_checked(one) for one in settings]
        images = np.zeros((len(checked), self.grid.z.size * self.grid.x.size), dtype=np.uint8)
        for image, (beta, alpha_l, alpha_u) in zip(images, checked, strict=True):
            highest = float(np.abs(beta * self._decibels_per_beta[-1]))
            if highest > HIGHEST_GAIN:
                raise EchoShiftError(
                    f"settings: found beta {beta:g}, a gain of {highest:.0f} dB at the last sample, expected at most {HIGHEST_GAIN} dB"
                )
            gain = 10 ** (beta * self._decibels_per_beta / 20)
            image[self._inside] = self._levels(gain.astype(np.float32), alpha_l, alpha_u)
        return images.reshape(len(checked), *self.grid.shape)

    def _levels(self, gain: np.ndarray, alpha_l: float, alpha_u: float) -> np.ndarray:
        pairs = np.stack([gain[:-1], gain[1:]], axis=1).view(np.complex64)[:, 0]  # both gains in one look-up
        pixels = pairs.take(self._sample).view(np.float32).reshape(-1, 2)
        pixels *= self._weighted
        amplitude = pixels[:, 0] + pixels[:, 1]
        with np.errstate(divide="ignore"):  # an amplitude of zero is minus infinity decibels: clipped to alpha_l
            np.log(amplitude, out=amplitude)
        levels_per_decibel = 255 / (alpha_u - alpha_l)
        amplitude *= np.float32(levels_per_decibel * _LEVELS_PER_NEPER)
        amplitude += np.float32(0.5 - levels_per_decibel * (alpha_l + self._reference_level))
        np.clip(amplitude, 0, 255, out=amplitude)
        return amplitude.astype(np.uint8)


def _weighted_envelope(values: np.ndarray, pixels: SectorPixels) -> np.ndarray:
    """Each pixel's share of the sample before it and of the sample after it, float32 (pixel, 2)."""
    values = values.astype(np.float64)
    shares = np.empty((pixels.inside.size, 2), dtype=np.float32)
    for i, along_depth in enumerate((1 - pixels.sample_weight, pixels.sample_weight)):
        before, after = values[pixels.line, pixels.sample + i], values[pixels.line + 1, pixels.sample + i]
        shares[:, i] = along_depth * ((1 - pixels.line_weight) * before + pixels.line_weight * after)
    return shares


def _checked(settings: Mapping[str, float]) -> tuple[float, float, float]:
    if set(settings) != set(NAMES):
        raise EchoShiftError(f"settings: found {sorted(settings)}, expected {sorted(NAMES)}")
    beta, alpha_l, alpha_u = (float(settings[name]) for name in NAMES)
    if not (np.isfinite([beta, alpha_l, alpha_u]).all() and alpha_l < alpha_u):
        raise EchoShiftError(f"settings: found {dict(settings)}, expected finite numbers with alpha_l below alpha_u")
    return beta, alpha_l, alpha_u
