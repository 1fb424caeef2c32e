"""One query of the chain (gain, scan conversion, logarithm, window, 8 bits) by ours and by each peer.

All peers get the envelope and whatever does not depend on the settings beforehand. Each is checked to draw the same
picture; where it does not, the comparison is void.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from scipy.ndimage import map_coordinates

sys.path.insert(0, str(Path(__file__).parents[1] / "reconstruction"))

from references import itk_resampler

from bench_parts.timing import entry, in_turns
from common import speckle_frame
from echoshift import ReconstructionPlan
from echoshift.geometry import line_position
from echoshift.reconstruction.envelope import envelope

SETTINGS = {"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0}
BATCH = [SETTINGS | {"beta": 0.5 + 0.1 * i} for i in range(8)]


def places(frame, plan):
    """Line and sample of each pixel inside the sector, float32 (2, pixel)."""
    depths, sector = frame.sample_depths, plan.sector
    down, across = np.meshgrid(plan.z + frame.geometry.apex_radius, plan.x, indexing="ij")
    line = line_position(frame.geometry.angles, np.arctan2(across, down))[sector]
    sample = ((np.hypot(down, across) - frame.geometry.apex_radius - depths[0]) / (depths[1] - depths[0]))[sector]
    ends = np.array([[frame.envelope.shape[0] - 1], [depths.size - 1]])
    return np.clip([line, sample], 0, ends).astype(np.float32)


def compensated(frame):
    """The depth gain, float32: a function without arguments, as it belongs to the query."""
    per_beta = (2 * frame.center_frequency * 1e-6 * frame.sample_depths * 100).astype(np.float32)
    return lambda: frame.envelope * np.float32(10) ** (np.float32(SETTINGS["beta"] / 20) * per_beta)


def shades(amplitude):
    """Logarithm, window and rounding, float32, in place."""
    with np.errstate(divide="ignore"):
        level = np.log10(amplitude, out=amplitude)
    level *= np.float32(20)
    np.clip(level, SETTINGS["alpha_l"], SETTINGS["alpha_u"], out=level)
    level -= np.float32(SETTINGS["alpha_l"])
    level *= np.float32(255 / (SETTINGS["alpha_u"] - SETTINGS["alpha_l"]))
    level += np.float32(0.5)
    return level.astype(np.uint8)


def numpy_peer(frame, plan):
    """Numpy and `map_coordinates`, float32, coordinates and mask computed beforehand, order 1, no prefilter."""
    coordinates, sector, gained = places(frame, plan), plan.sector, compensated(frame)

    def render():
        amplitude = map_coordinates(gained(), coordinates, order=1, prefilter=False, output=np.float32, mode="nearest")
        with np.errstate(divide="ignore"):
            level = 20 * np.log10(amplitude)
        np.clip(level, SETTINGS["alpha_l"], SETTINGS["alpha_u"], out=level)
        level -= np.float32(SETTINGS["alpha_l"])
        level *= np.float32(255 / (SETTINGS["alpha_u"] - SETTINGS["alpha_l"]))
        level += np.float32(0.5)
        image = np.zeros(sector.shape, np.uint8)
        image[sector] = level.astype(np.uint8)
        return image

    return render


def zea_peer(frame, plan):
    """zea's scan conversion with precomputed coordinates, its logarithm and its 8 bits, on Keras's numpy backend.

    The gain is numpy's, as zea's pipeline has none. Kinder to zea than its own coordinates: Keras pads the frame up to
    the furthest coordinate, and zea's are 14,000 samples before the first one where a pixel lies outside the sector.
    """
    from zea import display
    from zea.func.ultrasound import log_compress

    coordinates = np.full((2, *plan.sector.shape), -1, np.float32)
    coordinates[:, plan.sector] = places(frame, plan)[::-1]
    gained = compensated(frame)
    window = (SETTINGS["alpha_l"], SETTINGS["alpha_u"])
    half = np.float32((window[1] - window[0]) / 255 / 2)  # its 8 bits cut the fraction off

    def render():
        # Coordinates (z, x), in the order of memory, are the faster ones; zea turns every picture round.
        amplitude, _ = display.scan_convert_2d(gained().T, coordinates=coordinates, fill_value=0.0)
        return display.to_8bit(log_compress(amplitude) + half, window, pillow=False).T

    return render


def itk_peer(frame, plan):
    """ITK's resampling of a curvilinear image, the rest numpy."""
    convert = itk_resampler(frame.geometry, frame.sample_depths, len(frame.envelope), plan.grid)
    sector, gained = plan.sector, compensated(frame)
    return lambda: shades(convert(gained())) * sector


def opencv_peer(frame, plan):
    """`cv2.remap` with float32 maps, the rest numpy."""
    maps = np.zeros((2, *plan.sector.shape), np.float32)
    maps[:, plan.sector] = places(frame, plan)[::-1]
    sector, gained = plan.sector, compensated(frame)
    return lambda: shades(cv2.remap(gained(), *maps, cv2.INTER_LINEAR)) * sector


PEERS = {
    "numpy + map_coordinates": (numpy_peer, 1, 0.01),
    "zea, numpy backend": (zea_peer, 1, 0.01),
    "ITK + numpy": (itk_peer, 1, 0.01),
    "cv2.remap + numpy": (opencv_peer, 1, 0.01),
}
"""Each with how many levels a pixel may differ by at most, and which share of pixels may differ at all."""


def disagreement(image, reference, sector, name, most, share):
    """Worst difference in levels and share of pixels that differ; exits where they are more than the peer may have."""
    if image[~sector].any():
        sys.exit(f"bench: {name} draws outside the sector")
    difference = np.abs(image.astype(int) - reference)[sector]
    worst, unlike = int(difference.max()), float((difference > 0).mean())
    if worst > most or unlike > share:
        sys.exit(
            f"bench: {name} draws another picture: found {unlike:.2%} of the pixels unlike by up to {worst} levels, "
            f"expected {share:.2%} and {most}"
        )
    return {"worst_levels": worst, "pixels_unlike": unlike}


def one_query(lines, samples, shape, repeats):
    """Entries of every peer, each timed in turns with ours."""
    frame = envelope(speckle_frame(lines=lines, samples=samples, sampling_frequency=10e6))
    plan = ReconstructionPlan(frame, shape=shape)
    name = f"one query, {samples} x {lines} to {shape[0]} x {shape[1]}"
    measured = []
    for peer, (make, most, share) in PEERS.items():
        render = make(frame, plan)
        unlike = disagreement(render(), plan.render(SETTINGS), plan.sector, peer, most, share)
        ours, theirs = in_turns(lambda: plan.render(SETTINGS), render, repeats=repeats)
        measured.append(entry(name, ours, peer, theirs, **unlike))
    one, eight = in_turns(lambda: plan.render(SETTINGS), lambda: plan.render_many(BATCH), repeats=repeats)
    measured.append(entry(name, one, "ours, 8 settings in one call, per image", [seconds / 8 for seconds in eight]))
    room = np.empty_like(frame.envelope)
    ours, floor = in_turns(lambda: plan.render(SETTINGS), lambda: np.copyto(room, frame.envelope), repeats=repeats)
    measured.append(entry(name, ours, "the memory floor: one copy of the frame", floor))
    return measured
