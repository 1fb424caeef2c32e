"""A file in the layout of the public liver images, with fewer and smaller ones."""

import numpy as np
from scipy.io import savemat


def write_liver(path, shape=(4, 43, 63), n=3, **fields):
    """Write patients 1 to n, of whom every third is healthy, with images (image, z, x) each. Returns the images."""
    rng = np.random.default_rng(0)
    kinds = {"id": object, "class": object, "fat": object, "images": object} | dict.fromkeys(fields, object)
    data = np.zeros((1, n), dtype=list(kinds.items()))
    for i in range(n):
        fat = (2.0, 30.0, 80.0)[i % 3]
        images = rng.integers(0, 256, shape, dtype=np.uint8)
        for name, value in {"id": i + 1, "class": int(fat >= 5), "fat": fat, "images": images, **fields}.items():
            data[0, i][name] = value
    savemat(path, {"data": data}, do_compression=True)
    return [data[0, i]["images"] for i in range(n)]
