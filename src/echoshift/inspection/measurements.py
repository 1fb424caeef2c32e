"""Measurements on one recording: frequency band, level over depth, start of the noise."""

from dataclasses import dataclass

import numpy as np

from echoshift.frame import EnvelopeFrame, RFFrame
from echoshift.reconstruction.envelope import envelope
from echoshift.settings import SETTINGS

WINDOW = 2e-3
"""Metres over which levels are averaged before they are evaluated."""

RING_DOWN = 0.1
"""Fraction of the depth next to the transducer face that is excluded from the fit."""

ABOVE_NOISE = 6.0
"""Decibels above the noise at which a level counts as echo."""

FARTHEST_SHIFT = 8
"""Samples by which an echo may be shifted from one line to the next when they are compared."""

FAINTEST_BETA = 0.25
"""dB/(cm MHz). A weaker decay is not tissue: it is noise, or a depth gain has been applied."""


@dataclass(frozen=True, eq=False)
class DepthProfile:
    """Uncompensated level over depth, and the values derived from it.

    Attributes
    ----------
    depths, levels : ndarray, (sample,)
        Depth below the transducer face along the lines, in metres, and the typical level there in dB, averaged over
        `WINDOW`: the median of the envelope's power over the lines, scaled to the mean of speckle with this median.
        A plain mean would be dominated by a few bright structures.
    noise_depth : float or None
        Depth at which the level falls to within 3 dB of a flat end, in metres; None if it does not.
    noise_level : float or None
        Level of that flat end, in dB.
    slope : float or None
        Slope of the level between ring-down and noise, noise power subtracted, in dB/cm; None if too little depth is left.
    intercept : float or None
        Fitted level at the transducer face, in dB.
    fitted : (float, float) or None
        Depth range of the fit, in metres.
    """

    depths: np.ndarray
    levels: np.ndarray
    noise_depth: float | None
    noise_level: float | None
    slope: float | None
    intercept: float | None
    fitted: tuple[float, float] | None


def depth_profile(frame: RFFrame | EnvelopeFrame) -> DepthProfile:
    """Measure a frame's level over depth, after removing the gain given by `applied_gain`."""
    from scipy.ndimage import uniform_filter1d

    detected = envelope(frame)
    depths = detected.sample_depths
    step = depths[1] - depths[0]
    power = np.median(detected.envelope.astype(np.float64) ** 2, axis=0) / np.log(2)
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
    """Depth and level of the noise, if the lines end flat (within `flat` dB/cm) and start above that level."""
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
    """Frequencies (Hz) and mean power spectrum over all lines, relative to its peak; two-sided for complex samples."""
    return spectrum_of(frame.samples, frame.sampling_frequency)


def spectrum_of(samples: np.ndarray, sampling_frequency: float) -> tuple[np.ndarray, np.ndarray]:
    """The same of samples (line, sample)."""
    from scipy.signal import welch

    frequencies, power = welch(
        samples,
        fs=sampling_frequency,
        nperseg=min(256, samples.shape[1]),
        axis=1,
        return_onesided=samples.dtype.kind != "c",
    )
    order = np.argsort(frequencies)
    power = power.mean(axis=0)[order]
    return frequencies[order], power / max(power.max(), np.finfo(np.float64).tiny)


def mean_frequency(samples: np.ndarray, sampling_frequency: float) -> float:
    """Mean distance of the power of samples (line, sample) from frequency 0, in hertz."""
    frequencies, power = spectrum_of(samples, sampling_frequency)
    return float(np.average(np.abs(frequencies), weights=power + np.finfo(np.float64).tiny))


def band(frame: RFFrame) -> tuple[float, float, float]:
    """Lower edge, peak and upper edge of the mean power spectrum, in hertz; the edges are 20 dB below the peak."""
    frequencies, power = spectrum(frame)
    strong = np.flatnonzero(power >= power.max() / 100)
    return float(frequencies[strong[0]]), float(frequencies[power.argmax()]), float(frequencies[strong[-1]])


def likeness(first: np.ndarray, second: np.ndarray) -> float:
    """How alike pairs of lines (line, sample) are but for a shift: 1 if they are the same, near 0 if they have nothing in common.

    The largest cross-correlation of each pair over shifts up to `FARTHEST_SHIFT`, over all pairs, relative to their power.
    """
    first, second = (lines.astype(np.complex128) for lines in (first, second))  # integers would overflow
    shifts = min(FARTHEST_SHIFT, first.shape[1] - 1)
    padding = ((0, 0), (0, shifts))
    spectra = np.fft.fft(np.pad(first, padding)) * np.conj(np.fft.fft(np.pad(second, padding)))
    correlation = np.abs(np.fft.ifft(spectra))
    within = np.concatenate([correlation[:, : shifts + 1], correlation[:, correlation.shape[1] - shifts :]], axis=1)
    power = np.sqrt(np.sum(np.abs(first) ** 2, axis=1) * np.sum(np.abs(second) ** 2, axis=1)).sum()
    return float(within.max(axis=1).sum() / max(power, np.finfo(np.float64).tiny))


def saturation(frame: RFFrame | EnvelopeFrame) -> tuple[float, float]:
    """The largest sample magnitude, and the fraction of samples that reach it, which is high after clipping."""
    values = frame.samples if isinstance(frame, RFFrame) else frame.envelope
    parts = np.stack([values.real, values.imag]) if values.dtype.kind == "c" else values
    magnitude = np.abs(parts)
    largest = float(magnitude.max())
    return largest, float(np.mean(magnitude >= largest))


def suggested_reference_level(frame: RFFrame | EnvelopeFrame) -> float:
    """Level (dB) whose subtraction puts the median of the compensated levels over depth in the middle of the initial window."""
    detected = envelope(frame)
    power = np.mean(detected.envelope.astype(np.float64) ** 2, axis=0)
    gain = 2 * SETTINGS["beta"].initial * frame.center_frequency * 1e-6 * detected.sample_depths * 100
    middle = (SETTINGS["alpha_l"].initial + SETTINGS["alpha_u"].initial) / 2
    return float(np.median(decibels(power) + gain)) - middle


def decibels(power: np.ndarray) -> np.ndarray:
    """10 log10 of the power; a very low level for zero."""
    return 10 * np.log10(np.maximum(power, np.finfo(np.float64).tiny))
