"""Given Python functions and servers: they answer, and whatever goes wrong with them costs one line."""

import socket
import threading
import time

import numpy as np
import pytest

from echoshift.classifiers.adoption.adopting import adopt_function, adopt_server
from echoshift.classifiers.interface.settings import InputSettings, Interface, OutputSettings
from echoshift.classifiers.kinds.given import Server
from echoshift.classifiers.predictors import open_predictor, server, slots
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.errors import EchoShiftError
from echoshift.storage.files import read_json
from given_models import speckled
from model_server import model_server

PICTURES = speckled(6)
SCORE = Interface(
    input=None,
    output=OutputSettings(gives="score", positive="fatty", threshold=90.0),
    classes=("healthy", "fatty"),
)
SMALL = InputSettings(numbers="0..1", size=(8, 8), channels=1, layout="nhwc")
LOGITS = Interface(input=SMALL, output=OutputSettings(gives="logits", positive="fatty"), classes=("healthy", "fatty"))


def adopt_module(folder, source, name="judge:mean", files=(), interface=SCORE):
    (folder / "judge.py").write_text(source)
    adopt_function({"function": name, "folder": str(folder)}, files, interface, PICTURES, folder / "kept")
    return open_predictor(PredictorSettings(engine="function"), folder / "kept")


@pytest.fixture(autouse=True)
def forget_modules(monkeypatch):
    """Each test imports its own `judge`."""
    import sys

    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "judge", raising=False)
    yield
    sys.modules.pop("judge", None)


MEAN = "def mean(pictures):\n    return pictures.mean(axis=(1, 2))\n"


def test_a_function_gets_the_pictures_as_they_are(tmp_path):
    predictor = adopt_module(tmp_path, MEAN)
    expected = PICTURES.mean(axis=(1, 2)) - 90
    assert np.array_equal(predictor.scores(PICTURES), np.stack([np.zeros(6), expected], axis=1))
    assert read_json(tmp_path / "kept/record.json")["digest"] == predictor.digest


def test_a_function_with_an_input_gets_fitted_arrays(tmp_path):
    code = "def mean(x):\n    assert x.shape[1:] == (8, 8, 1) and x.dtype == 'float32' and x.max() <= 1\n    return x[:, 4, 4]\n"
    assert np.abs(adopt_module(tmp_path, code, interface=LOGITS).scores(PICTURES)[:, 1]).max() <= 1


def test_an_edited_function_or_file_is_noticed(tmp_path):
    (tmp_path / "weights.txt").write_text("1")
    adopt_module(tmp_path, MEAN, files=(str(tmp_path / "weights.txt"),))
    for name in ("weights.txt", "judge.py"):
        before = (tmp_path / name).read_text()
        (tmp_path / name).write_text(before + "\n")
        with pytest.raises(
            EchoShiftError, match=rf"{name}: found digest \w+, expected \w+ as when the model was adopted"
        ):
            open_predictor(PredictorSettings(engine="function"), tmp_path / "kept")
        (tmp_path / name).write_text(before)


@pytest.mark.parametrize(
    ("code", "name", "complaint"),
    [
        ("", "judge:mean", "function: judge:mean: found no function 'mean' in"),
        ("", "nowhere_to_be_found:mean", "function: nowhere_to_be_found:mean: found no module 'nowhere_to_be_found'"),
        ("1 / 0", "judge:mean", "function: judge:mean: its module fails: ZeroDivisionError: division by zero"),
        (
            "import not_installed_here",
            "judge:mean",
            "function: judge:mean: found no module 'not_installed_here', expected one in",
        ),
        ("import sys; sys.exit(0)", "judge:mean", "function: judge:mean: its module fails: SystemExit: 0"),
        ("raise ImportError('a\\nb')", "judge:mean", "function: judge:mean: its module fails: ImportError: a b"),
        ("def mean(p):\n    return {}['x']", "judge:mean", "function: judge:mean: it fails: KeyError: 'x'"),
        (
            "def mean(p):\n    p[:] = 0\n    return p",
            "judge:mean",
            "function: judge:mean: it fails: ValueError: assignment destination is read-only",
        ),
        (
            "def mean(p):\n    return None",
            "judge:mean",
            "judge:mean: found outputs of shape () for 6 pictures, expected (6,)",
        ),
        (
            "def mean(p):\n    return [float('nan')] * len(p)",
            "judge:mean",
            "judge:mean: found outputs nan, expected finite",
        ),
        (
            "def mean(p):\n    return p.mean(axis=(1, 2)) - p.mean()",
            "judge:mean",
            "between pictures alone and together with others (they depend on the other pictures of a batch)",
        ),
    ],
)
def test_a_function_that_fails_costs_one_line(tmp_path, code, name, complaint):
    with pytest.raises(EchoShiftError) as error:
        adopt_module(tmp_path, code, name)
    assert complaint in str(error.value) and "\n" not in str(error.value)
    assert not (tmp_path / "kept").exists()


@pytest.fixture
def served(monkeypatch):
    monkeypatch.setattr(server, "PAUSE", 0.01)
    with model_server() as state:
        yield state


def adopt(served, folder, **options):
    source = Server(url=served.url, timeout=2.0, in_flight=2).model_dump() | options
    adopt_server(source, LOGITS, PICTURES, folder)
    return open_predictor(PredictorSettings(engine="server"), folder)


def test_a_server_is_asked_in_its_protocol(served, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_TEST", "wink")
    predictor = adopt(served, tmp_path, token="SECRET_OF_THE_TEST", input_name="image")
    scores = predictor.scores(PICTURES)
    expected = [10 * (one.mean() - 0.35) for one in LOGITS_INPUT(PICTURES)]
    assert np.allclose(scores[:, 1], expected, atol=1e-4)
    path, authorization, question = served.requests[-1]
    assert path == "/v2/models/mine/infer" and authorization == "Bearer wink"
    (asked,) = question["inputs"]
    assert (asked["name"], asked["shape"], asked["datatype"]) == ("image", [6, 8, 8, 1], "FP32")
    assert "wink" not in "".join(path.read_text() for path in tmp_path.iterdir())


def LOGITS_INPUT(pictures):
    """What the server gets, computed without the package: means over areas of 8 x 8 pixels, from 0 to 1."""
    return pictures.reshape(len(pictures), 8, 8, 8, 8).mean(axis=(2, 4)) / 255


def stall(handler):
    time.sleep(3)
    return handler.say(b"late")


def drip(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(30):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.2)
    return True


def drop(handler):
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True
    return True


FAULTS = {
    "status 503": lambda handler: handler.say(b"busy", 503),
    "Connection": drop,
    "ReadTimeout": stall,
    "the answer takes too long": drip,
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_server_that_fails_once_is_asked_again(served, tmp_path, fault):
    predictor = adopt(served, tmp_path, timeout=0.5)
    expected = predictor.scores(PICTURES)
    served.faults = [fault]
    assert np.array_equal(predictor.scores(PICTURES), expected)


@pytest.mark.parametrize("complaint", FAULTS)
def test_a_server_that_keeps_failing_costs_one_line(served, tmp_path, complaint):
    predictor = adopt(served, tmp_path, timeout=0.3)
    n_asked = len(served.requests)
    served.faults = [FAULTS[complaint]] * 10
    with pytest.raises(EchoShiftError) as error:
        predictor.scores(PICTURES)
    assert str(error.value).startswith(f"{served.url}: found no answer (") and complaint in str(error.value)
    assert "\n" not in str(error.value) and len(served.requests) == n_asked + server.TRIES


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"<html>", "found the answer '<html>', expected JSON with outputs of 6 rows of numbers"),
        (b'{"outputs": []}', "expected JSON with outputs of 6 rows of numbers"),
        (b'{"outputs": [{"name": "a", "data": [1, 2]}]}', "expected JSON with outputs of 6 rows of numbers"),
        (b'{"outputs": [{"name": "a", "data": ["x"]}]}', "expected JSON with outputs of 6 rows of numbers"),
        (
            b'{"outputs": [{"name": "a", "data": [1, 2, 3, 4, 5, 6]}, {"name": "b", "data": [1]}]}',
            "output.name: found nothing, expected one of a, b",
        ),
        (
            b'{"outputs": [{"name": "a", "data": [1, 2, 3, 4, 5, NaN]}]}',
            "found outputs nan, expected finite numbers",
        ),
        (b" " * (server.LARGEST_ANSWER + 1), "found an answer of more than 1048576 bytes, expected numbers alone"),
    ],
)
def test_nonsense_is_refused_without_asking_again(served, tmp_path, body, complaint):
    predictor = adopt(served, tmp_path)
    n_asked = len(served.requests)
    served.faults = [lambda handler: handler.say(body)]
    with pytest.raises(EchoShiftError) as error:
        predictor.scores(PICTURES)
    assert complaint in str(error.value) and "\n" not in str(error.value)
    assert len(served.requests) == n_asked + 1


def test_a_question_that_the_server_refuses_is_asked_once(served, tmp_path):
    predictor = adopt(served, tmp_path)
    n_asked = len(served.requests)
    served.faults = [lambda handler: handler.say(b"no such model", 404)]
    with pytest.raises(EchoShiftError, match=r"found no answer \(status 404: no such model\)"):
        predictor.scores(PICTURES)
    assert len(served.requests) == n_asked + 1


def test_a_redirection_is_not_followed(served, tmp_path, monkeypatch):
    """The token must not be sent elsewhere."""
    monkeypatch.setenv("SECRET_OF_THE_TEST", "wink")
    predictor = adopt(served, tmp_path, token="SECRET_OF_THE_TEST")

    def redirect(handler):
        handler.send_response(307)
        handler.send_header("Location", served.url.replace("mine", "other"))
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return True

    served.faults = [redirect]
    with pytest.raises(EchoShiftError, match="status 307"):
        predictor.scores(PICTURES)
    assert not any("other" in path for path, *_ in served.requests)


def test_another_model_behind_the_address_is_noticed(served, tmp_path):
    adopt(served, tmp_path)
    served.shift = 0.01
    with pytest.raises(EchoShiftError) as error:
        open_predictor(PredictorSettings(engine="server"), tmp_path)
    assert str(error.value) == (
        f"{served.url}: found other answers to the fixed pictures than at its adoption, expected the same within 0.0001: "
        f"the model has changed; repair: rm {tmp_path}/digest.txt and run again"
    )
    served.shift = 0.0
    digest = adopt(served, tmp_path).digest
    served.shift = 0.01
    assert adopt(served, tmp_path).digest != digest


def test_a_token_that_is_not_set_is_named(served, tmp_path):
    with pytest.raises(
        EchoShiftError, match="token: found nothing in the environment variable NOT_SET_IN_THE_TEST, expected"
    ):
        adopt(served, tmp_path, token="NOT_SET_IN_THE_TEST")


def test_no_more_requests_at_the_same_time_than_allowed(served, tmp_path, monkeypatch):
    monkeypatch.setattr(slots, "PATIENCE", 0.01)
    predictors = [adopt(served, tmp_path) for _ in range(6)]

    def slow(handler):
        time.sleep(0.15)
        return False

    served.faults, served.busiest = [slow] * 6, 0
    threads = [threading.Thread(target=one.scores, args=(PICTURES,)) for one in predictors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert served.busiest == 2


@pytest.mark.parametrize("token", ["wink\n", " wink "])
def test_a_token_is_neither_told_nor_replaced(served, tmp_path, monkeypatch, token):
    """By an echo of the server, an entry of `.netrc`, or a proxy of the environment."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("SECRET_OF_THE_TEST", token)
    predictor = adopt(served, tmp_path, token="SECRET_OF_THE_TEST")
    assert {authorization for _, authorization, _ in served.requests} == {"Bearer wink"}
    served.faults = [lambda handler: handler.say(handler.headers["Authorization"].encode(), 403)]
    with pytest.raises(EchoShiftError, match=r"status 403: Bearer \*\*\*"):
        predictor.scores(PICTURES)
    monkeypatch.setenv("SECRET_OF_THE_TEST", "wi\u20acnk")
    with pytest.raises(EchoShiftError, match="token: found characters that no header may have in the environment"):
        adopt(served, tmp_path, token="SECRET_OF_THE_TEST")


def test_a_request_holds_no_more_pictures_than_allowed(served, tmp_path):
    whole = adopt(served, tmp_path / "whole").scores(PICTURES)
    served.requests.clear()
    parts = adopt(served, tmp_path / "parts", pictures_per_request=4).scores(PICTURES)
    assert np.array_equal(whole, parts)
    assert max(body["inputs"][0]["shape"][0] for *_, body in served.requests) == 4


def test_an_answer_without_a_batch_is_refused(tmp_path):
    """`squeeze` gives a single picture's answer another shape."""
    code = "def mean(pictures):\n    return pictures.mean(axis=(1, 2)).squeeze()"
    with pytest.raises(
        EchoShiftError, match=r"judge:mean: found outputs of shape \(\) for 1 pictures, expected \(1,\)"
    ):
        adopt_module(tmp_path, code)
