"""Write zarr stores."""

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr
    import zarr


def as_attributes(values: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes of a store: text and numbers, and JSON of everything else."""
    return {key: value if isinstance(value, str | int | float) else json.dumps(value) for key, value in values.items()}


def write_dataset(dataset: "xr.Dataset", path: str | Path) -> None:
    """Write a new zarr store (format 3) with consolidated metadata."""
    import zarr

    # Built in memory: zarr passes each small file to another thread, which takes longer than everything else.
    files = {}
    store = zarr.storage.MemoryStore(files)
    dataset.to_zarr(store, mode="w-", consolidated=False)
    consolidate(store)
    path = Path(path)
    path.mkdir()
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content.to_bytes())


def consolidate(path: "str | Path | zarr.abc.store.Store") -> None:
    """Collect the metadata of a finished store in one file, so that it opens without listing its folder."""
    import zarr

    with warnings.catch_warnings():
        # Zarr warns that consolidation is not in its specification. xarray and zarr-python both read it.
        warnings.filterwarnings("ignore", message="Consolidated metadata")
        zarr.consolidate_metadata(path)
