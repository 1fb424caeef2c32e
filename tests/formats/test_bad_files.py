"""Invalid files of every format: each is refused with a one-line reason."""

from functools import partial

import h5py
import numpy as np
import pytest
from refusals import refused
from writers import (
    ANGLES,
    DEPTHS,
    POSITIONS,
    RADIUS,
    convex_places,
    duke,
    field,
    must,
    oasbud,
    quantus,
    write_uff,
    write_uff_of_matlab,
    write_v5,
    write_v73,
    write_zea,
)

from common import needs
from echoshift.formats import open_frame

WRITERS = {
    "zea": write_zea,
    "uff": write_uff_of_matlab,
    "must": lambda path: write_v5(path, must()),
    "quantus": lambda path: write_v73(path, quantus()),
    "duke": lambda path: write_v73(path, duke()),
    "oasbud": lambda path: write_v5(path, oasbud()),
}


@pytest.mark.parametrize("format", WRITERS)
def test_truncated_and_emptied_files(tmp_path, format):
    path = WRITERS[format](tmp_path / "a.dat")
    whole = path.read_bytes()
    for share in (0.01, 0.1, 0.5, 0.9):
        path.write_bytes(whole[: int(share * len(whole))])
        refused(path)
    path.write_bytes(b"")
    assert "found an empty file" in refused(path)


@pytest.mark.parametrize("format", WRITERS)
@pytest.mark.parametrize("selector", ["-1", "99", "", "x/y", "1,2,3,4", "²", "9" * 5000])
def test_no_such_selector(tmp_path, format, selector):
    assert "expected" in refused(WRITERS[format](tmp_path / "a.dat"), selector)


def test_unknown_hdf5_and_matlab_files(tmp_path):
    h5py.File(tmp_path / "a.h5", "w").close()
    assert "found an HDF5 file with an unknown layout" in refused(tmp_path / "a.h5")
    for write in (write_v5, write_v73):
        found = refused(write(tmp_path / f"{write.__name__}.mat", {"RF": np.zeros((3, 3))}))
        assert "found a MATLAB file with the variables RF, expected an RF frame" in found
    assert "found fields id, notes, expected also rf1, rf2, roi1, roi2" in refused(
        write_v5(tmp_path / "c.mat", {"data": [{"id": 1.0, "notes": np.zeros((3, 3))}] * 2}), "1/rf1"
    )


def changed(make, of=None, **changes):
    """Variables with some values replaced, or removed if the new value is None."""
    variables = make()
    inner = variables[of] if of else variables
    for name, value in changes.items():
        inner.pop(name) if value is None else inner.update({name: value})
    return variables


def spoilt(make, name, value=np.nan):
    variables = make()
    variables[name][3, 3] = value
    return variables


RF = must()["RF"]
MATLAB = {
    "must: NaN": (spoilt(must, "RF"), None, "samples: found 1 NaN or infinite values"),
    "must: infinite": (spoilt(must, "RF", np.inf), None, "samples: found 1 NaN or infinite values"),
    "must: zero lines": (changed(must, RF=np.zeros((220, 0))), None, "expected"),
    "must: one line": (changed(must, RF=RF[:, :1]), None, "angles: found shape (1,), expected at least 2 lines"),
    "must: transposed": (changed(must, RF=RF.T), None, "samples: found 21 samples per line"),
    "must: text": (changed(must, RF="nothing"), None, "RF: found str, expected numbers"),
    "must: four dimensions": (changed(must, RF=np.zeros((220, 21, 2, 2))), None, "RF: found 4 dimensions"),
    "must: frames": (changed(must, RF=np.zeros((220, 21, 2))), None, "frame: found 2 in the file"),
    "must: no struct": (changed(must, param=3.0), None, "param: found an array of shape (1, 1), expected a struct"),
    "must: no pitch": (changed(must, "param", pitch=None), None, "param.pitch: not in the file"),
    "must: millimetres": (changed(must, "param", pitch=0.3), None, "param.pitch: found 0.3"),
    "must: radius": (changed(must, "param", radius=-0.06), None, "param.radius: found -0.06"),
    "must: no fs": (changed(must, "param", fs=None), None, "sampling_frequency: found neither"),
    "must: megahertz": (changed(must, "param", fs=20.0), None, "sampling_frequency: found 20.0"),
    "must: negative": (changed(must, "param", fc=-2.5e6), None, "center_frequency: found -2500000.0"),
    "must: two speeds": (changed(must, "param", c=np.array([1500.0, 1540.0])), None, "param.c: found shape (1, 2)"),
    "must: complex speed": (changed(must, "param", c=1500j), None, "param.c: found type complex128"),
    "must: elements": (changed(must, "param", Nelements=128.0), None, "RF: found 21 lines, expected 128"),
    "must: before the face": (changed(must, "param", t0=-1e-6), None, "start_depth: found -0.00075"),
    "quantus: sizes": (changed(quantus, "param", theta=ANGLES[:-1]), "0", "RFmig: found 220 samples, 21 lines, expected 220 and 20"),
    "quantus: angles": (changed(quantus, "param", theta=ANGLES[::-1]), "0", "angles: found values that do not increase"),
    "quantus: degrees": (changed(quantus, "param", theta=np.degrees(ANGLES)), "0", "angles: found 34.38"),
    "quantus: depths": (changed(quantus, "param", r=DEPTHS[::-1]), "0", "param.r: found values that do not increase"),
    "quantus: uneven": (changed(quantus, "param", r=RADIUS + DEPTHS**2), "0", "steps off an even axis"),
    "quantus: radius": (changed(quantus, "param", TransRadiusmm=None), "0", "param.TransRadiusmm: not in the file"),
    "quantus: rate": (changed(quantus, "param", fs=15e6), "0", "param.fs: found 15000000.0 Hz, expected about 7.5e+06"),
    "quantus: hertz": (changed(quantus, "param", TWFrequency=2.5e6), "0", "center_frequency: found 2500000000000.0"),
    "quantus: NaN radius": (changed(quantus, "param", r=np.full(220, np.nan)), "0", "param.r: found NaN or infinite"),
    "duke: real": (changed(duke, iq=RF), None, "iq: found type float64, expected complex samples"),
    "duke: NaN": (spoilt(duke, "iq"), None, "samples: found 1 NaN"),
    "duke: no radius": (
        changed(duke, "acq_params", apex=None, probe_radius=None), None, "expected one of them"),
    "duke: apex before": (changed(duke, "acq_params", apex=0.2, probe_radius=None), None, "do not increase"),
    "duke: no angles": (changed(duke, "acq_params", theta=None), None, "acq_params.theta: not in the file"),
    "oasbud: no lesion": (oasbud(), "P3/rf1", "frame: found #P3/rf1, expected ID/rf1 or ID/rf2 after #, ID one of P1, P2"),
    "oasbud: no view": (oasbud(), "P1/rf3", "frame: found #P1/rf3"),
    "oasbud: none chosen": (oasbud(), None, "frame: found 4 in the file"),
    "oasbud: mask": (oasbud(roi1=np.ones((10, 10))), "P1/rf1", "roi1: found shape (10, 10), expected (220, 21)"),
    "oasbud: empty": (oasbud(rf1=np.zeros((0, 0))), "P1/rf1", "expected"),
}  # fmt: skip


@pytest.mark.parametrize("write", [write_v5, write_v73])
@pytest.mark.parametrize("name", MATLAB)
def test_wrong_matlab_files(tmp_path, name, write):
    variables, selector, expected = MATLAB[name]
    assert expected in refused(write(tmp_path / "a.mat", variables), selector)


def edited(write, change):
    """A writer whose HDF5 file is changed afterwards."""

    def write_edited(path):
        with h5py.File(write(path), "r+") as file:
            change(file)
        return path

    return write_edited


def zea_with(change):
    return edited(partial(write_zea, compression=None), lambda file: change(file, file["tracks/track_0"]))


def put(group, name, value):
    del group[name]
    if value is not None:
        group[name] = value


def shrunk(group):
    put(group, "values", group["values"][:, :100])


VALUES = "data/beamformed_data/values"
PLACES = "data/beamformed_data/coordinates"
ZEA = {
    "NaN": (zea_with(lambda f, t: t[VALUES].write_direct(np.full((1, 220, 21, 1), np.nan, "f4"))), "4620 NaN or infinite"),
    "no data": (zea_with(lambda f, t: put(t, "data/beamformed_data", None)), "beamformed_data: not in the file"),
    "no tracks": (zea_with(lambda f, t: put(f, "tracks", None)), "beamformed_data: not in the file"),
    "no places": (zea_with(lambda f, t: put(t, PLACES, None)), "coordinates: not in the file"),
    "NaN places": (zea_with(lambda f, t: t[PLACES].write_direct(np.full((220, 21, 3), np.nan, "f4"))), "coordinates: found NaN"),
    "sizes": (zea_with(lambda f, t: shrunk(t["data/beamformed_data"])), "coordinates: found shape (220, 21, 3), expected (100, 21, 3)"),
    "channels": (zea_with(lambda f, t: put(t, VALUES, np.zeros((1, 220, 21, 3)))), "values: found shape (1, 220, 21, 3)"),
    "zero lines": (zea_with(lambda f, t: put(t, VALUES, np.zeros((1, 220, 0, 1)))), "coordinates: found shape"),
    "no frames": (zea_with(lambda f, t: put(t, VALUES, np.zeros((0, 220, 21, 1)))), "frame: found none in the file"),
    "text": (zea_with(lambda f, t: put(t, "scan/sound_speed", "fast")), "sound_speed: found bytes, expected real numbers"),
    "negative": (zea_with(lambda f, t: put(t, "scan/demodulation_frequency", -1.0)), "center_frequency: found -1.0"),
    "frequencies": (zea_with(lambda f, t: put(t, "scan/demodulation_frequency", [1e6, 2e6])), "found 2 different values"),
    "no frequency": (
        zea_with(lambda f, t: put(t, "scan", None)), "center_frequency: found neither in the file (zea HDF5)"),
    "gain": (
        zea_with(lambda f, t: t["scan"].create_dataset("tgc_gain_curve", data=np.zeros(220))), "tgc_gain_curve: found 0, negative"),
}  # fmt: skip


def uff_with(change):
    return edited(write_uff_of_matlab, lambda file: change(file["b_data"]))


def uff_by_pyuff(x_axis=POSITIONS):
    return lambda path: write_uff(path, scan=needs("pyuff_ustb").LinearScan(x_axis=x_axis, z_axis=DEPTHS))


Z, X = convex_places()
UFF = {
    "no scan": (uff_with(lambda g: put(g, "scan", None)), "b_data/scan: not in the file"),
    "scan class": (uff_with(lambda g: g["scan"].attrs.update({"class": "uff.scan"})), "scan class: found 'uff.scan'"),
    "no axis": (uff_with(lambda g: put(g, "scan/azimuth_axis", None)), "b_data/scan/azimuth_axis: not in the file"),
    "no data": (uff_with(lambda g: put(g, "data", None)), "b_data/data: not in the file"),
    "half complex": (uff_with(lambda g: put(g, "data/imag", None)), "b_data/data/imag: not in the file"),
    "parts": (uff_with(lambda g: put(g, "data/imag", np.zeros(5))), "real and imaginary parts of different shapes"),
    "sizes": (uff_with(lambda g: put(g, "scan/depth_axis", DEPTHS[None, :100])), "with 2100 pixels, as in the scan"),
    "NaN": (uff_with(lambda g: put(g, "data", np.full((1, 4620), np.nan))), "modulation_frequency: found 2500000.0 for real"),
    "infinite": (
        uff_with(lambda g: g["data/real"].write_direct(np.full((1, 1, 1, 4620), np.inf, "f4"))), "4620 NaN or infinite"),
    "no places": (uff_with(lambda g: put(g, "scan/x", None)), "b_data/scan/x: not in the file"),
    "few places": (uff_with(lambda g: put(g, "scan/x", np.zeros((1, 7)))), "scan/x: found 7 values, expected 4620"),
    "other places": (uff_with(lambda g: put(g, "scan/x", X[::-1].reshape(1, -1))), "positions in no order of the axes"),
    "NaN axis": (uff_with(lambda g: put(g, "scan/depth_axis", np.full((1, 220), np.nan))), "scan/depth_axis: found NaN"),
    "text axis": (uff_with(lambda g: put(g, "scan/depth_axis", "deep")), "scan/depth_axis: found"),
    "negative": (uff_with(lambda g: put(g, "modulation_frequency", -1e6)), "center_frequency: found -1000000.0"),
    "no beamformed data": (
        uff_with(lambda g: g.attrs.update({"class": "uff.channel_data"})), "found uff.channel_data, expected uff.beamformed_data"),
    "lines": (uff_by_pyuff(POSITIONS[::-1].copy()), "positions: found values that do not increase"),
    "one line": (uff_by_pyuff(POSITIONS[:1].copy()), "scan/x_axis: found shape (1,)"),
    "millimetres": (uff_by_pyuff(POSITIONS * 1e3), "metres"),
}  # fmt: skip


@pytest.mark.parametrize(("format", "name"), [("ZEA", name) for name in ZEA] + [("UFF", name) for name in UFF])
def test_wrong_hdf5_files(tmp_path, format, name):
    write, expected = {"ZEA": ZEA, "UFF": UFF}[format][name]
    assert expected in refused(write(tmp_path / "a.hdf5"))


def test_a_size_beyond_what_the_file_can_hold_is_not_believed(tmp_path):
    """A chunk that was never written takes no space in the file, whatever its size."""
    with h5py.File(write_uff_of_matlab(tmp_path / "a.uff"), "r+") as file:
        put(file["b_data"], "scan/x", None)
        file["b_data/scan"].create_dataset("x", shape=(1, 2**40), dtype="f8", chunks=(1, 2**20))
    assert "b_data/scan/x: found 8796093022208 bytes" in refused(tmp_path / "a.uff")


def test_nothing_is_left_beside_a_file(tmp_path):
    path = write_v5(tmp_path / "a.mat", changed(must, "param", fs=-1.0))
    refused(path)
    assert [file.name for file in tmp_path.iterdir()] == ["a.mat"]


def test_files_without_the_defect_are_read(tmp_path):
    """The files of the tables above have no defect other than the one listed."""
    for i, write in enumerate((zea_with(lambda f, t: None), uff_with(lambda g: None), uff_by_pyuff())):
        assert np.abs(open_frame(write(tmp_path / f"{i}.dat")).samples).max() > 1000
    assert field(0, 0) == 1000
