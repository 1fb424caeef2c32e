"""Moving the settings of 8-bit grey levels that were made with known ones: the window, and what adds decibels."""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np

from echoshift.bmode import BLACK, WHITE, Window
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.chain_settings import NEUTRAL, complete
from echoshift.reconstruction.tone import grey_curve
from echoshift.settings import SLIDER_NAMES, SLIDERS


class GreyLevels:
    """Grey levels of pixels at known depths.

    Grey level p of a picture with the window [l0, u0] shows the level ``l0 + p/255 (u0 - l0)``. Other settings add their
    decibels to it, and it is windowed and bent as by `ReconstructionPlan`. This is exact up to quantisation, except for
    pixels that were black or white: their levels lie below l0, or above u0, and nobody knows how far.

    Parameters
    ----------
    recorded : ndarray of uint8, (pixel,)
    depths : ndarray, (pixel,)
        Below the face along the line, in metres, or in any unit without a centre frequency.
    window : Window
        What they were made with.
    center_frequency : float or None
        In hertz. None: `beta` must stay as recorded.
    """

    def __init__(
        self, recorded: np.ndarray, depths: np.ndarray, window: Window, center_frequency: float | None
    ) -> None:
        self._recorded, self._window = recorded, window
        self._loss = None
        if center_frequency is not None:  # decibels for one unit of beta, there and back; f0 in MHz, d in cm
            self._loss = (2 * center_frequency * 1e-6 * depths * 100).astype(np.float32)
        first, last = depths.min(), depths.max()
        slider = (depths - first) / max(last - first, np.finfo(np.float64).tiny) * (SLIDERS - 1)
        self._slider = np.minimum(slider.astype(np.uint8), SLIDERS - 2)
        self._towards_next = (slider - self._slider).astype(np.float32)
        self._clipped = np.flatnonzero((recorded == BLACK) | (recorded == WHITE))

    def moved(self, settings: Mapping[str, float], pixels: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Grey levels at other settings, all of the chain's, before filters: uint8 (pixel,)."""
        old, recorded = self._window, self._recorded[pixels]
        width = round(settings["alpha_u"] - settings["alpha_l"], 9)
        scale, per_decibel = round(old.alpha_u - old.alpha_l, 9) / width, 255 / width
        shift = round(old.alpha_l + settings["gain"] - settings["alpha_l"], 9) * per_decibel
        over_depth = self._over_depth(settings, pixels)
        if over_depth is None:  # the same for all pixels of one grey level
            return _grey(np.arange(256) * scale + shift, settings).take(recorded)
        over_depth *= np.float32(per_decibel)
        over_depth += np.float32(shift)
        over_depth += recorded * np.float32(scale)
        return _grey(over_depth, settings)

    def unknown(self, settings: Mapping[str, float]) -> float:
        """Share of the pixels whose grey is not determined at other settings.

        These are recorded black ones that would be lighter if their level were the lower end of the recorded window, and
        recorded white ones that would be darker if it were the upper end.
        """
        now, recorded = self.moved(settings, self._clipped), self._recorded[self._clipped]
        return float(np.where(recorded == BLACK, now > BLACK, now < WHITE).sum() / self._recorded.size)

    def _over_depth(self, settings: Mapping[str, float], pixels: np.ndarray | slice) -> np.ndarray | None:
        """Decibels that beta and sliders add to each pixel, float32 (pixel,); None if they are as recorded."""
        change = round(settings["beta"] - self._window.beta, 9)
        sliders = np.array([settings[name] for name in SLIDER_NAMES], dtype=np.float32)
        decibels = self._loss[pixels] * np.float32(change) if change else None
        if not sliders.any():
            return decibels
        before = self._slider[pixels]
        from_sliders = sliders.take(before) + self._towards_next[pixels] * np.diff(sliders).take(before)
        return from_sliders if decibels is None else decibels + from_sliders


def complete_from(window: Window, settings: Mapping[str, float], refused: Mapping[str, str]) -> dict[str, float]:
    """All settings of the chain. Omitted ones are as the grey levels were made.

    Parameters
    ----------
    window : Window
        What they were made with.
    settings : mapping
    refused : mapping of str to str
        Settings that cannot be moved, with the reason.

    Raises
    ------
    EchoShiftError
        One line, if a setting is unknown or wrong (see `complete`), or if one that cannot be moved is.
    """
    made = asdict(window)
    values = complete({**made, **settings})
    for name, why in refused.items():
        if values[name] != made.get(name, NEUTRAL.get(name)):
            raise EchoShiftError(f"{name}: {why}")
    return values


def _grey(shade: np.ndarray, settings: Mapping[str, float]) -> np.ndarray:
    """Clip, bend and round to grey levels, halves up: windows in simple ratios make many halves."""
    np.clip(shade, BLACK, WHITE, out=shade)
    if settings["gamma"] != 1 or settings["s_curve"]:
        shade = grey_curve(shade, settings["gamma"], settings["s_curve"])
    shade += 0.5
    return shade.astype(np.uint8)
