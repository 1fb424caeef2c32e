"""Performance of a classifier on frames with intervals, and a warning if it has learnt nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from echoshift.classifiers.answers import answer, log_odds
from echoshift.classifiers.protocols import PROTOCOLS
from echoshift.statistics.intervals import LEVEL, auc_interval, mean_interval, wilson_interval

SMALLEST_AUC = 0.6
METHODS = {
    "auc": "Newcombe 2006, method 5",
    "accuracy": "Wilson 1927",
    "recall": "Wilson 1927, and so sensitivity and specificity",
    "balanced_accuracy": "MOVER from the Wilson intervals of sensitivity and specificity",
    "level": LEVEL,
}
METHODS_OF_MANY = {
    **METHODS,
    "auc": "mean of the classes' limits (Newcombe 2006, method 5): too wide rather than too narrow",
    "recall": "Wilson 1927",
    "balanced_accuracy": "MOVER from the Wilson intervals of the recalls",
}
"""With more than two classes."""
ROC_COLUMNS = ("false_positive_rate", "true_positive_rate", "threshold")


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


def evaluate_scores(
    scores: Sequence[Sequence[float]], labels: Sequence[int | None], folds: Sequence[str], protocol: str
) -> dict[str, Any]:
    """Evaluate the scores of all frames together.

    Parameters
    ----------
    scores : sequence, (frame, class)
        Scores of each frame, from the model of its fold.
    labels : sequence of int or None, (frame,)
        Number of the true class. None if unknown: counted only in `n_frames` and `n_unlabelled`.
    folds : sequence of str, (frame,)
        Fold of each frame.
    protocol : str
        One of `PROTOCOLS`.

    Returns
    -------
    dict
        JSON values. Undefined values (a class without frames) are None. `auc` is computed from the pooled log odds,
        `auc_mean_within_folds` is the mean over the folds with all classes. With more than two classes, `auc` is the mean
        of the AUCs of each class against the rest. `confusion` counts the labelled frames by label and answer.
        `warning` is None or one sentence.
    """
    answers, odds, n_classes = answer(scores), log_odds(scores), len(scores[0])
    labelled = np.array([label is not None for label in labels])
    odds, folds = odds[labelled], np.asarray(folds)[labelled]
    labels = np.array([label for label in labels if label is not None], dtype=int)
    correct = answers[labelled] == labels
    n, n_correct = len(labels), int(correct.sum())
    accuracy_low, accuracy_high = wilson_interval(n_correct, n) or (None, None)
    within = [_mean_area(odds[folds == fold], labels[folds == fold]) for fold in sorted(set(folds.tolist()))]
    within = [auc for auc in within if auc is not None]
    confusion = confusion_matrix(labels, answers[labelled], n_classes)
    per_class = [_of_class(label, odds, labels, confusion) for label in range(n_classes)]
    result = {
        "protocol": protocol,
        "protocol_means": PROTOCOLS[protocol].means,
        "n_frames": len(answers),
        "n_unlabelled": len(answers) - n,
        "n_correct": n_correct,
        **_auc(per_class),
        "auc_mean_within_folds": float(np.mean(within)) if within else None,
        "n_folds_with_all_classes": len(within),
        "accuracy": n_correct / n if n else None,
        "accuracy_low": accuracy_low,
        "accuracy_high": accuracy_high,
        **_balanced_accuracy(per_class),
        "per_class": per_class,
        "confusion": confusion,
        "intervals": METHODS if n_classes == 2 else METHODS_OF_MANY,
    }
    return {**result, "warning": _warning(answers, result["auc"], result["auc_high"])}


def evaluate_auc(scores: Sequence[Sequence[float]], labels: Sequence[int | None]) -> float | None:
    """AUC as in `evaluate_scores`, without its interval."""
    labelled = [label is not None for label in labels]
    truth = np.array([label for label in labels if label is not None], dtype=int)
    return _mean_area(log_odds(scores)[labelled], truth)


def confusion_matrix(labels: Sequence[int], answers: Sequence[int], n_classes: int) -> list[list[int]]:
    """Number of frames by label (row) and answer (column)."""
    counts = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(counts, (np.asarray(labels, dtype=int), np.asarray(answers, dtype=int)), 1)
    return counts.tolist()


def _mean_area(odds: np.ndarray, labels: np.ndarray) -> float | None:
    """AUC of two classes, or the mean of the AUCs of each class against the rest, from log odds (frame, class)."""
    n_classes = odds.shape[1]
    areas = [area_under_curve(odds[:, k], labels == k) for k in (range(n_classes) if n_classes > 2 else (1,))]
    return None if None in areas else float(np.mean(areas))


def _auc(per_class: list[dict[str, Any]]) -> dict[str, float | None]:
    """AUC of two classes, or the mean of the AUCs of each class against the rest, with its interval.

    The classes' AUCs come from the same frames. The mean of their limits is the interval of their mean if they are
    completely dependent, and wider than necessary otherwise.
    """
    names = ("auc", "auc_low", "auc_high")
    if len(per_class) == 2:
        return {name: per_class[1][name] for name in names}
    if any(one["auc"] is None for one in per_class):
        return dict.fromkeys(names)
    return {name: float(np.mean([one[name] for one in per_class])) for name in names}


def _of_class(label: int, odds: np.ndarray, labels: np.ndarray, confusion: list[list[int]]) -> dict[str, Any]:
    """What the classifier makes of one class: its AUC against the rest, and the share of its frames with this answer."""
    n, n_correct = sum(confusion[label]), confusion[label][label]
    low, high = wilson_interval(n_correct, n) or (None, None)
    return {
        "label": label,
        "n_frames": n,
        "n_correct": n_correct,
        "recall": n_correct / n if n else None,
        "recall_low": low,
        "recall_high": high,
        **auc_with_interval(odds[:, label], labels == label),
    }


def _balanced_accuracy(per_class: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean of the recalls; with two classes also the number of positive frames, sensitivity and specificity."""
    mean = low = high = None
    if all(one["n_frames"] for one in per_class):
        recalls = [one["recall"] for one in per_class]
        mean = sum(recalls) / len(recalls)
        low, high = mean_interval(recalls, [(one["recall_low"], one["recall_high"]) for one in per_class])
    of_two = {}
    if len(per_class) == 2:
        negative, positive = per_class
        of_two = {
            "n_positive": positive["n_frames"],
            **{f"sensitivity{end}": positive[f"recall{end}"] for end in ("", "_low", "_high")},
            **{f"specificity{end}": negative[f"recall{end}"] for end in ("", "_low", "_high")},
        }
    return {**of_two, "balanced_accuracy": mean, "balanced_accuracy_low": low, "balanced_accuracy_high": high}


def _warning(answers: np.ndarray, auc: float | None, auc_high: float | None) -> str | None:
    complaints = []
    if len(set(answers.tolist())) == 1:
        complaints.append(f"every frame gets label {int(answers[0])}")
    if auc is not None and auc < SMALLEST_AUC:
        complaints.append(f"AUC {auc:.2f} is below {SMALLEST_AUC}")
    if auc_high is not None and auc_high < 0.5:
        complaints.append("its interval lies below 0.5, so the order of the classes may be reversed")
    return f"degenerate classifier: {' and '.join(complaints)}" if complaints else None


def roc_points(scores: Sequence[Sequence[float]], labels: Sequence[int | None]) -> list[dict[str, float]]:
    """Points of the ROC curve, `ROC_COLUMNS`; the threshold is that of the log odds.

    Uses the labelled frames. With more than two classes, each has a curve against the rest, told apart by `class`. A
    curve without frames inside or outside its class has no points. The first threshold is infinite.
    """
    from sklearn.metrics import roc_curve

    known = [label is not None for label in labels]
    odds = log_odds(scores)[known]
    truth = np.array([label for label in labels if label is not None], dtype=int)
    points = []
    for label in range(odds.shape[1]) if odds.shape[1] > 2 else (1,):
        if 0 < (truth == label).sum() < len(truth):
            curve = roc_curve(truth == label, odds[:, label], drop_intermediate=False)
            of_class = {"class": label} if odds.shape[1] > 2 else {}
            points += [
                of_class | dict(zip(ROC_COLUMNS, map(float, point), strict=True)) for point in zip(*curve, strict=True)
            ]
    return points
