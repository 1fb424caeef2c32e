"""A model that gives a score and a threshold has no probabilities: not in the tables and not in the figures."""

import pytest

from echoshift.figures.drawing import study_figures
from echoshift.storage.tables import read_rows, write_rows
from summary.fake_study import fake_study


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    built = fake_study(tmp_path_factory.mktemp("scored") / "results").build()
    for name in built.classifiers:
        path = built.results / "classifiers" / name / "predictions.csv"
        rows = read_rows(path, ())
        write_rows(path, list(rows[0]), [row | {"probability": ""} for row in rows])
    built.records, built.rows = built.summarise()
    return built


def test_the_table_has_logits_alone(study):
    assert any(row["outcome"] == "flipped" for row in study.rows)
    for row in study.rows:
        assert row["initial_logit"]
        assert not row["initial_probability"] + row["final_probability"] + row["probability_change"]
    for record in study.records:
        assert not record["has_probabilities"] and record["flipped"]["median_probability_change"] is None


def test_the_figures_show_the_distance_from_the_threshold(study, tmp_path):
    columns = ("cohort", "item_id", "label", "path", "simulated")
    write_rows(tmp_path / "examples.csv", columns, ())
    store = study.results / "trajectories.zarr"
    figures = dict(study_figures(study.results, study.results / "summary", store, tmp_path / "examples.csv"))
    shown = {
        name: " ".join(text.get_text() for text in figures[name].findobj(lambda one: hasattr(one, "get_text")))
        for name in ("paths/folds/descent.png", "attacks/folds/descent.png")
    }
    assert all("from the threshold" in words and "P(" not in words for words in shown.values())
