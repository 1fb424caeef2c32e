"""Performance of a classifier on frames with intervals, and a warning if it has learnt nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from echoshift.classifiers.answers import answer_of_logit
from echoshift.classifiers.protocols import PROTOCOLS
from echoshift.statistics.intervals import LEVEL, auc_interval, mean_of_two_interval, wilson_interval

SMALLEST_AUC = 0.6
METHODS = {
    "auc": "Newcombe 2006, method 5",
    "accuracy": "Wilson 1927",
    "balanced_accuracy": "MOVER from the Wilson intervals of sensitivity and specificity",
    "level": LEVEL,
}


def area_under_curve(scores: np.ndarray, labels: np.ndarray) -> float | None:
    """Share of correctly ranked (positive, negative) pairs, with ties counting half. None with only one class."""
    positive, negative = scores[labels == 1], scores[labels == 0]
    if not positive.size or not negative.size:
        return None
    order = np.sign(positive[:, None] - negative[None, :])
    return float(np.mean((order + 1) / 2))


def auc_with_interval(scores: Sequence[float], labels: Sequence[int]) -> dict[str, float | None]:
    """`auc`, `auc_low`, `auc_high` of scores that should be higher for label 1. All None with only one class."""
    scores, labels = np.asarray(scores, dtype=np.float64), np.asarray(labels)
    auc = area_under_curve(scores, labels)
    if auc is None:
        return {"auc": None, "auc_low": None, "auc_high": None}
    low, high = auc_interval(auc, int((labels == 1).sum()), int((labels == 0).sum()))
    return {"auc": auc, "auc_low": low, "auc_high": high}


def evaluate_logits(
    logits: Sequence[float], labels: Sequence[int | None], folds: Sequence[str], protocol: str
) -> dict[str, Any]:
    """Evaluate the logits of all frames together.

    Parameters
    ----------
    logits : sequence of float, (frame,)
        Logit of the positive class for each frame, from the model of its fold.
    labels : sequence of int or None, (frame,)
        1 for the positive class, else 0. None if unknown: counted only in `n_frames` and `n_unlabelled`.
    folds : sequence of str, (frame,)
        Fold of each frame.
    protocol : str
        One of `PROTOCOLS`.

    Returns
    -------
    dict
        JSON values. Undefined values (a class without frames) are None. `auc` is computed from the pooled logits,
        `auc_mean_within_folds` is the mean over the folds with both classes. `warning` is None or one sentence.
    """
    answers = answer_of_logit(logits)
    labelled = np.array([label is not None for label in labels])
    logits, folds = np.asarray(logits, dtype=np.float64)[labelled], np.asarray(folds)[labelled]
    labels = np.array([label for label in labels if label is not None], dtype=int)
    correct = answers[labelled] == labels
    n, n_correct = len(logits), int(correct.sum())
    accuracy_low, accuracy_high = wilson_interval(n_correct, n) or (None, None)
    within = [area_under_curve(logits[folds == fold], labels[folds == fold]) for fold in sorted(set(folds.tolist()))]
    within = [auc for auc in within if auc is not None]
    result = {
        "protocol": protocol,
        "protocol_means": PROTOCOLS[protocol].means,
        "n_frames": len(answers),
        "n_unlabelled": len(answers) - n,
        "n_positive": int((labels == 1).sum()),
        "n_correct": n_correct,
        **auc_with_interval(logits, labels),
        "auc_mean_within_folds": float(np.mean(within)) if within else None,
        "n_folds_with_both_classes": len(within),
        "accuracy": n_correct / n if n else None,
        "accuracy_low": accuracy_low,
        "accuracy_high": accuracy_high,
        **_balanced_accuracy(correct, labels),
        "intervals": METHODS,
    }
    return {**result, "warning": _warning(answers, result["auc"], result["auc_high"])}


def _balanced_accuracy(correct: np.ndarray, labels: np.ndarray) -> dict[str, float | None]:
    counts = [(int(correct[labels == value].sum()), int((labels == value).sum())) for value in (1, 0)]
    intervals = [wilson_interval(*count) for count in counts]
    shares = [successes / n if n else None for successes, n in counts]
    mean = low = high = None
    if all(interval is not None for interval in intervals):
        mean = sum(shares) / 2
        low, high = mean_of_two_interval(tuple(shares), tuple(intervals))
    return {
        "sensitivity": shares[0],
        "specificity": shares[1],
        "balanced_accuracy": mean,
        "balanced_accuracy_low": low,
        "balanced_accuracy_high": high,
    }


def _warning(answers: np.ndarray, auc: float | None, auc_high: float | None) -> str | None:
    complaints = []
    if answers.all() or not answers.any():
        complaints.append(f"every frame gets label {int(answers[0])}")
    if auc is not None and auc < SMALLEST_AUC:
        complaints.append(f"AUC {auc:.2f} is below {SMALLEST_AUC}")
    if auc_high is not None and auc_high < 0.5:
        complaints.append("its interval lies below 0.5, so the order of the classes may be reversed")
    return f"degenerate classifier: {' and '.join(complaints)}" if complaints else None


def roc_points(logits: Sequence[float], labels: Sequence[int | None]) -> list[tuple[float, float, float]]:
    """Points of the ROC curve: false positive rate, true positive rate, threshold on the logit.

    Uses the labelled frames. Empty with only one class. The first threshold is infinite: no frame is called positive.
    """
    from sklearn.metrics import roc_curve

    known = [(label, logit) for label, logit in zip(labels, logits, strict=True) if label is not None]
    if len({label for label, _ in known}) < 2:
        return []
    return [
        tuple(float(value) for value in point)
        for point in zip(*roc_curve(*zip(*known, strict=True), drop_intermediate=False), strict=True)
    ]
