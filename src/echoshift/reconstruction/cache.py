"""The cached reconstruction of one frame in zarr: its envelope and its image at the initial settings."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.frame import EnvelopeFrame
from echoshift.geometry import GEOMETRIES, geometry_fields
from echoshift.reconstruction.grid import PixelGrid
from echoshift.reconstruction.plan import ReconstructionPlan
from echoshift.storage.files import sha256_of_bytes
from echoshift.storage.stores import write_dataset

STORE = "reconstruction.zarr"


def write_store(
    path: str | Path, frame: EnvelopeFrame, plan: ReconstructionPlan, image: np.ndarray, attributes: Mapping[str, Any]
) -> None:
    """Write a reconstruction as a zarr store that xarray opens.

    Parameters
    ----------
    path : path
        The new store. It must not exist.
    frame : EnvelopeFrame
    plan : ReconstructionPlan
        The plan of `frame`.
    image : ndarray of uint8, (z, x)
        The image at the initial settings.
    attributes : mapping
        Attributes of the store (JSON values): settings, versions, digests of inputs. The content's digest is added.
    """
    import xarray as xr

    geometry = frame.geometry
    own = {"kind": geometry.KIND, **geometry_fields(geometry)}
    lines = own.pop(geometry.LINES)
    text = json.dumps({"geometry": own, "acquisition": _acquisition(frame)}, sort_keys=True)
    dataset = xr.Dataset(
        {
            "envelope": (("line", "sample"), frame.envelope, described("echo envelope, not compensated")),
            "bmode": (("z", "x"), image, described("8-bit B-mode image at the initial settings")),
        },
        coords={
            geometry.LINES: (
                "line",
                lines,
                described(f"{geometry.LINES} of the lines", geometry.UNITS[geometry.LINES]),
            ),
            "depth": ("sample", frame.sample_depths, described("depth below the face along the line", "m")),
            "z": ("z", plan.z, described("depth below the middle of the face", "m")),
            "x": ("x", plan.x, described("lateral position", "m")),
        },
        attrs={**attributes, "digest": digest(frame, plan.grid, image), "acquisition": text},
    )
    write_dataset(dataset, path)


def described(long_name: str, units: str = "1", **more: Any) -> dict[str, Any]:
    """Attributes of a variable or coordinate of a store."""
    return {"units": units, "long_name": long_name, **more}


def _acquisition(frame: EnvelopeFrame) -> dict[str, Any]:
    """The acquisition fields except the geometry, as JSON values."""
    fields = frame.acquisition()
    del fields["geometry"], fields["applied_gain"]  # envelope detection removed the gain
    regions = {name: np.asarray(polygon).tolist() for name, polygon in frame.regions.items()}
    return {**fields, "band_pass": list(frame.band_pass) if frame.band_pass else None, "regions": regions,
            "metadata": dict(frame.metadata)}  # fmt: skip


def digest(frame: EnvelopeFrame, grid: PixelGrid, image: np.ndarray) -> str:
    """SHA-256 of everything that attacks and training use from a reconstruction."""
    own = geometry_fields(frame.geometry)
    lines = own.pop(frame.geometry.LINES)
    text = json.dumps([frame.geometry.KIND, own, _acquisition(frame), image.shape], sort_keys=True)
    arrays = (lines, frame.envelope, grid.z, grid.x, image)
    return sha256_of_bytes(text.encode(), *(array.tobytes() for array in arrays))


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """The content of a cached reconstruction.

    Attributes
    ----------
    frame : EnvelopeFrame
    image : ndarray of uint8, (z, x)
        The image at the initial settings.
    grid : PixelGrid
        Pixel centres in metres.
    digest : str
        SHA-256 of frame, grid and image, see `digest`.
    """

    frame: EnvelopeFrame
    image: np.ndarray
    grid: PixelGrid
    digest: str


def read_reconstruction(folder: str | Path) -> Reconstruction:
    """Read a cached reconstruction and verify its digest.

    Uses zarr without xarray, because attack jobs spend most of their time on start-up.

    Raises
    ------
    EchoShiftError
        One line with the store, if it is missing or damaged or does not match its digest.
    """
    import zarr

    store = Path(folder) / STORE
    if not store.is_dir():
        raise EchoShiftError(f"{store}: not found, expected a cached reconstruction")
    try:
        group = zarr.open_consolidated(store, mode="r")
        written = group.attrs["digest"]
        about = json.loads(group.attrs["acquisition"])
        chosen = GEOMETRIES[about["geometry"].pop("kind")]
        arrays = {name: group[name][:] for name in ("envelope", "bmode", chosen.LINES, "z", "x")}
        geometry = chosen(**{chosen.LINES: arrays[chosen.LINES], **about["geometry"]})
        frame = EnvelopeFrame(arrays["envelope"], geometry=geometry, **about["acquisition"])
        image, grid = arrays["bmode"], PixelGrid(arrays["z"], arrays["x"])
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, EchoShiftError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise EchoShiftError(
            f"{store}: not a readable reconstruction ({reason}); delete {folder} and run again"
        ) from None
    found = digest(frame, grid, image)
    if found != written:  # zarr reads a lost chunk as zeros
        raise EchoShiftError(
            f"{store}: found data with digest {found[:12]}, expected {written[:12]}; delete {folder} and run again"
        )
    return Reconstruction(frame, image, grid, found)
