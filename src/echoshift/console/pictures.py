"""What the browser needs to redraw one frame with any settings: the arrays of its plan, on the page's grid."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from echoshift.attacks.axes import Axis
from echoshift.bmode import BModeFrame, GreyLinesFrame
from echoshift.frame import EnvelopeFrame
from echoshift.geometry import geometry_fields
from echoshift.reconstruction.cache import Reconstruction
from echoshift.reconstruction.chain_settings import complete
from echoshift.reconstruction.depth_gain import depth_gain
from echoshift.reconstruction.grid import PixelGrid, SectorPixels, pixel_grid, sector_pixels
from echoshift.reconstruction.plan import weighted_envelope
from echoshift.reconstruction.plans import Plan, plan_of
from echoshift.settings import SLIDER_NAMES, SLIDERS
from echoshift.storage.files import sha256_of_bytes

LARGEST_SIDE = 512
"""Rows and columns of the page's pictures are at most so many. Larger ones are reduced."""
LEVELS = 65535
"""Number of steps between the lowest and the highest level that any settings can show: about 0.002 dB each."""
PARTS = 127
"""Steps of a sample in which the place of an echo between two samples is stored."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One frame as the browser gets it.

    Attributes
    ----------
    plan : Plan
        The plan on the page's grid: what the browser's pictures must be.
    meta : dict
        What the arrays mean, as JSON values: see `picture_of`.
    own : dict of ndarray
        Arrays of this frame.
    shared : dict of ndarray
        Arrays that frames of the same geometry have in common.
    """

    plan: Plan
    meta: dict[str, Any]
    own: dict[str, np.ndarray]
    shared: dict[str, np.ndarray]


def picture_of(
    found: Reconstruction, initial: Mapping[str, float], axes: Mapping[str, Axis], side: int = LARGEST_SIDE
) -> Picture:
    """Prepare one frame.

    The browser adds to each pixel's level the change of the gain at its depth, and applies window, grey curve and filters
    as the plan does. `meta` has the `kind`, and `loss`: decibels that one unit of beta adds at each position along depth,
    first and step.

    - `echo` (RF): `level` (pixel,) is the level in dB at the initial settings, between `lowest` and `highest` in steps: 0 for
      what is always black, and the last step for what is always white. `position` (pixel,) is the position along depth
      in samples, and `correction` (pixel,) what this frame's echoes add to it.
    - `picture`: `grey` (pixel,) as recorded with `window`. Depth is counted from `face`, in pixels; `aspect` is a pixel's
      width over its height. Sliders are at `depths`, first and step in pixels.
    - `lines`: `grey` (line, sample) as recorded with `window`; `line` and `sample` (pixel,) are positions of the pixels.

    Parameters
    ----------
    found : Reconstruction
    initial : mapping
        The frame's initial settings.
    axes : mapping of Axis
        The knobs. Their bounds limit the levels that are stored.
    side : int
        Most rows and columns.
    """
    frame, grid = on_page(found, side)
    plan = plan_of(frame, grid=grid)
    meta = {"rows": plan.grid.shape[0], "columns": plan.grid.shape[1]}
    meta |= {"z": _first_and_step(plan.z), "x": _first_and_step(plan.x)}
    shared = {"sector": np.packbits(plan.sector)}
    if isinstance(frame, BModeFrame):
        more, own, places = _picture(frame)
    elif isinstance(frame, GreyLinesFrame):
        more, own, places = _lines(frame, grid)
    else:
        more, own, places = _echo(frame, sector_pixels(frame.geometry, frame.sample_depths, grid), initial, axes)
    return Picture(plan, meta | more, own, shared | places)


def on_page(
    found: Reconstruction, side: int = LARGEST_SIDE
) -> tuple[EnvelopeFrame | BModeFrame | GreyLinesFrame, PixelGrid]:
    """The frame and its grid on the page: the study's own, or a coarser one of at most `side` rows and columns."""
    if max(found.grid.shape) <= side:
        return found.frame, found.grid
    if isinstance(found.frame, BModeFrame):
        frame = reduced(found.frame, -(-max(found.grid.shape) // side))
        return frame, plan_of(frame).grid
    return found.frame, pixel_grid(found.frame.geometry, found.frame.sample_depths[-1], (side, side))


def places_key(frame: EnvelopeFrame | BModeFrame | GreyLinesFrame, grid: PixelGrid) -> str:
    """Digest of all that the places of a frame's pixels depend on: the same for frames of one geometry and grid."""
    parts = [grid.z.tobytes(), grid.x.tobytes()]
    if isinstance(frame, BModeFrame):
        parts.append(frame.sector.tobytes())
    else:
        parts += [repr(type(frame)).encode(), frame.sample_depths.tobytes(), frame.geometry.KIND.encode()]
        parts += [np.asarray(value).tobytes() for value in geometry_fields(frame.geometry).values()]
    return sha256_of_bytes(*parts)[:12]


def reduced(frame: BModeFrame, block: int) -> BModeFrame:
    """A picture whose pixels are means over blocks of pixels. A block is in the sector if more than half of it is."""
    rows, columns = (n // block * block for n in frame.image.shape)

    def mean(values: np.ndarray) -> np.ndarray:
        blocks = values[:rows, :columns].reshape(rows // block, block, columns // block, block)
        return blocks.mean(axis=(1, 3))

    face = frame.face and replace(
        frame.face,
        row=(frame.face.row - (block - 1) / 2) / block,
        column=None if frame.face.column is None else (frame.face.column - (block - 1) / 2) / block,
        radius=frame.face.radius / block,
    )
    return replace(
        frame,
        image=np.floor(mean(frame.image) + 0.5).astype(np.uint8),
        sector=mean(frame.sector) > 0.5,
        pixel_size=frame.pixel_size and tuple(block * size for size in frame.pixel_size),
        face=face,
    )


def _first_and_step(values: np.ndarray) -> list[float]:
    return [float(values[0]), float(values[1] - values[0])]


def _loss(depths: np.ndarray, center_frequency: float | None) -> list[float] | None:
    """Decibels of one unit of beta at the first of evenly spaced depths, and from one to the next."""
    if center_frequency is None:
        return None
    return [2 * center_frequency * 1e-6 * 100 * float(value) for value in (depths[0], depths[1] - depths[0])]


def _echo(
    frame: EnvelopeFrame, pixels: SectorPixels, initial: Mapping[str, float], axes: Mapping[str, Axis]
) -> tuple[dict[str, Any], dict[str, np.ndarray], dict[str, np.ndarray]]:
    settings = complete(initial)
    shares = weighted_envelope(frame.envelope, pixels) * 10 ** (-frame.reference_level / 20)
    gain = depth_gain(frame.sample_depths, frame.center_frequency, {**settings, "alpha_l": 0.0})
    factors = 10 ** (gain / 20)
    early, late = shares[0] * factors[pixels.sample], shares[1] * factors[pixels.sample + 1]
    amplitude = early + late
    with np.errstate(divide="ignore"):
        level = 20 * np.log10(amplitude)
    # The gain between two samples counts where most of the echo is.
    place = np.divide(late, amplitude, out=pixels.sample_weight.copy(), where=amplitude > 0)
    lowest, highest = visible(settings, axes, float(np.abs(_largest_loss(frame))))
    steps = np.clip((level - lowest) / (highest - lowest) * (LEVELS - 1) + 1, 0, LEVELS)
    meta = {
        "kind": "echo",
        "lowest": lowest,
        "highest": highest,
        "samples": frame.sample_depths.size,
        "loss": _loss(frame.sample_depths, frame.center_frequency),
        "initial": settings,
    }
    own = {
        "level": np.round(steps).astype(np.uint16),
        "correction": np.round((place - pixels.sample_weight) * PARTS).astype(np.int8),
    }
    return meta, own, {"position": (pixels.sample + pixels.sample_weight).astype(np.float32)}


def _largest_loss(frame: EnvelopeFrame) -> float:
    return 2 * frame.center_frequency * 1e-6 * 100 * float(np.abs(frame.sample_depths).max())


def visible(settings: Mapping[str, float], axes: Mapping[str, Axis], largest_loss: float) -> tuple[float, float]:
    """Lowest and highest initial level, in dB, that is neither black nor white at some settings within the knobs' bounds."""

    def ends(name: str) -> tuple[float, float]:
        return (axes[name].low, axes[name].high) if name in axes else (settings[name], settings[name])

    def change(name: str, factor: float = 1.0) -> float:
        return factor * max(abs(end - settings[name]) for end in ends(name))

    most = change("gain") + max(change(name) for name in SLIDER_NAMES) + change("beta", largest_loss)
    return ends("alpha_l")[0] - most, ends("alpha_u")[1] + most


def _picture(frame: BModeFrame) -> tuple[dict[str, Any], dict[str, np.ndarray], dict[str, np.ndarray]]:
    depths = frame.depths()
    first, last = float(depths.min()), float(depths.max())
    step = max(last - first, np.finfo(np.float64).tiny) / (SLIDERS - 1)
    frequency = frame.center_frequency if frame.pixel_size else None
    height, width = frame.pixel_size or (1.0, 1.0)
    meta = {
        "kind": "picture",
        "window": _window(frame),
        "samples": SLIDERS,
        "loss": _loss(np.array([first, first + step]), frequency),
        "face": asdict(frame.origin),
        "aspect": width / height,
        "depths": [first / height, step / height],
    }
    own = {"grey": frame.image[frame.sector]}
    if frame.keep_outside:
        own["outside"] = frame.image[~frame.sector]
    return meta, own, {}


def _lines(
    frame: GreyLinesFrame, grid: PixelGrid
) -> tuple[dict[str, Any], dict[str, np.ndarray], dict[str, np.ndarray]]:
    pixels = sector_pixels(frame.geometry, frame.sample_depths, grid)
    meta = {
        "kind": "lines",
        "window": _window(frame),
        "samples": frame.sample_depths.size,
        "loss": _loss(frame.sample_depths, frame.center_frequency),
    }
    places = {
        "line": (pixels.line + pixels.line_weight).astype(np.float64),
        "sample": (pixels.sample + pixels.sample_weight).astype(np.float64),
    }
    return meta, {"grey": frame.grey}, places


def _window(frame: BModeFrame | GreyLinesFrame) -> dict[str, float]:
    return {"alpha_l": frame.window.alpha_l, "alpha_u": frame.window.alpha_u, "beta": frame.window.beta}
