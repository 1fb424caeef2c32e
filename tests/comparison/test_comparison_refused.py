"""Studies that cannot be compared, each told in one line; and the files of the verb."""

import csv
import json
import shutil

import pytest
from PIL import Image

from comparison.fabricated_study import fabricate, finish
from echoshift.cli.main import app
from echoshift.comparison.comparing import compare_studies
from echoshift.errors import EchoShiftError
from echoshift.figures.comparison import comparison_figure

LABELS = [0, 1] * 6
SAID = {"logit": [-1.0, 1.0] * 5 + [1.0, -1.0], "strongest": [i < 4 for i in range(12)]}
OTHER = {"logit": [-1.0, 1.0] * 5 + [1.0, 1.0], "strongest": [i < 1 for i in range(12)]}


def make(folder, name="one", classifiers=("undefended", "other"), **options):
    own = dict.fromkeys(classifiers, SAID) | ({"other": OTHER} if "other" in classifiers else {})
    return fabricate(folder / name, own, LABELS, **options)


def refused(*studies, baseline="undefended", **chosen):
    with pytest.raises(EchoShiftError) as error:
        compare_studies(studies, baseline, chosen)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_study_that_is_not_finished(tmp_path):
    study = make(tmp_path)
    (study / "summary/summary.json").unlink()
    assert refused(study).endswith("one: found no summary/summary.json, expected the results of a finished study")


def test_a_study_whose_summary_is_of_other_predictions(tmp_path):
    study = make(tmp_path)
    table = study / "classifiers/other/predictions.csv"
    table.write_text(table.read_text().replace("-1.0", "-2.0"))
    assert f"{table}: found another file than the summary was made from, expected" in refused(study)
    finish(study)
    compare_studies([study], "undefended", {})
    table.unlink()
    assert f"{table}: found another file" in refused(study)


def test_other_classifiers(tmp_path):
    one, two = make(tmp_path), make(tmp_path, "two", ("undefended", "third"))
    assert refused(one, two).endswith(
        "two: classifiers: found third, undefended, expected other, undefended, as in " + str(one)
    )


def test_no_baseline_or_nothing_beside_it(tmp_path):
    study = make(tmp_path)
    message = "classifiers: found undefended, other, expected plain, as --baseline says"
    assert refused(study, baseline="plain").endswith(message)
    message = "classifiers: found undefended alone, expected others in the same study to compare with it"
    assert refused(make(tmp_path, "alone", ("undefended",))).endswith(message)


def test_the_same_patients_twice(tmp_path):
    one = make(tmp_path)
    again = shutil.copytree(one, tmp_path / "copied")
    expected = f"frame F0: found the same picture in {one}, expected studies of different patients"
    assert refused(one, one).endswith(expected) and refused(one, again).endswith(expected)


def test_another_budget_box_or_protocol(tmp_path):
    one = make(tmp_path)
    attacks = {"strongest": {"method": "strongest", "max_queries": 70}}
    assert "attacks: found strongest of 70 queries, expected strongest of 50 queries" in refused(
        one, make(tmp_path, "two", attacks=attacks)
    )
    facts = json.loads((one / "study.json").read_text())
    for search in facts["searches"]["strongest"].values():
        search["axes"][0]["high"] = 1.2
    other = make(tmp_path, "three", searches=facts["searches"])
    assert "boxes: found strongest in beta 0.5 to 1.2 from 0.9, alpha_l" in refused(one, other)
    for search in facts["searches"]["strongest"].values():
        search["axes"][0] |= {"high": 1.3, "initial": 0.6}
    other = make(tmp_path, "moved", searches=facts["searches"])
    assert "boxes: found strongest in beta 0.5 to 1.3 from 0.6, alpha_l" in refused(one, other)
    other = make(tmp_path, "four")
    text = (other / "study.json").read_text()
    (other / "study.json").write_text(text.replace("cross_validation", "train_once"))
    finish(other)
    assert "protocols: found train_once, train_once, expected cross_validation" in refused(one, other)


def test_another_recipe_of_the_same_name(tmp_path):
    def with_copies(name, copies, seed=1):
        study = make(tmp_path, name)
        record = {"settings": {"epochs": 5, "seed": seed}, "defences": [{"defence": "augment", "copies": copies}]}
        folder = study / "classifiers/other/folds/0"
        folder.mkdir(parents=True)
        (folder / "record.json").write_text(json.dumps(record))
        return study

    one = with_copies("one", 8)
    assert "classifiers.other.defences: found [{'defence': 'augment', 'copies': 2}], expected" in refused(
        one, with_copies("two", 2)
    )
    compare_studies([one, with_copies("three", 8, seed=2)], "undefended", {})


def test_other_accidental_changes(tmp_path):
    own = {name: {**SAID, "drawn": [[1.0]] * 12} for name in ("undefended", "other")}
    one, two = (fabricate(tmp_path / name, own, LABELS) for name in ("one", "two"))
    (two / "accidental/summary.json").write_text('{"results": [{"spread": "near", "distribution": {"uniform": 0.5}}]}')
    assert "accidental changes: found near: {'uniform': 0.5}, expected near: {'uniform': 0.25}" in refused(one, two)


@pytest.mark.parametrize("table", ["frames.csv", "robustness.csv", "summary.json"])
def test_a_damaged_summary(tmp_path, table):
    study = make(tmp_path)
    path = study / "summary" / table
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(
        "".join(lines[:-1]) if table.endswith("csv") else '[{"classifier": "undefended", "attack": "strongest"}]'
    )
    assert "one/summary: found tables without " in refused(study)
    if table == "robustness.csv":
        path.unlink()
        assert "one/summary: found tables without " in refused(study)


def test_an_attack_with_a_target_decides_nothing(tmp_path):
    attacks = {name: {"method": "strongest", "max_queries": 50} for name in ("strongest", "aimed")}
    attacks["aimed"]["target"] = 1
    searches = json.loads((make(tmp_path, "for_searches") / "study.json").read_text())["searches"]
    searches["aimed"] = searches["strongest"]
    study = make(tmp_path, "aimed", attacks=attacks, searches=searches)
    compare_studies([study], "undefended", {})
    assert "attacks without a target: found strongest, expected aimed" in refused(study, robust_against="aimed")


def test_a_lattice_that_the_summary_does_not_count(tmp_path):
    own = {name: {**SAID, "lattice": [False] * 12} for name in ("undefended", "other")}
    study = fabricate(tmp_path / "one", own, LABELS, lattice=["undefended"])
    message = "attacks: found strongest as the lattice, expected lattice, which the summary counts (--lattice)"
    assert refused(study, lattice="strongest").endswith(message)


def test_of_several_attacks_the_one_of_every_run_plays_the_part(tmp_path):
    attacks = {
        "strongest": {"method": "strongest", "max_queries": 50},
        "near": {"method": "nearest", "max_queries": 50},
        "only_beta": {"method": "nearest", "max_queries": 50, "on_request": True},
    }
    searches = json.loads((make(tmp_path, "for_searches") / "study.json").read_text())["searches"]
    study = make(tmp_path, "two", attacks=attacks, searches={name: searches["strongest"] for name in attacks})
    assert compare_studies([study], "undefended", {}).about["roles"]["nearest"] == "near"


def test_parts_that_are_not_clear(tmp_path):
    attacks = {name: {"method": "strongest", "max_queries": 50} for name in ("strongest", "again")}
    searches = json.loads((make(tmp_path, "for_searches") / "study.json").read_text())["searches"]
    searches["again"] = searches["strongest"]
    two = make(tmp_path, "two", attacks=attacks, searches=searches)
    assert refused(two).endswith(
        "attacks without a target: found strongest, again, expected --robust-against with one of them"
    )
    compare_studies([two], "undefended", {"robust_against": "strongest"})
    assert "expected magic, as --walk says" in refused(two, robust_against="strongest", walk="magic")
    attacks = {"strongest": {"method": "random_search", "max_queries": 50}}
    none = make(tmp_path, "none", attacks=attacks)
    assert "attacks: found none of method strongest, expected one, or --robust-against" in refused(none)


def test_a_deciding_attack_that_has_not_run_on_all(tmp_path):
    study = make(tmp_path)
    table = study / "summary/frames.csv"
    table.write_text(table.read_text().replace("other,strongest,F5,exhausted", "other,strongest,F5,not_run"))
    assert "attack strongest: found frames of other not attacked yet" in refused(study)
    attacks = {"strongest": {"method": "strongest", "max_queries": 50, "classifiers": ["other"]}}
    assert "found it without classifier undefended" in refused(make(tmp_path, "some", attacks=attacks))


def test_no_frame_with_a_label(tmp_path):
    own = {name: {"logit": [1.0, -1.0]} for name in ("undefended", "other")}
    study = fabricate(tmp_path / "unlabelled", own, [None, None])
    assert "found no frame with a label" in refused(study)


def test_the_verb_writes_table_page_record_and_figure(tmp_path, capsys):
    one, two, output = make(tmp_path), make(tmp_path, "two"), tmp_path / "compared"
    with pytest.raises(SystemExit) as end:
        app(["compare", str(one), str(two), "-o", str(output)])
    assert not end.value.code
    assert sorted(path.name for path in output.iterdir()) == [
        f"compare.{kind}" for kind in ("csv", "json", "md", "png")
    ]
    with (output / "compare.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["classifier"] for row in rows] == ["undefended", "other"]
    assert (rows[1]["n_frames"], rows[1]["robust_accuracy"]) == ("24", str(20 / 24))
    about = json.loads((output / "compare.json").read_text())
    assert [one["results"] for one in about["studies"]] == [str(one), str(two)]
    assert about["correction"].startswith("Holm") and about["baseline"] == "undefended"
    assert json.loads(Image.open(output / "compare.png").text["Comment"]) == about
    assert (output / "compare.md").read_text() in capsys.readouterr().out


def test_every_classifier_is_one_point_with_its_intervals(tmp_path):
    found = compare_studies([make(tmp_path)], "undefended", {})
    (axes,) = comparison_figure(found.rows, found.about).axes
    drawn = {bars.get_label(): bars for bars in axes.containers}
    assert set(drawn) == {"undefended (compared with)", "other"}
    for row, bars in zip(found.rows, (drawn["undefended (compared with)"], drawn["other"]), strict=True):
        point, _, (across, upwards) = bars
        assert (point.get_xdata()[0], point.get_ydata()[0]) == (row["auc"], row["robust_accuracy"])
        ends = across.get_segments()[0][:, 0], upwards.get_segments()[0][:, 1]
        for (low, high), name in zip(ends, ("auc", "robust_accuracy"), strict=True):
            assert (low, high) == pytest.approx((row[f"{name}_low"], row[f"{name}_high"]))
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["other", "undefended (compared with)"]  # the most robust first
