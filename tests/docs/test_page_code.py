"""Configurations on the pages are accepted, and their Python runs."""

import ast
import re
import threading
from http.server import ThreadingHTTPServer

import numpy as np
import pytest
import yaml
from written import PAGES, blocks, named, prose

from common import ROOT
from echoshift import ConvexGeometry
from echoshift.classifiers.adoption.adopting import adopt_server
from echoshift.classifiers.interface.settings import Interface
from echoshift.classifiers.kinds.given import Server
from echoshift.classifiers.predictors import open_predictor
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.formats import open_frame
from echoshift.formats.sidecar import SideCar
from echoshift.study.config import StudyConfig
from echoshift.validation import checked

CONFIGURATIONS = [(page, yaml.safe_load(text)) for page in PAGES for text in blocks(page, "yaml")]


def whole(content):
    """What kind of part of a configuration it is, and a whole one with it: in the default study, unless it is whole."""
    default = yaml.safe_load((ROOT / "config.yaml").read_text())
    if set(content) <= {"function", "server", "files", "input", "output"}:
        default["classifiers"]["mine"] = {"kind": "given", **content}
        return "classifier", default
    if "results_dir" in content:
        return "whole", content
    if set(content) <= set(StudyConfig.model_fields):
        return "section", default | content
    return "side-car", default | {"recorded": content}


def test_configurations_are_accepted():
    kinds = []
    for page, content in CONFIGURATIONS:
        kind, study = whole(content)
        checked(StudyConfig, study, page)
        kinds.append(kind)
    assert {kind: kinds.count(kind) for kind in kinds} == {"classifier": 2, "whole": 3, "section": 9, "side-car": 1}


@pytest.mark.parametrize("page", PAGES)
def test_keys_in_the_text_are_those_of_the_schema(page):
    schema = (ROOT / "workflow/schemas/config.schema.json").read_text()
    for text in named(prose(page)):
        for key in re.findall(r"^(\w+): ?[{\[\w]", text):
            assert f'"{key}"' in schema or key in SideCar.model_fields, key


@pytest.mark.parametrize("page", PAGES)
def test_python_is_python(page):
    for text in blocks(page, "python"):
        ast.parse(text)


def test_a_frame_written_as_shown_is_read_back(tmp_path, monkeypatch):
    (text,) = blocks("docs/your_recordings.md", "python")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    angles, samples = np.linspace(-0.5, 0.5, 8), np.random.default_rng(1).normal(size=(8, 100)).astype(np.float32)
    polygon = np.array([[-0.01, 0.02], [0.01, 0.02], [0.0, 0.04]])
    exec(text, {"angles": angles, "samples": samples, "polygon": polygon})
    frame = open_frame(tmp_path / "mine/F1.h5")
    np.testing.assert_array_equal(frame.regions["liver"], polygon)
    np.testing.assert_array_equal(frame.samples, samples)
    assert isinstance(frame.geometry, ConvexGeometry) and frame.geometry.apex_radius == 0.04957


def test_the_server_shown_answers_what_a_study_asks(tmp_path, monkeypatch):
    """With a model whose logits are 0 and nine times the mean of a picture less 3."""
    (text,) = [one for one in blocks("docs/your_classifier.md", "python") if "class Handler" in one]
    serve, opened = ThreadingHTTPServer.serve_forever, []
    monkeypatch.setattr(ThreadingHTTPServer, "serve_forever", lambda server: opened.append(server))
    shown = {"my_model": lambda pictures: np.stack([np.zeros(len(pictures)), 9 * pictures.mean((1, 2, 3)) - 3], axis=1)}
    exec(text.replace("8000", "0"), shown)
    shown["Handler"].log_message = lambda *_: None
    (server,) = opened
    threading.Thread(target=serve, args=[server], daemon=True).start()
    (entry,) = [content for _, content in CONFIGURATIONS if "server" in content]
    url = f"http://localhost:{server.server_port}/v2/models/mine"
    source = Server(**entry["server"] | {"url": url, "token": None}).model_dump()
    asked = {"input": {**entry["input"], "size": [8, 8], "numbers": "0..1"}, "output": entry["output"]}
    pictures = np.random.default_rng(1).integers(0, 256, (3, 8, 8), dtype=np.uint8)
    adopt_server(source, Interface(classes=["healthy", "fatty"], **asked), pictures, tmp_path / "kept")
    scores = open_predictor(PredictorSettings(engine="server"), tmp_path / "kept").scores(pictures)
    server.shutdown()
    server.server_close()
    np.testing.assert_allclose(scores[:, 1] - scores[:, 0], 9 * pictures.mean((1, 2)) / 255 - 3, atol=1e-4)
