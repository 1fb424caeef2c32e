"""Writing xarray Datasets as zarr stores."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr


def write_dataset(dataset: "xr.Dataset", path: str | Path) -> None:
    """Write a new zarr store (format 3) with consolidated metadata: it opens without listing its folder."""
    with warnings.catch_warnings():
        # Zarr warns that consolidation is not in its specification; xarray and zarr-python both read it.
        warnings.filterwarnings("ignore", message="Consolidated metadata")
        dataset.to_zarr(path, mode="w-", consolidated=True)
