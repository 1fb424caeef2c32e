"""The one place that loads OpenVINO: without its telemetry."""

import sys
from types import ModuleType

DIGEST_FIELD = ["echoshift", "digest"]
"""Where an engine carries the digest of the model that it was made from."""


def load_openvino() -> ModuleType:
    """Import OpenVINO so that it neither writes to the home folder nor calls out; safe to call again.

    Importing `openvino` reports the import to a server unless its telemetry package is missing, for which it has a
    stub. To this import it is missing.
    """
    if "openvino" not in sys.modules:
        sys.modules["openvino_telemetry"] = None
    import openvino

    return openvino
