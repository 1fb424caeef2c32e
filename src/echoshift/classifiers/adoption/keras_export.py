"""Export a user's Keras file for OpenVINO."""

from pathlib import Path

from echoshift.classifiers.interface.keras_file import check_no_code, load_keras_file, output_names
from echoshift.classifiers.tensorflow_setup import load_keras
from echoshift.classifiers.training.export import save_network
from echoshift.errors import EchoShiftError


def export_keras_file(path: str, size: tuple[int, int] | None, engine: Path) -> None:
    """Write a Keras file as OpenVINO IR for one picture, in inference mode.

    Parameters
    ----------
    path : str
        The `.keras` file.
    size : (int, int) or None
        Rows and columns where the file leaves them open.
    engine : Path
        A new file ending in `.xml`.
    """
    check_no_code(path)
    load_keras()
    model = load_keras_file(path)
    if len(model.inputs) != 1:
        raise EchoShiftError(f"{path}: found {len(model.inputs)} inputs, expected one, the picture")
    shape = list(model.inputs[0].shape)
    if len(shape) != 4:
        raise EchoShiftError(
            f"{path}: input: found shape {shape}, expected four axes: picture, rows, columns, channels"
        )
    first = 2 if shape[1] in (1, 3) and shape[3] not in (1, 3) else 1
    for axis, side in zip((first, first + 1), size or (None, None), strict=True):
        if shape[axis] is None:
            shape[axis] = side
    if None in shape[1:]:
        raise EchoShiftError(f"{path}: input.size: found nothing, expected rows, columns: the file leaves them open")
    save_network(model, engine, [1, *shape[1:]], output_names(model))
