"""A classifier that reads recordings, beside one of pictures: its frames are counted as unreachable and in no rate."""

import shutil

import numpy as np
import pytest
import xarray as xr

from echoshift import ReconstructionPlan
from echoshift.attacks.job import ask_once, asker
from echoshift.attacks.trajectory import write_result
from echoshift.figures.attacks import attacks_figure
from echoshift.figures.confusion import confusion_figure
from echoshift.figures.nearest import nearest_figure
from echoshift.figures.outcomes import outcomes_figure
from echoshift.figures.paths import paths_figure
from echoshift.figures.success import success_figure
from echoshift.storage.tables import read_rows
from echoshift.summary.headline import headline
from summary.fake_study import edited

READER = "once"
"""The classifier of the study that is made to read recordings."""


@pytest.fixture
def unreachable(study):
    """The study, in which every correct frame of one classifier was asked about once."""
    for attack in study.attacks:
        for name in study.correct[READER]:
            shutil.rmtree(study.folder(READER, attack, name))
            plan = ReconstructionPlan(study.frames[name], study.shape)
            ask = asker(plan, study.predictor(READER))
            outcome, objective = ask_once(ask, study.labels[name], study.search(attack, name), 0.0)
            about = {
                "classifier": READER, "attack": attack, "frame_id": name, "label": objective.label, "label_source": "sheet",
                "fold": study.fold(READER, name), "predictor": {"engine": "openvino_lines"},
                "inputs": {
                    "reconstruction": f"picture of {name}", "recording": f"lines of {name}",
                    "model": study.predictor(READER).digest,
                },
            }  # fmt: skip
            write_result(study.folder(READER, attack, name), outcome, objective, plan, about)
    with edited(study.study) as facts:
        facts["classifiers"][READER]["engine"] = "openvino_lines"
        facts["group_by"] = "note_scanner"
    with edited(study.results / "classifiers" / READER / "evaluation.json") as evaluation:
        evaluation["inputs"]["recordings"] = {name: f"lines of {name}" for name in study.labels}
    study.write_selected()
    study.write_confirmed()
    return study


def of(rows, classifier):
    return [row for row in rows if row["classifier"] == classifier]


def test_they_are_counted_and_in_no_rate(unreachable):
    records, rows = unreachable.summarise()
    n_correct = len(unreachable.correct[READER])
    assert n_correct > 3
    for record in of(records, READER):
        assert (record["n_unreachable"], record["n_unlabelled_unreachable"]) == (n_correct, 0)
        assert record["n_correct"] == record["n_flipped"] == record["n_not_run"] == 0
        assert record["success_rate"] is record["success_low"] is record["median_queries"] is None
        assert not any(record["outcomes"].values()) and record["comparisons"] == []
        for known in ("alone", "together"):
            assert record["robust"][known]["n_robust"] == n_correct
            assert record["robust"][known]["robust_accuracy"] == record["accuracy"]
        assert record["confusion_after_attack"] == record["confusion"]
    outcomes = {(row["outcome"], row["queries"]) for row in of(rows, READER)}
    assert outcomes == {("unreachable", "1"), ("not_attacked", "0")}
    with_success = read_rows(unreachable.results / "summary/success_over_queries.csv", ())
    assert {(row["n_correct"], row["success_rate"]) for row in of(with_success, READER)} == {("0", "")}


def test_the_other_classifier_is_summarised_as_before(study, unreachable):
    records, _ = unreachable.summarise()
    for record in of(records, "folds"):
        assert "n_unreachable" not in record and record["n_correct"] == len(study.correct["folds"])


def test_the_tables_tell_them_apart_from_attacks_that_failed(unreachable):
    unreachable.summarise()
    summary = unreachable.results / "summary"
    robustness = read_rows(summary / "robustness.csv", ("unreachable",))
    for row in robustness:
        assert row["unreachable"] == ("1" if row["classifier"] == READER and row["correct"] == "1" else "0")
        assert row["classifier"] != READER or row["robust"] == row["correct"]
    n_correct = len(unreachable.correct[READER])
    (robust,) = [row for row in read_rows(summary / "comparisons.csv", ()) if row["compared"] == "robust"]
    assert (robust["first"], robust["second"]) == ("folds", READER)
    assert (robust["n_first_unreachable"], robust["n_second_unreachable"]) == ("0", str(n_correct))
    assert robust["n_second"] == str(n_correct)
    assert not [row for row in read_rows(summary / "comparisons.csv", ()) if row["within"] == READER]
    groups = read_rows(summary / "groups.csv", ("n_unreachable",))
    for is_whole in (False, True):  # rows of one class, and of all classes together
        own = [row for row in of(groups, READER) if (row["label"] == "") == is_whole]
        assert sum(int(row["n_unreachable"]) for row in own) == n_correct
    assert {row["n_unreachable"] for row in of(groups, "folds")} == {"0"}


def test_the_headline_says_so(unreachable):
    records, _ = unreachable.summarise()
    lines = headline(records)
    at = next(i for i, line in enumerate(lines) if line.startswith(f"{READER}, "))
    n_correct, n = len(unreachable.correct[READER]), len(unreachable.labels)
    assert f"{n_correct} of {n} frames correct" in lines[at]
    assert f"descent: {n_correct} correct frames unreachable, as the classifier reads the recording" in lines[at + 1]
    assert "in no success rate" in lines[at + 1] and "flipped" not in lines[at + 1] and "0 %" not in lines[at + 1]
    assert f"{n_correct} of {n}" in lines[at + 2]
    assert "the accuracy itself, as no setting reaches this classifier" in lines[at + 2]
    assert "an upper bound" not in lines[at + 2]


def test_unlabelled_frames_are_counted_apart(unreachable):
    name = unreachable.correct[READER][0]
    unreachable.labels[name] = None
    for classifier in unreachable.classifiers:
        path = unreachable.results / "classifiers" / classifier / "predictions.csv"
        text = path.read_text().splitlines()
        column = text[0].split(",").index("label")
        rows = [line.split(",") for line in text]
        for row in rows[1:]:
            row[column] = "" if row[0] == name else row[column]
        path.write_text("\n".join(",".join(row) for row in rows) + "\n")
        with edited(unreachable.results / "classifiers" / classifier / "evaluation.json") as evaluation:
            evaluation["n_correct"] -= name in unreachable.correct[classifier]
        for attack in unreachable.attacks:
            if name in unreachable.correct[classifier]:
                answer = unreachable.answers[classifier][name]
                unreachable.edit_record(classifier, attack, name, label_source="answer", label=answer)
    unreachable.write_confirmed()
    records, _ = unreachable.summarise()
    for record in of(records, READER):
        assert (record["n_unreachable"], record["n_unlabelled_unreachable"]) == (
            len(unreachable.correct[READER]) - 1,
            1,
        )
        assert record["n_unlabelled_changed"] == 0 and not any(record["unlabelled_outcomes"].values())
    assert any("correct and 1 unlabelled frames unreachable" in line for line in headline(records))


def test_the_figures_and_the_store_show_them(unreachable):
    records, rows = unreachable.summarise()
    own = of(records, READER)
    figure = outcomes_figure(records)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "unreachable (the classifier reads the recording)" in legend
    widths = {bar.get_width() for container in figure.axes[0].containers for bar in container}
    assert len(unreachable.correct[READER]) in widths
    table = read_rows(unreachable.results / "summary/success_over_queries.csv", ())
    for drawn in (nearest_figure(records, rows), success_figure(records, table)):
        words = [text.get_text() for axes in drawn.axes for text in axes.texts]
        assert "no setting reaches it: nothing was attacked" in words
    assert f"{own[0]['n_unreachable']} unreachable" in " ".join(
        axes.get_title() for axes in confusion_figure(records).axes
    )
    with xr.open_zarr(unreachable.results / "trajectories.zarr") as store:
        run = store.sel(classifier=READER, attack="descent")
        asked = run.outcome.values == "unreachable"
        assert asked.sum() == own[0]["n_unreachable"] and set(run.n_queries.values[asked]) == {1}
        assert np.isfinite(run.query_logit.values[asked, 0]).all()
        for drawn in (paths_figure(own[0], store), attacks_figure(own[0], of(rows, READER), unreachable.results)):
            assert "No setting reaches this classifier" in drawn.axes[0].texts[0].get_text()
