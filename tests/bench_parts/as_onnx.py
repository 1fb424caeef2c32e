"""Write a trained classifier as ONNX, layer by layer, to compare a given model with the exported one."""

import numpy as np

from echoshift.classifiers.tensorflow_setup import load_keras


def write_onnx(model_path, onnx_path):
    """Translate the layers of an EfficientNet-Lite classifier, from grey levels (n, row, column, 1) to logits."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = load_keras().saving.load_model(model_path, compile=False)
    nodes, arrays, names = [], [], {}

    def constant(array, dtype=np.float32):
        arrays.append(numpy_helper.from_array(np.asarray(array, dtype), f"array_{len(arrays)}"))
        return arrays[-1].name

    def node(kind, *inputs, **attributes):
        nodes.append(helper.make_node(kind, list(inputs), [f"{kind}_{len(nodes)}"], **attributes))
        return nodes[-1].output[0]

    for layer in model.layers:
        kind, config, weights = type(layer).__name__, layer.get_config(), layer.get_weights()
        sources = [names[id(tensor)] for call in layer._inbound_nodes[:1] for tensor in call.input_tensors]
        if kind == "InputLayer":
            out = node("Transpose", "picture", perm=[0, 3, 1, 2])
        elif kind == "Rescaling":
            axes = (-1, 1, 1) if np.ndim(config["scale"]) == 0 else (-1,)
            scale, offset = (constant(np.reshape(config[name], axes)) for name in ("scale", "offset"))
            out = node("Add", node("Mul", sources[0], scale), offset)
        elif kind == "Concatenate":
            out = node("Concat", *sources, axis=1)
        elif kind in ("Conv2D", "DepthwiseConv2D"):
            turned = weights[0].transpose(3, 2, 0, 1) if kind == "Conv2D" else weights[0].transpose(2, 3, 0, 1)
            group = 1 if kind == "Conv2D" else turned.shape[0]
            padding = "SAME_UPPER" if config["padding"] == "same" else "VALID"
            bias = [constant(weights[1])] if len(weights) > 1 else []
            out = node(
                "Conv",
                sources[0],
                constant(turned),
                *bias,
                strides=list(config["strides"]),
                group=group,
                auto_pad=padding,
            )
        elif kind == "BatchNormalization":
            out = node("BatchNormalization", sources[0], *map(constant, weights), epsilon=config["epsilon"])
        elif kind == "ReLU":
            out = node("Clip", sources[0], constant(0), constant(config["max_value"]))
        elif kind == "Add":
            out = node("Add", *sources)
        elif kind == "GlobalAveragePooling2D":
            out = node("Flatten", node("GlobalAveragePool", sources[0]))
        elif kind == "Dense":
            out = node("Gemm", sources[0], *map(constant, weights))
        elif kind == "Dropout":
            out = sources[0]
        else:
            raise NotImplementedError(kind)
        names[id(layer.output)] = out
    size = model.input_shape[1]
    nodes.append(helper.make_node("Identity", [out], ["logit"]))
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", size, size, 1])
    logit = helper.make_tensor_value_info("logit", TensorProto.FLOAT, ["n", 1])
    graph = helper.make_graph(nodes, "classifier", [picture], [logit], arrays)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(onnx_path))
