"""An exported engine as OpenVINO runs it: one call at a time, on a fixed number of threads, in f32."""

from pathlib import Path
from typing import Any

import numpy as np

from echoshift.classifiers.openvino_setup import DIGEST_FIELD, load_openvino
from echoshift.errors import EchoShiftError

THREADS = 1
"""CPU threads of a predictor. Attack jobs run in parallel."""


class OpenVinoEngine:
    """An engine of `echoshift train`.

    Parameters
    ----------
    path : path
        An `.xml` file, with its `.bin` file in the same folder.

    Attributes
    ----------
    digest : str
        Digest that was stored in the engine.
    input_shape : tuple of int
    output_shape : tuple of int
    takes_bytes : bool
        Whether its input is uint8, instead of float32.
    """

    def __init__(self, path: Path) -> None:
        openvino = load_openvino()
        with path.open("rb") as file:
            # Otherwise OpenVINO tries every format that it knows and prints complaints.
            if not file.read(5) == b"<?xml":
                raise EchoShiftError(f"{path}: found no XML, expected an engine of `echoshift train`")
        core = openvino.Core()
        settings = {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": THREADS,
            "NUM_STREAMS": 1,
            # Otherwise parallel jobs would all be pinned to the first core.
            "ENABLE_CPU_PINNING": False,
        }
        try:
            network = core.read_model(path)
            if not network.has_rt_info(DIGEST_FIELD):
                raise EchoShiftError(f"{path}: found no model digest, expected an engine of `echoshift train`")
            self.digest = network.get_rt_info(DIGEST_FIELD).astype(str)
            self._compiled = core.compile_model(network, "CPU", settings)
        except RuntimeError as error:
            reason = " ".join(str(error).split())
            raise EchoShiftError(f"{path}: not a readable OpenVINO engine ({reason[:200]})") from None
        self._request = self._compiled.create_infer_request()
        self.input_shape = tuple(self._compiled.input(0).shape)
        self.output_shape = tuple(self._compiled.output(0).shape)
        self.takes_bytes = self._compiled.input(0).get_element_type().get_type_name() == "u8"
        self._device = " ".join(core.get_property("CPU", "FULL_DEVICE_NAME").split())
        self._version = openvino.get_version()

    def infer(self, values: np.ndarray) -> np.ndarray:
        """The engine's first output for an input of its shape and type. Overwritten by the next call."""
        return self._request.infer([values], share_inputs=True)[0]

    def describe(self) -> dict[str, Any]:
        """All that affects the last bits of an answer, as reported by the compiled engine."""
        return {
            "version": self._version,
            "device": self._device,
            "precision": self._compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name(),
            "threads": int(self._compiled.get_property("INFERENCE_NUM_THREADS")),
            "batch_shape": list(self.input_shape),
        }
