"""Weights of `keras.applications`: local files in both layouts, and the download from a stub server on loopback."""

import json
import os

import numpy as np
import pytest

from classifiers.conftest import run_python, write_keras_layout
from echoshift.classifiers.backbones.keras_weights import keras_weights_digest
from echoshift.classifiers.backbones.networks import build_backbone
from echoshift.classifiers.backbones.table import NETWORKS
from echoshift.classifiers.tensorflow_setup import load_keras
from echoshift.errors import EchoShiftError

SIZE = 32


def grey(seed=0):
    return np.random.default_rng(seed).uniform(0, 255, (2, SIZE, SIZE, 1)).astype(np.float32)


@pytest.fixture(scope="module")
def random_networks():
    """RANDOM weights of MobileNetV3Small without and with its last layers (7 classes), the body in common."""
    keras = load_keras()
    keras.utils.set_random_seed(3)
    build = keras.applications.MobileNetV3Small
    whole = build(weights=None, include_top=True, classes=7, input_shape=(64, 64, 3))
    body = build(weights=None, include_top=False, pooling="avg", input_shape=(SIZE, SIZE, 3))
    for layer in body.layers:
        layer.momentum = 0.0  # of batch normalisation: the statistics of the next batch, so that the features differ
    body(np.repeat(grey(1), 3, axis=-1), training=True)
    for layer, other in zip(*[[one for one in model.layers if one.weights] for model in (body, whole)], strict=False):
        other.set_weights(layer.get_weights())
    return body, whole


@pytest.mark.parametrize("layout", ["older.h5", "newer.weights.h5"])
@pytest.mark.parametrize("top", [False, True])
def test_both_layouts_are_read_with_and_without_the_last_layers(random_networks, tmp_path, layout, top):
    path = tmp_path / layout
    if layout == "older.h5":
        write_keras_layout(path, random_networks[top])
    else:
        random_networks[top].save_weights(path)
    expected = random_networks[0](np.repeat(grey(), 3, axis=-1), training=False).numpy()
    assert np.abs(expected[0] - expected[1]).max() > 1e-3
    found = build_backbone("mobilenet_v3_small", SIZE, str(path))(grey(), training=False).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("layout", ["older.h5", "newer.weights.h5"])
def test_a_file_of_another_network_is_refused_in_one_line(random_networks, tmp_path, layout):
    path = tmp_path / layout
    if layout == "older.h5":
        write_keras_layout(path, random_networks[0])
    else:
        random_networks[0].save_weights(path)
    with pytest.raises(EchoShiftError, match="not VGG16 weights in Keras's layout") as caught:
        build_backbone("vgg16", SIZE, str(path))
    assert "\n" not in str(caught.value)


def test_weights_are_identified_without_a_download(tmp_path):
    assert keras_weights_digest("inception_resnet_v2", "imagenet") == "md5:d19885ff4a710c122648d3b5c3b684e4"
    import keras

    assert keras_weights_digest("mobilenet", "imagenet") == f"keras:mobilenet-imagenet-{keras.__version__}"
    path = tmp_path / "weights.h5"
    path.write_bytes(b"1")
    first = keras_weights_digest("resnet50", str(path))
    path.write_bytes(b"2")
    assert first.startswith("sha256:") and keras_weights_digest("resnet50", str(path)) != first


STUB = """
import http.server, importlib, json, os, sys, threading, warnings
from pathlib import Path

requests, contents = [], []

class Stub(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        requests.append(self.path)
        body, announced = contents[0]
        if body is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(announced))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stub)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}/"

from echoshift.classifiers.tensorflow_setup import load_keras
keras = load_keras()
from echoshift.classifiers.backbones.networks import build_backbone
from echoshift.errors import EchoShiftError

importlib.import_module("keras.src.applications.inception_resnet_v2").BASE_WEIGHT_URL = base
importlib.import_module("keras.src.applications.mobilenet").BASE_WEIGHT_PATH = base
importlib.import_module("keras.src.applications.mobilenet_v3").BASE_WEIGHT_PATH = base
right = Path(sys.argv[1]).read_bytes()
cache = Path(os.environ["KERAS_HOME"]) / "models"
cases = {
    "missing": ("mobilenet_v3_small", None, 0),
    "wrong": ("inception_resnet_v2", b"another file", 12),
    "cut in transfer": ("mobilenet_v3_small", right[:5000], len(right)),
    "cut before": ("mobilenet_v3_small", right[:5000], 5000),
    "cut before, of a network without a sum": ("mobilenet", right[:5000], 5000),
}
told = {}
for case, (name, body, announced) in cases.items():
    requests.clear()
    contents[:] = [(body, announced)]
    (cache / "other.h5").write_text("of somebody else") if cache.is_dir() else None
    try:
        build_backbone(name, 75, "imagenet")
        message = None
    except EchoShiftError as error:
        message = str(error)
    kept = sorted(path.name for path in cache.iterdir())
    told[case] = {"message": message, "requests": list(requests), "kept": kept}
print(json.dumps(told))
"""


def test_the_download_asks_the_server_and_keeps_no_wrong_or_cut_file(random_networks, tmp_path):
    """That a right file is kept cannot be shown: Keras checks its own sums, and only its own file has them."""
    write_keras_layout(tmp_path / "notop.h5", random_networks[0])
    (tmp_path / "home").mkdir()
    done = run_python(STUB, tmp_path / "notop.h5", environment=os.environ | {"KERAS_HOME": str(tmp_path / "home")})
    told = json.loads(done.stdout)
    assert done.stderr == "" and len(told) == 5
    for case, found in told.items():
        assert found["message"] and "\n" not in found["message"], case
        assert "weights: found 'imagenet', which Keras could not download" in found["message"]
        assert len(found["requests"]) == 1
        assert [name for name in found["kept"] if name not in ("other.h5", "echoshift.lock")] == [], case
    assert told["wrong"]["requests"] == ["/" + NETWORKS["inception_resnet_v2"].file]
    assert told["cut before"]["requests"] == ["/" + NETWORKS["mobilenet_v3_small"].file]
    assert "404" in told["missing"]["message"] and "hash" in told["wrong"]["message"]
    assert "other.h5" in told["cut before"]["kept"]
