"""What every output says about how it was made."""

import json
import platform
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from echoshift import __version__
from echoshift.storage.files import sha256_of_bytes

if TYPE_CHECKING:
    import numpy as np

_version = cache(version)  # a look into the package's files: 4 ms each, 20 ms a record


def provenance(
    *, inputs: Mapping[str, str | Mapping[str, str]], packages: tuple[str, ...], **effective: Any
) -> dict[str, Any]:
    """Fields that a record of an output begins with.

    Parameters
    ----------
    inputs : mapping
        SHA-256 of each input, by role; of many inputs in one role, by name.
    packages : tuple of str
        Distributions whose versions matter for the output.
    **effective
        Parameters that took effect, the seed among them, as JSON values.
    """
    return {
        "echoshift_version": __version__,
        **effective,
        "inputs": dict(inputs),
        "packages": package_versions(("python", *packages)),
    }


def package_versions(names: Iterable[str]) -> dict[str, str]:
    """Installed versions of distributions, and of `python`, by name; one that is not installed is left out."""
    versions = {}
    for name in names:
        with suppress(PackageNotFoundError):
            versions[name] = platform.python_version() if name == "python" else _version(name)
    return versions


def image_digest(image: "np.ndarray") -> str:
    """SHA-256 of an image's shape and pixels, uint8 (z, x)."""
    return sha256_of_bytes(str(image.shape).encode(), image.tobytes())


def joint_digest(digests: Mapping[str, str]) -> str:
    """SHA-256 that stands for those of many things, by name."""
    return sha256_of_bytes(json.dumps(dict(digests), sort_keys=True).encode())
