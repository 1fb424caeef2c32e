"""The cached reconstruction of one frame in zarr: its envelope, or the picture it is, and its image at the initial settings."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.bmode import BModeFrame, Face, GreyLinesFrame, Window
from echoshift.errors import EchoShiftError
from echoshift.frame import EnvelopeFrame
from echoshift.geometry import GEOMETRIES, geometry_fields
from echoshift.reconstruction.grid import PixelGrid, sector_pixels
from echoshift.reconstruction.plans import Plan, plan_of
from echoshift.storage.files import sha256_of_bytes
from echoshift.storage.stores import write_dataset

STORE = "reconstruction.zarr"
Stored = EnvelopeFrame | BModeFrame | GreyLinesFrame
_MEANS = {"envelope": "echo envelope, not compensated", "grey": "grey levels of the lines as recorded"}


def write_store(
    path: str | Path,
    frame: Stored,
    plan: Plan,
    image: np.ndarray,
    attributes: Mapping[str, Any],
) -> None:
    """Write a reconstruction as a zarr store that xarray opens.

    Parameters
    ----------
    path : path
        The new store. It must not exist.
    frame : Stored
    plan : Plan
        The plan of `frame`.
    image : ndarray of uint8, (z, x)
        The image at the initial settings.
    attributes : mapping
        Attributes of the store (JSON values): settings, versions, digests of inputs. The content's digest is added.
    """
    import xarray as xr

    variables, coordinates = _variables(frame)
    dataset = xr.Dataset(
        {**variables, "bmode": (("z", "x"), image, described("8-bit B-mode image at the initial settings"))},
        coords={
            **coordinates,
            "z": ("z", plan.z, described("depth below the middle of the face", plan.grid.unit)),
            "x": ("x", plan.x, described("lateral position", plan.grid.unit)),
        },
        attrs={
            **attributes,
            "digest": digest(frame, plan.grid, image),
            "acquisition": json.dumps(_about(frame), sort_keys=True),
        },
    )
    write_dataset(dataset, path)


def _variables(frame: Stored) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arrays of a frame as variables and coordinates of a store."""
    if isinstance(frame, BModeFrame):
        sector = described("1 inside the sector")
        recorded = described("8-bit picture as recorded")
        return {
            "recorded": (("z", "x"), frame.image, recorded),
            "sector": (("z", "x"), frame.sector.astype(np.uint8), sector),
        }, {}
    geometry, values = frame.geometry, frame.VALUES
    lines = described(f"{geometry.LINES} of the lines", geometry.UNITS[geometry.LINES])
    depth = described("depth below the face along the line", "m")
    return (
        {values: (("line", "sample"), getattr(frame, values), described(_MEANS[values]))},
        {
            geometry.LINES: ("line", getattr(geometry, geometry.LINES), lines),
            "depth": ("sample", frame.sample_depths, depth),
        },
    )


def _about(frame: Stored) -> dict[str, Any]:
    """All of a frame but its arrays, as JSON values."""
    if isinstance(frame, BModeFrame):
        fields = asdict(replace(frame, metadata=dict(frame.metadata)))
        del fields["image"], fields["sector"]
        return {"picture": fields}
    own = {"kind": frame.geometry.KIND, **geometry_fields(frame.geometry)}
    del own[frame.geometry.LINES]
    window = {"window": asdict(frame.window)} if isinstance(frame, GreyLinesFrame) else {}
    return {"geometry": own, "acquisition": _acquisition(frame), **window}


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


def digest(frame: Stored, grid: PixelGrid, image: np.ndarray) -> str:
    """SHA-256 of everything that attacks and training use from a reconstruction."""
    if isinstance(frame, BModeFrame):
        text = json.dumps([_about(frame), image.shape], sort_keys=True)
        arrays = (frame.image, frame.sector, grid.z, grid.x, image)
        return sha256_of_bytes(text.encode(), *(array.tobytes() for array in arrays))
    own = geometry_fields(frame.geometry)
    lines = own.pop(frame.geometry.LINES)
    about = [frame.geometry.KIND, own, _acquisition(frame), image.shape]
    about += [asdict(frame.window)] if isinstance(frame, GreyLinesFrame) else []
    text = json.dumps(about, sort_keys=True)
    arrays = (lines, getattr(frame, frame.VALUES), grid.z, grid.x, image)
    return sha256_of_bytes(text.encode(), *(array.tobytes() for array in arrays))


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """The content of a cached reconstruction.

    Attributes
    ----------
    frame : Stored
    image : ndarray of uint8, (z, x)
        The image at the initial settings.
    grid : PixelGrid
        Pixel centres.
    digest : str
        SHA-256 of frame, grid and image, see `digest`.
    """

    frame: Stored
    image: np.ndarray
    grid: PixelGrid
    digest: str

    def plan(self) -> Plan:
        """The frame's plan, on the cached grid."""
        return plan_of(self.frame, grid=self.grid)

    @property
    def inside(self) -> np.ndarray:
        """Flat indices of the pixels inside the sector, (pixel,)."""
        if isinstance(self.frame, BModeFrame):
            return np.flatnonzero(self.frame.sector)
        return sector_pixels(self.frame.geometry, self.frame.sample_depths, self.grid).inside

    @property
    def regions(self) -> Mapping[str, np.ndarray]:
        """Named polygons (x, z), in metres. A picture has none."""
        return {} if isinstance(self.frame, BModeFrame) else self.frame.regions


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
        frame = _picture(group, about["picture"]) if "picture" in about else _lines(group, about)
        image, grid = group["bmode"][:], PixelGrid(group["z"][:], group["x"][:], group["z"].attrs["units"])
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


def _picture(group: Any, fields: dict[str, Any]) -> BModeFrame:
    face = Face(**fields["face"]) if fields["face"] else None
    arrays = {"image": group["recorded"][:], "sector": group["sector"][:].astype(bool)}
    return BModeFrame(**{**fields, **arrays, "face": face, "window": Window(**fields["window"])})


def _lines(group: Any, about: dict[str, Any]) -> EnvelopeFrame | GreyLinesFrame:
    chosen = GEOMETRIES[about["geometry"].pop("kind")]
    geometry = chosen(**{chosen.LINES: group[chosen.LINES][:], **about["geometry"]})
    if "window" in about:
        window = Window(**about["window"])
        return GreyLinesFrame(group["grey"][:], geometry=geometry, window=window, **about["acquisition"])
    return EnvelopeFrame(group["envelope"][:], geometry=geometry, **about["acquisition"])
