"""Consistency of each geometry's points and boxes, over random probes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from echoshift import ConvexGeometry, LinearGeometry
from echoshift.reconstruction.grid import pixel_grid, sector_pixels


def increasing(draw, first, width, n):
    """n uneven values from first to first + width."""
    gaps = np.array(draw(st.lists(st.floats(0.1, 1), min_size=n - 1, max_size=n - 1)))
    return first + width * np.concatenate([[0], np.cumsum(gaps)]) / gaps.sum()


@st.composite
def geometries(draw):
    n, start = draw(st.integers(2, 12)), draw(st.floats(0, 0.02))
    if draw(st.booleans()):
        radius = draw(st.one_of(st.just(0.0), st.floats(0.001, 0.2)))
        angles = increasing(draw, draw(st.floats(-120, 60)), draw(st.floats(2, 110)), n)
        return ConvexGeometry(radius, np.deg2rad(angles), start)
    positions = increasing(draw, draw(st.floats(-0.1, 0.05)), draw(st.floats(0.005, 0.1)), n)
    return LinearGeometry(positions, np.deg2rad(draw(st.floats(-60, 60))), start)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(geometry=geometries(), depth=st.floats(1e-4, 0.3), at=st.floats(0, 1))
def test_locate_is_the_inverse_of_points(geometry, depth, at):
    line = np.linspace(0, geometry.n_lines - 1, 23) * at
    found, found_depth = geometry.locate(*geometry.points(line, np.full(23, depth)))
    np.testing.assert_allclose(found, line, atol=1e-7)
    np.testing.assert_allclose(found_depth, depth, atol=1e-12)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(geometry=geometries(), span=st.floats(0.005, 0.3))
def test_the_box_encloses_all_samples_tightly(geometry, span):
    last = geometry.start_depth + span
    line, depth = np.meshgrid(np.linspace(0, geometry.n_lines - 1, 4001), [0.0, last])
    z, x = geometry.points(line, depth)
    box = geometry.bounding_box(last)
    found = (z.min(), z.max(), x.min(), x.max())
    slack = 1e-12
    assert box[0] <= found[0] + slack and box[1] >= found[1] - slack
    assert box[2] <= found[2] + slack and box[3] >= found[3] - slack
    np.testing.assert_allclose(box, found, atol=2e-6)  # arcs bulge by less between two sampled lines


@settings(max_examples=40, deadline=None, derandomize=True)
@given(geometry=geometries(), n_samples=st.integers(40, 300))
def test_pixel_positions_lead_back_to_the_pixels(geometry, n_samples):
    depths = geometry.start_depth + np.arange(n_samples) * 7.7e-5
    grid = pixel_grid(geometry, depths[-1], (50, 63))
    pixels = sector_pixels(geometry, depths, grid)
    depth = depths[0] + (pixels.sample + pixels.sample_weight) * 7.7e-5
    z, x = geometry.points(pixels.line + pixels.line_weight, depth)
    rows, columns = np.unravel_index(pixels.inside, grid.shape)
    np.testing.assert_allclose(z, grid.z[rows], atol=1e-9)  # tolerance at the rim
    np.testing.assert_allclose(x, grid.x[columns], atol=1e-9)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(geometry=geometries(), span=st.floats(0.01, 0.2), pixel=st.floats(2e-4, 2e-3))
def test_a_grid_of_a_given_pixel_size_covers_the_box_and_no_more(geometry, span, pixel):
    last = geometry.start_depth + span
    grid = pixel_grid(geometry, last, pixel=pixel)
    z_min, z_max, x_min, x_max = geometry.bounding_box(last)
    for centres, low, high in ((grid.z, z_min, z_max), (grid.x, x_min, x_max)):
        np.testing.assert_allclose(np.diff(centres), pixel, rtol=1e-6)
        assert low - 1e-12 <= centres[0] and centres[-1] <= high + 1e-8 * pixel
        assert (high - low) - (centres[-1] - centres[0]) < pixel
