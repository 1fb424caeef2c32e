"""A study with three unlabelled frames, which are attacked and counted separately."""

import dataclasses

import pytest
import xarray as xr

from echoshift.errors import EchoShiftError
from echoshift.figures.attacks import attacks_figure
from echoshift.figures.outcomes import outcomes_figure
from echoshift.figures.paths import paths_figure
from echoshift.figures.roc import roc_figure
from echoshift.figures.success import success_figure
from echoshift.storage.tables import read_rows
from echoshift.summary.headline import headline
from echoshift.summary.selection import read_predictions, select
from summary.fake_study import fake_study

LABELS = (None, 1, 0, None, 1, 0, None, 1)
UNKNOWN = ("R001", "R004", "R007")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return fake_study(tmp_path_factory.mktemp("unlabelled") / "results", labels=LABELS).build()


@pytest.fixture(scope="module")
def summary(built):
    return built.summarise()


def test_unlabelled_frames_do_not_change_the_other_numbers(built, summary, tmp_path):
    known = {name: label for name, label in built.labels.items() if label is not None}
    frames = {name: built.frames[name] for name in known}
    less = dataclasses.replace(
        built, results=tmp_path / "less", frames=frames, labels=known, correct={}, answers={}
    ).build()
    apart = ("n_frames", "n_unlabelled", "n_unlabelled_changed", "unlabelled_outcomes", "n_confirmed")
    for record, other in zip(summary[0], less.summarise()[0], strict=True):
        assert (record["n_frames"], record["n_unlabelled"]) == (8, 3)
        assert (other["n_frames"], other["n_unlabelled"], other["n_unlabelled_changed"]) == (5, 0, 0)
        assert record["n_confirmed"] == other["n_confirmed"] + record["n_unlabelled_changed"]
        for field in set(record) - set(apart):
            assert record[field] == other[field], field


def test_unlabelled_frames_are_attacked_and_counted_separately(built, summary):
    records, rows = summary
    for record in records:
        own = [row for row in rows if (row["classifier"], row["attack"]) == (record["classifier"], record["attack"])]
        unknown = [row for row in own if not row["label"]]
        assert [row["frame_id"] for row in unknown] == list(UNKNOWN)
        assert "not_attacked" not in {row["outcome"] for row in unknown}
        assert record["n_unlabelled_changed"] == sum(row["outcome"] == "flipped" for row in unknown)
        assert sum(record["unlabelled_outcomes"].values()) == 3
    assert any(record["n_unlabelled_changed"] for record in records)
    label = {name: built.record("folds", "descent", name)["label"] for name in UNKNOWN}
    assert (label["R001"], label["R004"]) == (1, 0)  # the bright one is classified as positive
    for row in rows:
        if row["outcome"] == "flipped":
            assert (float(row["initial_logit"]) >= 0) != (float(row["final_logit"]) >= 0)


def test_unlabelled_frames_are_always_selected(built):
    path = built.results / "classifiers/folds/predictions.csv"
    judged = {frame.frame_id: frame for frame in read_predictions(path)}
    assert all(judged[name].label is None and not judged[name].correct for name in UNKNOWN)
    chosen = {row["frame"] for row in select([path])}
    assert chosen == {*UNKNOWN, *(name for name, frame in judged.items() if frame.correct)}


@pytest.mark.parametrize(
    ("frame", "changes", "complaint"),
    [
        ("R001", {"label_source": "sheet"}, "label_source: found sheet, expected answer as in predictions.csv"),
        ("R001", {"label": 0}, "label: found 0, expected 1 as in predictions.csv"),
        ("R002", {"label_source": "answer"}, "label_source: found answer, expected sheet as in predictions.csv"),
    ],
)
def test_a_record_with_another_label_is_rejected(built, frame, changes, complaint):
    before = built.record("folds", "descent", frame)
    built.edit_record("folds", "descent", frame, **changes)
    try:
        with pytest.raises(EchoShiftError, match=complaint):
            built.summarise()
    finally:
        built.edit_record("folds", "descent", frame, **{field: before[field] for field in changes})
        built.write_confirmed()  # the file has other spaces


def test_trajectories_and_figures_distinguish_them(built, summary):
    records, rows = summary
    own = [row for row in rows if (row["classifier"], row["attack"]) == ("folds", "descent") and not row["label"]]
    with xr.open_zarr(built.results / "trajectories.zarr") as store:
        assert store.label.values.tolist() == [-1 if label is None else label for label in LABELS]
        words = [text.get_text() for text in paths_figure(records[0], store).legends[0].get_texts()]
    assert "unlabelled" in words and any(f"{records[0]['n_unlabelled_changed']} unlabelled" in word for word in words)
    figure = attacks_figure(records[0], own, built.results)
    titles = [axes.get_title() for axes in figure.axes]
    assert any(title.startswith("answer changed, ") for title in titles)
    assert not any(title.startswith("flipped") for title in titles)
    assert any(axes.get_ylabel().startswith("R001, unlabelled") for axes in figure.axes)
    names = [text.get_text() for text in outcomes_figure(records).axes[0].get_yticklabels()]
    assert len(names) == 2 * len(records) and sum("unlabelled" in name for name in names) == len(records)


def test_the_headline_reports_both(summary):
    records, _ = summary
    lines = headline(records)
    assert "(3 bright, 2 dark, 3 unlabelled)" in lines[0]
    assert f"{records[0]['n_correct']} of 5 labelled frames correct" in lines[1]
    changed = f"changed the answer on {records[0]['n_unlabelled_changed']} of 3 unlabelled frames"
    assert f"descent flipped {records[0]['n_flipped']} of {records[0]['n_correct']} = " in lines[2]
    assert changed in lines[2]


def test_a_study_without_any_label(built, tmp_path):
    unlabelled = {"labels": dict.fromkeys(built.labels), "classifiers": ("folds",), "correct": {}, "answers": {}}
    study = dataclasses.replace(built, results=tmp_path / "results", **unlabelled)
    records, rows = study.build().summarise()
    assert all(row["outcome"] != "not_attacked" and not row["label"] for row in rows)
    for record in records:
        assert record["n_frames"] == record["n_unlabelled"] == 8 and record["n_correct"] == record["n_flipped"] == 0
        for name in ("success_rate", "auc", "accuracy", "balanced_accuracy", "median_queries", "beats_control"):
            assert record[name] is None
        assert record["n_unlabelled_changed"] == record["n_confirmed"] > 0
    lines = headline(records)
    assert "AUC undefined, accuracy undefined" in lines[1] and "0 of 0 labelled frames" in lines[1]
    assert f"descent changed the answer on {records[0]['n_unlabelled_changed']} of 8 unlabelled frames" in lines[2]
    assert "nothing was attacked" not in " ".join(lines)
    table = read_rows(study.results / "summary/success_over_queries.csv", ())
    assert int(table[-1]["n_unlabelled_changed"]) == records[-1]["n_unlabelled_changed"]
    assert len(success_figure(records, table).axes[0].lines) == len(records)
    outcomes_figure(records)
    texts = [text.get_text() for text in roc_figure(records[:1], {"folds": []}).axes[0].texts]
    assert "no frame has a label" in texts
    with xr.open_zarr(study.results / "trajectories.zarr") as store:
        assert len(paths_figure(records[0], store).axes) > 1  # not the notice that nothing was attacked
