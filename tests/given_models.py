"""Small models in every given format, with weights that spread their scores."""

import numpy as np

from common import needs

SIZE = 32
N_FILTERS = 6


def weights(n_outputs, channels=3, seed=2):
    """Kernels, biases and last layer of a network of two layers, that answer differently to different pictures."""
    draws = np.random.default_rng(seed)
    kernel = draws.normal(size=(N_FILTERS, channels, 3, 3)).astype(np.float32)
    bias = draws.normal(size=N_FILTERS).astype(np.float32)
    last = draws.normal(size=(N_FILTERS, n_outputs))
    last -= last.mean(axis=0)  # bright and dark pictures get different answers
    return kernel, bias, last.astype(np.float32), draws.normal(size=n_outputs).astype(np.float32)


def onnx_model(path, n_outputs=2, layout="nchw", softmax=False, channels=3, batch="n", seed=2):
    """Write an ONNX file: convolution, ReLU, mean over the picture, dense layer, and a softmax or sigmoid."""
    onnx = needs("onnx")
    from onnx import TensorProto, helper, numpy_helper

    kernel, bias, last, offset = weights(n_outputs, channels, seed)
    shape = [batch, channels, SIZE, SIZE] if layout == "nchw" else [batch, SIZE, SIZE, channels]
    nodes, name = [], "picture"
    if layout == "nhwc":
        nodes.append(helper.make_node("Transpose", [name], ["turned"], perm=[0, 3, 1, 2]))
        name = "turned"
    nodes += [
        helper.make_node("Conv", [name, "kernel", "bias"], ["filtered"], strides=[2, 2]),
        helper.make_node("Relu", ["filtered"], ["kept"]),
        helper.make_node("GlobalAveragePool", ["kept"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Gemm", ["flat", "last", "offset"], ["logits"]),
    ]
    if softmax:
        kind = "Softmax" if n_outputs > 1 else "Sigmoid"
        nodes.append(helper.make_node(kind, ["logits"], ["answer"]))
    output = "answer" if softmax else "logits"
    arrays = {"kernel": kernel, "bias": bias, "last": last, "offset": offset}
    graph = helper.make_graph(
        nodes,
        "given",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, [batch, n_outputs])],
        [numpy_helper.from_array(array, one) for one, array in arrays.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


def keras_model(n_outputs=2, activation=None, channels=3, batch_norm_trap=False, seed=2):
    """A Keras model of the same layers. With the trap, its plain call depends on the other pictures of a batch."""
    import keras

    kernel, bias, last, offset = weights(n_outputs, channels, seed)
    picture = keras.Input((SIZE, SIZE, channels), name="picture")
    convolution = keras.layers.Conv2D(N_FILTERS, 3, strides=2, activation="relu")
    dense = keras.layers.Dense(n_outputs, activation=activation)
    if batch_norm_trap:
        inside = keras.Input((SIZE, SIZE, channels))
        backbone = keras.Model(inside, keras.layers.BatchNormalization()(convolution(inside)))
        features = backbone(keras.layers.Resizing(SIZE, SIZE)(picture))
    else:
        features = convolution(picture)
    model = keras.Model(picture, dense(keras.layers.GlobalAveragePooling2D()(features)))
    convolution.set_weights([kernel.transpose(2, 3, 1, 0), bias])
    dense.set_weights([last, offset])
    return model


def speckled(number, seed=1, shape=(64, 64)):
    """Pictures of various brightness and gradients, uint8 (image, z, x)."""
    draws = np.random.default_rng(seed)
    slope = np.linspace(-1, 1, shape[0])[:, None]
    levels = draws.uniform(20, 160, (number, 1, 1)) + draws.uniform(-60, 60, (number, 1, 1)) * slope
    return np.clip(levels + draws.normal(0, 25, (number, *shape)), 0, 255).astype(np.uint8)
