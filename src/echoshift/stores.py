"""Writing zarr stores."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr


def write_dataset(dataset: "xr.Dataset", path: str | Path) -> None:
    """Write a new zarr store (format 3) with consolidated metadata."""
    dataset.to_zarr(path, mode="w-", consolidated=False)
    consolidate(path)


def consolidate(path: str | Path) -> None:
    """Gather the metadata of a finished store in one file: it opens without listing its folder."""
    import zarr

    with warnings.catch_warnings():
        # Zarr warns that consolidation is not in its specification; xarray and zarr-python both read it.
        warnings.filterwarnings("ignore", message="Consolidated metadata")
        zarr.consolidate_metadata(path)
