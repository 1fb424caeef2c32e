"""The image settings that a search may move: one entry each, with the paper's numbers (Byra et al. 2020, II.B and II.D)."""

from dataclasses import dataclass
from typing import Literal

DECIMALS = 6
"""Settings are rounded to this many decimals before they are used, compared or written."""


@dataclass(frozen=True)
class Setting:
    """One image setting.

    Attributes
    ----------
    name, symbol, unit, long_name : str
        The symbol is for figures.
    kind : str
        `continuous`, or `integer`: whole numbers alone.
    initial : float
        Value at which a study reconstructs its frames unless it says otherwise.
    low, high : float
        Bounds within which a search may move it.
    step : float
        Distance of the probes of a central difference.
    rate : float
        How far one iteration of the sign descent moves it; also the unit in which displacements are reported.
    """

    name: str
    symbol: str
    unit: str
    kind: Literal["continuous", "integer"]
    long_name: str
    initial: float
    low: float
    high: float
    step: float
    rate: float


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
    )
}
