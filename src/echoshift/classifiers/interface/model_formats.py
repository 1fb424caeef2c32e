"""Formats of model files: which are read, by which engine their own runtime is, and what to export instead of others.

Imports no NumPy, because planning the workflow imports this module.
"""

from dataclasses import dataclass
from pathlib import Path

from echoshift.errors import EchoShiftError

SAVED_MODEL = "saved_model.pb"
"""File that makes a folder a SavedModel."""


@dataclass(frozen=True)
class ModelFormat:
    """One format.

    Attributes
    ----------
    words : str
        Name in messages.
    native : str
        Engine of the format's own runtime, which confirms the flips.
    """

    words: str
    native: str


FORMATS = {
    ".keras": ModelFormat("Keras file", "tensorflow"),
    ".onnx": ModelFormat("ONNX file", "onnxruntime"),
    SAVED_MODEL: ModelFormat("SavedModel folder", "saved_model"),
    ".tflite": ModelFormat("TFLite file", "tflite"),
    ".xml": ModelFormat("OpenVINO file", "openvino"),
}
"""Formats that are read, by the ending of the name."""

KNOWN = "a .keras, .onnx, .tflite or OpenVINO .xml file, or a SavedModel folder"
FROM_PYTORCH = "torch.onnx.export(model, example, 'model.onnx')"
INSTEAD = {
    **dict.fromkeys((".h5", ".hdf5"), "keras.saving.load_model(...).save('model.keras')"),
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".safetensors"), FROM_PYTORCH),
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), "`function: module:name`, a Python function that loads it itself"),
    ".pb": f"the folder that contains {SAVED_MODEL}",
}
"""What to give instead of a format that is not read: pickles run code, and the others hold weights alone."""


def model_format(path: str) -> ModelFormat:
    """Format of a model by its name. Raises an EchoShiftError that says what to export instead."""
    suffix = Path(path).suffix.lower()
    if suffix in FORMATS:
        return FORMATS[suffix]
    if suffix in INSTEAD:
        raise EchoShiftError(f"found {path!r}, expected {KNOWN}; give {INSTEAD[suffix]}")
    if suffix and not Path(path).is_dir():
        raise EchoShiftError(f"found {path!r}, expected {KNOWN}")
    return FORMATS[SAVED_MODEL]


def model_files(path: str) -> dict[str, str]:
    """Files that a model is read from, by their role: an input of the workflow each. They may be missing."""
    if model_format(path) is FORMATS[SAVED_MODEL]:
        inside = [file for file in sorted(Path(path).rglob("*")) if file.is_file()]
        return {f"model/{file.relative_to(path)}": str(file) for file in inside} or {"model": f"{path}/{SAVED_MODEL}"}
    if path.endswith(".xml"):
        return {"model": path, "model (weights)": str(Path(path).with_suffix(".bin"))}
    return {"model": path}
