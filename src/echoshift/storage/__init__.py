"""Storage on disk: atomic writing, HDF5, zarr stores, pictures and tables."""
