"""EchoShift: how far must the scanner's image settings move before a classifier's diagnosis flips?"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
__all__ = [
    "ConvexGeometry",
    "EchoShiftError",
    "EnvelopeFrame",
    "LinearGeometry",
    "RFFrame",
    "ReconstructionPlan",
    "__version__",
]

_HOMES = {
    "ConvexGeometry": "echoshift.geometry",
    "EchoShiftError": "echoshift.errors",
    "EnvelopeFrame": "echoshift.frame",
    "LinearGeometry": "echoshift.geometry",
    "RFFrame": "echoshift.frame",
    "ReconstructionPlan": "echoshift.reconstruction.plan",
}


def __getattr__(name: str) -> Any:
    # Loaded when asked for: planning a workflow needs neither NumPy nor h5py.
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'echoshift' has no attribute {name!r}")
