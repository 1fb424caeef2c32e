"""The cached reconstruction of one frame: its envelope and its image at the initial settings, in zarr."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.files import sha256_of_bytes
from echoshift.frame import ConvexGeometry, EnvelopeFrame
from echoshift.reconstruction.plan import ReconstructionPlan
from echoshift.stores import write_dataset

STORE = "reconstruction.zarr"


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
        The store's attributes (JSON values): settings, versions, digests of inputs. The digest of what is stored is added.
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
        attrs={**attributes, "digest": digest(frame, image), "acquisition": json.dumps(acquisition, sort_keys=True)},
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


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """What a cached reconstruction holds.

    Attributes
    ----------
    frame : EnvelopeFrame
    image : ndarray of uint8, (z, x)
        At the initial settings.
    z, x : ndarray, (z,) and (x,)
        Pixel centres in metres.
    digest : str
        SHA-256 of frame and image, see `digest`.
    """

    frame: EnvelopeFrame
    image: np.ndarray
    z: np.ndarray
    x: np.ndarray
    digest: str


def read_reconstruction(folder: str | Path) -> Reconstruction:
    """Read a cached reconstruction and check that it is what was written.

    zarr without xarray: an attack job's start-up is most of its time.

    Raises
    ------
    EchoShiftError
        One line naming the store, if it is missing, damaged or not the data that its digest stands for.
    """
    import zarr

    store = Path(folder) / STORE
    if not store.is_dir():
        raise EchoShiftError(f"{store}: not found, expected a cached reconstruction")
    try:
        group = zarr.open_consolidated(store, mode="r")
        arrays = {name: group[name][:] for name in ("envelope", "bmode", "angle", "z", "x")}
        written = group.attrs["digest"]
        acquisition = json.loads(group.attrs["acquisition"])
        geometry = ConvexGeometry(acquisition.pop("apex_radius"), arrays["angle"], acquisition.pop("start_depth"))
        frame = EnvelopeFrame(arrays["envelope"], geometry=geometry, **acquisition)
    except (OSError, KeyError, ValueError, RuntimeError, EchoShiftError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise EchoShiftError(
            f"{store}: not a readable reconstruction ({reason}); delete {folder} and run again"
        ) from None
    found = digest(frame, arrays["bmode"])
    if found != written:  # zarr reads a lost chunk as zeros
        raise EchoShiftError(
            f"{store}: found data of digest {found[:12]}, expected {written[:12]}; delete {folder} and run again"
        )
    return Reconstruction(frame, arrays["bmode"], arrays["z"], arrays["x"], found)
