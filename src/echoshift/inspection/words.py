"""Contents of a file as text: name to value with unit."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from echoshift.bmode import BLACK, WHITE, GreyLinesFrame
from echoshift.formats import format_of
from echoshift.formats.images.picture import Picture
from echoshift.frame import EnvelopeFrame, RFFrame
from echoshift.inspection.measurements import (
    FAINTEST_BETA,
    DepthProfile,
    band,
    depth_profile,
    equivalent_beta,
    likeness,
    mean_frequency,
    saturation,
    suggested_reference_level,
)

CLIPPED = 1e-3
"""Fraction of samples at the largest magnitude above which a recording counts as clipped."""


def frame_facts(frame: RFFrame | EnvelopeFrame, path: str | Path) -> dict[str, str]:
    """Describe a frame.

    Parameters
    ----------
    frame : RFFrame or EnvelopeFrame
    path : path
        The file it was read from.
    """
    profile = depth_profile(frame)
    depths, levels = profile.depths, profile.levels
    places = [round(share * (depths.size - 1)) for share in (0.1, 0.3, 0.5, 0.7, 0.9)]
    metadata = dict(frame.metadata)
    number, n_frames = metadata.pop("frame", 0), metadata.pop("frames", 1)
    metadata.pop("format", None)
    return {
        "format": format_of(path),
        "frame": f"{number} of {n_frames} (counted from 0)" if n_frames > 1 else "the only one",
        "samples": f"{_kind_words(frame)}, {frame.geometry.n_lines} lines x {depths.size} samples",
        "geometry": frame.geometry.words,
        "depth": f"{depths[0] * 1e3:.1f} to {depths[-1] * 1e3:.1f} mm at {frame.sound_speed:g} m/s",
        "sampling frequency": f"{frame.sampling_frequency * 1e-6:g} MHz",
        "centre frequency": f"{frame.center_frequency * 1e-6:g} MHz, as stated",
        "band": _band_words(frame) if isinstance(frame, RFFrame) else "none: an envelope has lost it",
        "band-pass": f"{frame.band_pass[0] * 1e-6:g} to {frame.band_pass[1] * 1e-6:g} MHz"
        if frame.band_pass
        else "none",
        "amplitude": _amplitude_words(frame),
        "level over depth": ", ".join(f"{depths[i] * 1e3:.0f} mm: {levels[i]:.1f} dB" for i in places),
        "noise": f"from {profile.noise_depth * 1e3:.0f} mm, at {profile.noise_level:.1f} dB"
        if profile.noise_depth is not None
        else "not reached within the depth",
        "trend over depth": _trend_words(profile, frame),
        "gain over depth": _gain_words(profile, frame),
        "reference level": f"{frame.reference_level:g} dB, as stated",
        "suggested reference level": f"{suggested_reference_level(frame):.0f} dB (for the whole cohort, not for each frame)",
        "regions": ", ".join(frame.regions) or "none",
        "metadata": ", ".join(f"{name} {value}" for name, value in metadata.items()) or "none",
    }


def grey_lines_facts(frame: GreyLinesFrame, path: str | Path) -> dict[str, str]:
    """Describe lines of grey levels, read from a file."""
    depths, window = frame.sample_depths, frame.window
    return {
        "format": format_of(path),
        "samples": f"8-bit grey levels, {frame.geometry.n_lines} lines x {depths.size} samples",
        "geometry": frame.geometry.words,
        "depth": f"{depths[0] * 1e3:.1f} to {depths[-1] * 1e3:.1f} mm at {frame.sound_speed:g} m/s",
        "centre frequency": f"{frame.center_frequency * 1e-6:g} MHz, as stated",
        "made with": f"{window.alpha_l:g} to {window.alpha_u:g} dB, beta {window.beta:g} dB/(cm MHz), as stated",
        "black and white": ", ".join(f"{100 * np.mean(frame.grey == level):.1f} %" for level in (BLACK, WHITE)),
    }


def reading_facts(readings: Mapping[str, np.ndarray], frame: RFFrame) -> dict[str, str]:
    """What speaks for each type that a file's samples may have, one line each.

    Parameters
    ----------
    readings : mapping
        Samples (line, sample) by type, from `echoshift.formats.readings`.
    frame : RFFrame
        The frame as it was opened.
    """
    return {f"read as {name}": _reading_words(samples, frame) for name, samples in readings.items()}


def picture_facts(picture: Picture) -> dict[str, str]:
    """Describe an image."""
    image = picture.image
    shares = f"{np.mean(image == 0):.1%} black, {np.mean(image == 255):.1%} white"
    return {
        "format": picture.format,
        "size": f"{image.shape[0]} rows x {image.shape[1]} columns",
        "greys": f"{image.min()} to {image.max()}, mean {image.mean():.1f}, {shares}",
        **picture.about,
    }


def _kind_words(frame: RFFrame | EnvelopeFrame) -> str:
    if isinstance(frame, EnvelopeFrame):
        return "envelope (detected, linear)"
    return "complex (IQ or analytic)" if frame.is_iq else "real RF"


def _reading_words(samples: np.ndarray, frame: RFFrame) -> str:
    """Where the power lies and how alike lines are, for samples (line, sample) that may be read wrongly."""
    # Two values that may be one complex sample are half as far apart as samples.
    rate = frame.sampling_frequency * samples.shape[1] / frame.samples.shape[1]
    found, stated = mean_frequency(samples, rate) * 1e-6, frame.center_frequency * 1e-6
    if samples.dtype.kind == "c":
        kind, near, expected = "complex", 0.0, "baseband: near 0"
        alike = (
            f"I and Q are alike by {likeness(samples.real, samples.imag):.2f} (IQ: little; pairs of real lines: much)"
        )
    else:
        kind, near, expected = "real", stated, f"RF: near {stated:g}"
        alike = f"neighbouring lines are alike by {likeness(samples[:-1], samples[1:]):.2f} (RF: much; I and Q: little)"
    speaks = "for" if abs(found - near) < stated / 2 else "against"
    return f"{len(samples)} {kind} lines; mean frequency {found:.2f} MHz, speaks {speaks} it ({expected}); {alike}"


def _band_words(frame: RFFrame) -> str:
    low, peak, high = (value * 1e-6 for value in band(frame))
    about = "; 0 is the carrier if the samples are baseband" if frame.is_iq else ""
    return f"{low:.2f} to {high:.2f} MHz at -20 dB, peak at {peak:.2f} MHz, as measured{about}"


def _amplitude_words(frame: RFFrame | EnvelopeFrame) -> str:
    largest, share = saturation(frame)
    clipped = ": clipped, the envelope is wrong there" if share > CLIPPED and largest else ""
    return f"up to {largest:.6g}, reached by {share:.2g} of all samples{clipped}"


def _trend_words(profile: DepthProfile, frame: RFFrame | EnvelopeFrame) -> str:
    if profile.slope is None:
        return "too little depth above the noise"
    first, last = (depth * 1e3 for depth in profile.fitted)
    beta = equivalent_beta(profile, frame.center_frequency)
    return f"{profile.slope:+.2f} dB/cm between {first:.0f} and {last:.0f} mm; a beta of {beta:.2f} dB/(cm MHz) would flatten it"


def _gain_words(profile: DepthProfile, frame: RFFrame | EnvelopeFrame) -> str:
    if frame.applied_gain is not None:
        low, high = frame.applied_gain.min(), frame.applied_gain.max()
        return f"{low:.1f} to {high:.1f} dB applied by the scanner, as stated; removed here and in every reconstruction"
    beta = equivalent_beta(profile, frame.center_frequency)
    if beta is None:
        return "none stated"
    if beta < FAINTEST_BETA:
        return "none stated, but the level falls less than in tissue: a gain seems to have been applied already"
    return "none stated, and none seems to have been applied"
