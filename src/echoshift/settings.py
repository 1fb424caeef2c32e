"""The image settings that a search may change. The first three use the paper's values (Byra et al. 2020, II.B and II.D).

`echoshift.reconstruction.plan` documents what the chain does with them and in which order.
"""

from dataclasses import dataclass
from math import floor, inf, isfinite
from typing import Literal

from pydantic import Field

from echoshift.validation import Finite, Strict

DECIMALS = 6
"""Decimals to which settings are rounded before they are used, compared or written."""

Kind = Literal["continuous", "integer", "odd integer"]
SPACING = {"continuous": 0, "integer": 1, "odd integer": 2}
"""Distance between neighbouring allowed values."""


@dataclass(frozen=True)
class Setting:
    """One image setting.

    Attributes
    ----------
    name, symbol, unit, long_name : str
        The symbol is used in figures.
    kind : str
        `continuous`, `integer` (whole numbers) or `odd integer` (1, 3, 5, ...).
    initial : float
        Default value for reconstructing a study's frames. Except for the paper's three settings it is neutral: the
        chain gives the same image without the setting.
    low, high : float
        Search bounds.
    step : float
        Step of the central differences.
    rate : float
        Step of one sign-descent iteration, also the unit in which displacements are reported.
    least, most : float
        Limits of meaningful values. No configuration may exceed them.
    """

    name: str
    symbol: str
    unit: str
    kind: Kind
    long_name: str
    initial: float
    low: float
    high: float
    step: float
    rate: float
    least: float = -inf
    most: float = inf


def nearest(kind: Kind, value: float) -> float:
    """Round to the nearest value that a kind allows. Ties round up."""
    if kind == "odd integer":
        return 2.0 * floor(value / 2) + 1
    return float(floor(value + 0.5)) if kind == "integer" else value


def complaint(name: str, value: float) -> str | None:
    """Describe the values a setting allows, or return None if `value` is one of them."""
    setting = SETTINGS[name]
    if not (isfinite(value) and setting.least <= value <= setting.most):
        bounds = f"{setting.least:g} to {setting.most:g} {setting.unit}".rstrip()
        return bounds if isfinite(setting.most) else "a finite number"
    if nearest(setting.kind, value) != value:
        return "an odd whole number" if setting.kind == "odd integer" else "a whole number"
    return None


SLIDERS = 8
"""Number of depth-gain sliders on a scanner's console."""

SETTINGS = {
    setting.name: setting
    for setting in (
        Setting("beta", "β", "dB/(cm MHz)", "continuous", "attenuation compensation", 0.9, 0.5, 1.3, 0.05, 0.05),
        Setting("alpha_l", "αₗ", "dB", "continuous", "lower threshold of the log compression", 10.0, 5.0, 15.0, 0.1, 0.5),
        Setting("alpha_u", "αᵤ", "dB", "continuous", "upper threshold of the log compression", 55.0, 50.0, 60.0, 0.1, 0.5),
        # Moves both thresholds together. The paper's bounds allow 5 dB for each.
        Setting("gain", "G", "dB", "continuous", "overall gain", 0.0, -5.0, 5.0, 0.1, 0.5, -60, 60),
        # Our choice: three standard deviations of the simulated operator's sliders (2 dB, `echoshift.phantom.tissues`).
        *(
            Setting(
                f"tgc_{i}", f"T{i}", "dB", "continuous", f"depth gain, slider {i} of {SLIDERS}",
                0.0, -6.0, 6.0, 0.1, 0.5, -60, 60,
            )
            for i in range(1, SLIDERS + 1)
        ),
        # Our choice: from half to double the exponent.
        Setting("gamma", "γ", "", "continuous", "exponent of the grey curve", 1.0, 0.5, 2.0, 0.02, 0.05, 0.1, 10),
        # The simulated scanner uses 0.35 (`echoshift.phantom.tissues`). Below -2 and above 1 the curve is no longer monotonic.
        Setting("s_curve", "S", "", "continuous", "strength of the S of the grey curve", 0.0, -0.5, 0.5, 0.02, 0.05, -2, 1),
        # The simulated scanner uses 0.8 pixels. The step is long because a Gaussian below 0.3 changes almost no 8-bit level.
        Setting("smoothing", "σ", "pixel", "continuous", "smoothing of the picture", 0.0, 0.0, 2.0, 0.5, 0.25, 0, 20),
        # Our choice: up to three pixels on each side.
        Setting("median", "M", "pixel", "odd integer", "width of the median filter", 1, 1, 7, 2, 2, 1, 31),
        # Our choice: one step of a depth knob, such as from 16 cm to 13 or 20 cm.
        Setting("image_scale", "Z", "", "continuous", "zoom of the picture", 1.0, 0.8, 1.25, 0.01, 0.02, 0.25, 4),
        # 1450 to 1620 m/s if the frame assumes 1540: about 1460 in fat, 1570 to 1590 in liver, 1580 in muscle
        # (PMC10001275, table 4; PMC10346919; Ultrasonic Imaging 1984;6:117).
        Setting(
            "sound_speed_ratio", "c/c₀", "", "continuous", "speed of sound over the frame's own",
            1.0, 0.941558, 1.051948, 0.002, 0.005, 0.9, 1.1,
        ),
    )
}  # fmt: skip

SettingName = Literal[tuple(SETTINGS)]


class Bounds(Strict):
    """Bounds of one setting of a configuration. An omitted bound is the setting's default."""

    min: Finite | None = Field(None, description="lower bound, in the setting's unit")
    max: Finite | None = Field(None, description="upper bound, in the setting's unit")


PAPER = ("beta", "alpha_l", "alpha_u")
"""The settings that every reconstruction requires and that attacks change by default."""
BEFORE_DETECTION = "sound_speed_ratio"
"""The setting that acts before detection and so cannot be moved on grey levels."""
SLIDER_NAMES = tuple(f"tgc_{i}" for i in range(1, SLIDERS + 1))
