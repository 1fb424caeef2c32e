"""Files written whole, HDF5, zarr stores, pictures and tables on disk."""
