"""Read a given model with OpenVINO: check its input and output, and write it as an engine for one picture per call."""

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.classifiers.interface.model_formats import model_format
from echoshift.classifiers.interface.settings import PRESETS, InputSettings, Interface
from echoshift.classifiers.openvino_setup import DIGEST_FIELD, load_openvino
from echoshift.errors import EchoShiftError
from echoshift.validation import checked

FLOATS = ("f32", "f16", "f64")
WHOLE = "u8"
"""Type of an input that takes the grey levels themselves. In a TFLite file it has a scale of its own."""


@dataclass(frozen=True)
class OpenedModel:
    """A model in OpenVINO's form, with one input and one output.

    Attributes
    ----------
    name : str
        The user's file.
    network : openvino.Model
    interface : Interface
        With size, channels and layout filled in.
    takes_batches : bool
        Whether the number of pictures per call is free.
    """

    name: str
    network: Any
    interface: Interface
    takes_batches: bool

    def ask(self, pixels: np.ndarray) -> np.ndarray:
        """The model's numbers for some pictures in one call, (picture, output)."""
        settings = {"INFERENCE_PRECISION_HINT": "f32"}
        kind = np.uint8 if self.network.inputs[0].get_element_type().get_type_name() == WHOLE else np.float32
        try:
            compiled = load_openvino().Core().compile_model(self.network, "CPU", settings)
            return np.asarray(compiled([pixels.astype(kind)])[0]).reshape(len(pixels), -1)
        except (RuntimeError, ValueError) as error:
            raise EchoShiftError(
                f"{self.name}: found no answer to {len(pixels)} pictures at once ({_words(error)}), expected one"
            ) from None


def open_model(engine: str, interface: Interface, path: str) -> OpenedModel:
    """Read a model file and check what it says against the settings.

    Parameters
    ----------
    engine : str
        What OpenVINO reads: the user's file, or a Keras file as exported.
    interface : Interface
        As configured.
    path : str
        The user's file, for messages.

    Raises
    ------
    EchoShiftError
        One line with file, field, found and expected.
    """
    openvino = load_openvino()
    network = _read(engine, path)
    if len(network.inputs) != 1:
        raise EchoShiftError(f"{path}: found {len(network.inputs)} inputs, expected one, the picture")
    source = network.inputs[0]
    shape = source.get_partial_shape()
    kind = source.get_element_type().get_type_name()
    allowed = FLOATS if model_format(path).native == "tflite" else (*FLOATS, WHOLE)
    if kind not in allowed:
        raise EchoShiftError(f"{path}: input: found numbers of type {kind}, expected one of {', '.join(allowed)}")
    if shape.rank.is_dynamic or len(shape) != 4:
        raise EchoShiftError(
            f"{path}: input: found shape {shape}, expected four axes: picture, rows, columns, channels"
        )
    axes = [None if axis.is_dynamic else axis.get_length() for axis in shape]
    asked = _resolved(path, interface.input, axes)
    if kind == WHOLE and not (asked.rounded and asked.numbers == PRESETS["0..255"]):
        raise EchoShiftError(f"{path}: input: found whole numbers (u8), expected `numbers: 0..255` with `round: true`")
    if axes[0] not in (None, 1):
        raise EchoShiftError(f"{path}: input: found {axes[0]} pictures per call, expected 1 or a free number")
    network = _with_one_output(openvino, network, _output(path, network, interface))
    rows, columns = asked.size
    one = [1, rows, columns, asked.channels] if asked.layout == "nhwc" else [1, asked.channels, rows, columns]
    try:
        network.reshape([axes[0] or -1, *one[1:]])
    except RuntimeError as error:
        raise EchoShiftError(
            f"{path}: input: cannot take {asked.channels} x {rows} x {columns} ({_words(error)})"
        ) from None
    return OpenedModel(path, network, interface.model_copy(update={"input": asked}), axes[0] is None)


def save_for_one_picture(opened: OpenedModel, path: Path, digest: str | None = None) -> None:
    """Write the engine, `.xml` with `.bin` beside it, for one picture per call in f32.

    Raises
    ------
    EchoShiftError
        If the model cannot take a single picture.
    """
    openvino = load_openvino()
    shape = opened.network.inputs[0].get_partial_shape()
    try:
        opened.network.reshape([1, *(axis.get_length() for axis in list(shape)[1:])])
    except RuntimeError as error:
        raise EchoShiftError(
            f"{opened.name}: input: found no way to ask about one picture, expected one ({_words(error)})"
        ) from None
    # Names contain a counter of the process.
    for number, operation in enumerate(opened.network.get_ordered_ops()):
        operation.set_friendly_name(f"operation_{number}")
    if digest:
        opened.network.set_rt_info(digest, DIGEST_FIELD)
    openvino.save_model(opened.network, path, compress_to_fp16=False)


def _read(engine: str, path: str) -> Any:
    core = load_openvino().Core()
    words = model_format(path).words
    if engine.endswith(".xml"):
        with Path(engine).open("rb") as file:
            if not file.read(5) == b"<?xml":
                raise EchoShiftError(f"{path}: found no XML, expected an OpenVINO model")
    try:
        return core.read_model(engine)
    except RuntimeError as error:
        reason = _words(error)
        if "RESOURCE" in reason or "resource" in reason:
            reason = "its variables are not frozen; export a .keras file, or ONNX by tf2onnx"
        raise EchoShiftError(f"{path}: OpenVINO cannot read this {words} ({reason})") from None


def _words(error: Exception) -> str:
    """What OpenVINO says, without the places in its source."""
    lines = [line.strip() for line in str(error).splitlines()]
    said = [line for line in lines if line and not line.startswith(("Exception from", "Check '"))]
    return " ".join(said or lines)[:200]


def _resolved(path: str, asked: InputSettings, axes: list[int | None]) -> InputSettings:
    """Fill in what the file says; refuse contradictions."""
    layouts = {
        name: channels
        for name, channels in (("nhwc", axes[3]), ("nchw", axes[1]))
        if channels in (1, 3) or (channels is None and asked.layout == name)
    }
    if asked.layout and asked.layout not in layouts:
        raise _contradiction(path, "layout", asked.layout, " or ".join(layouts) or f"axes {axes}")
    layout = asked.layout or (next(iter(layouts)) if len(layouts) == 1 else None)
    if layout is None:
        raise EchoShiftError(f"{path}: input.layout: found nothing, expected nhwc or nchw for an input of axes {axes}")
    found = {
        "channels": layouts[layout],
        "rows": axes[1] if layout == "nhwc" else axes[2],
        "columns": axes[2] if layout == "nhwc" else axes[3],
    }
    if asked.channels and found["channels"] not in (None, asked.channels):
        raise _contradiction(path, "channels", asked.channels, found["channels"])
    channels = asked.channels or found["channels"]
    if channels is None:
        raise EchoShiftError(f"{path}: input.channels: found nothing, expected 1 or 3: the file leaves it open")
    sides = (found["rows"], found["columns"])
    if asked.size:
        if any(side not in (None, own) for side, own in zip(sides, asked.size, strict=True)):
            raise _contradiction(path, "size", list(asked.size), [side or "any" for side in sides])
        sides = asked.size
    if None in sides:
        raise EchoShiftError(f"{path}: input.size: found nothing, expected rows, columns: the file leaves them open")
    filled = {**asked.model_dump(), "size": sides, "channels": channels, "layout": layout}
    return checked(InputSettings, filled, f"{path}: input")


def _contradiction(path: str, field: str, found: object, expected: object) -> EchoShiftError:
    return EchoShiftError(f"{path}: input.{field}: found {found}, expected {expected} as in the file")


def _output(path: str, network: Any, interface: Interface) -> Any:
    names = [_name(output) for output in network.outputs]
    wanted = interface.output.name
    if wanted is None and len(names) > 1:
        raise EchoShiftError(f"{path}: output.name: found nothing, expected one of {', '.join(names)}")
    chosen = [one for one, name in zip(network.outputs, names, strict=True) if wanted in (None, name, *one.get_names())]
    if not chosen:
        raise EchoShiftError(f"{path}: output.name: found {wanted!r}, expected one of {', '.join(names)}")
    if (kind := chosen[0].get_element_type().get_type_name()) not in FLOATS:
        raise EchoShiftError(
            f"{path}: output: found numbers of type {kind}, expected one of {', '.join(FLOATS)}: export it with outputs as floats"
        )
    shape = chosen[0].get_partial_shape()
    n_outputs = len(interface.output.classes or ("one",))
    axes = list(shape)[1:] if shape.rank.is_static else []
    if axes and all(axis.is_static for axis in axes):
        found = prod(axis.get_length() for axis in axes)
        if found != n_outputs:
            field = "output.classes" if interface.output.classes else "output.positive"
            said = f"{n_outputs} names" if interface.output.classes else "a single number"
            raise EchoShiftError(f"{path}: {field}: found {said}, expected names for the {found} outputs of the file")
    return chosen[0]


def _name(output: Any) -> str:
    return min(output.get_names(), key=len, default="(unnamed)")


def _with_one_output(openvino: Any, network: Any, output: Any) -> Any:
    """The model with this output alone."""
    result = next(one for one in network.results if one.output(0).get_node() == output.get_node())
    return openvino.Model([result], network.get_parameters(), "given")
