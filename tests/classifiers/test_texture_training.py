"""Texture classifiers on planted textures: what they learn, what they cannot, and that no patient judges itself."""

import csv
import json

import numpy as np
import pytest

from classifiers.conftest import texture
from classifiers.texture_cohort import write_cohort
from common import speckle_frame
from echoshift.attacks.job import search_frame
from echoshift.attacks.settings import default_search
from echoshift.classifiers.answers import answer, cross_entropy
from echoshift.classifiers.predictors import open_predictor
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.classifiers.texture import tuning
from echoshift.classifiers.texture.estimators import candidates, scores_of, unfitted
from echoshift.classifiers.texture.features import feature_names
from echoshift.classifiers.texture.settings import FeatureSettings, TextureSettings
from echoshift.classifiers.texture.training import train_texture
from echoshift.classifiers.texture.tuning import inner_folds, scale_of, tune
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.plan import ReconstructionPlan

CLASSIFIERS = ("logistic", "svm", "random_forest")
ENGINE = PredictorSettings(engine="scikit_learn")
WIDTHS = {2: (1.2, 2.0), 3: (1.2, 1.8, 2.7)}
"""Width of the grain, in pixels, of each class. Mean and deviation of grey are the same."""

each = pytest.mark.parametrize("classifier", CLASSIFIERS)


@pytest.fixture
def few_trees(monkeypatch):
    monkeypatch.setattr("echoshift.classifiers.texture.estimators.TREES", 20)


def grains(n_classes, n, seed):
    labels = [i % n_classes for i in range(n)]
    return [texture(WIDTHS[n_classes][label], seed + i) for i, label in enumerate(labels)], labels


def trained(folder, images, labels, **settings):
    table = write_cohort(folder, images, labels, [f"P{i}" for i in range(len(images))])
    train_texture(table, TextureSettings(**{"size": None, "folds": 3, **settings}), folder / "model")
    return folder / "model"


@each
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_planted_texture_is_learned(tmp_path, few_trees, classifier, n_classes):
    model = trained(tmp_path, *grains(n_classes, 36, 0), classifier=classifier)
    predictor = open_predictor(ENGINE, model)
    images, labels = grains(n_classes, 60, 1000)
    scores = predictor.scores(np.stack(images))
    assert scores.shape == (60, n_classes) and scores.dtype == np.float64
    assert np.mean(answer(scores) == labels) > 0.9
    assert np.all(scores[:, 0] == 0) or n_classes == 3
    alone = np.concatenate([predictor.scores(image[None]) for image in images])
    assert np.array_equal(alone, scores)
    assert np.array_equal(predictor.scores(np.stack(images[::-1])), scores[::-1])

    record = json.loads((model / "record.json").read_text())
    assert predictor.digest == record["digest"] == (model / "digest.txt").read_text().strip()
    assert predictor.describe()["engine"] == "scikit_learn" and predictor.describe()["threads"] == 1
    assert record["n_items_of_class"] == [36 // n_classes] * n_classes and len(record["inputs"]["pictures"]) == 36
    tried = list(csv.DictReader((model / "tuning.csv").open()))
    assert len(tried) == len(candidates(classifier))
    best = max(tried, key=lambda row: float(row["auc"]))  # of equal ones the first
    assert {name: str(value) for name, value in record["chosen"].items()} == {
        name: best[name] for name in record["chosen"]
    }


@each
def test_the_same_pictures_and_seed_give_the_same_bytes(tmp_path, few_trees, classifier):
    images, labels = grains(2, 12, 0)
    one, other = (trained(tmp_path / name, images, labels, classifier=classifier) for name in ("one", "other"))
    for name in ("texture.skops", "texture.json", "digest.txt"):
        assert (one / name).read_bytes() == (other / name).read_bytes()
    third = trained(tmp_path / "third", images[::-1], labels[::-1], classifier=classifier)
    assert (third / "digest.txt").read_text() != (one / "digest.txt").read_text()


def test_brightness_that_the_window_moves_is_attacked(tmp_path):
    """Labels follow the brightness alone. The upper threshold moves it, so an attack finds a flip; in a narrow box it does not."""
    labels = [i % 2 for i in range(24)]
    plans = [ReconstructionPlan(speckle_frame(seed, lines=24, samples=700), (64, 64)) for seed in range(25)]
    usual = {"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0}
    images = [
        plan.render({**usual, "alpha_u": 52.0 if label else 58.0}) for plan, label in zip(plans, labels, strict=False)
    ]
    predictor = open_predictor(ENGINE, trained(tmp_path, images, labels))
    plan = plans[-1]
    label = int(answer(predictor.scores(plan.render(usual)[None]))[0])
    outcome, objective = search_frame(plan, predictor, label, default_search("strongest", 60, usual))
    assert outcome == "flipped"
    flip = {**usual, **objective.settings(next(query.point for query in objective.queries if query.flipped))}
    assert answer(predictor.scores(plan.render(flip)[None]))[0] == 1 - label
    brighter = plan.render(flip).mean() > plan.render(usual).mean()
    assert brighter == (label == 0)


@each
def test_nobody_is_judged_by_a_classifier_that_saw_the_patient(monkeypatch, classifier):
    """The only feature is the patient's number, so the fitted items tell who was seen."""
    patients = np.repeat(np.arange(12), 3)
    judged = []

    class Spy:
        def __init__(self):
            self.seen = set()

        def fit(self, features, labels):
            self.seen = set(features[:, 0])
            assert set(labels) == {0, 1}
            return self

        def decision_function(self, row):
            assert row[0, 0] not in self.seen and self.seen
            judged.append(row[0, 0])
            return row[:, 0]

    monkeypatch.setattr(tuning, "unfitted", lambda *options: Spy())
    features = patients[:, None].astype(float)
    tune(features, patients % 2, [f"P{i}" for i in patients], classifier, 4, 1)
    n_tried = len(candidates(classifier))
    assert np.array_equal(np.unique(judged, return_counts=True)[1], np.full(12, 3 * n_tried))


def test_patients_who_can_only_be_recognised_teach_nothing():
    """Each patient has four equal items and a random label: judged by itself, a patient would always be right."""
    rng = np.random.default_rng(0)
    features, labels = np.repeat(rng.standard_normal((40, 20)), 4, axis=0), np.repeat(np.arange(40) % 2, 4)
    patients = np.repeat([f"P{i}" for i in range(40)], 4)
    by_patient = tune(features, labels, patients, "svm", 4, 1)
    by_item = tune(features, labels, [f"I{i}" for i in range(160)], "svm", 4, 1)
    assert max(row["auc"] for row in by_patient.tried) < 0.75
    assert max(row["auc"] for row in by_item.tried) > 0.99


def test_folds_share_out_classes_and_keep_patients_together():
    patients = np.array([f"P{i // 2}" for i in range(40)])
    labels = np.arange(40) // 2 % 4 // 3  # a quarter of the patients
    parts = inner_folds(labels, patients, 5, 3)
    assert np.sum(parts, axis=0).tolist() == [1] * 40
    assert all(labels[part].sum() == 2 for part in parts)
    assert all(not set(patients[part]) & set(patients[~part]) for part in parts)


@pytest.mark.parametrize(
    ("labels", "found"), [([0] * 6 + [1] * 2, "2 training patients of class 1"), ([0] * 8, "0 training")]
)
def test_too_few_patients_for_the_folds_are_refused(tmp_path, labels, found):
    images = [texture(1.5, i) for i in range(8)]
    with pytest.raises(EchoShiftError, match=rf"training.csv: label: found {found}.*expected at least 3") as refusal:
        trained(tmp_path, images, labels)
    assert "\n" not in str(refusal.value)


def test_the_scale_is_the_one_with_the_least_cross_entropy():
    """Logits drawn so that they are log odds, then made 5 times too large: the scale is a fifth, and no answer changes."""
    rng = np.random.default_rng(2)
    odds = rng.normal(0, 2, 4000)
    labels = (rng.random(4000) < 1 / (1 + np.exp(-odds))).astype(int)
    scores = 5 * np.stack([np.zeros_like(odds), odds], axis=1)
    scale = scale_of(scores, labels)
    assert scale == pytest.approx(0.2, rel=0.1)

    def loss(factor):
        return np.mean([cross_entropy(factor * scores[labels == label], label).mean() for label in (0, 1)])

    assert loss(scale) <= min(loss(0.98 * scale), loss(1.02 * scale))


@each
def test_scores_order_items_as_scikit_learn_does(classifier, few_trees):
    rng = np.random.default_rng(0)
    features, labels = rng.standard_normal((60, 5)), np.arange(60) % 3
    fitted = unfitted(classifier, candidates(classifier)[-1], 1).fit(features, labels)
    scores = scores_of(fitted, features)
    assert np.mean(answer(scores) == fitted.predict(features)) > 0.95  # a forest's may be equal
    if classifier == "logistic":
        chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        assert chances == pytest.approx(fitted.predict_proba(features))


def test_a_forest_that_is_certain_has_finite_scores(few_trees):
    features = np.repeat([[0.0], [1.0]], 10, axis=0)
    fitted = unfitted("random_forest", candidates("random_forest")[-1], 1).fit(features, np.repeat([0, 1], 10))
    assert scores_of(fitted, features)[[0, -1], 1] == pytest.approx([-np.log(41), np.log(41)])  # 1 + 1/40 against 1/40


@pytest.mark.parametrize("field", ["distances", "angles", "radii"])
def test_each_feature_has_one_name(field):
    with pytest.raises(ValueError, match="different values"):
        FeatureSettings(**{field: (1, 1)})
    names = feature_names(FeatureSettings())
    assert len(set(names)) == len(names)
