"""Load OpenVINO without its telemetry. No other module imports it."""

import sys
from types import ModuleType

DIGEST_FIELD = ["echoshift", "digest"]
"""Path within an engine's metadata of the digest of the model that it was exported from."""


def load_openvino() -> ModuleType:
    """Import OpenVINO so that it neither writes to the home folder nor contacts a server. Safe to call again.

    Importing `openvino` reports the import to a server, unless its telemetry package is missing: then it uses a stub.
    This function makes the package appear missing.
    """
    if "openvino" not in sys.modules:
        sys.modules["openvino_telemetry"] = None
    import openvino

    return openvino
