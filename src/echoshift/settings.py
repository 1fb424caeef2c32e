"""The image settings that a search may move: one entry each; the first three with the paper's numbers (Byra et al. 2020, II.B and II.D).

What the chain does with them, and in which order, stands in `echoshift.reconstruction.plan`.
"""

from dataclasses import dataclass
from math import floor, inf, isfinite
from typing import Literal

DECIMALS = 6
"""Settings are rounded to this many decimals before they are used, compared or written."""

Kind = Literal["continuous", "integer", "odd integer"]
SPACING = {"continuous": 0, "integer": 1, "odd integer": 2}
"""From one allowed value to the next."""


@dataclass(frozen=True)
class Setting:
    """One image setting.

    Attributes
    ----------
    name, symbol, unit, long_name : str
        The symbol is for figures.
    kind : str
        `continuous`; `integer`: whole numbers alone; `odd integer`: 1, 3, 5 and so on.
    initial : float
        Value at which a study reconstructs its frames unless it says otherwise; but for the paper's three it is
        neutral: the chain is the same without the setting.
    low, high : float
        Bounds within which a search may move it.
    step : float
        Distance of the probes of a central difference.
    rate : float
        How far one iteration of the sign descent moves it; also the unit in which displacements are reported.
    least, most : float
        Values beyond which it means nothing, whatever a configuration says.
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
    """The nearest value that a kind allows; halfway the upper one."""
    if kind == "odd integer":
        return 2.0 * floor(value / 2) + 1
    return float(floor(value + 0.5)) if kind == "integer" else value


def complaint(name: str, value: float) -> str | None:
    """What was expected of a setting instead of this value; None where it can have it."""
    setting = SETTINGS[name]
    if not (isfinite(value) and setting.least <= value <= setting.most):
        bounds = f"{setting.least:g} to {setting.most:g} {setting.unit}".rstrip()
        return bounds if isfinite(setting.most) else "a finite number"
    if nearest(setting.kind, value) != value:
        return "an odd whole number" if setting.kind == "odd integer" else "a whole number"
    return None


SLIDERS = 8
"""Of the depth gain on a scanner's console."""

SETTINGS = {
    setting.name: setting
    for setting in (
        Setting("beta", "β", "dB/(cm MHz)", "continuous", "attenuation compensation", 0.9, 0.5, 1.3, 0.05, 0.05),
        Setting(
            "alpha_l", "αₗ", "dB", "continuous", "lower threshold of the log compression", 10.0, 5.0, 15.0, 0.1, 0.5
        ),
        Setting(
            "alpha_u", "αᵤ", "dB", "continuous", "upper threshold of the log compression", 55.0, 50.0, 60.0, 0.1, 0.5
        ),
        # Moves both thresholds at once: the paper's box lets each go by 5 dB.
        Setting("gain", "G", "dB", "continuous", "overall gain", 0.0, -5.0, 5.0, 0.1, 0.5, -60, 60),
        # Our choice: three standard deviations of the simulated operator's sliders (2 dB, `echoshift.phantom.tissues`).
        *(
            Setting(
                f"tgc_{i}", f"T{i}", "dB", "continuous", f"depth gain, slider {i} of {SLIDERS}",
                0.0, -6.0, 6.0, 0.1, 0.5, -60, 60,
            )
            for i in range(1, SLIDERS + 1)
        ),
        # Our choice: from half the exponent to double.
        Setting("gamma", "γ", "", "continuous", "exponent of the grey curve", 1.0, 0.5, 2.0, 0.02, 0.05, 0.1, 10),
        # The simulated scanner has 0.35 (`echoshift.phantom.tissues`). Below -2 and above 1 the curve would no longer rise everywhere.
        Setting("s_curve", "S", "", "continuous", "strength of the S of the grey curve", 0.0, -0.5, 0.5, 0.02, 0.05, -2, 1),
        # The simulated scanner has 0.8 pixels. Below 0.3 a Gaussian leaves nearly all levels of 8 bits as they are: hence the
        # long step.
        Setting("smoothing", "σ", "pixel", "continuous", "smoothing of the picture", 0.0, 0.0, 2.0, 0.5, 0.25, 0, 20),
        # Our choice: up to three pixels to each side.
        Setting("median", "M", "pixel", "odd integer", "width of the median filter", 1, 1, 7, 2, 2, 1, 31),
        # Our choice: a depth knob's next step, such as from 16 cm to 13 or to 20.
        Setting("image_scale", "Z", "", "continuous", "zoom of the picture", 1.0, 0.8, 1.25, 0.01, 0.02, 0.25, 4),
        # 1450 to 1620 m/s where the frame assumes 1540: fat has about 1460, liver 1570 to 1590, muscle 1580
        # (PMC10001275, table 4; PMC10346919; Ultrasonic Imaging 1984;6:117).
        Setting(
            "sound_speed_ratio", "c/c₀", "", "continuous", "speed of sound over the frame's own",
            1.0, 0.941558, 1.051948, 0.002, 0.005, 0.9, 1.1,
        ),
    )
}  # fmt: skip

PAPER = ("beta", "alpha_l", "alpha_u")
"""The settings that every reconstruction needs and that an attack moves unless it names others."""
SLIDER_NAMES = tuple(f"tgc_{i}" for i in range(1, SLIDERS + 1))
