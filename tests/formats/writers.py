"""Small recordings in other tools' layouts. Each sample is `field` at its own position, so a wrong axis, order, unit or apex shows
as samples that differ from `field` at the frame's positions."""

import os

import h5py
import numpy as np
import yaml
from scipy.io import savemat

from common import needs

RADIUS, START, STEP = 0.04, 0.002, 1e-4
ANGLES = np.linspace(-0.5, 0.6, 21)  # not symmetric, so that mirroring is detected
POSITIONS = np.linspace(-0.018, 0.02, 21)
DEPTHS = START + STEP * np.arange(220)
SPEED = 1500.0
RATE = SPEED / (2 * STEP)
CURVILINEAR = {"LateralAngularSeparation": 0.00862832, "FirstSampleDistance": 26.4, "RadiusSampleSize": 0.0513434}
"""ITKUltrasound's fields of a MetaImage."""
SIDE = {
    "geometry": {"apex_radius": 0.05, "line_spacing": 0.02},
    "sampling_frequency": 6.25e6,
    "center_frequency": 2.5e6,
}
"""A side-car for a recording without a geometry."""


def field(z, x):
    return 1000 * np.cos(211 * z + 30 * x) + 500 * np.sin(97 * x - 13 * z)


def iq(z, x):
    return field(z, x) + 1j * field(x, z)


def convex_places(angles=ANGLES, depths=DEPTHS, radius=RADIUS):
    """z and x, (line, sample)."""
    r = radius + depths
    return r * np.cos(angles[:, None]) - radius, r * np.sin(angles[:, None])


def linear_places(steering=0.0, positions=POSITIONS, depths=DEPTHS):
    z = np.broadcast_to(depths * np.cos(steering), (positions.size, depths.size))
    return z, positions[:, None] + depths * np.sin(steering)


def is_in_place(frame, of=field, tolerance=0.5):
    """Whether every sample equals `of` at its position in the frame."""
    line = np.arange(frame.samples.shape[0])[:, None]
    z, x = frame.geometry.points(line, frame.depths(frame.samples.shape[1]))
    return np.abs(frame.samples - of(z, x)).max() <= tolerance


def beside(path, **fields):
    """Write a recording's side-car."""
    path.with_name(path.name + ".yaml").write_text(yaml.safe_dump(fields))
    return path


def write_metaimage(path, frames, data=None, **header):
    """Write in the layout of ITK 5.4 and PLUS. Fields that are None are left out."""
    fields = {
        "ObjectType": "Image",
        "NDims": 3,
        "BinaryData": True,
        "BinaryDataByteOrderMSB": False,
        "CompressedData": False,
        "ElementSpacing": "1 1 1",
        "Offset": "0 0 0",
        "FrequencyMhz": 2.5,
        "DimSize": f"{frames.shape[2]} {frames.shape[1]} {frames.shape[0]}",
        "ElementType": "MET_SHORT",
        **header,
        "ElementDataFile": "LOCAL",
    }
    text = "".join(f"{name} = {value}\n" for name, value in fields.items() if value is not None)
    path.write_bytes(text.encode() + (frames.tobytes() if data is None else data))
    return path


def write_zea(path, places=None, values=None, scan=None, n_frames=1, data="beamformed_data", **fields):
    """Write with zea itself: RF on zea's own polar grid unless positions or values are given, or an `envelope_data`."""
    os.environ.setdefault("KERAS_BACKEND", "numpy")
    needs("zea")
    from zea.beamform.pixelgrid import polar_pixel_grid
    from zea.data.file import File

    if places is None:
        grid = polar_pixel_grid((ANGLES[0], ANGLES[-1]), (DEPTHS[0], DEPTHS[-1]), DEPTHS.size, ANGLES.size, RADIUS)
    else:
        grid = np.stack([places[1].T, np.zeros_like(places[1].T), places[0].T], axis=-1)
    if values is None:
        values = np.stack([(i + 1) * field(grid[..., 2], grid[..., 0]) for i in range(n_frames)])[..., None]
    if data == "envelope_data":
        values = np.abs(values[..., 0])
    maps = {data: {"values": np.float32(values), "coordinates": np.float32(grid)}}
    File.create(str(path), data=maps, scan=zea_scan(**(scan or {})), ignore_warnings=True, overwrite=True, **fields)
    return path


def zea_scan(**changes):
    transmits = {name: np.zeros(1, np.float32) for name in ("initial_times", "focus_distances", "polar_angles")}
    return {
        "sampling_frequency": np.float32(20e6),
        "center_frequency": np.float32(2.5e6),
        "demodulation_frequency": np.float32(2.5e6),
        "sound_speed": np.float32(SPEED),
        "t0_delays": np.zeros((1, 8), np.float32),
        "tx_apodizations": np.ones((1, 8), np.float32),
        "transmit_origins": np.zeros((1, 3), np.float32),
        **transmits,
        **changes,
    }


def write_uff(path, data=None, scan=None, name="beamformed", **fields):
    """Write with pyuff, and a side-car with the frequency. The lateral axis of its pixels varies fastest on a sector."""
    pyuff = needs("pyuff_ustb")
    if scan is None:
        origin = pyuff.Point(distance=RADIUS, azimuth=np.pi, elevation=0.0)  # behind the face
        scan = pyuff.SectorScan(azimuth_axis=ANGLES, depth_axis=RADIUS + DEPTHS, origin=origin)
    data = field(scan.z, scan.x) if data is None else data
    data = data.reshape(len(data), *(data.shape[1:] or (1, 1, 1)))
    pyuff.BeamformedData(data=data, scan=scan, modulation_frequency=0.0, **fields).write(str(path), name)
    return beside(path, center_frequency=2.5e6)


def write_uff_of_matlab(path, of=iq, modulation=2.5e6, apex="origin"):
    """Write like USTB's MATLAB code: dimensions reversed, depth fastest, numbers as rows, complex numbers in two parts."""
    z, x = convex_places()
    with h5py.File(path, "w") as file:
        group = _classed(file.create_group("b_data"), "uff.beamformed_data")
        scan = _classed(group.create_group("scan"), "uff.sector_scan")
        point = _classed(scan.create_group(apex), "uff.point")
        for name, value in {"distance": RADIUS, "azimuth": np.pi, "elevation": 0.0}.items():
            point[name] = np.array([[value]])
        scan["azimuth_axis"], scan["depth_axis"] = ANGLES[None], (RADIUS + DEPTHS)[None]
        scan["z"], scan["x"], scan["y"] = z.reshape(1, -1), x.reshape(1, -1), np.zeros((1, x.size))
        values = of(z, x).reshape(1, 1, 1, -1)
        if np.iscomplexobj(values):
            data = _classed(group.create_group("data"), "single")
            data["real"], data["imag"] = np.float32(values.real), np.float32(values.imag)
        else:
            group["data"] = np.float32(values)
        group["modulation_frequency"] = np.array([[modulation]])
    return path


def _classed(group, name):
    group.attrs["class"] = np.bytes_(name)
    return group


def must(**changes):
    """Variables of a MUST file with elements on an arc and lines normal to it."""
    pitch = 2 * 0.06 * np.sin(0.01 / 2)
    angles = 0.01 * (np.arange(21) - 10)
    z, x = convex_places(angles, np.arange(220) * STEP, 0.06)
    param = {"fs": RATE, "fc": 2.5e6, "c": SPEED, "pitch": pitch, "radius": 0.06}
    return {"RF": field(z, x).T, "param": {**param, **changes}}


def quantus(**changes):
    """Variables of a QuantUS file with three frames, of which the second is the field."""
    rf = field(*convex_places()).T
    param = {"fs": RATE, "r": RADIUS + DEPTHS, "theta": ANGLES, "c": SPEED}
    param |= {"TWFrequency": 2.5, "TransRadiusmm": RADIUS * 1e3}
    return {"RFmig": np.stack([rf * 0, rf, -rf], axis=2), "param": {**param, **changes}}


def duke(**changes):
    """Variables of a DukeUltrasound file."""
    param = {"fs": RATE, "f0": 2.5e6, "c": SPEED, "r": DEPTHS, "theta": ANGLES, "probe_radius": RADIUS, "apex": -RADIUS}
    return {"iq": iq(*convex_places()).T, "acq_params": {**param, **changes}}


def oasbud(**changes):
    """Variables of an OASBUD file with two lesions."""
    positions = np.linspace(-0.019, 0.019, 21)
    depths = np.arange(220) * 1540 / (2 * 40e6)
    rf = field(*linear_places(0.0, positions, depths)).T
    roi = np.zeros(rf.shape)
    roi[50:151, 5:16] = 1
    rows = [
        {"id": "P1", "rf1": rf, "rf2": -rf, "roi1": roi, "roi2": roi, "birads": "4a", "class": 1.0},
        {"id": "P2", "rf1": 2 * rf, "rf2": 3 * rf, "roi1": 0 * roi, "roi2": roi, "birads": "3", "class": 0.0},
    ]
    return {"data": [{**row, **changes} for row in rows]}


def write_v5(path, variables, compressed=True):
    """Write with SciPy. A list of dicts becomes a struct array."""
    savemat(path, _with_struct_arrays(variables), do_compression=compressed)
    return path


def write_v73(path, variables):
    """Write with hdf5storage, in the format of MATLAB's `-v7.3`."""
    hdf5storage = needs("hdf5storage")
    values = _with_struct_arrays(variables)
    hdf5storage.savemat(str(path), values, appendmat=False, format="7.3", store_python_metadata=False)
    return path


def _with_struct_arrays(variables):
    return {name: _struct_array(value) if isinstance(value, list) else value for name, value in variables.items()}


def _struct_array(rows):
    array = np.empty((1, len(rows)), dtype=[(name, object) for name in rows[0]])
    for i, row in enumerate(rows):
        array[0, i] = tuple(row.values())
    return array
