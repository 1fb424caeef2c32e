"""The first cohort's scanner, which converts the same kind of echoes to an 8-bit image with its own processing."""

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter

from echoshift.frame import RFFrame
from echoshift.phantom.patient import Patient, draw
from echoshift.phantom.tissues import SCANNER
from echoshift.reconstruction.envelope import envelope
from echoshift.reconstruction.plan import ReconstructionPlan


def scanner_image(frame: RFFrame, patient: Patient) -> np.ndarray:
    """Image of the other scanner, with its depth gain, sliders, window, smoothing and grey curve.

    Parameters
    ----------
    frame : RFFrame
    patient : Patient
        Determines the slider positions.

    Returns
    -------
    ndarray of uint8, (z, x)
        0 outside the sector.
    """
    rng = patient.generator("scanner")
    depth_gain = draw(SCANNER["depth_gain"], rng)
    n_sliders = int(SCANNER["sliders"].value)
    sliders = np.array([draw(SCANNER["slider"], rng) for _ in range(n_sliders)])
    echoes = envelope(frame)
    depths = echoes.sample_depths
    gain = np.interp(depths, np.linspace(0, depths[-1], n_sliders), sliders)
    amplified = replace(echoes, envelope=echoes.envelope * (10 ** (gain / 20)).astype(np.float32))
    side = int(SCANNER["side"].value)
    plan = ReconstructionPlan(amplified, (side, side))
    lower = SCANNER["lower"].value
    window = {"beta": depth_gain, "alpha_l": lower, "alpha_u": lower + SCANNER["window"].value}
    grey = gaussian_filter(plan.render(window).astype(np.float32) / 255, SCANNER["smoothing"].value)
    grey += np.float32(SCANNER["curve"].value) * (3 * grey**2 - 2 * grey**3 - grey)  # S-shaped
    return np.where(plan.sector, np.floor(255 * np.clip(grey, 0, 1) + 0.5), 0).astype(np.uint8)
