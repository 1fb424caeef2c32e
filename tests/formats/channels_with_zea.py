"""Channel data of zea's own simulator and zea's own pictures of it, in a separate process because zea sets Keras's backend.

Run as `python channels_with_zea.py FOLDER POINTS`. POINTS are the x and z of point targets by probe, in metres, as JSON.
Writes `curved.hdf5`, `linear.hdf5` and `phased.hdf5`, the linear one also as baseband (`iq.hdf5`) and recorded from 10 mm
on (`late.hdf5`), and `pictures.npz`: `NAME/picture`, the amplitude (z, x), NaN outside the sector, and its pixel centres
`NAME/z` and `NAME/x` in metres from the middle of the face.
"""

import json
import os
import sys
from pathlib import Path

os.environ.update(KERAS_BACKEND="jax", JAX_PLATFORMS="cpu", ZEA_LOG_LEVEL="ERROR")

import numpy as np
from zea import File, Pipeline
from zea.beamform.delays import compute_t0_delays_focused, compute_t0_delays_planewave
from zea.display import compute_scan_convert_2d_coordinates, scan_convert_2d
from zea.func.ultrasound import demodulate
from zea.ops import Beamform, Demodulate, EnvelopeDetect
from zea.probes import create_curved_probe_geometry, create_probe_geometry
from zea.simulator import simulate_rf

FLOAT = np.float32
FREQUENCY, RATE, SPEED = 3.5e6, 14e6, 1540.0
POINTS = json.loads(sys.argv[2])


def transmits(kind):
    """Elements, and zea's description of single elements (curved), plane waves (linear) or focused beams (phased)."""
    if kind == "curved":
        elements = create_curved_probe_geometry(64, 0.6e-3, 0.05)
        return elements, np.eye(64)[::9], np.zeros((8, 64)), np.zeros(8), np.zeros(8)
    if kind == "linear":
        elements, angles = create_probe_geometry(64, 0.3e-3), np.deg2rad([-10.0, -5, 0, 5, 10])
        return elements, np.ones((5, 64)), compute_t0_delays_planewave(elements, angles), np.full(5, np.inf), angles
    elements, angles = create_probe_geometry(48, 0.22e-3), np.deg2rad(np.linspace(-40, 40, 17))
    focus = np.full(17, 0.03)
    delays = compute_t0_delays_focused(np.zeros((17, 3)), focus, elements, angles)
    return elements, np.ones((17, 48)), delays, focus, angles


def simulated(kind, n_samples):
    """Raw data, scan and probe for `File.create`."""
    elements, fired, delays, focus, angles = transmits(kind)
    n = len(fired)
    scan = {
        "sampling_frequency": FLOAT(RATE),
        "center_frequency": FLOAT(FREQUENCY),
        "demodulation_frequency": FLOAT(FREQUENCY),
        "sound_speed": FLOAT(SPEED),
        "initial_times": np.zeros(n, FLOAT),
        "t0_delays": delays.astype(FLOAT),
        "tx_apodizations": fired.astype(FLOAT),
        "focus_distances": focus.astype(FLOAT),
        "transmit_origins": np.zeros((n, 3), FLOAT),
        "polar_angles": angles.astype(FLOAT),
    }
    points = np.array([(x, 0.0, z) for x, z in POINTS[kind]], FLOAT)
    raw = simulate_rf(
        points, np.ones(len(points), FLOAT), elements, False, 1e-3, 1000.0, SPEED, n_samples, FREQUENCY, RATE,
        scan["t0_delays"], scan["initial_times"], 0.2e-3, 0.0, scan["tx_apodizations"], np.full(n, 1 / FREQUENCY, FLOAT),
    )  # fmt: skip
    return 1e6 * np.array(raw)[None], scan, {"type": kind, "probe_geometry": elements}


def write(path, raw, scan, probe):
    data = {"raw_data": raw.astype(FLOAT)}
    File.create(str(path), data=data, scan=scan, probe=probe, ignore_warnings=True, overwrite=True)


def picture(path, limits, n_lines, f_number=1.0):
    """zea's own picture of its own file: scan converted, or without limits beamformed on its pixels, four per wavelength."""
    with File(str(path)) as file:
        raw = file.data.raw_data[0]
        grid = {"grid_size_z": raw.shape[1] // 2 + 1}  # a quarter of a wavelength
        if limits:
            grid |= {"grid_type": "polar", "polar_limits": (-limits, limits), "grid_size_x": n_lines}
        parameters = file.load_parameters(**grid, f_number=f_number)
    pipeline = Pipeline([Demodulate(), Beamform(), EnvelopeDetect()], with_batch_dim=False)
    found = pipeline(data=raw, return_numpy=True, **pipeline.prepare_parameters(parameters))["data"]
    if not limits:
        return found, parameters.grid[:, 0, 2], parameters.grid[0, :, 0]
    ranges = parameters.rho_range, parameters.theta_range
    coordinates, made = compute_scan_convert_2d_coordinates(found.shape, *ranges)
    converted, _ = scan_convert_2d(found, coordinates=coordinates, fill_value=np.nan)
    z, x = (np.arange(*made[f"{axis}_lim"], made["resolution"], dtype=FLOAT) for axis in "zx")
    return np.array(converted), z - parameters.distance_to_apex, x


if __name__ == "__main__":
    folder, pictures = Path(sys.argv[1]), {}
    # The limits and the number of lines are those of the elements, half a wavelength apart at the face.
    for kind, n_samples, *lines in (
        ("curved", 960, 0.378, 173),
        ("linear", 640, None, None),
        ("phased", 760, 0.6981317, 67, 0.0),
    ):
        raw, scan, probe = simulated(kind, n_samples)
        write(folder / f"{kind}.hdf5", raw, scan, probe)
        for name, part in zip(("picture", "z", "x"), picture(folder / f"{kind}.hdf5", *lines), strict=True):
            pictures[f"{kind}/{name}"] = part
        if kind == "linear":
            write(folder / "iq.hdf5", np.array(demodulate(raw, FREQUENCY, RATE)), scan, probe)
            late = scan | {"initial_times": np.full(5, 182 / RATE, FLOAT)}
            write(folder / "late.hdf5", raw[:, :, 182:], late, probe)
    np.savez(folder / "pictures.npz", **pictures)
