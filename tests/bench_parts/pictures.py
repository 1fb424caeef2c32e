"""One query of a B-mode picture (window, depth gain, 8 bits), next to the query of the RF it was made of and to NumPy."""

import sys

import numpy as np

from bench_parts.timing import entry, in_turns
from common import speckle_frame
from echoshift import ReconstructionPlan
from echoshift.bmode import BModeFrame, Face, Window
from echoshift.reconstruction.bmode_plan import BModePlan
from echoshift.reconstruction.envelope import envelope
from probes import PAPER

ASKED = {"beta": 0.8, "alpha_l": 8.0, "alpha_u": 56.5}


def picture(from_rf, frame):
    """The picture at the paper's settings, as a frame."""
    pixel = float(from_rf.x[1] - from_rf.x[0])
    radius = frame.geometry.apex_radius / pixel
    return BModeFrame(
        image=from_rf.render(PAPER),
        sector=from_rf.sector,
        window=Window(alpha_l=PAPER["alpha_l"], alpha_u=PAPER["alpha_u"], beta=PAPER["beta"]),
        center_frequency=frame.center_frequency,
        pixel_size=(pixel, pixel),
        face=Face(row=-from_rf.z[0] / pixel, column=-from_rf.x[0] / pixel, radius=radius),
    )


def numpy_peer(frame):
    """The formula in float32 over the whole picture, with the depths computed in advance."""
    old, width = frame.window, ASKED["alpha_u"] - ASKED["alpha_l"]
    depth = frame.face.depths(frame.image.shape) * frame.pixel_size[0]
    loss = (2 * frame.center_frequency * 1e-6 * depth * 100).astype(np.float32)
    grey, outside = frame.image.astype(np.float32), ~frame.sector

    def render():
        level = old.alpha_l + grey / 255 * (old.alpha_u - old.alpha_l) + np.float32(ASKED["beta"] - old.beta) * loss
        image = np.clip(255 * (level - ASKED["alpha_l"]) / width + 0.5, 0, 255.49).astype(np.uint8)
        image[outside] = 0
        return image

    return render


def one_query_of_a_picture(lines, samples, shape, repeats):
    """Entries against the RF query and against NumPy; exits if NumPy renders another picture."""
    rf = envelope(speckle_frame(lines=lines, samples=samples, sampling_frequency=10e6))
    from_rf = ReconstructionPlan(rf, shape=shape)
    frame = picture(from_rf, rf)
    plan, peer = BModePlan(frame), numpy_peer(frame)
    worst = int(np.abs(plan.render(ASKED).astype(int) - peer()).max())
    if worst > 1:
        sys.exit(f"bench: NumPy renders a different picture: found {worst} levels of difference, expected 1")
    name = f"one query of a picture, {shape[0]} x {shape[1]}"
    ours, of_rf, of_numpy = in_turns(lambda: plan.render(ASKED), lambda: from_rf.render(ASKED), peer, repeats=repeats)
    return [entry(name, ours, "ours, the RF query", of_rf), entry(name, ours, "numpy", of_numpy, worst_levels=worst)]
