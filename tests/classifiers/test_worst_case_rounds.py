"""The new layer fitted to the worst copies: against a minimum that is found without scikit-learn."""

import numpy as np
import pytest
from scipy.optimize import minimize

from echoshift.classifiers.answers import cross_entropies, scores_of_logits
from echoshift.classifiers.training.transfer_learning import class_weights
from echoshift.classifiers.training.worst_case_rounds import Copies, fit_rounds

DECAY = 0.3


def copies(n_classes, seed=0, n=40):
    draws = np.random.default_rng(seed)
    labels = np.arange(n) % n_classes if n_classes > 2 else (np.arange(n) % 3 == 0).astype(int)
    features = draws.standard_normal((n, 5, 4))
    features[..., 0] += labels[:, None]
    return Copies(features, labels, class_weights(labels))


def scores(features, kernel, bias):
    outputs = features @ kernel + bias
    return scores_of_logits(outputs[..., 0]) if outputs.shape[-1] == 1 else outputs


def losses(data, kernel, bias):
    flat = scores(data.features.reshape(-1, data.features.shape[-1]), kernel, bias)
    return cross_entropies(flat, np.repeat(data.labels, data.features.shape[1])).reshape(data.features.shape[:2])


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_round_is_the_minimum_of_the_weighted_loss(n_classes):
    """Half of each item's weight is on its worst copy after the first round, and the rest is shared by all copies."""
    data, n_outputs = copies(n_classes), 1 if n_classes == 2 else n_classes
    start = np.full((4, n_outputs), 0.1), np.zeros(n_outputs)
    start[0][0, -1] = 1.0
    found = fit_rounds(data, data, start, DECAY, rounds=1)
    shares = np.full(data.features.shape[:2], 0.5 / 5)
    shares[np.arange(len(shares)), losses(data, *start).argmax(axis=1)] += 0.5
    shares *= data.weights[:, None] / len(shares)

    def objective(values):
        kernel, bias = values[:-n_outputs].reshape(4, n_outputs), values[-n_outputs:]
        return (shares * losses(data, kernel, bias)).sum() + DECAY / 2 * (kernel**2).sum()

    least = minimize(objective, np.zeros(5 * n_outputs), tol=1e-12)
    assert objective(np.r_[found.kernel.ravel(), found.bias]) == pytest.approx(least.fun, abs=1e-7)
    np.testing.assert_allclose(found.kernel.ravel(), least.x[:-n_outputs], atol=2e-3)
    assert found.kernel.shape == (4, n_outputs)


def test_the_history_has_a_row_for_each_round_and_the_worst_copies_gain():
    data, other = copies(2), copies(2, seed=1)
    start = np.zeros((4, 1)), np.zeros(1)
    few, many = (fit_rounds(data, other, start, DECAY, rounds=rounds) for rounds in (1, 12))
    assert [(row["phase"], row["epoch"]) for row in many.history] == [("worst_case", i) for i in range(1, 13)]
    assert many.history[0] == few.history[0]
    of_worst = [losses(data, one.kernel, one.bias).max(axis=1).mean() for one in (few, many)]
    assert of_worst[1] < of_worst[0]
    last = many.history[-1]
    expected = (other.weights[:, None] * losses(other, many.kernel, many.bias)).mean()
    assert last["validation_loss"] == pytest.approx(expected)
    assert last["validation_accuracy"] == np.mean(
        scores(other.features, many.kernel, many.bias).argmax(axis=-1) == other.labels[:, None]
    )
