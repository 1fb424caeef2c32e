"""Convert a classifier's scores to its answer. Only this module defines which class wins, and by how much.

Scores are real numbers, float64 (image, class). The highest score wins; in a tie, the later class. The two classes of a
classifier trained here have the scores (0, l), where l is the logit of the positive class: positive if l >= 0.
"""

import numpy as np

from echoshift.errors import EchoShiftError


def answer(scores: np.ndarray) -> np.ndarray:
    """Class with the highest score (in a tie, the later one): int (image,) from float64 (image, class)."""
    return scores.shape[-1] - 1 - np.argmax(scores[..., ::-1], axis=-1)


def margin(scores: np.ndarray, label: int) -> np.ndarray:
    """Score of the label minus the best other score: float64 (image,) from float64 (image, class).

    An attack lowers the margin. Below 0 the answer differs from the label.
    """
    return scores[..., label] - np.delete(scores, label, axis=-1).max(axis=-1)


def scores_of_logits(logits: np.ndarray) -> np.ndarray:
    """Scores (0, l) of two classes, float64 (..., class), from logits of the positive class (...)."""
    logits = np.asarray(logits, dtype=np.float64)
    return np.stack([np.zeros_like(logits), logits], axis=-1)


def logits_of_scores(scores: np.ndarray, n_images: int) -> np.ndarray:
    """Logits of the positive class, float64 (image,): the second score minus the first.

    Records, tables and trajectories store one logit per image, so a study currently has exactly two classes.

    Parameters
    ----------
    scores : ndarray of float64, (image, class)
        Scores returned by a predictor.
    n_images : int
        Number of images passed to the predictor.

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
    """Answer of a two-class classifier, int (...), from the logit of the positive class."""
    return answer(scores_of_logits(logit))


def probability(logit: np.ndarray) -> np.ndarray:
    """Probability of the positive class from its logit, without overflow."""
    return np.exp(-np.logaddexp(0.0, -np.asarray(logit, dtype=np.float64)))
