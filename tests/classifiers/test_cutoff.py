"""The cut-off: how it is chosen, on whom, and that every answer keeps to it."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.special import expit, logit

from common import speckle_frame
from echoshift.attacks.job import asker, run_search
from echoshift.classifiers.answers import answer, margin, probabilities
from echoshift.classifiers.defences.augment import CopiedBox
from echoshift.classifiers.defences.listed import Listed
from echoshift.classifiers.evaluation.judging import evaluate_from_table
from echoshift.classifiers.evaluation.scores import area_under_curve
from echoshift.classifiers.predictors import open_predictor
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.classifiers.training.cutoff import choose_cutoff, stated_cutoff
from echoshift.classifiers.training.model_folder import train_from_table
from echoshift.classifiers.training.settings import StatedSensitivity, TrainingSettings
from echoshift.errors import EchoShiftError
from echoshift.formats.images import read_image
from echoshift.reconstruction.cache import STORE, write_store
from echoshift.reconstruction.envelope import envelope
from echoshift.reconstruction.plan import ReconstructionPlan
from echoshift.storage.files import read_json
from echoshift.storage.tables import read_rows, write_rows
from echoshift.validation import checked
from summary.fake_study import make_search

CPU = PredictorSettings(engine="tensorflow", device="cpu")


def people(n):
    return [f"P{i}" for i in range(n)]


def test_youden_by_hand():
    """Between 1 and 3, all positive items but one and all negative ones are right: 0.75 + 1."""
    found = choose_cutoff("youden", np.array([-4, 0, 1, -1, 3, 4, 5.0]), [0, 0, 0, 1, 1, 1, 1], people(7))
    assert found == {
        "rule": "youden", "probability": pytest.approx(expit(2.0)), "logit": 2.0, "n_positive": 4, "n_negative": 3,
        "sensitivity": 0.75, "specificity": 1.0,
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(10))
def test_youden_is_the_best_point_of_scikit_learns_roc(seed):
    from sklearn.metrics import roc_curve

    rng = np.random.default_rng(seed)
    labels = np.array([0, 1, *rng.integers(0, 2, 30)])
    logits = np.round(labels + rng.normal(0, 1.5, 32), 1)  # with ties
    found = choose_cutoff("youden", logits, labels, people(32))
    negative, positive, _ = roc_curve(labels, logits)
    assert found["sensitivity"] + found["specificity"] - 1 == pytest.approx((positive - negative).max())
    assert found["sensitivity"] == pytest.approx((logits[labels == 1] >= found["logit"]).mean())
    assert found["specificity"] == pytest.approx((logits[labels == 0] < found["logit"]).mean())


def test_of_equal_cut_offs_the_one_nearest_to_a_half_is_taken():
    assert choose_cutoff("youden", np.array([-3, -1, 2, 3.0]), [0, 1, 0, 1], people(4))["logit"] == -2.0
    assert choose_cutoff("youden", np.array([-3, -1, 0.5, 3.0]), [0, 1, 0, 1], people(4))["logit"] == 1.75


def test_a_worthless_classifier_still_has_a_cut_off():
    """All logits the same: everything is positive, or nothing."""
    found = choose_cutoff("youden", np.full(4, 0.2), [0, 1, 0, 1], people(4))
    assert found["logit"] == pytest.approx(-0.8) and (found["sensitivity"], found["specificity"]) == (1, 0)


@pytest.mark.parametrize(("asked", "expected"), [(1.0, -0.5), (0.8, 1.5), (0.75, 1.5), (0.5, 2.5), (0.01, 4.5)])
def test_a_stated_sensitivity_is_reached_with_the_highest_cut_off(asked, expected):
    logits, labels = np.array([-1, 0, 1, 2, 3, 4, 5.0]), [0, 1, 0, 1, 1, 1, 1]
    found = choose_cutoff(StatedSensitivity(sensitivity=asked), logits, labels, people(7))
    assert found["logit"] == expected and found["sensitivity"] >= asked
    assert found["rule"] == {"sensitivity": asked}


def test_a_patient_with_many_pictures_counts_once():
    """Nine pictures of one positive patient are not found above 0; two patients of three are: not 0.9 but 2/3."""
    logits, labels = np.array([-2.0] * 9 + [1, 2, -1, -3]), [1] * 11 + [0] * 2
    patients = ["A"] * 9 + ["B", "C", "D", "E"]
    found = choose_cutoff("youden", logits, labels, patients)
    assert found["sensitivity"] == pytest.approx(2 / 3) and found["specificity"] == 1 and found["logit"] == 0.0
    assert (found["n_positive"], found["n_negative"]) == (3, 2)


def test_a_stated_probability_is_taken_as_it_is():
    assert stated_cutoff(0.7) == {"rule": 0.7, "probability": 0.7, "logit": pytest.approx(logit(0.7))}
    assert stated_cutoff(0.5)["logit"] == 0.0


@pytest.mark.parametrize(("logits", "labels"), [([1.0, 2.0], [1, 1]), ([1.0, np.nan], [0, 1])])
def test_what_it_cannot_be_chosen_on_is_refused(logits, labels):
    with pytest.raises(EchoShiftError, match=r"cutoff: found labels .* expected both classes and finite logits"):
        choose_cutoff("youden", np.array(logits), labels, people(2))


@pytest.mark.parametrize("cutoff", [0.0, 1.0, "yuden", {"sensitivity": 0.0}, {"specificity": 0.9}, float("nan")])
def test_other_cut_offs_are_refused(cutoff):
    with pytest.raises(ValidationError) as refused:
        TrainingSettings(cutoff=cutoff)
    assert refused.value.error_count() <= 2


@pytest.fixture(scope="module")
def work(cohort, features, tmp_path_factory):
    """Pictures, their features, and a table of 40 items: 30 to train on and 10 to judge."""
    import cv2

    folder = tmp_path_factory.mktemp("cutoff")
    items = [
        {"item_id": item, "kind": kind, "patient_id": patient, "label": label, "path": folder / f"{item}.png"}
        for item, kind, patient, label in zip(cohort.item_id, cohort.kind, cohort.patient_id, cohort.label, strict=True)
    ]
    for item, image in zip(items, cohort.images, strict=True):
        cv2.imwrite(str(item["path"]), image)
    features.save(folder / "features.npz")
    return folder, items


def trained_on(work, name, settings, items, features="features.npz", defences=(), copies=(), **changes):
    folder, _ = work
    write_rows(folder / f"{name}.csv", list(items[0]), items)
    recipe = settings.model_copy(update=changes)
    given = {"defences": checked(Listed, {"defences": defences}, name).defences, "copies": copies}
    train_from_table(folder / f"{name}.csv", [folder / features], recipe, folder / name, **given)
    return folder / name


@pytest.fixture(scope="module")
def models(work, settings):
    """The same training with three cut-offs."""
    items = work[1][:30]
    return {
        rule: trained_on(work, f"with_{rule}", settings, items, cutoff=cutoff)
        for rule, cutoff in (("half", 0.5), ("youden", "youden"), ("high", 0.9))
    }


@pytest.fixture(scope="module")
def pictures(work):
    return np.stack([read_image(item["path"]) for item in work[1]])


def test_the_logit_is_measured_from_the_cut_off_in_every_engine(models, pictures):
    plain = open_predictor(PredictorSettings(), models["half"]).scores(pictures)
    assert read_json(models["half"] / "record.json")["cutoff"] == {"rule": 0.5, "probability": 0.5, "logit": 0.0}
    digests = {(model / "digest.txt").read_text() for model in models.values()}
    assert len(digests) == 3  # a changed cut-off makes everything after it again
    for rule in ("youden", "high"):
        cutoff = read_json(models[rule] / "record.json")["cutoff"]
        assert cutoff["logit"] == pytest.approx(logit(cutoff["probability"]), abs=1e-6)
        for settings in (PredictorSettings(), CPU):
            found = open_predictor(settings, models[rule]).scores(pictures)
            np.testing.assert_allclose(found[:, 1], plain[:, 1] - cutoff["logit"], atol=2e-4)


def test_a_chosen_cut_off_is_that_of_the_validation_patients(models, work, pictures):
    record = read_json(models["youden"] / "record.json")
    aside = [item["item_id"] in record["validation_items"] for item in work[1]]
    labels = np.array([item["label"] for item in work[1]])[aside]
    plain = open_predictor(CPU, models["half"]).scores(pictures[aside])[:, 1]
    again = choose_cutoff("youden", plain, labels, [item["patient_id"] for item in np.array(work[1])[aside]])
    assert again["logit"] == pytest.approx(record["cutoff"]["logit"], abs=1e-4)
    said = answer(open_predictor(PredictorSettings(), models["youden"]).scores(pictures[aside]))
    assert said[labels == 1].mean() == pytest.approx(record["cutoff"]["sensitivity"])
    assert 1 - said[labels == 0].mean() == pytest.approx(record["cutoff"]["specificity"])


def check_chosen_by_answers(model, work, pictures):
    """The cut-off is the one that the predictor's own answers to the validation pictures lead to. Returns these."""
    record = read_json(model / "record.json")
    aside = [item["item_id"] in record["validation_items"] for item in work[1]]
    labels = np.array([item["label"] for item in work[1]])[aside]
    predictor = open_predictor(CPU, model)
    scores = predictor.scores(pictures[aside])
    own = scores[:, 1] + record["cutoff"]["logit"]
    patients = [item["patient_id"] for item in np.array(work[1])[aside]]
    assert choose_cutoff("youden", own, labels, patients)["logit"] == pytest.approx(record["cutoff"]["logit"], abs=1e-4)
    assert answer(scores)[labels == 1].mean() == pytest.approx(record["cutoff"]["sensitivity"])
    assert 1 - answer(scores)[labels == 0].mean() == pytest.approx(record["cutoff"]["specificity"])
    return aside, own


def test_with_averaged_versions_it_is_chosen_by_their_mean(models, work, settings, pictures):
    wide = {"defence": "average", "versions": 6, "reach": 0.45}
    model = trained_on(work, "averaged", settings, work[1][:30], defences=[wide], cutoff="youden")
    aside, own = check_chosen_by_answers(model, work, pictures)
    plain = open_predictor(CPU, models["half"]).scores(pictures[aside])[:, 1]
    assert np.abs(own - plain).max() > 0.01  # so that a choice without the versions would be another
    assert read_json(model / "record.json")["cutoff"] != read_json(models["youden"] / "record.json")["cutoff"]


def test_with_drawn_copies_it_is_chosen_at_the_initial_settings(work, settings, pictures, features):
    folder, augment = work[0], {"defence": "augment", "copies": 2}
    record = {**features.record, "defences": [{"defence": "augment", "copies": 2, "seed": 1, "settings": None}]}
    replace(features, values=np.stack([features.values] * 2, axis=1), record=record).save(folder / "copied.npz")
    box = CopiedBox(initial={"alpha_l": 10.0, "alpha_u": 55.0}, low={"alpha_u": 20.0}, high={"alpha_u": 30.0})
    rows = [{"item_id": one["item_id"], "path": one["path"], "box": box.model_dump_json()} for one in work[1]]
    write_rows(folder / "copies.csv", list(rows[0]), rows)
    model = trained_on(
        work, "drawn", settings, work[1][:30], "copied.npz", [augment], [folder / "copies.csv"],
        cutoff="youden", trained_blocks=1, epochs=2, fine_tuning_epochs=1,
    )  # fmt: skip
    check_chosen_by_answers(model, work, pictures)


def test_the_labels_of_the_judged_patients_do_not_move_it(models, work, settings, tmp_path):
    """The study's own list of training items, with the labels of the fold to be judged as they are and turned around."""
    from echoshift.classifiers.kinds.transfer_learned import TransferLearnedSettings
    from echoshift.study.sheets import Recording
    from echoshift.study.study import Study

    _, items = work
    entry = TransferLearnedSettings(protocol="cross_validation")
    config = type("Config", (), {"classifiers": {"c": entry}})()
    judged = {item["item_id"] for item in items[30:]}

    def list_items(turned):
        frames = {}
        for item in items:
            label = 1 - item["label"] if item["item_id"] in turned else item["label"]
            own = (item["item_id"], item["patient_id"], label, str(item["path"]))
            frames[item["item_id"]] = Recording(*own, simulated=False, files=(), where="")
        study = Study(config, frames, {})
        study.__dict__["folds"] = {"c": {name: "0" if name in judged else "1" for name in frames}}
        kinds = {item["item_id"]: item["kind"] for item in items}
        return [
            {
                "item_id": one.name,
                "kind": kinds[one.name],
                "patient_id": one.patient_id,
                "label": one.label,
                "path": one.path,
            }
            for one in study.training("c", "0")
        ]

    assert list_items(judged) == list_items(set())
    found = trained_on(work, "turned", settings, list_items(judged), cutoff="youden")
    expected = read_json(models["youden"] / "record.json")["cutoff"]
    assert read_json(found / "record.json")["cutoff"] == expected
    assert (found / "digest.txt").read_text() == (models["youden"] / "digest.txt").read_text()
    own = {items[i]["item_id"] for i in range(0, 12)}
    assert list_items(own) != list_items(set())  # those of training patients are in the list


def test_more_than_two_classes_have_none(work, settings):
    items = [{**item, "label": i % 3} for i, item in enumerate(work[1])]
    with pytest.raises(EchoShiftError, match=r"three.csv: cutoff: found it with 3 classes, expected it with two only"):
        trained_on(work, "three", settings, items, cutoff="youden", validation_fraction=0.4)
    assert (
        read_json(trained_on(work, "three", settings, items, validation_fraction=0.4) / "record.json")["cutoff"] is None
    )


def test_answers_and_margins_keep_to_it(models, pictures):
    """At a cut-off of 0.9, an answer is positive exactly where the model's own probability is 0.9 or more."""
    own = probabilities(open_predictor(CPU, models["half"]).scores(pictures))[:, 1]
    scores = open_predictor(PredictorSettings(), models["high"]).scores(pictures)
    clear = abs(logit(own) - logit(0.9)) > 1e-3
    assert clear.sum() > 35 and (own >= 0.9).sum() < (own >= 0.5).sum()
    np.testing.assert_array_equal(answer(scores)[clear], (own >= 0.9)[clear])
    for label in (0, 1):
        np.testing.assert_array_equal(margin(scores, label) < 0, answer(scores) != label)
    np.testing.assert_array_equal(probabilities(scores)[:, 1] >= 0.5, answer(scores) == 1)


@pytest.fixture(scope="module")
def plans():
    return [ReconstructionPlan(speckle_frame(seed, lines=32), (80, 90)) for seed in range(4)]


def test_an_attack_ends_where_the_cut_off_is_crossed(models, work, settings, plans):
    """A cut-off between the probabilities at the initial settings and at a corner of the box: the attack must find a flip.

    With a cut-off of 0.5 none of its queries is one.
    """
    search, plain = make_search("corners", "R1", 30), open_predictor(PredictorSettings(), models["half"])

    def own_logit(point):
        shown = plans[0].render(dict(zip([axis.name for axis in search.axes], point, strict=True)))
        return plain.scores(shown[None])[0, 1]

    initial = own_logit([axis.initial for axis in search.axes])
    outcome, objective = run_search(asker(plans[0], plain), int(initial >= 0), search)
    logits = np.array([query.scores[1] for query in objective.queries])
    assert outcome != "flipped" and np.ptp(logits) > 1
    middle = (initial + logits[abs(logits - initial).argmax()]) / 2
    model = trained_on(work, "between", settings, work[1][:30], cutoff=float(expit(middle)))
    label = int(initial >= middle)
    outcome, objective = run_search(asker(plans[0], open_predictor(PredictorSettings(), model)), label, search)
    assert outcome == "flipped"
    first, *_, last = objective.queries
    assert (first.answer, last.answer) == (label, 1 - label)
    assert (own_logit(last.point) >= middle) != (initial >= middle)  # the other side, on the model's own scale
    assert margin(np.array([last.scores]), label)[0] < 0 <= margin(np.array([first.scores]), label)[0]


def test_an_evaluation_tells_both_probabilities(models, plans, tmp_path):
    rows, initial = [], {"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0}
    for index, plan in enumerate(plans):
        folder = tmp_path / f"F{index}"
        folder.mkdir()
        frame = envelope(speckle_frame(index, lines=32))
        write_store(folder / STORE, frame, plan, plan.render(initial), {})
        ids = {"frame_id": f"F{index}", "patient_id": f"Q{index}", "label": index % 2, "fold": str(index // 2)}
        rows.append(ids | {"reconstruction": folder, "model": models[("half", "high")[index // 2]], "known": ""})
    write_rows(tmp_path / "frames.csv", list(rows[0]), rows)
    evaluation = evaluate_from_table(tmp_path / "frames.csv", "cross_validation", tmp_path, PredictorSettings())
    found = read_rows(tmp_path / "predictions.csv", ())
    shift = [0, 0, logit(0.9), logit(0.9)]
    own = [expit(float(row["logit"]) + moved) for row, moved in zip(found, shift, strict=True)]
    assert [float(row["model_probability"]) for row in found] == pytest.approx(own)
    assert [float(row["probability"]) for row in found] == pytest.approx([expit(float(row["logit"])) for row in found])
    plain = open_predictor(PredictorSettings(), models["half"])
    expected = [probabilities(plain.scores(plan.render(initial)[None]))[0, 1] for plan in plans]
    assert own == pytest.approx(expected, abs=1e-5)
    labels = np.arange(4) % 2
    assert evaluation["calibration"]["brier"] == pytest.approx(((np.array(own) - labels) ** 2).mean())
    assert evaluation["auc_without_cutoffs"] == area_under_curve(np.array(own), labels)
    assert evaluation["auc"] == area_under_curve(np.array([float(row["logit"]) for row in found]), labels)
    assert [evaluation["cutoffs"][fold]["probability"] for fold in ("0", "1")] == [0.5, 0.9]
    points = read_rows(tmp_path / "reliability.csv", ("n_frames", "mean_probability", "share"))
    assert sum(int(row["n_frames"]) for row in points) == 4
    assert sorted(evaluation["outputs"]) == ["predictions.csv", "reliability.csv", "roc.csv"]
