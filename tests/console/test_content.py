"""What the page knows of a finished study, and what it must not tell."""

import gzip
import json
import re
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import zarr

from echoshift.cli.main import app
from echoshift.console.asked import Ledger
from echoshift.console.chosen import choose
from echoshift.console.content import Content
from echoshift.console.frame_facts import command_of
from echoshift.console.glance import _one_and_all_but_one
from echoshift.console.packing import pack
from echoshift.console.page import page_html
from echoshift.errors import EchoShiftError
from echoshift.formats.images.bmode import open_bmode
from echoshift.formats.made_with import MadeWith
from echoshift.reconstruction.plans import plan_of
from echoshift.storage.tables import write_rows
from echoshift.summary.selection import read_predictions
from echoshift.summary.study_facts import read_study_facts


def unpack(packed):
    """What the browser does."""
    content = gzip.decompress(packed)
    length = int.from_bytes(content[:4], "little")
    header, arrays = json.loads(content[4 : 4 + length]), {}
    for name, about in header["arrays"].items():
        kind, begin = np.dtype(about["type"]), 4 + length + about["begin"]
        own = content[begin : begin + about["size"] * kind.itemsize]
        if kind.kind == "f":
            arrays[name] = np.frombuffer(own, kind)
        else:
            planes = np.frombuffer(own, np.uint8).reshape(kind.itemsize, -1)
            arrays[name] = np.cumsum(np.ascontiguousarray(planes.T).view(kind)[:, 0], dtype=kind)
    return header["meta"], arrays


@pytest.mark.parametrize("kind", ["uint8", "int8", "uint16", "float32", "float64"])
def test_packed_arrays_come_back_to_the_bit(kind):
    draws = np.random.default_rng(0)
    limits = (-1e3, 1e3) if kind.startswith("f") else (np.iinfo(kind).min, np.iinfo(kind).max)
    array = draws.uniform(*limits, (7, 33)).astype(kind)
    meta, found = unpack(pack({"a": [1, "b"]}, {"x": array, "empty": array[:0], "y": array[::2]}))
    assert meta == {"a": [1, "b"]}
    assert found["x"].tobytes() == array.tobytes() and found["y"].tobytes() == array[::2].tobytes()
    assert found["empty"].size == 0


def test_the_page_of_a_study_has_every_answer_of_every_job(finished):
    """Each query in an attack's own store is in the page, with its score to the bit."""
    content = Content(finished.results)
    frames = {frame["id"]: frame for frame in content.study["frames"]}
    assert list(frames) == [row["frame_id"] for row in finished.rows("frames.csv")]
    attacked = [row for row in finished.rows("summary/frames.csv") if row["outcome"] != "not_attacked"]
    assert len(attacked) > 8
    for row in attacked:
        own = frames[row["frame_id"]]["classifiers"][row["classifier"]]
        assert own["outcomes"][row["attack"]]["outcome"] == row["outcome"]
        meta, arrays = unpack(content.blob(own["answers"]))
        store = zarr.open_consolidated(finished.results / row["folder"] / "trajectory.zarr", mode="r")
        of_attack = arrays["source"] == meta["sources"].index(row["attack"])
        points = arrays["points"].reshape(-1, len(meta["names"]))
        assert meta["names"] == ["beta", "alpha_l"]
        assert points[of_attack].tolist() == store["query_settings"][:].round(6).tolist()
        assert arrays["values"][of_attack].tolist() == store["query_logit"][:].tolist()
        assert points[meta["paths"][row["attack"]]].tolist() == store["settings"][:].round(6).tolist()
        assert arrays["flipped"][of_attack].tolist() == store["query_flipped"][:].astype(int).tolist()


def test_a_result_of_another_model_or_configuration_is_left_out(project):
    row = next(row for row in project.rows("summary/frames.csv") if row["outcome"] != "not_attacked")
    path = project.results / "classifiers" / row["classifier"] / "predictions.csv"
    [judged] = [one for one in read_predictions(path) if one.frame_id == row["frame_id"]]

    def sources():
        ledger = Ledger(project.results, read_study_facts(project.results / "study.json"), ())
        return [one.source for one in ledger.asked(row["classifier"], judged)]

    assert sources() == ["descent", "control"]
    path = project.results / row["folder"] / "record.json"
    record = json.loads(path.read_text())
    for change in (
        {"search": {**record["search"], "max_queries": 29}},
        {"inputs": {**record["inputs"], "model": "old"}},
        {"label": 1 - record["label"]},
    ):
        path.write_text(json.dumps(record | change))
        assert row["attack"] not in sources() and len(sources()) == 1


def test_flips_that_the_second_predictor_denies_are_none(project):
    row = next(row for row in project.rows("summary/frames.csv") if row["outcome"] == "flipped")

    def flips():
        content = Content(project.results)
        frame = next(one for one in content.study["frames"] if one["id"] == row["frame_id"])
        meta, arrays = unpack(content.blob(frame["classifiers"][row["classifier"]]["answers"]))
        return arrays["flipped"][arrays["source"] == meta["sources"].index(row["attack"])].sum()

    assert flips() > 0
    path = project.results / "summary/summary.json"
    records = json.loads(path.read_text())
    for record in records:
        if (record["classifier"], record["attack"]) == (row["classifier"], row["attack"]):
            record["unconfirmed"] = [row["frame_id"]]
    path.write_text(json.dumps(records))
    assert flips() == 0


def test_the_page_tells_no_patient_and_no_path(finished):
    content = Content(finished.results)
    blobs = [(name, content.blob(name)) for name in content.blobs]
    everything = page_html(content, blobs) + "".join(gzip.decompress(own).decode("latin-1") for _, own in blobs)
    for row in finished.rows("frames.csv"):
        assert row["frame_id"] in everything and row["path"] not in everything
    for row in finished.rows("summary/frames.csv"):
        assert row["patient_id"] not in everything
    assert str(finished.folder) not in everything and ".h5" not in everything
    numbered = page_html(Content(finished.results, relabel=True))
    assert not re.search(r"\bF[0-7]\b", numbered) and '"id": "8"' in numbered


def test_a_classifier_that_no_attack_is_for_has_its_answers_all_the_same(project):
    study = json.loads((project.results / "study.json").read_text())
    first, second = study["classifiers"]
    for attack in study["attacks"].values():
        attack["classifiers"] = [first]
    (project.results / "study.json").write_text(json.dumps(study))
    path = project.results / "summary/summary.json"
    path.write_text(json.dumps([one for one in json.loads(path.read_text()) if one["classifier"] == first]))
    rows = project.rows("summary/frames.csv")
    write_rows(project.results / "summary/frames.csv", list(rows[0]), [r for r in rows if r["classifier"] == first])
    content = Content(project.results)
    assert [one["name"] for one in content.study["glance"]["classifiers"]] == [first]
    own = content.study["frames"][0]["classifiers"][second]
    assert own["outcomes"] == {} and own["nearest"] is None and len(own["scores"]) == 2
    assert unpack(content.blob(own["answers"]))[0]["names"] == []


def test_frames_that_an_attack_on_request_has_not_reached_are_correct_all_the_same(project):
    path = project.results / "summary/summary.json"
    records = json.loads(path.read_text())
    n_correct = records[0]["n_correct"]
    records[0] |= {"on_request": True, "n_correct": n_correct - 1, "n_not_run": 1}
    path.write_text(json.dumps(records))
    assert Content(project.results).study["glance"]["classifiers"][0]["n_correct"] == n_correct


def test_numbered_frames_are_not_named_by_the_headline(project):
    """Its warning about flips that the second predictor denies names frames."""
    path = project.results / "summary/summary.json"
    records = json.loads(path.read_text())
    records[0]["unconfirmed"] = ["F2", "F5"]
    path.write_text(json.dumps(records))
    about = f"{records[0]['classifier']}/{records[0]['attack']}"
    [line, *_] = Content(project.results, frames=["F2"], relabel=True).study["headline"]
    assert f"denies 2 ({about}/1, {about}/a frame not shown)" in line and "F2" not in line
    assert f"{about}/F2, " in Content(project.results).study["headline"][0]


def test_a_frame_cannot_end_the_element_it_stands_in(finished):
    content = Content(finished.results, frames=["F1"])
    content.study["frames"][0]["id"] = "</script><script>alert(1)</script>"
    page = page_html(content)
    assert "<script>alert" not in page and "\\u003cscript>alert(1)" in page


def test_the_glance_of_classifiers_with_different_attacks_on_request():
    """Each is told of its own attacks alone."""

    def search(*names):
        return {"F": SimpleNamespace(axes=[SimpleNamespace(name=name) for name in names])}

    runs = [("a", "all"), ("a", "only"), ("b", "all"), ("b", "other")]
    searches = {"all": search("beta", "gain", "gamma"), "only": search("beta"), "other": search("gain", "gamma")}
    summary = [
        {
            "classifier": of,
            "attack": attack,
            "on_request": attack != "all",
            "n_not_run": 0,
            "n_flipped": 2,
            "n_correct": 5,
        }
        for of, attack in runs
    ]
    finished = SimpleNamespace(facts=SimpleNamespace(runs=runs, searches=searches), summary=summary)
    beta = [{"name": "beta", "n": 2, "of": 5}]
    assert _one_and_all_but_one(finished, "a") == {"only": beta, "without": []}
    assert _one_and_all_but_one(finished, "b") == {"only": [], "without": beta}


def rows_of(n, flipped):
    """Rows of n frames, of which every `flipped`th has a flip; the farther down, the nearer. The others come closer."""
    return [
        {
            "frame_id": f"R{i}", "label": "0", "initial_answer": "0", "final_logit": str(-1.0 - i),
            "nearest_linf": str(1 - i / n) if i % flipped == 0 else "",
        }
        for i in range(n)
    ]  # fmt: skip


def test_of_many_frames_those_are_shown_that_tell_most():
    frames = [f"R{i}" for i in range(3000)]
    found = choose(frames, rows_of(3000, 10), None)
    assert len(found.frames) == 40 and found.of == 3000 and "40" in found.why
    flipped = [name for name in found.frames if int(name[1:]) % 10 == 0]
    assert flipped == [f"R{i}" for i in range(2700, 3000, 10)]  # the 30 nearest, in the order of the study
    assert set(found.frames) - set(flipped) == {f"R{i}" for i in range(1, 12) if i % 10}  # the 10 closest to a flip
    few = choose(frames, rows_of(3000, 1000), None)
    assert {"R0", "R1000", "R2000"} <= set(few.frames) and len(few.frames) == 40
    assert choose(frames[:40], rows_of(40, 10), None).frames == tuple(frames[:40])
    assert choose(frames, rows_of(3000, 10), ["R7", " R2", "R7", ""]).frames == ("R2", "R7")
    with pytest.raises(EchoShiftError, match="--frames: found X, expected frames of the study: R0, R1"):
        choose(frames, rows_of(3000, 10), ["X"])


@pytest.mark.parametrize("more", [{}, {"mask_coloured": True, "sector": {"polygon": [[3, 3], [3, 36], [28, 20]]}}])
def test_the_command_of_a_picture_makes_the_picture_of_the_study(tmp_path, more):
    """A picture keeps its own pixels, and no reference level is of it: `echoshift reconstruct` refuses both."""
    from PIL import Image

    grey = np.random.default_rng(0).integers(1, 256, (32, 40)).astype(np.uint8)
    Image.fromarray(grey).save(tmp_path / "p.png")
    made_with = json.dumps({"dynamic_range": 60.0, **more})
    frame = open_bmode(tmp_path / "p.png", MadeWith.model_validate_json(made_with))
    row = {"made_with": made_with, "reference_level": "90", "rows": "32", "columns": "40", "pixel_size": ""}
    command = command_of(row, frame)
    assert command[:3] == ["echoshift", "reconstruct", "RECORDING"]
    settings = {"beta": 0.0, "alpha_l": 0.0, "alpha_u": 60.0, "gamma": 1.4}
    moved = ["--set", "gamma=1.4", "-o", str(tmp_path / "x.png")]
    app_of(["reconstruct", str(tmp_path / "p.png"), *command[3:], *moved])
    assert np.array_equal(np.asarray(Image.open(tmp_path / "x.png")), plan_of(frame).render(settings))
    masked = row | {"made_with": json.dumps({"dynamic_range": 60.0, "sector": {"mask": "/secret/m.png"}})}
    assert "secret" not in " ".join(command_of(masked, frame))


def test_the_verb_writes_the_same_page_again(finished, tmp_path):
    for name in ("a.html", "b.html"):
        app_of(["page", str(finished.results), "-o", str(tmp_path / name), "--frames", "F1,F3"])
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert (tmp_path / "a.html").read_text().count('<script type="text/plain" id="blob-picture') == 2


def app_of(arguments):
    with pytest.raises(SystemExit) as end:
        app(arguments)
    assert not end.value.code


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda results: shutil.rmtree(results / "summary"), "expected the results of a finished study"),
        (lambda results: (results / "frames.csv").unlink(), "frames.csv: file not found"),
        (lambda results: (results / "study.json").write_text("{"), "study.json"),
        (lambda results: shutil.rmtree(results / "reconstructions/F2"), "F2/reconstruction.zarr: not found"),
    ],
)
def test_an_unfinished_study_is_refused_in_one_line(project, capsys, break_it, message):
    break_it(project.results)
    with pytest.raises(SystemExit) as end:
        app(["page", str(project.results), "-o", str(project.folder / "x.html")])
    assert end.value.code == 1 and not (project.folder / "x.html").exists()
    [line] = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("echoshift: error: ") and message in line
