"""Convert a classifier's scores to its answer. Only this module defines which class wins, and by how much.

Scores are real numbers, float64 (image, class). The highest score wins; in a tie, the later class. The two classes of a
classifier trained here have the scores (0, l), where l is the logit of the positive class: positive if l >= 0.
"""

import numpy as np

from echoshift.errors import EchoShiftError


def answer(scores: np.ndarray) -> np.ndarray:
    """Class with the highest score (in a tie, the later one): int (image,) from float64 (image, class)."""
    scores = np.asarray(scores)
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


def scores_of_network(outputs: np.ndarray) -> np.ndarray:
    """Scores, float64 (image, class), from the outputs (image, output) of a network trained here.

    One output is the logit of the positive class. Several are the scores of as many classes.
    """
    return scores_of_logits(outputs[:, 0]) if outputs.shape[1] == 1 else outputs


def checked_scores(scores: np.ndarray, n_images: int) -> np.ndarray:
    """Return a predictor's scores as float64 (image, class), if there are finite ones of at least two classes.

    Parameters
    ----------
    scores : ndarray, (image, class)
    n_images : int
        Number of images passed to the predictor.

    Raises
    ------
    EchoShiftError
        If an image has fewer than two scores, or one that is not finite.
    """
    scores = np.asarray(scores, dtype=np.float64)
    is_shaped = scores.ndim == 2 and len(scores) == n_images and scores.shape[1] >= 2
    if not is_shaped or not np.isfinite(scores).all():
        found = str(scores.tolist())[:80] if is_shaped else f"of shape {scores.shape}"
        raise EchoShiftError(
            f"predictor: found scores {found}, expected finite ones of shape ({n_images}, number of classes)"
        )
    return scores


def logits(scores: np.ndarray) -> np.ndarray:
    """Score of each class but the first, minus that of the first: float64 (..., class - 1) from (..., class).

    They do not change if all scores are shifted. Two classes have one, the logit of the positive class.
    """
    scores = np.asarray(scores)
    return scores[..., 1:] - scores[..., :1]


def log_odds(scores: np.ndarray) -> np.ndarray:
    """Logarithm of p / (1 - p) for each class's probability p (softmax): float64 (..., class) from (..., class)."""
    scores = np.asarray(scores)
    others = [np.delete(scores, k, axis=-1) for k in range(scores.shape[-1])]
    return scores - np.stack([np.logaddexp.reduce(rest, axis=-1) for rest in others], axis=-1)


def probabilities(scores: np.ndarray) -> np.ndarray:
    """Probability of each class (softmax), float64 (..., class), without overflow."""
    return np.exp(-np.logaddexp(0.0, -log_odds(scores)))


def cross_entropy(scores: np.ndarray, label: int) -> np.ndarray:
    """Minus the logarithm of the label's probability (softmax): float64 (image,) from float64 (image, class).

    Uses scores rather than probabilities, because a float32 probability near 0 or 1 has lost small differences.
    """
    return np.logaddexp.reduce(scores - scores[..., label, None], axis=-1)


def cross_entropies(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """`cross_entropy` with a label for each image: float64 (image,) from float64 (image, class) and int (image,)."""
    own = np.take_along_axis(scores, labels[:, None], axis=-1)
    return np.logaddexp.reduce(scores - own, axis=-1)
