"""The served page: exact answers to its own questions, and nothing for anybody else."""

import http.client
import json
import shutil
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from served import BLOB, ENGINES, PAGE, SmallContent, ask, model_folder, request, served, write_results

from echoshift import ReconstructionPlan
from echoshift.attacks.job import AttackJob, run_attack
from echoshift.attacks.settings import default_search
from echoshift.classifiers.predictors import open_predictor
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.console.served.address import Place
from echoshift.console.served.asking import Asking
from echoshift.console.served.kept import Kept
from echoshift.console.served.questions import LARGEST_QUESTION, MOST_POINTS, Refused, ScoresQuestion
from echoshift.console.served.server import blobs_of, warm_up
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.cache import read_reconstruction
from probes import PAPER


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return write_results(tmp_path_factory.mktemp("study") / "results")


@pytest.fixture(scope="module")
def port(results):
    with served(SmallContent(results)) as port:
        yield port


def expected(results, frame, points, classifier="file"):
    """Scores without a server: 0 and the logit."""
    predictor = open_predictor(PredictorSettings(engine=ENGINES[classifier]), model_folder(results, classifier))
    plan = read_reconstruction(results / "reconstructions" / frame).plan()
    found = [predictor.scores(plan.render_many([{**PAPER, **point}]))[0] for point in points]
    return [[0.0, scores[1] - scores[0]] for scores in found]


def test_it_serves_the_page_and_its_blobs_as_they_are(port):
    status, headers, body = request(port, "GET", "/")
    assert (status, body.decode()) == (200, PAGE) and headers["Content-Type"] == "text/html; charset=utf-8"
    status, headers, body = request(port, "GET", "/blob/picture-0")
    assert (status, body) == (200, BLOB + b"picture-0") and headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Encoding"] is None


def test_answers_are_those_of_the_study_to_the_last_bit(port, results, tmp_path):
    """Compared with the queries that an attack stored."""
    folder = model_folder(results, "file")
    shutil.copytree(results / "reconstructions", tmp_path / "reconstructions")
    (tmp_path / "reconstructions/R2.sha256").write_text("recorded")
    job = AttackJob(
        classifier="file", frame="R2", label=None, fold="all", attack="control", model=str(folder),
        reconstruction=str(tmp_path / "reconstructions/R2"), folder=str(tmp_path / "attacked"),
        search=default_search("random_search", 20, PAPER, set(), False),
    )  # fmt: skip
    run_attack(job, open_predictor(PredictorSettings(), folder), "code")
    record = json.loads((tmp_path / "attacked/record.json").read_text())
    status, answer = ask(port, frame="R2", classifier="file", settings=[{}, record["final_settings"]])
    assert status == 200 and answer["seconds"] > 0
    assert answer["scores"] == [[0.0, record["initial_logit"]], [0.0, record["final_logit"]]]


def test_many_points_are_answered_in_order(port, results):
    draws = np.random.default_rng(1)
    points = [
        {"beta": beta, "gamma": gamma} for beta, gamma in zip(draws.uniform(0.5, 1.3, 40), [0.5, 2.0] * 20, strict=True)
    ]
    status, answer = ask(port, frame="R1", classifier="file", settings=points)
    assert status == 200 and answer["scores"] == expected(results, "R1", points)
    assert len({tuple(scores) for scores in answer["scores"]}) == 40


@pytest.mark.parametrize(("frame", "shape"), [("R1", (64, 64)), ("R3", (512, 512))])
def test_a_picture_is_the_one_that_the_page_shows(port, results, frame, shape):
    """A large one is reconstructed on the page's coarser grid, but its scores are those of the study's own."""
    found = read_reconstruction(results / "reconstructions" / frame)
    plan, point = ReconstructionPlan(found.frame, shape), {"sound_speed_ratio": 1.03, "alpha_l": 6.5}
    status, pixels = ask(port, "/render", frame=frame, settings=point)
    assert status == 200 and np.array_equal(np.frombuffer(pixels, np.uint8).reshape(shape), plan.render(PAPER | point))
    assert not np.array_equal(plan.render(PAPER | point), plan.render(PAPER))
    answer = ask(port, frame=frame, classifier="file", settings=[point])[1]
    assert answer["scores"] == expected(results, frame, [point])


def test_two_browsers_at_once_get_the_answers_to_their_own_questions(port, results):
    points = [{"alpha_u": value} for value in np.linspace(50, 60, 25)]
    asked = [(frame, point) for point in points for frame in ("R1", "R2")]
    together = threading.Barrier(2)

    def browse(frame):
        together.wait(10)
        return [ask(port, frame=frame, classifier="file", settings=[point])[1]["scores"][0] for point in points]

    with ThreadPoolExecutor(2) as browsers:
        found = dict(zip(("R1", "R2"), browsers.map(browse, ("R1", "R2")), strict=True))
    assert len({tuple(scores) for own in found.values() for scores in own}) == len(asked)
    assert found == {frame: expected(results, frame, points) for frame in found}


def test_200_rapid_moves_of_a_knob_are_answered_in_order(port, results):
    """Sent on one connection without waiting, as a client may that drops old answers."""
    points = [{"beta": round(0.5 + 0.004 * i, 6)} for i in range(200)]
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        for point in points:
            body = json.dumps({"frame": "R1", "classifier": "file", "settings": [point]})
            head = (
                f"POST /ask HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-EchoShift: 1\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            connection.sendall((head + body).encode())
        with connection.makefile("rb") as stream:
            found = [answered(stream)["scores"][0] for _ in points]
    assert found == expected(results, "R1", points)


def test_answers_are_sent_at_once(port):
    """Otherwise the kernel keeps the end of each answer back until the beginning is acknowledged, 40 ms later."""
    connection, waits = http.client.HTTPConnection("127.0.0.1", port), []
    for _ in range(10):
        start = time.perf_counter()
        connection.request("POST", "/ask", "{}", {"X-EchoShift": "1"})
        assert connection.getresponse().read().startswith(b'{"error":')
        waits.append(time.perf_counter() - start)
    connection.close()
    assert min(waits) < 0.03


def answered(stream):
    """The JSON of the next response of a connection."""
    assert stream.readline().split()[1] == b"200"
    length = 0
    while (line := stream.readline().strip()) != b"":
        name, value = line.split(b":", 1)
        length = int(value) if name.lower() == b"content-length" else length
    return json.loads(stream.read(length))


@pytest.mark.parametrize(
    "host",
    ["evil.example:{port}", "127.0.0.1.evil.example:{port}", "192.168.1.7:{port}", "127.0.0.1:1", "", "127.0.0.1:{port}@evil",
     "evil@127.0.0.1:{port}", "localhost:{port}/x", "[::1", "localhost:port", "0.0.0.0:{port}"],
)  # fmt: skip
def test_another_name_is_refused(port, host):
    """DNS rebinding: a page of an attacker, whose name now resolves to this machine."""
    for method, path in (("GET", "/"), ("GET", "/blob/picture-0"), ("POST", "/ask")):
        status, headers, body = request(port, method, path, Host=host.format(port=port), **{"X-EchoShift": "1"})
        assert status == 403 and list(json.loads(body)) == ["error"] and b"Host: found" in body
        assert headers["Access-Control-Allow-Origin"] is None


@pytest.mark.parametrize("host", ["localhost:{port}", "127.0.0.1:{port}", "[::1]:{port}", "LOCALHOST:{port}"])
def test_names_of_loopback_are_its_own(port, host):
    assert request(port, "GET", "/", Host=host.format(port=port))[0] == 200


def test_a_form_of_another_page_cannot_ask(port):
    question = json.dumps({"frame": "R1", "classifier": "file", "settings": [{}]})
    for headers in ({}, {"X-EchoShift": "2"}, {"Content-Type": "text/plain"}):
        for path in ("/ask", "/render"):
            status, _, body = request(port, "POST", path, question, **headers)
            assert status == 403 and b"X-EchoShift: found" in body
    status, headers, _ = request(port, "OPTIONS", "/ask", Origin="http://evil.example")  # a browser asks for permission
    assert status == 405 and not [name for name in headers if name.lower().startswith("access-control")]


def test_every_response_says_what_the_page_may_do(port):
    responses = [request(port, "GET", path)[1] for path in ("/", "/blob/picture-0", "/nowhere")]
    responses.append(request(port, "POST", "/ask", "{")[1])
    for headers in responses:
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'" and policy["connect-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'" and policy["form-action"] == "'none'"
        found = {name: headers[name] for name in ("X-Content-Type-Options", "Cache-Control", "Referrer-Policy")}
        assert list(found.values()) == ["nosniff", "no-store", "no-referrer"]
        assert headers["Server"] is None


@pytest.mark.parametrize(
    "path",
    ["/../judge.py", "/blob/../judge.py", "/blob/..%2fjudge.py", "/blob/%2e%2e%2fjudge.py", "/blob/judge.py", "/judge.py",
     "/blob/..%5cjudge.py", "//etc/passwd", "/blob//etc/passwd", "/blob/%2fetc%2fpasswd", "/blob/", "/blob", "/ask/", "/ask/..",
     "/blob/picture-0/", "/blob/picture-0%00", "/blob/%2e", "/etc/passwd", "/blob/..%252fjudge.py",
     "/.", "/index.html", "/static/x", "/favicon.ico", "/blob/" + "x" * 5000],
)  # fmt: skip
def test_no_path_reaches_a_file(port, path):
    status, _, body = request(port, "GET", path)
    assert (status, json.loads(body)) == (404, {"error": "Not Found"})


def test_frames_and_classifiers_are_no_paths_either(port):
    for frame in ("../R1", "R1/../R1", "/etc", "", "R" * 100_000):
        status, answer = ask(port, frame=frame, classifier="file", settings=[{}])
        assert status == 404 and answer["error"].startswith("frame: found ") and len(answer["error"]) < 120
    status, answer = ask(port, frame="R1", classifier="../file", settings=[{}])
    assert (status, answer) == (404, {"error": "classifier: found '../file', expected one of file, code"})


KNOWN = {"frame": "R1", "classifier": "file"}


@pytest.mark.parametrize(
    ("body", "status", "complaint"),
    [
        ("", 400, "question: not valid JSON"),
        ("{", 400, "question: not valid JSON"),
        ("[" * 100_000, 400, "question: not valid JSON"),
        (b"\xff\xfe", 400, "question: not valid JSON"),
        ('{"frame": "\\ud800"}', 400, "question: not valid JSON"),
        ("null", 422, "question: top level: found None, expected"),
        ("{}", 422, "question: frame: found nothing, expected a value (and 2 more)"),
        ({**KNOWN, "settings": [{}], "path": "/etc"}, 422, "question: path: found '/etc', expected one of frame, classifier, settings"),
        ({**KNOWN, "settings": []}, 422, "question: settings: found [], expected"),
        ({**KNOWN, "settings": [{}] * (MOST_POINTS + 1)}, 422, f"at most {MOST_POINTS} items"),
        ({**KNOWN, "settings": {}}, 422, "question: settings: found {}, expected a list"),
        ({**KNOWN, "settings": [{"zoom": 1}]}, 422, "question: settings.0.zoom: found 'zoom', expected 'beta', 'alpha_l'"),
        ({**KNOWN, "settings": [{"beta": "0.9"}]}, 422, "question: settings.0.beta: found '0.9', expected a valid number"),
        ({**KNOWN, "settings": [{"beta": True}]}, 422, "question: settings.0.beta: found True, expected a valid number"),
        ({**KNOWN, "settings": [{"beta": None}]}, 422, "question: settings.0.beta: found None, expected a valid number"),
        ({**KNOWN, "settings": [{"beta": float("nan")}]}, 422, "settings.0.beta: found nan, expected a finite number"),
        ({**KNOWN, "settings": [{"beta": float("-inf")}]}, 422, "settings.0.beta: found -inf, expected a finite number"),
        ({**KNOWN, "settings": [{"beta": 10**400}]}, 422, "settings.0.beta: found "),
        ({**KNOWN, "settings": [{"gamma": 50}]}, 422, "settings: found gamma 50, expected 0.1 to 10"),
        ({**KNOWN, "settings": [{"median": 2}]}, 422, "settings: found median 2, expected an odd whole number"),
        ({**KNOWN, "settings": [{"alpha_l": 60}]}, 422, "settings: found alpha_l 60 and alpha_u 55 dB, expected alpha_l below"),
        ({**KNOWN, "settings": [{"beta": 90}]}, 422, "settings: found beta 90, a gain of "),
        ({**KNOWN, "settings": [{}], "frame": 1}, 422, "question: frame: found 1, expected a valid string"),
    ],
)  # fmt: skip
def test_a_wrong_question_costs_one_line(port, body, status, complaint):
    sent = json.dumps(body) if isinstance(body, dict) else body
    found, headers, answer = request(port, "POST", "/ask", sent, **{"X-EchoShift": "1"})
    assert found == status and headers["Content-Type"] == "application/json"
    line = json.loads(answer)["error"]
    assert complaint in line and "\n" not in line and len(line) < 600


def test_a_question_may_not_be_large(port):
    body = b" " * (LARGEST_QUESTION + 1)
    for sent in (body, iter([body])):  # with its length, and in chunks
        status, _, answer = request(port, "POST", "/ask", sent, **{"X-EchoShift": "1"})
        assert (status, answer) == (413, b'{"error":"question: found more than 262144 bytes, expected fewer"}')
    assert ask(port, frame="R1", classifier="file", settings=[{}])[0] == 200


def test_a_browser_that_leaves_is_not_missed(port, capfd):
    for sent in (
        b"POST /ask HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-EchoShift: 1\r\nContent-Length: 100\r\n\r\n{" % port,
        b"GET / HTTP",
        b"\x16\x03\x01 no HTTP\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(sent)
    assert request(port, "GET", "/")[0] == 200
    assert "Traceback" not in capfd.readouterr().err


def test_code_of_the_user_runs_only_if_allowed(port, results):
    question = {"frame": "R1", "classifier": "code", "settings": [{}, {"alpha_l": 5}]}
    status, answer = ask(port, **question)
    line = "classifier code: found one that asks the function itself, expected explore --allow-external"
    assert (status, answer) == (403, {"error": line})
    with served(SmallContent(results), allow_external=True) as other:
        status, answer = ask(other, **question)
    assert status == 200 and answer["scores"] == expected(results, "R1", question["settings"], "code")


def test_a_function_that_fails_costs_one_line(results, capfd, monkeypatch):
    content = SmallContent(results)
    asking = Asking(content, allow_external=True)
    with served(content, asking=asking) as port:
        assert ask(port, frame="R1", classifier="code", settings=[{}])[0] == 200
        monkeypatch.setattr("judge.mean.__code__", (lambda pictures: 1 / 0).__code__)
        status, answer = ask(port, frame="R1", classifier="code", settings=[{}])
        assert status == 502
        assert answer == {"error": "classifier code: found no answer, expected scores; the terminal says why"}
        assert ask(port, frame="R1", classifier="file", settings=[{}])[0] == 200
    shown = capfd.readouterr().err
    assert "it fails: ZeroDivisionError: division by zero" in shown and "Traceback" not in shown


def test_what_is_open_goes_on_when_the_results_are_gone(results, tmp_path, capfd):
    shutil.copytree(results, tmp_path / "results")
    with served(SmallContent(tmp_path / "results")) as port:
        before = ask(port, frame="R1", classifier="file", settings=[{"beta": 1.0}])
        shutil.rmtree(tmp_path / "results")
        after = ask(port, frame="R1", classifier="file", settings=[{"beta": 1.0}])
        assert before[0] == after[0] == 200 and before[1]["scores"] == after[1]["scores"]
        for _ in range(2):
            status, answer = ask(port, frame="R2", classifier="file", settings=[{}])
            line = "frame R2: found no readable reconstruction, expected one in the results; the terminal says why"
            assert (status, answer) == (410, {"error": line})
        assert ask(port, "/render", frame="R3", settings={})[0] == 410
        status, _, body = request(port, "GET", "/blob/picture-0")
        assert status == 410 and b"blob picture-0: found nothing readable" in body
        assert request(port, "GET", "/")[0] == 200
        assert ask(port, frame="R1", classifier="file", settings=[{}])[0] == 200
    shown = capfd.readouterr().err
    assert "R2/reconstruction.zarr: not found" in shown and "Traceback" not in shown


def test_a_lost_model_costs_one_line_without_paths(results, tmp_path):
    shutil.copytree(results, tmp_path / "results")
    (model_folder(tmp_path / "results", "file") / "engine.xml").unlink()
    with served(SmallContent(tmp_path / "results")) as port:
        status, answer = ask(port, frame="R1", classifier="file", settings=[{}])
    assert status == 503 and str(tmp_path) not in str(answer)
    assert answer["error"].startswith("classifier file: found none that can be asked, expected its model")


def test_a_mistake_in_the_program_leaves_the_server_running(results, monkeypatch):
    content = SmallContent(results)
    monkeypatch.setattr(content, "blob", lambda name: 1 / 0)
    with served(content) as port:
        status, headers, body = request(port, "GET", "/blob/picture-0")
        line = "ZeroDivisionError in `echoshift explore`; the terminal says more"
        assert (status, json.loads(body)) == (500, {"error": line})
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert request(port, "GET", "/")[0] == 200


def test_a_page_that_has_just_been_loaded_finds_everything_open(results, tmp_path):
    shutil.copytree(results, tmp_path / "results")
    content = SmallContent(tmp_path / "results")
    blobs, asking = blobs_of(content), Asking(content, allow_external=False)
    warm_up(content, blobs, asking)
    shutil.rmtree(tmp_path / "results")
    warm_up(content, blobs, asking)
    with served(content, asking=asking, blobs=blobs) as port:
        assert all(request(port, "GET", f"/blob/{name}")[0] == 200 for name in content.blobs)
        assert ask(port, frame="R1", classifier="file", settings=[{}])[0] == 200
        assert ask(port, frame="R2", classifier="file", settings=[{}])[0] == 410


def test_warming_up_fails_in_silence_and_asks_no_code_of_the_user(results, tmp_path):
    content = SmallContent(tmp_path / "nowhere")
    warm_up(content, blobs_of(content), Asking(content, allow_external=True))
    content = SmallContent(results)
    content.study["classifiers"].reverse()  # the headline is the function's
    asking = Asking(content, allow_external=False)
    warm_up(content, blobs_of(content), asking)
    with pytest.raises(Refused, match="--allow-external"):
        asking.scores(ScoresQuestion(frame="R1", classifier="code", settings=({},)))


def test_each_thing_is_opened_once_and_the_most_recent_stay():
    opened, gate = [], threading.Event()

    def open_one(key):
        opened.append(key)
        gate.wait(5)
        if key < 0:
            raise ValueError(key)
        return [key]

    kept = Kept(open_one, 2)
    with ThreadPoolExecutor(4) as threads:
        found = [threads.submit(kept.__getitem__, 1) for _ in range(4)]
        gate.set()
        assert len({id(one.result()) for one in found}) == 1 and opened == [1]
    kept[2]
    kept[1]
    for _ in range(2):
        with pytest.raises(ValueError):
            kept[-1]  # what fails closes nothing
    assert (kept[1], kept[2], opened) == ([1], [2], [1, 2, -1, -1])
    kept[3]
    kept[2]
    assert opened[4:] == [3]
    kept[1]
    assert opened[4:] == [3, 1]


@pytest.mark.parametrize(
    ("host", "complaint"),
    [
        ("0.0.0.0", "--host: found '0.0.0.0', which others can reach, expected 127.0.0.1 (or --allow-remote as well)"),
        ("::", "--host: found '::', which others can reach"),
        ("8.8.8.8", "--host: found '8.8.8.8', which others can reach"),
        ("no such name", "--host: found 'no such name', expected an address of this machine"),
    ],
)
def test_other_machines_are_let_in_only_if_allowed(host, complaint):
    with pytest.raises(EchoShiftError) as error:
        Place(host, 0, allow_remote=False)
    assert complaint in str(error.value)


def test_a_foreign_or_busy_address_costs_one_line():
    place = Place("127.0.0.1", 0, allow_remote=False)
    port = place.listener.getsockname()[1]
    assert place.address == f"http://127.0.0.1:{port}/"
    with pytest.raises(
        EchoShiftError, match=rf"found 127.0.0.1 {port}, which cannot be used \(Address already in use\)"
    ):
        Place("127.0.0.1", port, allow_remote=False)
    place.listener.close()
    with pytest.raises(EchoShiftError, match=r"found 192.0.2.1 0, which cannot be used"):  # reserved for documentation
        Place("192.0.2.1", 0, allow_remote=True)


def test_an_address_that_others_reach_goes_by_the_machines_names():
    place = Place("0.0.0.0", 0, allow_remote=True)
    port, name = place.listener.getsockname()[1], socket.gethostname()
    place.listener.close()
    assert place.address == f"http://{name}:{port}/"
    assert all(place.is_own(f"{host}:{port}") for host in (name, name.upper(), "localhost", "10.1.2.3", "[fe80::1]"))
    assert not any(place.is_own(f"{host}:{port}") for host in ("evil.example", f"{name}.evil.example"))
