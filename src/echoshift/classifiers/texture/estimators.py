"""The standard classifiers of features, the settings that are tried of each, and their scores."""

from itertools import product
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from echoshift.classifiers.answers import scores_of_logits

ESTIMATORS = {"logistic": LogisticRegression, "svm": SVC, "random_forest": RandomForestClassifier}
TREES = 200
"""Trees of a forest."""

_TRIED: dict[str, dict[str, tuple[Any, ...]]] = {
    "logistic": {"C": (1e-3, 1e-2, 1e-1, 1.0, 10.0)},
    "svm": {"C": (0.1, 1.0, 10.0, 100.0), "gamma": (1e-4, 1e-3, 1e-2)},
    "random_forest": {"min_samples_leaf": (8, 4, 2, 1), "max_features": ("sqrt", 0.3)},
}
"""Values of each setting, the smoothest first."""


def candidates(classifier: str) -> list[dict[str, Any]]:
    """All combinations of settings that are tried of a classifier, by scikit-learn's names."""
    tried = _TRIED[classifier]
    return [dict(zip(tried, values, strict=True)) for values in product(*tried.values())]


def unfitted(classifier: str, options: dict[str, Any], seed: int) -> Pipeline:
    """A classifier that weighs all classes equally, after scaling each feature to mean 0 and deviation 1."""
    fixed = {
        "logistic": {"max_iter": 10_000},
        "svm": {"kernel": "rbf"},
        "random_forest": {"n_estimators": TREES, "random_state": seed},
    }[classifier]
    estimator = ESTIMATORS[classifier](class_weight="balanced", **fixed, **options)
    return Pipeline([("scale", StandardScaler()), ("classify", estimator)])


def scores_of(fitted: Pipeline, features: np.ndarray) -> np.ndarray:
    """Scores of a fitted classifier, float64 (item, class), of features (item, feature). An item's do not depend on the others.

    Of a logistic regression its logits, of a support vector machine its decision values, of a forest the logarithm of the
    mean share of the class in the leaves, to which half a tree is added.
    """
    if hasattr(fitted, "decision_function"):
        # One item at a time: the last bits of a product of matrices depend on its size.
        found = np.concatenate([fitted.decision_function(row[None]) for row in features])
        return scores_of_logits(found) if found.ndim == 1 else found
    shares = np.log(fitted.predict_proba(features) + 0.5 / len(fitted[-1].estimators_))
    return scores_of_logits(shares[:, 1] - shares[:, 0]) if shares.shape[1] == 2 else shares
