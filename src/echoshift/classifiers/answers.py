"""From a classifier's scores to its answer: the one place that says which class wins, and by how much.

A score is a real number for each class, float64 (image, class); the highest wins, and of equal scores the later class. Two
classes trained here have the scores (0, l) with l the logit of the positive class: positive where l >= 0.
"""

import numpy as np

from echoshift.errors import EchoShiftError


def answer(scores: np.ndarray) -> np.ndarray:
    """The class of the highest score, of equal scores the later class: int (image,) from float64 (image, class)."""
    return scores.shape[-1] - 1 - np.argmax(scores[..., ::-1], axis=-1)


def margin(scores: np.ndarray, label: int) -> np.ndarray:
    """Score of the label less the best other: float64 (image,) from float64 (image, class).

    An attack lowers it; below 0 the answer is certainly not the label.
    """
    return scores[..., label] - np.delete(scores, label, axis=-1).max(axis=-1)


def scores_of_logits(logits: np.ndarray) -> np.ndarray:
    """Scores (0, l) of two classes, float64 (..., class), from logits of the positive class (...)."""
    logits = np.asarray(logits, dtype=np.float64)
    return np.stack([np.zeros_like(logits), logits], axis=-1)


def logits_of_scores(scores: np.ndarray, n_images: int) -> np.ndarray:
    """Logits of the positive class, float64 (image,), from the scores of two classes: the second less the first.

    Records, tables and trajectories hold one logit an image, so a study has two classes so far.

    Parameters
    ----------
    scores : ndarray of float64, (image, class)
        What a predictor returned.
    n_images : int
        How many images it was asked about.

    Raises
    ------
    EchoShiftError
        If there are not two finite scores for each image.
    """
    scores = np.asarray(scores, dtype=np.float64)
    if scores.shape != (n_images, 2) or not np.isfinite(scores).all():
        found = f"of shape {scores.shape}" if scores.shape != (n_images, 2) else str(scores.tolist())[:80]
        raise EchoShiftError(
            f"predictor: found scores {found}, expected finite ones of shape ({n_images}, 2): a study has two classes"
        )
    return scores[:, 1] - scores[:, 0]


def answer_of_logit(logit: np.ndarray) -> np.ndarray:
    """The answer of two classes, int (...), from the logit of the positive class."""
    return answer(scores_of_logits(logit))


def probability(logit: np.ndarray) -> np.ndarray:
    """Probability of the positive class from its logit, without overflow."""
    return np.exp(-np.logaddexp(0.0, -np.asarray(logit, dtype=np.float64)))
