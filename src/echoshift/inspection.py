"""What can be read off one recording, in words."""

import numpy as np

from echoshift.frame import RFFrame
from echoshift.reconstruction.envelope import envelope
from echoshift.settings import SETTINGS


def facts(frame: RFFrame) -> dict[str, str]:
    """Describe a recording.

    Returns
    -------
    dict
        Name to value with its unit: size, depth, geometry, band, level over depth, saturation, suggested reference level.
    """
    depths = frame.depths(frame.samples.shape[1])
    low, peak, high = band(frame)
    levels = level_over_depth(frame)
    compensated = levels + 2 * SETTINGS["beta"].initial * frame.center_frequency * 1e-6 * depths * 100
    return {
        "size": f"{frame.samples.shape[0]} lines x {frame.samples.shape[1]} samples",
        "geometry": frame.geometry.words,
        "depth": f"{depths[0] * 1e3:.1f} to {depths[-1] * 1e3:.1f} mm at {frame.sound_speed:g} m/s",
        "sampling frequency": f"{frame.sampling_frequency * 1e-6:g} MHz",
        "centre frequency": f"{frame.center_frequency * 1e-6:g} MHz, as stated",
        "band": f"{low * 1e-6:.2f} to {high * 1e-6:.2f} MHz at -20 dB, peak at {peak * 1e-6:.2f} MHz, as measured",
        "band-pass": f"{frame.band_pass[0] * 1e-6:g} to {frame.band_pass[1] * 1e-6:g} MHz"
        if frame.band_pass
        else "none",
        "amplitude": f"{frame.samples.min():.6g} to {frame.samples.max():.6g}",
        "level over depth": ", ".join(f"{depths[i] * 1e3:.0f} mm: {levels[i]:.1f} dB" for i in _spread(depths.size)),
        "reference level": f"{frame.reference_level:g} dB, as stated",
        "suggested reference level": f"{suggested_reference_level(compensated):.0f} dB (for the whole cohort, not for each frame)",
        "regions": ", ".join(frame.regions) or "none",
        "metadata": ", ".join(f"{name} {value}" for name, value in frame.metadata.items()) or "none",
    }


def band(frame: RFFrame) -> tuple[float, float, float]:
    """Lower edge, peak and upper edge (-20 dB of the peak) of the mean power spectrum, in hertz."""
    from scipy.signal import welch

    frequencies, power = welch(
        frame.samples, fs=frame.sampling_frequency, nperseg=min(256, frame.samples.shape[1]), axis=1
    )
    power = power.mean(axis=0)
    strong = np.flatnonzero(power >= power.max() / 100)
    return float(frequencies[strong[0]]), float(frequencies[power.argmax()]), float(frequencies[strong[-1]])


def level_over_depth(frame: RFFrame) -> np.ndarray:
    """Root mean square of the envelope over the lines, not compensated, in dB, shape (sample,)."""
    power = np.mean(envelope(frame).envelope.astype(np.float64) ** 2, axis=0)
    return 10 * np.log10(np.maximum(power, np.finfo(np.float64).tiny))


def suggested_reference_level(compensated: np.ndarray) -> float:
    """The level that, subtracted, puts the median of the compensated levels (dB) in the middle of the initial window."""
    return float(np.median(compensated)) - (SETTINGS["alpha_l"].initial + SETTINGS["alpha_u"].initial) / 2


def _spread(n: int) -> list[int]:
    return [round(share * (n - 1)) for share in (0.1, 0.3, 0.5, 0.7, 0.9)]
