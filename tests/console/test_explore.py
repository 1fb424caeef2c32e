"""`echoshift explore` as a process, on the results of the tiny study."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest
from explored import explore, study_of
from served import ask, request

from echoshift.cli.main import app


@pytest.fixture(scope="module")
def port(finished):
    with explore(finished.results, "--no-browser") as (_, port):
        yield port


def test_scores_at_the_initial_settings_are_those_of_the_study_to_the_last_bit(port, finished):
    study, asked = study_of(port), 0
    assert study["served"]
    assert [frame["id"] for frame in study["frames"]] == [row["frame_id"] for row in finished.rows("frames.csv")]
    for row in finished.rows("summary/frames.csv"):
        if row["outcome"] in ("flipped", "exhausted", "stalled", "at_bounds"):
            record = json.loads((finished.results / row["folder"] / "record.json").read_text())
            points = [record["initial_settings"], {}, record["final_settings"]]
            answer = ask(port, frame=row["frame_id"], classifier=row["classifier"], settings=points)[1]
            assert answer["scores"] == [[0.0, record[f"{end}_logit"]] for end in ("initial", "initial", "final")]
            asked += 1
    assert asked > 8
    for frame in study["frames"]:
        for name, own in frame["classifiers"].items():
            assert ask(port, frame=frame["id"], classifier=name, settings=[{}])[1]["scores"] == [own["scores"]]


def test_it_serves_what_the_page_asks_for_and_no_other_file(port, finished):
    study = study_of(port)
    frame = study["frames"][0]
    for name in (frame["places"], frame["picture"], frame["classifiers"]["folded"]["answers"]):
        status, _, body = request(port, "GET", f"/blob/{name}")
        assert status == 200 and body.startswith(b"\x1f\x8b")  # gzip
    status, pixels = ask(port, "/render", frame=frame["id"], settings={"sound_speed_ratio": 1.02})
    assert status == 200 and len(pixels) == frame["rows"] * frame["columns"]
    files = [path.relative_to(finished.results) for path in finished.results.rglob("*") if path.is_file()]
    assert len(files) > 50
    for file in (*files[::10], "study.json", "../config.yaml", "../frames.csv"):
        for path in (f"/{file}", f"/blob/{file}", f"/results/{file}", f"/blob/{str(file).replace('/', '%2f')}"):
            assert request(port, "GET", path)[0] == 404


def test_frames_shown_by_numbers_are_asked_by_numbers(finished):
    with explore(finished.results, "--no-browser", "--relabel", "--frames", "F3,F1") as (_, port):
        study = study_of(port)
        assert [frame["id"] for frame in study["frames"]] == ["1", "2"]
        assert ask(port, frame="F3", classifier="folded", settings=[{}])[0] == 404
        for frame in study["frames"]:
            own = frame["classifiers"]["folded"]["scores"]
            assert ask(port, frame=frame["id"], classifier="folded", settings=[{}])[1]["scores"] == [own]


def test_ctrl_c_ends_it_at_once_even_while_it_answers(finished):
    with explore(finished.results, "--no-browser") as (process, port):
        question = json.dumps({"frame": "F0", "classifier": "folded", "settings": [{}] * 256})
        with socket.create_connection(("127.0.0.1", port)) as busy:
            head = f"POST /ask HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-EchoShift: 1\r\nContent-Length: {len(question)}\r\n\r\n"
            busy.sendall((head + question).encode())
            assert request(port, "GET", "/")[0] == 200
            start = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=10) == 0 and time.monotonic() - start < 1
        assert process.stderr.read() == ""


def test_it_goes_on_with_what_is_open_when_the_results_are_gone(project):
    with explore(project.results, "--no-browser") as (process, port):
        before = ask(port, frame="F0", classifier="folded", settings=[{}])
        shutil.rmtree(project.results)
        after = ask(port, frame="F0", classifier="folded", settings=[{}])
        assert before[0] == after[0] == 200 and before[1]["scores"] == after[1]["scores"]
        frame = study_of(port)["frames"][5]
        status, answer = ask(port, frame="F5", classifier="folded", settings=[{}])
        assert status == 410 and answer["error"].startswith("frame F5: found no readable reconstruction")
        status, _, body = request(port, "GET", f"/blob/{frame['classifiers']['folded']['answers']}")
        assert status == 410 and str(project.folder) not in body.decode()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0
        lines = process.stderr.read().splitlines()
    assert len(lines) == 2 and all(line.startswith("echoshift: ") for line in lines)


def test_the_browser_is_shown_the_address(finished, tmp_path):
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/draft && mv {tmp_path}/draft {tmp_path}/shown\n')
    browser.chmod(0o755)
    with explore(finished.results, BROWSER=str(browser)) as (_, port):
        deadline = time.monotonic() + 20
        while not (tmp_path / "shown").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert (tmp_path / "shown").read_text() == f"http://127.0.0.1:{port}/\n"


@pytest.mark.parametrize(
    ("results", "options", "complaint"),
    [
        ("nowhere", (), "nowhere: found no summary/summary.json, expected the results of a finished study"),
        (".", (), "found no summary/summary.json, expected the results of a finished study"),
        (None, ("--frames", "X"), "--frames: found X, expected frames of the study: F0"),
        (None, ("--host", "0.0.0.0"), "--host: found '0.0.0.0', which others can reach, expected 127.0.0.1"),
        (None, ("--host", "no such name"), "--host: found 'no such name', expected an address of this machine"),
    ],
)
def test_a_mistake_costs_one_line(finished, capsys, results, options, complaint):
    err = refused(capsys, results or finished.results, *options)
    assert complaint in err


def test_results_of_an_earlier_version_cost_one_line(project, capsys):
    path = project.results / "summary/summary.json"
    records = json.loads(path.read_text())
    del records[0]["median_ssim"]
    path.write_text(json.dumps(records))
    err = refused(capsys, project.results)
    assert "summary.json: 'median_ssim': found nothing, expected a summary of this version; run again" in err


def test_a_busy_port_costs_one_line(finished, port, capsys):
    err = refused(capsys, finished.results, "--port", str(port))
    assert f"found 127.0.0.1 {port}, which cannot be used (Address already in use)" in err


def refused(capsys, results, *options):
    """The line of an `explore` that fails."""
    with pytest.raises(SystemExit) as end:
        app(["explore", str(results), "--no-browser", *options])
    shown = capsys.readouterr()
    assert end.value.code == 1 and shown.out == ""
    [line] = shown.err.splitlines()
    assert line.startswith("echoshift: error: ")
    return line


def test_it_starts_without_what_only_training_and_tables_need(finished):
    """What the page waits for. Its first byte came 1 s later with these."""
    code = (
        "import sys; from pathlib import Path; from echoshift.console.served.server import console_app;"
        "from echoshift.console.content import Content; from echoshift.console.page import page_html;"
        f"page_html(Content(Path({str(finished.results)!r})));"
        "print(sorted({'tensorflow', 'sklearn', 'pandas', 'matplotlib', 'xarray', 'scipy.stats'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
