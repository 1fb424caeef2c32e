"""The cached reconstruction of one frame: its envelope and its image at the initial settings, in zarr."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.files import sha256_of_bytes
from echoshift.frame import ConvexGeometry, EnvelopeFrame
from echoshift.reconstruction.plan import ReconstructionPlan
from echoshift.stores import write_dataset

STORE = "reconstruction.zarr"
RECORD = "record.json"


def write_store(
    path: str | Path, frame: EnvelopeFrame, plan: ReconstructionPlan, image: np.ndarray, attributes: Mapping[str, Any]
) -> None:
    """Write a reconstruction as a zarr store that xarray opens.

    Parameters
    ----------
    path : path
        The new store; it must not exist.
    frame : EnvelopeFrame
    plan : ReconstructionPlan
        Of that frame.
    image : ndarray of uint8, (z, x)
        The image at the initial settings.
    attributes : mapping
        The store's attributes (JSON values): settings, versions, digests.
    """
    import xarray as xr

    acquisition = {
        "apex_radius": frame.geometry.apex_radius,
        "start_depth": frame.geometry.start_depth,
        "sampling_frequency": frame.sampling_frequency,
        "center_frequency": frame.center_frequency,
        "sound_speed": frame.sound_speed,
        "reference_level": frame.reference_level,
        "band_pass": list(frame.band_pass) if frame.band_pass else None,
        "regions": {name: np.asarray(polygon).tolist() for name, polygon in frame.regions.items()},
        "metadata": dict(frame.metadata),
    }
    dataset = xr.Dataset(
        {
            "envelope": (
                ("line", "sample"),
                frame.envelope,
                {"units": "1", "long_name": "echo envelope, not compensated"},
            ),
            "bmode": (("z", "x"), image, {"units": "1", "long_name": "8-bit B-mode image at the initial settings"}),
        },
        coords={
            "angle": ("line", frame.geometry.angles, {"units": "rad", "long_name": "angle of the line"}),
            "depth": (
                "sample",
                frame.sample_depths,
                {"units": "m", "long_name": "depth below the face along the line"},
            ),
            "z": ("z", plan.z, {"units": "m", "long_name": "depth below the middle of the face"}),
            "x": ("x", plan.x, {"units": "m", "long_name": "lateral position"}),
        },
        attrs={**attributes, "acquisition": json.dumps(acquisition, sort_keys=True)},
    )
    write_dataset(dataset, path)


def digest(frame: EnvelopeFrame, image: np.ndarray) -> str:
    """SHA-256 of all that an attack or a training takes from a reconstruction."""
    acquisition = frame.acquisition()
    geometry = acquisition.pop("geometry")
    acquisition["regions"] = {name: np.asarray(polygon).tolist() for name, polygon in frame.regions.items()}
    text = json.dumps([geometry.apex_radius, geometry.start_depth, acquisition], sort_keys=True, default=dict)
    return sha256_of_bytes(
        text.encode(), geometry.angles.tobytes(), frame.envelope.tobytes(), image.tobytes(), str(image.shape).encode()
    )


def read_envelope(folder: str | Path) -> tuple[EnvelopeFrame, tuple[int, int]]:
    """Read the cached envelope and the shape of the picture.

    zarr without xarray: an attack job's start-up is most of its time.
    """
    group = _group(folder)
    acquisition = json.loads(group.attrs["acquisition"])
    geometry = ConvexGeometry(acquisition.pop("apex_radius"), group["angle"][:], acquisition.pop("start_depth"))
    return EnvelopeFrame(group["envelope"][:], geometry=geometry, **acquisition), group["bmode"].shape


def read_bmode(folder: str | Path) -> np.ndarray:
    """Read the image at the initial settings, uint8 (z, x)."""
    return _group(folder)["bmode"][:]


def read_axes(folder: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Read the pixel centres z and x, in metres."""
    group = _group(folder)
    return group["z"][:], group["x"][:]


def _group(folder: str | Path) -> Any:
    import zarr

    store = Path(folder) / STORE
    try:
        group = zarr.open_consolidated(store, mode="r")
        if missing := {"envelope", "bmode", "angle", "z", "x"} - set(group.array_keys()):
            raise EchoShiftError(f"{store}: arrays {sorted(missing)} not found, expected a cached reconstruction")
        return group
    except (OSError, KeyError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise EchoShiftError(
            f"{store}: not a readable zarr store ({reason}), expected a cached reconstruction"
        ) from None
