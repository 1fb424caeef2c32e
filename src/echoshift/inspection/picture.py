"""Figures of `echoshift inspect` for one recording or image."""

from dataclasses import asdict
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from echoshift.bmode import GreyLinesFrame
from echoshift.figures.style import LINE_COLOURS, new_figure, rows_used, settings_words, show_image
from echoshift.formats.images.picture import Picture
from echoshift.frame import EnvelopeFrame, RFFrame
from echoshift.inspection.measurements import (
    DepthProfile,
    band,
    decibels,
    depth_profile,
    equivalent_beta,
    spectrum,
    suggested_reference_level,
)
from echoshift.reconstruction.grey_lines_plan import GreyLinesPlan
from echoshift.reconstruction.plan import ReconstructionPlan
from echoshift.reconstruction.plans import Plan
from echoshift.settings import PAPER, SETTINGS

_LOWEST = -60
"""Lower limit of the spectrum plot, in dB relative to the peak."""
_NOISE = "#d4d4d4"
"""Colour of the depths that are noise."""


def frame_figure(frame: RFFrame | EnvelopeFrame, name: str) -> Figure:
    """B-mode at the initial settings, level over depth, and spectrum, which an envelope does not have.

    Parameters
    ----------
    frame : RFFrame or EnvelopeFrame
        Shown at its reference level, or at the suggested one if that is 0, the value of files without one.
    name : str
        Name for the title.
    """
    level = frame.reference_level or round(suggested_reference_level(frame))
    whose = "the file's" if frame.reference_level else "suggested; the file's is 0 dB"
    settings = {name: SETTINGS[name].initial for name in PAPER}
    figure = new_figure(11.5, 5.4, f"{name}: {settings_words(settings)}\nreference level {level:g} dB ({whose})")
    left, right = figure.subfigures(1, 2, width_ratios=(1.15, 1))
    plan = ReconstructionPlan(frame.with_reference_level(level))
    _draw_image(left.subplots(), plan, settings)
    has_spectrum = isinstance(frame, RFFrame)
    over_depth, *over_frequency = np.ravel(right.subplots(2 if has_spectrum else 1, 1))
    _draw_profile(over_depth, depth_profile(frame), frame.center_frequency)
    if has_spectrum:
        _draw_spectrum(over_frequency[0], frame)
    return figure


def grey_lines_figure(frame: GreyLinesFrame, name: str) -> Figure:
    """The picture of lines of grey levels, as they were made."""
    figure = new_figure(6.4, 5.4, f"{name}: {settings_words(asdict(frame.window))}")
    _draw_image(figure.subplots(), GreyLinesPlan(frame), {})
    return figure


def picture_figure(picture: Picture, name: str) -> Figure:
    """An image and its grey-level histogram."""
    figure = new_figure(9.5, 4.2, f"{name}: {picture.format}, {picture.image.shape[0]} x {picture.image.shape[1]}")
    shown, counted = figure.subplots(1, 2, width_ratios=(1.4, 1))
    shown.imshow(picture.image, cmap="gray", vmin=0, vmax=255, interpolation="none")
    shown.tick_params(labelsize=8)
    counted.fill_between(
        np.arange(256), np.bincount(picture.image.ravel(), minlength=256), step="mid", color=LINE_COLOURS[0]
    )
    counted.set(yscale="log", xlim=(0, 255), xlabel="grey level", ylabel="pixels")
    return figure


def _draw_image(axes: Any, plan: Plan, settings: dict[str, float]) -> None:
    image = plan.render(settings)
    last = rows_used(image)
    show_image(axes, image[:last], plan.z[:last], plan.x, plan.grid.unit, cmap="gray", vmin=0, vmax=255)
    axes.set_xlabel("x (cm)", fontsize=9)
    axes.set_ylabel("z (cm)", fontsize=9)
    axes.set_title("B-mode", fontsize=10)


def _draw_profile(axes: Any, profile: DepthProfile, center_frequency: float) -> None:
    axes.plot(100 * profile.depths, profile.levels, color=LINE_COLOURS[0], linewidth=1.2, label="level of most lines")
    if profile.slope is not None:
        ends = np.array(profile.fitted)
        beta = equivalent_beta(profile, center_frequency)
        axes.plot(
            100 * ends,
            profile.intercept + profile.slope * 100 * ends,
            color=LINE_COLOURS[1],
            linewidth=1.6,
            label=f"{profile.slope:+.2f} dB/cm, as beta {beta:.2f} dB/(cm MHz)",
        )
    if profile.noise_depth is not None:
        axes.axvspan(100 * profile.noise_depth, 100 * profile.depths[-1], color=_NOISE, linewidth=0, label="noise")
    axes.set_xlim(100 * profile.depths[0], 100 * profile.depths[-1])
    axes.set_xlabel("depth along the line (cm)", fontsize=9)
    axes.set_ylabel("level (dB)", fontsize=9)
    axes.set_title("level over depth, not compensated", fontsize=10)
    axes.legend(fontsize=8, framealpha=1, edgecolor="none")  # on white, also where it lies over the noise
    axes.tick_params(labelsize=8)


def _draw_spectrum(axes: Any, frame: RFFrame) -> None:
    frequencies, power = spectrum(frame)
    low, peak, high = band(frame)
    axes.plot(frequencies * 1e-6, decibels(power), color=LINE_COLOURS[0], linewidth=1.2)
    axes.axvspan(low * 1e-6, high * 1e-6, color=LINE_COLOURS[0], alpha=0.12, linewidth=0, label="band at -20 dB")
    axes.axvline(peak * 1e-6, color=LINE_COLOURS[2], linewidth=1, label=f"peak, {peak * 1e-6:.2f} MHz")
    if not frame.is_iq:
        stated = frame.center_frequency * 1e-6
        axes.axvline(stated, color=LINE_COLOURS[1], linewidth=1, linestyle="--", label=f"stated centre, {stated:g} MHz")
    axes.set_xlim(frequencies[0] * 1e-6, frequencies[-1] * 1e-6)
    axes.set_ylim(_LOWEST, 3)
    axes.set_xlabel("frequency (MHz)" + (", of complex samples" if frame.is_iq else ""), fontsize=9)
    axes.set_ylabel("power (dB of the peak)", fontsize=9)
    axes.set_title("spectrum of the samples, before any band-pass", fontsize=10)
    axes.legend(fontsize=8, loc="upper right", framealpha=1, edgecolor="none")
    axes.tick_params(labelsize=8)
