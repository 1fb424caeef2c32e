"""MATLAB files of version 5 (written by SciPy) and 7.3 (by hdf5storage) give the same variables and frames."""

import re
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from refusals import refused
from scipy.io import loadmat
from writers import (
    ANGLES,
    DEPTHS,
    RADIUS,
    RATE,
    SPEED,
    duke,
    field,
    iq,
    is_in_place,
    must,
    oasbud,
    quantus,
    write_v5,
    write_v73,
)

from echoshift.formats import open_frame
from echoshift.formats.matlab import read_variables

WRITERS = pytest.mark.parametrize("write", [write_v5, write_v73])


@WRITERS
def test_variables_are_plain_python(tmp_path, write):
    matrix = np.arange(6.0).reshape(2, 3)
    variables = {
        "matrix": matrix, "cube": np.arange(24.0).reshape(2, 3, 4), "complex": matrix + 1j, "word": "a word",
        "one": {"inner": {"number": 3.0}}, "many": [{"id": "x", "v": matrix}, {"id": "yz", "v": 2 * matrix}],
    }  # fmt: skip
    found = read_variables(write(tmp_path / "a.mat", variables), [*variables, "absent"])
    assert set(found) == set(variables)
    for name in ("matrix", "cube", "complex"):
        np.testing.assert_array_equal(found[name], variables[name])
    assert found["word"] == "a word"
    assert found["one"]["inner"]["number"].item() == 3
    assert [row["id"] for row in found["many"]] == ["x", "yz"]
    np.testing.assert_array_equal(found["many"][1]["v"], 2 * matrix)


DATA = Path(scipy.io.__file__).parent / "matlab/tests/data"
MATLABS_OWN = sorted(
    path.name
    for path in DATA.glob("*.mat")
    if path.read_bytes()[:10] == b"MATLAB 5.0"
    and not re.search("sparse|func|object|sqr|parabola|empty_struct|bad_|broken|corrupted|malformed|nasty", path.name)
)


@pytest.mark.skipif(not MATLABS_OWN, reason="this SciPy was installed without its test files")
@pytest.mark.parametrize("name", MATLABS_OWN)
def test_files_that_matlab_wrote_are_read_as_scipy_reads_them(name):
    """Files of MATLAB 5.3 to 7.4 in both byte orders, which come with SciPy."""
    expected = {key: value for key, value in loadmat(DATA / name).items() if not key.startswith("__")}
    found = read_variables(DATA / name, expected)
    assert expected and set(found) == set(expected)
    for key, value in expected.items():
        same(found[key], value)


def same(found, scipys):
    """Compare with SciPy, which gives object arrays for cells, records for structs and an array of rows for text."""
    if scipys.dtype.names:
        rows = found if isinstance(found, list) else [found]
        assert len(rows) == scipys.size
        for row, one in zip(rows, scipys.ravel(order="F"), strict=True):
            assert set(row) == set(scipys.dtype.names)
            for name in row:
                same(row[name], one[name])
    elif scipys.dtype == object:
        assert len(found) == scipys.size
        for one, other in zip(found, scipys.ravel(order="F"), strict=True):
            same(one, other)
    elif scipys.dtype.kind == "U":
        rows = "\n".join(line for line in scipys.ravel() if line or found)
        assert [line.rstrip() for line in found.split("\n")] == [line.rstrip() for line in rows.split("\n")]
    else:
        np.testing.assert_array_equal(found, scipys)


@WRITERS
def test_must(tmp_path, write):
    frame = open_frame(write(tmp_path / "a.mat", must()))
    assert (frame.sampling_frequency, frame.center_frequency, frame.sound_speed) == (RATE, 2.5e6, SPEED)
    assert frame.geometry.apex_radius == 0.06
    assert is_in_place(frame, tolerance=0.01)


def test_must_of_a_linear_probe_that_starts_late(tmp_path):
    variables = must(radius=np.inf, pitch=3e-4, t0=4e-6)
    frame = open_frame(write_v5(tmp_path / "a.mat", variables))
    assert frame.geometry.KIND == "linear"
    np.testing.assert_allclose(frame.geometry.positions, 3e-4 * (np.arange(21) - 10), atol=1e-12)
    assert frame.geometry.start_depth == pytest.approx(0.003)  # 4 us round trip at 1500 m/s


@WRITERS
def test_quantus(tmp_path, write):
    frame = open_frame(f"{write(tmp_path / 'a.mat', quantus())}#1")
    assert (frame.sampling_frequency, frame.center_frequency) == (pytest.approx(RATE), 2.5e6)
    assert frame.geometry.apex_radius == pytest.approx(RADIUS)
    np.testing.assert_allclose(frame.geometry.angles, ANGLES)
    assert is_in_place(frame, tolerance=0.01)


def test_quantus_with_depths_from_the_face(tmp_path):
    assert is_in_place(open_frame(f"{write_v5(tmp_path / 'a.mat', quantus(r=DEPTHS))}#1"), tolerance=0.01)


@WRITERS
def test_duke(tmp_path, write):
    frame = open_frame(write(tmp_path / "a.mat", duke()))
    assert frame.is_iq and frame.center_frequency == 2.5e6
    assert is_in_place(frame, iq, 0.01)


@pytest.mark.parametrize("left", [{"apex"}, {"probe_radius"}, {"apex_coordinates"}])
def test_duke_reads_the_radius_from_any_of_three_fields(tmp_path, left):
    variables = duke(apex_coordinates=np.array([0, 0, -RADIUS]))
    for name in {"apex", "apex_coordinates", "probe_radius"} - left:
        del variables["acq_params"][name]
    assert is_in_place(open_frame(write_v5(tmp_path / "a.mat", variables)), iq, 0.01)


def test_duke_refuses_two_radii_and_a_harmonic_image_without_its_band(tmp_path):
    two = refused(write_v5(tmp_path / "a.mat", duke(probe_radius=RADIUS + 0.005)))
    assert "acq_params.apex: found a first sample 0.042 m from the apex, but 0.047 m according to probe_radius" in two
    assert "center_frequency: found neither" in refused(write_v5(tmp_path / "b.mat", duke(harmonic=1.0)))


@WRITERS
def test_oasbud(tmp_path, write):
    path = write(tmp_path / "a.mat", oasbud())
    frame = open_frame(f"{path}#P1/rf1")
    assert frame.sampling_frequency == 40e6
    assert is_in_place(frame, tolerance=0.01)
    assert is_in_place(open_frame(f"{path}#P2/rf2"), lambda z, x: 3 * field(z, x), 0.01)
    assert frame.metadata["birads"] == "4a" and frame.metadata["class"] == "1"
    # Lines 5 to 15 of 21 over 38 mm, samples 50 to 150 at 40 MHz.
    x, z = frame.regions["lesion"].T
    assert (x.min(), x.max()) == (pytest.approx(-0.0095), pytest.approx(0.0095))
    assert (z.min(), z.max()) == (pytest.approx(50 * 1540 / 80e6), pytest.approx(150 * 1540 / 80e6))
    assert not open_frame(f"{path}#P2/rf1").regions  # its mask is empty


def test_a_circle_of_references_is_refused(tmp_path):
    import h5py

    path = write_v73(tmp_path / "a.mat", must())
    with h5py.File(path, "r+") as file:
        file["param"].create_dataset("loop", data=np.array([[file["param"].ref]], dtype=h5py.ref_dtype))
        file["param/loop"].attrs["MATLAB_class"] = np.bytes_("cell")
    assert "found structs 21 deep" in refused(path)
