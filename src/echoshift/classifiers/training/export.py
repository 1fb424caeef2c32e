"""Export a trained Keras model: the model file, and the fast engine for attacks."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

from echoshift.classifiers.openvino_setup import DIGEST_FIELD, load_openvino

# Earliest date of a zip archive. A fixed date makes the files reproducible.
NO_DATE = (1980, 1, 1, 0, 0, 0)
OUTPUT = "echoshift_output_"
"""Prefix of an output's name in the graph, where a layer may have any other name."""


def save_keras(model: Any, path: Path) -> None:
    """Write a `.keras` file without dates and memory addresses, so that equal models give equal bytes.

    Parameters
    ----------
    model : keras.Model
    path : Path
        A new file ending in `.keras`.
    """
    dated = path.with_name(f"dated-{path.name}")
    model.save(dated)
    with zipfile.ZipFile(dated) as source, zipfile.ZipFile(path, "w") as target:
        for name in sorted(source.namelist()):
            content = source.read(name)
            if name == "metadata.json":
                content = json.dumps({**json.loads(content), "date_saved": ""}, sort_keys=True).encode()
            elif name == "config.json":
                content = _numbered(content.decode()).encode()
            target.writestr(zipfile.ZipInfo(name, NO_DATE), content)
    dated.unlink()


def _numbered(config: str) -> str:
    """The configuration with shared objects numbered in order instead of by memory address."""
    numbers: dict[str, int] = {}
    return re.sub(
        r'(?<="shared_object_id": )\d+', lambda match: str(numbers.setdefault(match[0], len(numbers))), config
    )


def save_engine(model: Any, path: Path, digest: str) -> None:
    """Write a classifier as OpenVINO IR in f32, for one image per call. It returns the logit or the scores.

    Parameters
    ----------
    model : keras.Model
        float32 (batch, size, size, 1) -> logit (batch, 1) or scores (batch, class).
    path : Path
        A new file ending in `.xml`. The weights are written beside it, to a file ending in `.bin`.
    digest : str
        Digest of the model. The engine stores it, so that its answers can be traced to the model.
    """
    save_network(model, path, [1, *model.input_shape[1:]], ["logit"], digest)


def save_network(model: Any, path: Path, shape: list[int], outputs: list[str], digest: str | None = None) -> None:
    """Write a Keras model with one input as OpenVINO IR in f32, in inference mode, for inputs of one shape.

    Parameters
    ----------
    model : keras.Model
    path : Path
        A new file ending in `.xml`. The weights are written beside it, to a file ending in `.bin`.
    shape : list of int
        Of the input, whose name becomes `image`.
    outputs : list of str
        Names for the outputs, in the model's order.
    digest : str, optional
        Digest of the model, to be stored in the engine.
    """
    openvino = load_openvino()
    graph = path.with_name("graph.pb")
    graph.write_bytes(_frozen_graph(model, shape))
    frontend = openvino.frontend.FrontEndManager().load_by_framework("tf")
    engine = frontend.convert(frontend.load(str(graph)))
    graph.unlink()
    tensors = {name: one for one in engine.outputs for name in one.get_names()}
    of_outputs = [tensors[f"{OUTPUT}{i}:0"] for i in range(len(outputs))]
    # Names contain a counter of the process. Renumbering makes equal models give equal files.
    for number, operation in enumerate(engine.get_ordered_ops()):
        operation.set_friendly_name(f"operation_{number}")
    engine.set_friendly_name("echoshift_classifier")
    engine.inputs[0].get_tensor().set_names({"image"})
    for name, output in zip(outputs, of_outputs, strict=True):
        output.get_tensor().set_names({name})
    if digest:
        engine.set_rt_info(digest, DIGEST_FIELD)
    openvino.save_model(engine, path, compress_to_fp16=False)


def _frozen_graph(model: Any, shape: list[int]) -> bytes:
    """Serialised TensorFlow graph of one inference, with the weights as constants."""
    import tensorflow as tf

    variables = [
        [variable.numpy() for variable in group] for group in (model.trainable_variables, model.non_trainable_variables)
    ]
    with tf.Graph().as_default() as graph:
        image = tf.compat.v1.placeholder(model.inputs[0].dtype, shape, name="image")
        constants = [[tf.constant(value) for value in group] for group in variables]
        answers, _ = model.stateless_call(*constants, image, training=False)
        named = [tf.identity(answer, name=f"{OUTPUT}{i}") for i, answer in enumerate(tf.nest.flatten(answers))]
    # Some layers leave operations behind that nobody uses. OpenVINO would take them for outputs.
    used = tf.compat.v1.graph_util.extract_sub_graph(graph.as_graph_def(), [output.op.name for output in named])
    return used.SerializeToString()
