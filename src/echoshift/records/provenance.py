"""Provenance fields of every output."""

import json
import platform
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from echoshift import __version__
from echoshift.storage.files import sha256_of_bytes, sha256_of_file

if TYPE_CHECKING:
    import numpy as np

_version = cache(version)  # reads the package's files: 4 ms per package, 20 ms per record


def provenance(
    *, inputs: Mapping[str, str | Mapping[str, str]], packages: tuple[str, ...], **effective: Any
) -> dict[str, Any]:
    """The first fields of every output's record.

    Parameters
    ----------
    inputs : mapping
        SHA-256 of each input by role; a role with many inputs maps names to digests.
    packages : tuple of str
        Distributions whose versions affect the output.
    **effective
        Effective parameters, including the seed, as JSON values.
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


def digest_of_files(paths: Iterable[str | Path]) -> str:
    """One SHA-256 for the contents of several files, in their order."""
    return digest_of_digests(map(sha256_of_file, paths))


def digest_of_digests(digests: Iterable[str]) -> str:
    """One SHA-256 for several, in their order."""
    return sha256_of_bytes("".join(digests).encode())


def joint_digest(digests: Mapping[str, str]) -> str:
    """One SHA-256 for many digests, by name."""
    return sha256_of_bytes(json.dumps(dict(digests), sort_keys=True).encode())
