"""Scan conversion with independent packages. As a script, prints a table of our differences from each of them.

Each reference takes the geometry, the depths of the samples, the amplitudes (line, sample) and a grid. It returns the
image in float64, with NaN outside the sector, and the `PixelGrid` that it used.
"""

import ctypes
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from scipy.ndimage import map_coordinates

sys.path.insert(0, str(Path(__file__).parents[1]))

from common import speckle_frame
from echoshift import ReconstructionPlan, RFFrame
from echoshift.geometry import ConvexGeometry, LinearGeometry
from echoshift.reconstruction.envelope import envelope
from echoshift.reconstruction.grid import PixelGrid, pixel_grid, sector_pixels
from echoshift.reconstruction.plan import weighted_envelope
from probes import PAPER

SHAPE = (200, 240)
RIM = 1e-6
"""Distance from the sector's edge, in steps between lines or samples, within which packages may classify pixels differently."""

LINES = 64
GEOMETRIES = {
    "convex": ConvexGeometry(0.04957, np.deg2rad(np.linspace(-35, 35, LINES))),
    "convex, first sample at 4 mm": ConvexGeometry(0.06, np.deg2rad(np.linspace(-28, 28, LINES)), 0.004),
    "phased": ConvexGeometry(0.0, np.deg2rad(np.linspace(-42, 42, LINES)), 0.002),
    "linear": LinearGeometry(np.linspace(-0.019, 0.019, LINES)),
    "linear, steered by 12 degrees": LinearGeometry(np.linspace(-0.019, 0.019, LINES), np.deg2rad(12.0)),
}


def frame_of(geometry):
    """Speckle that decays by 4 dB/cm, in any geometry with 64 lines."""
    about = speckle_frame(lines=LINES)
    return envelope(RFFrame(about.samples, **about.acquisition() | {"geometry": geometry}))


def compensated(frame):
    """Depths (sample,) and amplitudes (line, sample) after the initial depth gain, float64."""
    depths = frame.sample_depths
    return depths, frame.envelope * 10 ** (PAPER["beta"] * 2 * frame.center_frequency * 1e-6 * depths * 100 / 20)


def pulses(rng):
    """RF lines of Gaussian pulses (1.5 MHz, far from 0 and Nyquist) with zeros at both ends, float64 (line, sample)."""
    t = np.arange(-30, 31) / 6.25e6
    pulse = np.exp(-0.5 * (t / 0.6e-6) ** 2) * np.cos(2 * np.pi * 1.5e6 * t)
    lines = np.zeros((16, 1280))
    lines[:, 200:-200] = rng.standard_normal((16, 880)) * np.geomspace(1e3, 1, 880)
    return np.array([np.convolve(line, pulse, mode="same") for line in lines])


def scipy_convert(geometry, depths, polar, grid):
    """`map_coordinates`, with independent formulas for the pixel positions in each geometry."""
    z, x = np.meshgrid(grid.z, grid.x, indexing="ij")
    if isinstance(geometry, LinearGeometry):
        first, step = geometry.positions[0], np.diff(geometry.positions)[0]
        depth = z / np.cos(geometry.steering)
        line = (x - z * np.tan(geometry.steering) - first) / step
    else:
        first, step = geometry.angles[0], np.diff(geometry.angles)[0]
        depth = np.sqrt((z + geometry.apex_radius) ** 2 + x**2) - geometry.apex_radius
        line = (np.arctan2(x, z + geometry.apex_radius) - first) / step
    places = [line, (depth - depths[0]) / (depths[1] - depths[0])]
    picture = map_coordinates(polar.astype(np.float64), places, order=1, mode="nearest")
    for place, n in zip(places, polar.shape, strict=True):
        picture[(place < -RIM) | (place > n - 1 + RIM)] = np.nan
    return picture, grid


def vbeam_convert(geometry, depths, polar, grid):
    """`vbeam.scan.util.scan_convert` on its own grid, or only its interpolation if the lines are parallel."""
    from vbeam.fastmath import backend_manager
    from vbeam.interpolation import FastInterpLinspace
    from vbeam.scan.util import polar_bounds_to_cartesian_bounds, scan_convert

    backend_manager.active_backend = "numpy"  # float64; the default is JAX if that is installed
    polar = polar.astype(np.float64)
    if isinstance(geometry, LinearGeometry):
        z, x = np.meshgrid(grid.z, grid.x, indexing="ij")
        axes = [FastInterpLinspace(v[0], (v[-1] - v[0]) / (v.size - 1), v.size) for v in (geometry.positions, depths)]
        places = (x - z * np.tan(geometry.steering), z / np.cos(geometry.steering))
        return FastInterpLinspace.interp2d(*places, *axes, polar, 0, 1, default_value=np.nan), grid
    radii = geometry.apex_radius + depths
    bounds = (geometry.angles[0], geometry.angles[-1], radii[0], radii[-1])
    picture = scan_convert(polar, bounds, shape=SHAPE[::-1], default_value=np.nan)
    left, right, top, bottom = polar_bounds_to_cartesian_bounds(bounds)
    z, x = np.linspace(top, bottom, SHAPE[0]), np.linspace(left, right, SHAPE[1])
    return picture.T, PixelGrid(z - geometry.apex_radius, x)


def itk_resampler(geometry, depths, n_lines, grid):
    """ITK's resampling of a curvilinear image: a function from amplitudes (line, sample) to an image (z, x), both float32.

    Angles must be evenly spaced and symmetric. ITK also fills half a step beyond the outermost samples and lines.
    """
    # `import itk` would require all remote modules that the ultrasound module lists. The wrapped classes do not.
    os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = "1"
    from itk import itkCurvilinearArraySpecialCoordinatesImageFiltersPython as filters
    from itk import itkCurvilinearArraySpecialCoordinatesImagePython as images
    from itk import itkPyBufferPython  # noqa: F401 (registers the types of plain images)

    image = images.itkCurvilinearArraySpecialCoordinatesImageF2.New()
    image.SetRegions([depths.size, n_lines])
    image.Allocate()
    image.SetLateralAngularSeparation(float((geometry.angles[-1] - geometry.angles[0]) / (n_lines - 1)))
    image.SetFirstSampleDistance(float(geometry.apex_radius + depths[0]))
    image.SetRadiusSampleSize(float(depths[1] - depths[0]))
    resample = filters.itkResampleImageFilterCASCIF2IF2.New()
    resample.SetInterpolator(filters.itkLinearInterpolateImageFunctionCASCIF2D.New())
    resample.SetInput(image)
    resample.SetSize([grid.x.size, grid.z.size])
    resample.SetOutputOrigin([float(grid.x[0]), float(grid.z[0] + geometry.apex_radius)])
    resample.SetOutputSpacing([float(grid.x[1] - grid.x[0]), float(grid.z[1] - grid.z[0])])
    pixels = _pixels(image, (n_lines, depths.size))

    def convert(polar):
        pixels[...] = polar
        image.Modified()
        resample.UpdateLargestPossibleRegion()
        return _pixels(resample.GetOutput(), grid.shape).copy()  # the next update frees the buffer

    return convert


def _pixels(image, shape):
    pointer = ctypes.cast(int(image.GetBufferPointer()), ctypes.POINTER(ctypes.c_float))
    return np.ctypeslib.as_array(pointer, shape)


def itk_convert(geometry, depths, polar, grid):
    picture = itk_resampler(geometry, depths, len(polar), grid)(polar.astype(np.float32)).astype(np.float64)
    return np.where(_sector(geometry, depths, grid), picture, np.nan), grid


RF = pulses(np.random.default_rng(3))
AMPLITUDE = np.geomspace(0.1, 1e5, 4096)


@cache
def zea_results():
    """Results of `with_zea.py` for `RF`, `AMPLITUDE` and the polar frames, from one process because its start-up is slow."""
    given = {"rf": RF, "amplitude": AMPLITUDE}
    for name, geometry in GEOMETRIES.items():
        if isinstance(geometry, ConvexGeometry):
            depths, polar = compensated(frame_of(geometry))
            pixel = np.diff(pixel_grid(geometry, depths[-1], SHAPE).z)[0]
            about = [*(geometry.apex_radius + depths[[0, -1]]), *geometry.angles[[0, -1]], pixel]
            given |= {f"{name}/polar": polar, f"{name}/about": np.array(about)}
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("in.npz", "out.npz")]
        np.savez(files[0], **given)
        script = Path(__file__).with_name("with_zea.py")
        subprocess.run([sys.executable, script, *files], check=True, capture_output=True)
        with np.load(files[1]) as found:
            return dict(found)


def zea_convert(geometry, depths, polar, grid):
    """`zea.display.scan_convert_2d` on its own grid, for the frames of `GEOMETRIES`."""
    name = next(name for name, one in GEOMETRIES.items() if one is geometry)
    picture, z, x = (zea_results()[f"{name}/{part}"] for part in ("picture", "z", "x"))
    return picture, PixelGrid(z.astype(np.float64) - geometry.apex_radius, x.astype(np.float64))


REFERENCES = {"scipy": scipy_convert, "vbeam": vbeam_convert, "ITK": itk_convert, "zea": zea_convert}
POLAR_ONLY = ("ITK", "zea")


def applies(reference, geometry):
    return reference not in POLAR_ONLY or isinstance(geometry, ConvexGeometry)


def compare(reference, frame):
    """Compare our image of one frame with a reference's at the initial settings.

    Returns
    -------
    relative : float
        Largest difference of the amplitudes before the logarithm, relative to the largest of the four neighbours.
    levels : int
        Largest difference between the 8-bit images. Theirs is computed from their amplitudes in float64.
    unlike : int
        Number of pixels inside only one of the two sectors and further than `RIM` from the edge.
    """
    geometry, (depths, polar) = frame.geometry, compensated(frame)
    theirs, grid = REFERENCES[reference](geometry, depths, polar, pixel_grid(geometry, depths[-1], SHAPE))
    relative, unlike = differences(geometry, depths, polar, theirs, grid)
    plan = ReconstructionPlan(frame, grid=grid)
    both = plan.sector & np.isfinite(theirs)
    shades = 255 * (20 * np.log10(theirs[both]) - PAPER["alpha_l"]) / (PAPER["alpha_u"] - PAPER["alpha_l"])
    levels = np.floor(np.clip(shades, 0, 255) + 0.5) - plan.render(PAPER)[both]
    return relative, int(np.abs(levels).max()), unlike


def differences(geometry, depths, polar, theirs, grid):
    """`relative` and `unlike` of `compare`, from an image of amplitudes."""
    pixels = sector_pixels(geometry, depths, grid)
    ours, largest = np.full((2, theirs.size), np.nan)
    ours[pixels.inside] = weighted_envelope(polar, pixels).astype(np.float32).sum(axis=0, dtype=np.float64)
    corners = [polar[pixels.line + i, pixels.sample + k] for i in (0, 1) for k in (0, 1)]
    largest[pixels.inside] = np.max(corners, axis=0)
    relative = np.nanmax(np.abs(ours - theirs.ravel()) / largest)
    unlike = (np.isfinite(ours) != np.isfinite(theirs.ravel())) & ~_rim(geometry, depths, grid).ravel()
    return float(relative), int(unlike.sum())


def _sector(geometry, depths, grid):
    mask = np.zeros(grid.shape, dtype=bool)
    mask.flat[sector_pixels(geometry, depths, grid).inside] = True
    return mask


def _rim(geometry, depths, grid):
    line, depth = geometry.locate(*np.meshgrid(grid.z, grid.x, indexing="ij"))
    sample = (depth - depths[0]) / (depths[1] - depths[0])
    ends = ((line, 0), (line, geometry.n_lines - 1), (sample, 0), (sample, depths.size - 1))
    return np.any([np.abs(place - end) <= RIM for place, end in ends], axis=0)


if __name__ == "__main__":
    print("| geometry | reference | worst relative difference before the log | worst pixel difference of 255 |")
    print("|---|---|---|---|")
    for name, geometry in GEOMETRIES.items():
        for reference in filter(lambda one: applies(one, geometry), REFERENCES):
            relative, levels, _ = compare(reference, frame_of(geometry))
            print(f"| {name} | {reference} | {relative:.1e} | {levels} |")
