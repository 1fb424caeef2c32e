"""A page served in a thread: real recordings and models, asked over HTTP as a browser does."""

import http.client
import json
from contextlib import contextmanager
from threading import Thread

from common import speckle_frame
from echoshift import ReconstructionPlan
from echoshift.classifiers.adoption.adopting import varied
from echoshift.classifiers.kinds.given import GivenSettings, adopt
from echoshift.console.served.address import Place
from echoshift.console.served.asking import Asking
from echoshift.console.served.guard import Guard
from echoshift.console.served.server import blobs_of, console_app, server_of
from echoshift.reconstruction.cache import write_store
from echoshift.reconstruction.envelope import envelope
from echoshift.validation import checked
from given_models import onnx_model
from probes import PAPER

SHAPES = {"R1": (64, 64), "R2": (64, 64), "R3": (560, 560)}
"""The last is larger than the page shows."""
CLASSES = ("dark", "bright")
ENGINES = {"file": "openvino", "code": "function"}
PAGE = "<!doctype html><title>page</title>"
BLOB = b"\x1f\x8b some gzip"
INPUT = {"size": [32, 32], "channels": 3, "layout": "nchw", "fit": "stretch", "numbers": "imagenet"}


def write_results(results):
    """Reconstructions of three frames and two classifiers: `file`, an ONNX model, and `code`, a function."""
    pictures = []
    for seed, name in enumerate(SHAPES):
        found = envelope(speckle_frame(seed, samples=400))
        plan = ReconstructionPlan(found, SHAPES[name])
        pictures = plan.render_many([PAPER, PAPER | {"alpha_l": 5.0}])
        (results / "reconstructions" / name).mkdir(parents=True)
        write_store(
            results / "reconstructions" / name / "reconstruction.zarr", found, plan, pictures[0], {"settings": PAPER}
        )
    (results / "judge.py").write_text("def mean(pictures):\n    return pictures.mean(axis=(1, 2))\n")
    entries = {
        "file": {
            "model": str(onnx_model(results / "m.onnx")),
            "input": INPUT,
            "output": {"gives": "logits", "classes": CLASSES},
        },
        "code": {
            "function": "judge:mean",
            "output": {"gives": "score", "positive": "bright", "threshold": 60.0},
        },
    }
    for name, entry in entries.items():
        settings = checked(GivenSettings, {"kind": "given", **entry}, name)
        adopt(settings.recipe(CLASSES, str(results)), varied(pictures), model_folder(results, name))
    for name in SmallContent.blobs:
        (results / name).write_bytes(BLOB + name.encode())
    return results


def model_folder(results, classifier):
    return results / "classifiers" / classifier / "folds" / "all"


class SmallContent:
    """What the page holds of `write_results`, told as `echoshift.console.content.Content` does."""

    blobs = ("places-0", "picture-0", "answers-0-0")

    def __init__(self, results):
        self.results = results
        self.study = {
            "classifiers": [{"name": name, "engine": engine} for name, engine in ENGINES.items()],
            "frames": [
                {
                    "id": name,
                    "initial": PAPER,
                    "places": "places-0",
                    "picture": "picture-0",
                    "classifiers": {"file": {"answers": "answers-0-0"}, "code": {"answers": "answers-0-0"}},
                }
                for name in SHAPES
            ],
        }

    def blob(self, name):
        return (self.results / name).read_bytes()

    def recording(self, shown):
        return self.results / "reconstructions" / shown

    def model(self, shown, classifier):
        return model_folder(self.results, classifier)


@contextmanager
def served(content, allow_external=False, asking=None, blobs=None):
    """Serve some content on a free port. Yields the port."""
    place = Place("127.0.0.1", 0, allow_remote=False)
    app = console_app(content, PAGE, blobs or blobs_of(content), asking or Asking(content, allow_external))
    server = server_of(Guard(app, place.is_own))
    thread = Thread(target=server.run, kwargs={"sockets": [place.listener]})
    thread.start()
    try:
        yield place.listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def request(port, method, path, body=None, **headers):
    """Status, headers and body of the response to one request, whose path is sent as it is."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def ask(port, path="/ask", **question):
    """Ask as the page does. Returns the status, and the JSON or the bytes of the answer."""
    status, headers, body = request(port, "POST", path, json.dumps(question), **{"X-EchoShift": "1"})
    return status, json.loads(body) if headers["Content-Type"] == "application/json" else body
