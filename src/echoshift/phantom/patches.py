"""Two patches for comparing liver and cortex, at the same depth and clear of vessels and shadows."""

import numpy as np

from echoshift.phantom.canvas import Canvas
from echoshift.phantom.tissues import DETAILS

_HEIGHT = DETAILS["patch_height"].value
_WIDTH = DETAILS["patch_width"].value


def choose_patches(
    canvas: Canvas, kidney: np.ndarray, lumen: np.ndarray, liver: np.ndarray, shadowed: np.ndarray
) -> dict[str, np.ndarray]:
    """Choose the patches for the liver/cortex grey ratio.

    The cortex patch lies just below the kidney's outline, where the beam is most perpendicular to it. The liver patch
    lies at the same depth below the face, on lines beside the kidney (or in front of it if the kidney fills the view).

    Parameters
    ----------
    canvas : Canvas
    kidney, lumen, liver : ndarray, (line, step)
        Signed distances to the kidney's outline, the nearest vessel's lumen and the liver's rear outline, in metres.
    shadowed : ndarray of bool, (line,)
        Lines to avoid.

    Returns
    -------
    dict of str to ndarray, (vertex, 2)
        `liver` and `cortex`, as x, z in metres.
    """
    hit = kidney < -1.2e-3
    top = canvas.depth[np.argmax(hit, axis=1)]
    good = hit.any(axis=1) & ~shadowed
    if not good.any():
        good = hit.any(axis=1)
    spacing = (canvas.angles[1] - canvas.angles[0]) * (canvas.apex_radius + np.where(good, top, 0.08))
    half = np.maximum((0.5 * _WIDTH / spacing).astype(int), 1)
    # A patch below a flat part of the outline lies wholly inside the cortex, so the cost is the outline's range of depth.
    cost = np.full(canvas.angles.size, np.inf)
    for line in np.flatnonzero(good):
        lines = slice(max(line - half[line], 0), line + half[line] + 1)
        if good[lines].all() and line - half[line] >= 0 and line + half[line] < good.size:
            cost[line] = np.ptp(top[lines]) + 0.15 * top[line]  # prefers shallow patches
    line = int(np.argmin(cost)) if np.isfinite(cost).any() else int(np.flatnonzero(good)[good.sum() // 2])
    lines = slice(max(line - half[line], 0), line + half[line] + 1)
    start = float(top[lines].max())
    steps = slice(*np.searchsorted(canvas.depth, [start, start + _HEIGHT]))
    unfit = (lumen[:, steps] < 2e-3) | (kidney[:, steps] < 8e-3) | (liver[:, steps] > -3e-3)
    beside = _clearest(canvas, unfit.mean(axis=1) + 2.0 * shadowed, half[line])
    return {"liver": _patch(canvas, beside, half[line], start), "cortex": _patch(canvas, line, half[line], start)}


def _clearest(canvas: Canvas, spoilt: np.ndarray, half: int) -> int:
    """The line in the middle of the clearest patch, from the spoilt share of each line. `half` is its half width in lines."""
    window = np.convolve(spoilt, np.ones(2 * half + 1) / (2 * half + 1), mode="same")
    window[:half] = window[window.size - half :] = np.inf
    # Among equally clear positions, prefer the one nearest to the middle of the view, slightly towards the head.
    return int(np.argmin(np.round(window, 2) + 0.1 * np.abs(canvas.angles + 0.1)))


def _patch(canvas: Canvas, line: int, half: int, start: float) -> np.ndarray:
    last = canvas.angles.size - 2  # the last scatter line lies beyond the last image line
    edge = canvas.angles[np.clip(np.linspace(line - half, line + half, 7).round().astype(int), 0, last)]
    angle = np.concatenate([edge, edge[::-1]])
    r = canvas.apex_radius + start + np.repeat([0.0, _HEIGHT], 7)
    return np.stack([r * np.sin(angle), r * np.cos(angle) - canvas.apex_radius], axis=1)
