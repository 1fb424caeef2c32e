"""Read a user's Keras file without running code from it."""

import json
import zipfile
from pathlib import Path
from typing import Any

from echoshift.errors import EchoShiftError


def check_no_code(path: str) -> None:
    """Refuse Lambda layers, which hold Python bytecode. Keras's own error does not name the layer."""
    try:
        with zipfile.ZipFile(path) as file:
            config = json.loads(file.read("config.json"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise EchoShiftError(f"{path}: not a readable Keras file ({error})") from None
    if (name := _lambda_in(config)) is not None:
        raise EchoShiftError(
            f"{path}: layer {name!r}: found a Lambda layer, which runs code from the file, expected layers of Keras; "
            "export it as ONNX, or give `function: module:name`"
        )


def _lambda_in(config: Any) -> str | None:
    """Name of the first Lambda layer at any depth."""
    if isinstance(config, dict):
        if config.get("class_name") == "Lambda":
            return str(config.get("config", {}).get("name", "lambda"))
        config = list(config.values())
    if isinstance(config, list):
        return next((name for one in config if (name := _lambda_in(one)) is not None), None)
    return None


def load_keras_file(path: str | Path) -> Any:
    """Load a Keras file in safe mode, for inference. Keras must be set up already."""
    import keras

    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, OSError, KeyError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise EchoShiftError(f"{path}: not a readable Keras model ({reason[:200]})") from None


def output_names(model: Any) -> list[str]:
    """Names of a Keras model's outputs in the order of `tf.nest.flatten`: keys of a dictionary, else those of the layers."""
    if isinstance(model.output, dict):
        return sorted(model.output)
    names = list(model.output_names)
    return [name if names.count(name) == 1 else f"{name}_{i}" for i, name in enumerate(names)]
