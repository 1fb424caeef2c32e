"""The area under the ROC curve of frames that count with weights, such as those of a bootstrap resample."""

import numpy as np


def rank_shares(scores: np.ndarray, is_positive: np.ndarray) -> np.ndarray:
    """How often each positive frame ranks above each negative one.

    Parameters
    ----------
    scores : ndarray, (frame, draw)
        Score of each frame in each draw of the whole cohort.
    is_positive : ndarray of bool, (frame,)

    Returns
    -------
    ndarray of float64, (positive, negative)
        Share of the draws in which the positive frame's score is higher. A tie counts half.
    """
    positive, negative = scores[is_positive], scores[~is_positive]
    shares = np.zeros((len(positive), len(negative)))
    for one, other in zip(positive.T, negative.T, strict=True):
        shares += (np.sign(one[:, None] - other[None, :]) + 1) / 2
    return shares / scores.shape[1]


def weighted_auc(shares: np.ndarray, is_positive: np.ndarray, weights: np.ndarray) -> float:
    """Mean over the draws of the AUC of the whole cohort.

    Parameters
    ----------
    shares : ndarray, (positive, negative)
        Of `rank_shares`.
    is_positive : ndarray of bool, (frame,)
    weights : ndarray, (frame,)
        How often each frame counts.

    Returns
    -------
    float
        Share of the pairs that are ranked correctly. NaN if no positive or no negative frame counts.
    """
    positive, negative = weights[is_positive], weights[~is_positive]
    n_pairs = positive.sum() * negative.sum()
    return float(positive @ shares @ negative / n_pairs) if n_pairs else float("nan")
