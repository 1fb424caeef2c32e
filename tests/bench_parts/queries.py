"""One query of the chain (gain, scan conversion, logarithm, window, 8 bits) by EchoShift and by each peer.

All peers get the envelope and everything that does not depend on the settings in advance. Each must render the same
image, otherwise the comparison is void.
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
from probes import PAPER

BATCH = [PAPER | {"beta": 0.5 + 0.1 * i} for i in range(8)]


def places(frame, plan):
    """Line and sample indices of each pixel inside the sector, float32 (2, pixel)."""
    depths, sector = frame.sample_depths, plan.sector
    down, across = np.meshgrid(plan.z + frame.geometry.apex_radius, plan.x, indexing="ij")
    line = line_position(frame.geometry.angles, np.arctan2(across, down))[sector]
    sample = ((np.hypot(down, across) - frame.geometry.apex_radius - depths[0]) / (depths[1] - depths[0]))[sector]
    ends = np.array([[frame.envelope.shape[0] - 1], [depths.size - 1]])
    return np.clip([line, sample], 0, ends).astype(np.float32)


def compensated(frame):
    """A function that applies the depth gain (float32); a function because the gain is part of the query."""
    per_beta = (2 * frame.center_frequency * 1e-6 * frame.sample_depths * 100).astype(np.float32)
    return lambda: frame.envelope * np.float32(10) ** (np.float32(PAPER["beta"] / 20) * per_beta)


def shades(amplitude):
    """Logarithm, window and rounding, float32, in place."""
    with np.errstate(divide="ignore"):
        level = np.log10(amplitude, out=amplitude)
    level *= np.float32(20)
    np.clip(level, PAPER["alpha_l"], PAPER["alpha_u"], out=level)
    level -= np.float32(PAPER["alpha_l"])
    level *= np.float32(255 / (PAPER["alpha_u"] - PAPER["alpha_l"]))
    level += np.float32(0.5)
    return level.astype(np.uint8)


def numpy_peer(frame, plan):
    """NumPy and `map_coordinates`, float32, precomputed coordinates and mask, order 1, no prefilter."""
    coordinates, sector, gained = places(frame, plan), plan.sector, compensated(frame)

    def render():
        amplitude = map_coordinates(gained(), coordinates, order=1, prefilter=False, output=np.float32, mode="nearest")
        image = np.zeros(sector.shape, np.uint8)
        image[sector] = shades(amplitude)
        return image

    return render


def zea_peer(frame, plan):
    """zea's scan conversion with precomputed coordinates, its logarithm and its 8 bits, on Keras's numpy backend.

    NumPy applies the gain, as zea's pipeline has none. These coordinates are faster than zea's own: Keras pads the frame
    to the furthest coordinate, and zea's reach 14,000 samples before the first one for pixels outside the sector.
    """
    from zea import display
    from zea.func.ultrasound import log_compress

    coordinates = np.full((2, *plan.sector.shape), -1, np.float32)
    coordinates[:, plan.sector] = places(frame, plan)[::-1]
    gained = compensated(frame)
    window = (PAPER["alpha_l"], PAPER["alpha_u"])
    half = np.float32((window[1] - window[0]) / 255 / 2)  # zea truncates when converting to 8 bits

    def render():
        # Coordinates (z, x) in memory order are faster; zea transposes every image.
        amplitude, _ = display.scan_convert_2d(gained().T, coordinates=coordinates, fill_value=0.0)
        return display.to_8bit(log_compress(amplitude) + half, window, pillow=False).T

    return render


def itk_peer(frame, plan):
    """ITK's resampling of a curvilinear image, the rest in NumPy."""
    convert = itk_resampler(frame.geometry, frame.sample_depths, len(frame.envelope), plan.grid)
    sector, gained = plan.sector, compensated(frame)
    return lambda: shades(convert(gained())) * sector


def opencv_peer(frame, plan):
    """`cv2.remap` with float32 maps, the rest in NumPy."""
    maps = np.zeros((2, *plan.sector.shape), np.float32)
    maps[:, plan.sector] = places(frame, plan)[::-1]
    sector, gained = plan.sector, compensated(frame)
    return lambda: shades(cv2.remap(gained(), *maps, cv2.INTER_LINEAR)) * sector


PEERS = {
    "numpy + map_coordinates": numpy_peer,
    "zea, numpy backend": zea_peer,
    "ITK + numpy": itk_peer,
    "cv2.remap + numpy": opencv_peer,
}
MOST, SHARE = 1, 0.01
"""Largest allowed difference of a pixel in grey levels, and allowed fraction of different pixels."""


def disagreement(image, reference, sector, name):
    """Largest difference in grey levels and fraction of different pixels; exits if they exceed the limits."""
    if image[~sector].any():
        sys.exit(f"bench: {name} renders pixels outside the sector")
    difference = np.abs(image.astype(int) - reference)[sector]
    worst, unlike = int(difference.max()), float((difference > 0).mean())
    if worst > MOST or unlike > SHARE:
        sys.exit(
            f"bench: {name} renders a different image: found {unlike:.2%} of the pixels different by up to {worst} levels, "
            f"expected {SHARE:.2%} and {MOST}"
        )
    return {"worst_levels": worst, "pixels_unlike": unlike}


def one_query(lines, samples, shape, repeats):
    """Entries of all peers, each timed in alternation with EchoShift."""
    frame = envelope(speckle_frame(lines=lines, samples=samples, sampling_frequency=10e6))
    plan = ReconstructionPlan(frame, shape=shape)
    name = f"one query, {samples} x {lines} to {shape[0]} x {shape[1]}"
    measured = []
    for peer, make in PEERS.items():
        render = make(frame, plan)
        unlike = disagreement(render(), plan.render(PAPER), plan.sector, peer)
        ours, theirs = in_turns(lambda: plan.render(PAPER), render, repeats=repeats)
        measured.append(entry(name, ours, peer, theirs, **unlike))
    one, eight = in_turns(lambda: plan.render(PAPER), lambda: plan.render_many(BATCH), repeats=repeats)
    measured.append(entry(name, one, "ours, 8 settings in one call, per image", [seconds / 8 for seconds in eight]))
    room = np.empty_like(frame.envelope)
    ours, floor = in_turns(lambda: plan.render(PAPER), lambda: np.copyto(room, frame.envelope), repeats=repeats)
    measured.append(entry(name, ours, "the memory floor: one copy of the frame", floor))
    return measured
