"""Simulated patients: RF frames for the second cohort, of any scanner, and 8-bit images for the first."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from echoshift.frame import RFFrame
from echoshift.geometry import ConvexGeometry
from echoshift.phantom.anatomy import build_body
from echoshift.phantom.echo import make_probe, receive
from echoshift.phantom.patient import Patient, draw_patient
from echoshift.phantom.scanner import scanner_image
from echoshift.phantom.scanners import SCANNERS, USUAL
from echoshift.phantom.scatter import scatterers
from echoshift.phantom.tissues import ECHO, SCANNER, Number
from echoshift.records.provenance import provenance


def simulate_frame(
    frame_id: str,
    label: int,
    seed: int,
    lines: int = 192,
    samples: int = 2048,
    fat_limits: Sequence[float] = (),
    scanner: str = USUAL,
) -> RFFrame:
    """Simulate a patient of the second cohort.

    Parameters
    ----------
    frame_id : str
        Identifier. Together with label and seed it determines the frame.
    label : int
        0 for a healthy liver, 1 for a fatty one, or 1, 2, ... for the classes between the limits.
    seed : int
        Seed of the cohort.
    lines, samples : int
        Size of the frame. Fewer samples mean a lower sampling frequency over the same depth.
    fat_limits : sequence of float
        Fat fractions in %, ascending, that divide the fatty livers into classes.
    scanner : str
        Name in `SCANNERS`. The same patient looks the same to all of them.

    Returns
    -------
    RFFrame
        With regions `liver` and `cortex`. The metadata mark it as simulated and hold the patient's ground truth.
    """
    return _record(draw_patient(frame_id, label, seed, fat_limits, scanner), lines, samples, SCANNERS[scanner])


def simulate_image(
    image_id: str, label: int, seed: int, lines: int = 192, samples: int = 2048, fat_limits: Sequence[float] = ()
) -> np.ndarray:
    """Simulate a patient of the first cohort, recorded by a different scanner that exports only 8-bit images.

    The arguments are the first ones of `simulate_frame`. The image is uint8, (z, x), and 0 outside the sector.
    """
    patient = draw_patient(image_id, label, seed, fat_limits)
    geometry = {name: SCANNER[name] for name in ("apex_radius", "field_of_view")}
    return scanner_image(_record(patient, lines, samples, {**SCANNERS[USUAL], **geometry}), patient)


def _record(patient: Patient, lines: int, samples: int, scanner: Mapping[str, Number]) -> RFFrame:
    beam = {name: patient.imaging[name] for name in ("focus", "pedestal")}
    probe = make_probe(lines, samples, **beam, scanner=scanner)
    body = build_body(patient, probe)
    every = int(ECHO["oversampling"].value)
    rf = receive(*scatterers(patient, body, probe), probe)[::every]
    # The receiver opens smoothly. Cutting off the transmit pulse would ring through the envelope of the whole line.
    rf *= np.sin(0.5 * np.pi * np.minimum(probe.depths / ECHO["blanking"].value, 1)).astype(np.float32) ** 2
    noise = patient.generator("noise").standard_normal(rf.shape, dtype=np.float32)
    # The mean square of an envelope is twice that of the samples.
    rf += np.float32(10 ** (patient.imaging["noise"] / 20) / np.sqrt(2)) * noise
    return RFFrame(
        rf,
        geometry=ConvexGeometry(apex_radius=probe.apex_radius, angles=probe.angles[::every], start_depth=0.0),
        sampling_frequency=probe.sampling_frequency,
        center_frequency=probe.center_frequency,
        sound_speed=probe.sound_speed,
        regions=body.regions,
        metadata=truth(patient) | {"lines": lines, "samples": samples},
    )


def truth(patient: Patient) -> dict[str, Any]:
    """Ground truth of a simulated patient, as JSON values, stored with frames and images.

    Fat fraction in %, attenuation in dB/(cm MHz), backscatter in dB relative to cortex, gain in dB.
    """
    return provenance(
        inputs={},
        packages=("numpy", "opencv-python-headless", "scipy"),
        simulated=True,
        id=patient.identity,
        label=patient.label,
        seed=patient.seed,
        fat_fraction=patient.fat_fraction,
        attenuation=patient.attenuation,
        backscatter=patient.level,
        gain=patient.gain,
        **({"fat_limits": list(patient.fat_limits)} if patient.fat_limits else {}),
        **({"scanner": patient.scanner} if patient.scanner != USUAL else {}),
    )
