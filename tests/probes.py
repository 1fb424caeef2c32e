"""A frame for every supported kind of probe and recording, and settings to render them with."""

import numpy as np

from common import speckle_frame
from echoshift import ConvexGeometry, LinearGeometry, RFFrame

UNEVEN = np.deg2rad(np.array([-30.0, -22.0, -21.0, -10.0, -1.0, 2.0, 9.0, 15.0, 28.0, 40.0]))
FACE = np.linspace(-0.019, 0.019, 64)


def convex(first, last, lines=48, radius=0.04957, start=0.0):
    return ConvexGeometry(radius, np.deg2rad(np.linspace(first, last, lines)), start)


PROBES = {
    "convex": lambda: speckle_frame(0),
    "convex, start depth": lambda: speckle_frame(1, geometry=convex(-35, 35, start=0.004)),
    "convex, uneven lines": lambda: speckle_frame(2, geometry=ConvexGeometry(0.04957, UNEVEN)),
    "convex, one-sided": lambda: speckle_frame(3, geometry=convex(5, 50, 30)),
    "convex, wide": lambda: speckle_frame(4, geometry=convex(-110, 100, 64)),
    "phased": lambda: speckle_frame(5, geometry=convex(-42, 42, 60, radius=0.0, start=0.003)),
    "linear": lambda: speckle_frame(6, geometry=LinearGeometry(FACE, start_depth=0.002)),
    "linear, steered": lambda: speckle_frame(7, geometry=LinearGeometry(FACE, steering=np.deg2rad(-17))),
    "linear, uneven lines": lambda: speckle_frame(8, geometry=LinearGeometry(0.01 * UNEVEN + 0.02)),
    "convex, reference level": lambda: speckle_frame(9, reference_level=7.5),
    "convex, IQ": lambda: speckle_frame(10, iq=True),
    "linear, IQ": lambda: speckle_frame(11, geometry=LinearGeometry(FACE), iq=True),
    "convex, applied gain": lambda: speckle_frame(12, applied_gain=np.linspace(0, 30, 1280) ** 0.9),
}


def two_lines(samples, sampling_frequency=10e6, **fields):
    """A frame of given samples, (2, sample)."""
    fields |= {"sampling_frequency": sampling_frequency, "center_frequency": 2.5e6}
    return RFFrame(samples, geometry=ConvexGeometry(0.05, np.array([-0.1, 0.1])), **fields)


PAPER = {"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0}
CASES = {
    "the paper's": {},
    "little gain, narrow": {"beta": 0.5, "alpha_l": 15.0, "alpha_u": 50.0},
    "much gain, wide": {"beta": 1.3, "alpha_l": 5.0, "alpha_u": 60.0},
    "crooked": {"beta": 0.87, "alpha_l": 9.3, "alpha_u": 57.1},
    "gain": {"gain": -3.7},
    "sliders": {"tgc_1": 4.0, "tgc_2": -3.0, "tgc_4": 5.5, "tgc_7": -1.3, "tgc_8": -6.0},
    "gamma above 1": {"gamma": 1.7},
    "gamma below 1": {"gamma": 0.6},
    "S": {"s_curve": 0.5},
    "S the other way": {"s_curve": -0.5},
    "median": {"median": 5},
    "smoothing": {"smoothing": 1.3},
    "zoom in": {"image_scale": 1.25},
    "zoom out": {"image_scale": 0.83},
    "slow sound": {"sound_speed_ratio": 0.95},
    "fast sound": {"sound_speed_ratio": 1.05},
    "everything": {
        "beta": 0.8, "alpha_l": 8.0, "alpha_u": 57.0, "gain": 2.1, "tgc_2": 3.0, "tgc_6": -2.0, "gamma": 0.9, "s_curve": 0.3,
        "median": 3, "smoothing": 0.7, "image_scale": 1.1, "sound_speed_ratio": 1.02,
    },
}  # fmt: skip
