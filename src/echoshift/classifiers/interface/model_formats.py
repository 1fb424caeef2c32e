"""Formats of model files: which are read, by which engine their own runtime is, and what to export instead of others.

Imports no NumPy, because planning the workflow imports this module.
"""

import re
from dataclasses import dataclass
from importlib.util import find_spec
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
LARGEST_WITHOUT_WEIGHTS = 1 << 24
"""Bytes of an ONNX file up to which its weights may lie in other files."""

KNOWN = "a .keras, .onnx, .tflite or OpenVINO .xml file, or a SavedModel folder"
FROM_PYTORCH = "torch.onnx.export(model, example, 'model.onnx', dynamo=False)"
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


def confirming_engine(path: str) -> str:
    """Engine of the format's own runtime where that is installed, else OpenVINO. TensorFlow always is."""
    native = model_format(path).native
    return "openvino" if native == "onnxruntime" and find_spec(native) is None else native


def model_files(path: str) -> dict[str, str]:
    """Files that a model is read from, by their role: an input of the workflow each. They may be missing."""
    place, read = Path(path), model_format(path)
    if read is FORMATS[SAVED_MODEL]:
        if not (place / SAVED_MODEL).is_file():
            return {"model": str(place / SAVED_MODEL)}
        inside = [file for file in sorted(place.rglob("*")) if file.is_file()]
        return {f"model/{file.relative_to(place)}": str(file) for file in inside}
    files = {"model": path}
    if read is FORMATS[".xml"]:
        files["model (weights)"] = str(place.with_suffix(".bin"))
    if read is FORMATS[".onnx"]:
        files |= {f"model ({name})": str(place.parent / name) for name in _external_data(place)}
    return files


def _external_data(path: Path) -> list[str]:
    """Names of the files that hold an ONNX model's weights, if they are not in the model's own file.

    They are the entries `location` of `TensorProto.external_data` in
    https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. Large files are not searched: they hold their weights.
    """
    if not path.is_file() or path.stat().st_size > LARGEST_WITHOUT_WEIGHTS:
        return []
    found = re.finditer(rb"\x0a\x08location\x12([\x01-\x7f])", content := path.read_bytes())
    names = (content[one.end() : one.end() + one[1][0]].decode("utf-8", "replace") for one in found)
    return list(dict.fromkeys(names))
