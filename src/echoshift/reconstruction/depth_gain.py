"""Gain over depth: the sum of attenuation compensation, overall gain and the console's sliders."""

from collections.abc import Mapping

import numpy as np

from echoshift.settings import SLIDER_NAMES


def depth_gain(depths: np.ndarray, center_frequency: float, settings: Mapping[str, float]) -> np.ndarray:
    """Decibels added to each sample's level, minus the lower threshold.

    Parameters
    ----------
    depths : ndarray, (sample,)
        Evenly spaced depths below the face, along the line, in metres.
    center_frequency : float
        In hertz.
    settings : mapping
        `beta`, `gain`, `tgc_1` ... `tgc_8` and `alpha_l`. The sliders are evenly spaced in depth from the first to the last
        sample. The gain between them is linear in depth.

    Returns
    -------
    ndarray of float64, (sample,)
    """
    sliders = [settings[name] for name in SLIDER_NAMES]
    level = settings["beta"] * (2 * center_frequency * 1e-6 * depths * 100)  # f0 in MHz, d in cm
    if any(sliders):
        level = level + np.interp(depths, np.linspace(depths[0], depths[-1], len(sliders)), sliders)
    # Rounded so that a gain of +g gives the same bytes as lowering both thresholds by g.
    return level + round(settings["gain"] - settings["alpha_l"], 9)
