"""Run zea's steps on the arrays of a .npz file, in a separate process because zea sets Keras's backend for the whole process.

Run as `python with_zea.py in.npz out.npz`. The input holds `rf` (line, sample), `amplitude` (any shape), and for each
frame NAME: `NAME/polar` (line, sample) and `NAME/about` (first and last radius in m, first and last angle in rad, pixel
size in m).
"""

import os
import sys

os.environ["KERAS_BACKEND"] = "numpy"

import numpy as np
from zea import display
from zea.func.ultrasound import envelope_detect, log_compress


def scan_converted(polar, about):
    """Image (z, x) on zea's own grid, NaN outside the sector, and its pixel centres relative to the apex."""
    radii, angles, pixel = about[:2], about[2:4], about[4]
    image_shape = polar.T.shape  # (radius, angle)
    coordinates, found = display.compute_scan_convert_2d_coordinates(image_shape, radii, angles, pixel, dtype="float64")
    picture, _ = display.scan_convert_2d(polar.T, coordinates=coordinates, fill_value=np.nan, order=1)
    # Keras makes these axes and the coordinates float32, regardless of the requested dtype.
    z, x = (np.arange(*found[f"{axis}_lim"], pixel, dtype=np.float32) for axis in "zx")
    return picture, z, x


if __name__ == "__main__":
    given = np.load(sys.argv[1])
    results = {}
    for name in given:
        match name.split("/"):
            case ["rf"]:
                results[name] = envelope_detect(given[name].T[..., None], axis=-3).T
            case ["amplitude"]:
                level = log_compress(given[name])
                results[name], results["eight bits"] = level, display.to_8bit(level, (10.0, 55.0), pillow=False)
            case [frame, "polar"]:
                picture, z, x = scan_converted(given[name], given[f"{frame}/about"])
                results |= {f"{frame}/picture": picture, f"{frame}/z": z, f"{frame}/x": x}
    np.savez(sys.argv[2], **results)
