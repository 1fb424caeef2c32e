"""What every output says about how it was made."""

import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from echoshift import __version__


def provenance(*, inputs: Mapping[str, str], packages: tuple[str, ...], **effective: Any) -> dict[str, Any]:
    """Fields that a record of an output begins with.

    Parameters
    ----------
    inputs : mapping
        SHA-256 of each input, by role.
    packages : tuple of str
        Distributions whose versions matter for the output.
    **effective
        Parameters that took effect, the seed among them, as JSON values.
    """
    return {
        "echoshift_version": __version__,
        **effective,
        "inputs": dict(inputs),
        "packages": {"python": platform.python_version(), **{name: version(name) for name in packages}},
    }
