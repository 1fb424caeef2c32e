"""One simulated patient, drawn from (seed, id, label) only, independently of other patients and of the order."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.phantom.fat_limits import wrong_limits
from echoshift.phantom.scanners import SCANNERS, USUAL
from echoshift.phantom.tissues import ANATOMY, CHANCES, ECHO, PATIENT, TISSUES, Number

STEATOSIS = 5.0
"""Fat fraction, in %, above which a liver is labelled fatty."""


@dataclass(frozen=True)
class Patient:
    """Parameters of one patient.

    Attributes
    ----------
    identity : str
        Identifier of the frame or image.
    label : int
        0 for a healthy liver, 1 for a fatty one (fat fraction above `STEATOSIS`). If fatty livers are divided by their fat
        fraction, 1 for the mildest.
    seed : int
        Seed of the cohort.
    fat_fraction : float
        Fat fraction of the liver, in %.
    attenuation : float
        One-way attenuation of the liver, in dB/(cm MHz).
    level : float
        Backscatter level of the liver, in dB relative to renal cortex.
    gain : float
        Coupling and system gain, in dB.
    sizes : mapping of str to float
        A value for every entry of `ANATOMY`, in metres or radians.
    present : mapping of str to bool
        Whether this patient has each entry of `CHANCES`.
    imaging : mapping of str to float
        Focus, noise, reverberation, haze and pedestal of this recording, in the table's units.
    fat_limits : tuple of float
        Fat fractions, in %, that divide the fatty livers into classes.
    scanner : str
        Name in `SCANNERS` of the scanner that records.
    """

    identity: str
    label: int
    seed: int
    fat_fraction: float
    attenuation: float
    level: float
    gain: float
    sizes: Mapping[str, float]
    present: Mapping[str, bool]
    imaging: Mapping[str, float]
    fat_limits: tuple[float, ...] = ()
    scanner: str = USUAL

    def generator(self, purpose: str) -> np.random.Generator:
        """This patient's random stream for one purpose, independent of the streams for other purposes."""
        return _generator(self.seed, self.identity, self.label, purpose)


def draw_patient(
    identity: str, label: int, seed: int, fat_limits: Sequence[float] = (), scanner: str = USUAL
) -> Patient:
    """Draw a patient from an identifier, a label and a seed, as described in `Patient`.

    `fat_limits`, in % and ascending, divide the fatty livers into classes with the labels 1, 2, ... `scanner`, an entry of
    `SCANNERS`, changes nothing but noise and focus of the recording.
    """
    if not identity:
        raise EchoShiftError("id: found an empty text, expected an identifier")
    if wrong := wrong_limits(fat_limits):
        raise EchoShiftError(f"fat limits: found {', '.join(f'{limit:g}' for limit in fat_limits)}, expected {wrong}")
    if label not in range(len(fat_limits) + 2):
        fatty = "1 (fatty)" if not fat_limits else f"1 to {len(fat_limits) + 1} (fatty)"
        raise EchoShiftError(f"label: found {label!r}, expected 0 (healthy) or {fatty}")
    if scanner not in SCANNERS:
        raise EchoShiftError(f"scanner: found {scanner!r}, expected one of {', '.join(SCANNERS)}")
    rng = _generator(seed, identity, label, "liver")
    fat = _fat_fraction(rng, label, fat_limits)
    liver = TISSUES["liver"]
    rise = min(PATIENT["level_per_fat"].value * fat, PATIENT["level_rise_highest"].value)
    attenuation = liver.attenuation + PATIENT["attenuation_per_fat"].value * fat
    attenuation += draw(PATIENT["attenuation_residual"], rng)
    level = liver.level + rise + draw(PATIENT["level_residual"], rng)
    gain = draw(PATIENT["gain"], rng)
    # Separate streams, so that a change to the liver's table does not change the anatomy.
    body = _generator(seed, identity, label, "anatomy")
    device = _generator(seed, identity, label, "imaging")
    imaging = {
        name: draw((ECHO | SCANNERS[scanner])[name], device)
        for name in ("noise", "reverberation", "haze", "pedestal", "focus")
    }
    return Patient(
        identity=identity,
        label=int(label),
        seed=int(seed),
        fat_fraction=fat,
        attenuation=attenuation,
        level=level,
        gain=gain,
        sizes={name: draw(number, body) for name, number in ANATOMY.items()},
        present={name: bool(body.random() < chance.value) for name, chance in CHANCES.items()},
        imaging=imaging,
        fat_limits=tuple(fat_limits),
        scanner=scanner,
    )


def draw(number: Number, rng: np.random.Generator) -> float:
    """Draw one patient's value of a number from the table."""
    return float(np.clip(rng.normal(number.value, number.sd), number.low, number.high))


def _fat_fraction(rng: np.random.Generator, label: int, limits: Sequence[float]) -> float:
    value = {name: number.value for name, number in PATIENT.items()}
    if label == 0:
        return float(rng.uniform(value["healthy_fat_low"], value["healthy_fat_high"]))
    low, high = ((0.0, *limits, inf)[end] for end in (label - 1, label))
    while True:  # the distribution of all fatty livers, between the limits of this class
        fat = value["fatty_fat_start"] + rng.gamma(value["fatty_fat_shape"], value["fatty_fat_scale"])
        if low <= fat < high:
            return float(min(fat, value["fat_highest"]))


def _generator(seed: int, identity: str, label: int, purpose: str) -> np.random.Generator:
    text = f"echoshift/{int(seed)}/{int(label)}/{purpose}/{identity}"
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big"))
