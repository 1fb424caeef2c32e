"""The simulated scanners that record RF: probe, band, depth, level and noise.

Sources as in `echoshift.phantom.tissues`, and `HDI`: the probe HDI C5-2 as Verasonics' `computeTrans` describes it (128
elements, 2 to 4.5 MHz). Imports no NumPy, because planning the workflow imports this module.
"""

from collections.abc import Mapping

from echoshift.phantom.tissues import PROBE, Number

USUAL = "C5-2v"
"""The scanner of the default study's frames."""

SCANNERS: Mapping[str, Mapping[str, Number]] = {
    USUAL: PROBE,
    "HDI-C5-2": {
        "apex_radius": Number(0.041219, "m", "HDI"),
        "field_of_view": Number(74.95, "degrees", "HDI: pitch 0.425 mm"),
        "center_frequency": Number(3.2143e6, "Hz", "HDI"),
        "relative_bandwidth": Number(0.20, "1", "picture: a pulse longer than the shortest that the probe allows"),
        "sampling_frequency": Number(12.5e6, "Hz", "picture: with 2048 samples"),
        "samples": Number(2048, "1", "picture: 12.6 cm, as a higher frequency penetrates less"),
        "sound_speed": PROBE["sound_speed"],
        "aperture": Number(20.4e-3, "m", "HDI: 48 elements"),
        "f_number": Number(2.2, "1", "picture: smallest"),
        "focus": Number(60e-3, "m", "picture: transmit focus", sd=8e-3, low=45e-3, high=80e-3),
        "elevation_aperture": Number(12e-3, "m", "textbook: abdominal convex probes 11 to 14 mm"),
        "elevation_focus": Number(60e-3, "m", "textbook: lens of abdominal convex probes 6 to 8 cm"),
        "cortex_level": Number(25.0, "dB", "picture: a receiver with more gain"),
        "noise": Number(-40.0, "dB", "picture: the same receiver", sd=2.0, low=-45, high=-35),
    },
}
"""By name, each with the entries of PROBE in `echoshift.phantom.tissues`."""
