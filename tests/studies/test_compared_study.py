"""Classifiers of a tiny study compared: a defence that does nothing shows no difference."""

import pytest
from rerun_study import with_own_house
from study_project import Project, tiny_config, tiny_sheet
from test_seams import python

from common import ROOT
from echoshift.storage.files import read_json

LINE = 'DEFENCES = {\n    "identity": "echoshift.classifiers.defences.identity",'


@pytest.fixture(scope="module")
def identical(tmp_path_factory, programs):
    """A finished study of two classifiers, one with a defence that does nothing."""
    project = Project(tmp_path_factory.mktemp("compared"), programs=programs)
    with_own_house(project)
    defences = project.house / "src/echoshift/classifiers/defences"
    toy = (ROOT / "tests/classifiers/toy_defences.py").read_text()
    (defences / "identity.py").write_text(toy.replace('Literal["identity", "jitter"]', 'Literal["identity"]'))
    registry = defences / "__init__.py"
    registry.write_text(registry.read_text().replace("DEFENCES = {", LINE))
    assert not python(project, "-m", "echoshift.study.schema", project.house / "workflow/schemas/config.schema.json")
    config = tiny_config()
    plain = config["classifiers"]["once"]
    config["classifiers"] = {"plain": plain, "identity": {**plain, "defences": ["identity"]}}
    settings = config["attacks"]["descent"]["settings"]
    del config["cohorts"]["images"], config["attacks"]["control"]
    config["frames_per_job"] = 8
    config["attacks"]["strongest"] = {"method": "strongest", "max_queries": 12, "settings": settings}
    spreads = {"half": {"uniform": 0.5}}
    config["accidental"] = {"draws": 5, "spreads": spreads, "settings": settings, "classifiers": ["plain", "identity"]}
    project.write(config, tiny_sheet("frame", 8), tiny_sheet("image", 0))
    project.run("summarise")
    return project


def test_an_identity_shows_no_difference(identical):
    """Both are trained and attacked, and every number is compared."""
    said = python(identical, "-m", "echoshift", "compare", "results", "--baseline", "plain", "-o", "results/compared")
    plain, identity = identical.rows("compared/compare.csv")
    assert (plain["classifier"], identity["classifier"]) == ("plain", "identity")
    for number in ("auc", "accuracy", "robust_accuracy", "walk_success", "accidental_accuracy"):
        assert plain[number] == identity[number] != ""
        assert float(identity[f"{number}_difference"]) == 0 and identity[f"{number}_difference_low"] == ""
        assert float(identity[f"{number}_p"]) == float(identity[f"{number}_p_holm"]) == 1
        assert plain[f"{number}_p"] == ""
    assert plain["robust_on_lattice"] == plain["median_nearest"] == ""  # the study has neither
    for row in (plain, identity):
        assert float(row["seconds_to_train"]) > 0.1 and float(row["milliseconds_an_image"]) > 0
    assert "| identity | 0.00, p = 1.00 |" in said


def test_the_numbers_are_those_of_the_summary(identical):
    records = read_json(identical.results / "summary/summary.json")
    rows = {row["classifier"]: row for row in identical.rows("compared/compare.csv")}
    drawn = {one["classifier"]: one for one in read_json(identical.results / "accidental/summary.json")["results"]}
    for record in records:
        row = rows[record["classifier"]]
        for name in ("auc", "accuracy"):
            assert float(row[name]) == pytest.approx(record[name])
        assert float(row["accidental_accuracy"]) == pytest.approx(drawn[record["classifier"]]["accuracy"])
        if record["attack"] == "strongest":
            assert float(row["robust_accuracy"]) == record["robust"]["alone"]["robust_accuracy"]
        if record["attack"] == "descent":
            assert float(row["walk_success"]) == record["success_rate"]


def test_what_was_measured_neither_reruns_nor_is_removed(identical):
    measured = sorted(
        path.relative_to(identical.results).as_posix() for path in identical.results.glob("benchmarks/**/*.tsv")
    )
    assert len(measured) == 2 + 2 and measured[-1] == "benchmarks/train/plain/all.tsv"
    assert not identical.clean_up()
    assert not identical.run("summarise")
    for name in measured:
        (identical.results / name).unlink()
    assert not identical.run("summarise")
