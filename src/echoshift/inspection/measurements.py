"""What can be measured on one recording: its band, its level over depth, where the noise begins."""

from dataclasses import dataclass

import numpy as np

from echoshift.frame import RFFrame
from echoshift.reconstruction.envelope import envelope
from echoshift.settings import SETTINGS

WINDOW = 2e-3
"""Metres over which levels are averaged before anything is read off them."""

RING_DOWN = 0.1
"""Share of the depth, at the face, that no trend is fitted to."""

ABOVE_NOISE = 6.0
"""Decibels above the noise from which a level is taken for an echo's."""

FAINTEST_BETA = 0.25
"""dB/(cm MHz); a weaker decay than this is no tissue's: it is noise, or has had a gain over depth."""


@dataclass(frozen=True, eq=False)
class DepthProfile:
    """Level over depth, not compensated, and what can be read off it.

    Attributes
    ----------
    depths, levels : ndarray, (sample,)
        Metres below the face along the lines, and the level that most lines have there, averaged over `WINDOW`, in dB:
        from the median of the envelope's power over the lines, given as the mean that speckle of this median has. A
        mean itself would be that of the few brightest structures.
    noise_depth : float or None
        Where the level falls to within 3 dB of a flat end, in metres; None where it does not.
    noise_level : float or None
        Of that flat end, in dB.
    slope : float or None
        Of the level between ring-down and noise, in dB per cm, the noise's power taken off; None where too little is left.
    intercept : float or None
        Of that line at the face, in dB.
    fitted : (float, float) or None
        Depths between which it was fitted, in metres.
    """

    depths: np.ndarray
    levels: np.ndarray
    noise_depth: float | None
    noise_level: float | None
    slope: float | None
    intercept: float | None
    fitted: tuple[float, float] | None


def depth_profile(frame: RFFrame) -> DepthProfile:
    """Measure a frame's level over depth; a gain that `applied_gain` tells is taken off first."""
    from scipy.ndimage import uniform_filter1d

    depths = frame.depths(frame.samples.shape[1])
    step = depths[1] - depths[0]
    power = np.median(envelope(frame).envelope.astype(np.float64) ** 2, axis=0) / np.log(2)
    power = uniform_filter1d(power, max(1, round(WINDOW / step)), mode="nearest")
    levels = decibels(power)
    noise_depth, noise_level = _noise(depths, levels, FAINTEST_BETA * 2 * frame.center_frequency * 1e-6)
    noise_power = 0.0 if noise_level is None else 10 ** (noise_level / 10)
    echo = (depths >= depths[0] + RING_DOWN * np.ptp(depths)) & (power > 0)
    if noise_level is not None:
        echo &= (depths < noise_depth) & (levels > noise_level + ABOVE_NOISE)
    if np.count_nonzero(echo) < depths.size / 20:
        return DepthProfile(depths, levels, noise_depth, noise_level, None, None, None)
    fitted = depths[echo]
    slope, intercept = np.polyfit(100 * fitted, decibels(power[echo] - noise_power), 1)
    return DepthProfile(
        depths, levels, noise_depth, noise_level, float(slope), float(intercept), (float(fitted[0]), float(fitted[-1]))
    )


def _noise(depths: np.ndarray, levels: np.ndarray, flat: float) -> tuple[float | None, float | None]:
    """Where the noise begins and its level, if the end of the lines is flat (to so many dB/cm) and their beginning above it."""
    level = float(np.median(levels[-max(2, depths.size // 10) :]))
    above = np.flatnonzero(levels > level + 3)
    begin = above[-1] + 1 if above.size else 0
    if begin < RING_DOWN * depths.size or begin > 0.95 * depths.size:
        return None, None
    slope = np.polyfit(100 * depths[begin:], levels[begin:], 1)[0]
    return (float(depths[begin]), level) if abs(slope) <= flat else (None, None)


def equivalent_beta(profile: DepthProfile, center_frequency: float) -> float | None:
    """The attenuation compensation that would make the fitted level flat, in dB/(cm MHz)."""
    return None if profile.slope is None else -profile.slope / (2 * center_frequency * 1e-6)


def spectrum(frame: RFFrame) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies in hertz and the mean power spectrum over all lines, relative to its peak; of complex samples both sides."""
    from scipy.signal import welch

    frequencies, power = welch(
        frame.samples,
        fs=frame.sampling_frequency,
        nperseg=min(256, frame.samples.shape[1]),
        axis=1,
        return_onesided=not frame.is_iq,
    )
    order = np.argsort(frequencies)
    power = power.mean(axis=0)[order]
    return frequencies[order], power / max(power.max(), np.finfo(np.float64).tiny)


def band(frame: RFFrame) -> tuple[float, float, float]:
    """Lower edge, peak and upper edge (-20 dB of the peak) of the mean power spectrum, in hertz."""
    frequencies, power = spectrum(frame)
    strong = np.flatnonzero(power >= power.max() / 100)
    return float(frequencies[strong[0]]), float(frequencies[power.argmax()]), float(frequencies[strong[-1]])


def saturation(frame: RFFrame) -> tuple[float, float]:
    """The largest magnitude of a sample, and the share of samples that have it: many where a converter has clipped."""
    parts = np.stack([frame.samples.real, frame.samples.imag]) if frame.is_iq else frame.samples
    magnitude = np.abs(parts)
    largest = float(magnitude.max())
    return largest, float(np.mean(magnitude >= largest))


def suggested_reference_level(frame: RFFrame) -> float:
    """The level that, subtracted, puts the median of the compensated levels over depth in the middle of the initial window, in dB."""
    depths = frame.depths(frame.samples.shape[1])
    power = np.mean(envelope(frame).envelope.astype(np.float64) ** 2, axis=0)
    gain = 2 * SETTINGS["beta"].initial * frame.center_frequency * 1e-6 * depths * 100
    middle = (SETTINGS["alpha_l"].initial + SETTINGS["alpha_u"].initial) / 2
    return float(np.median(decibels(power) + gain)) - middle


def decibels(power: np.ndarray) -> np.ndarray:
    """10 log10, of nothing a very low level."""
    return 10 * np.log10(np.maximum(power, np.finfo(np.float64).tiny))
