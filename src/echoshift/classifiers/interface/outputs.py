"""Convert the numbers that a given model returns to scores: see `echoshift.classifiers.answers`."""

import numpy as np

from echoshift.classifiers.interface.settings import Interface
from echoshift.errors import EchoShiftError

SMALLEST = 1e-45
"""Smaller probabilities count as this one, about the smallest float32, so that every logarithm is finite."""
WHOLE = 0.02
"""The probabilities of all classes may miss the sum 1 by this, as those of quantised models do."""
ROUNDING = 1e-5
"""A probability may lie this far outside [0, 1]."""


def scores_of_outputs(outputs: np.ndarray, interface: Interface, n_images: int, source: str = "model") -> np.ndarray:
    """Scores of the study's classes, float64 (image, class), from a model's numbers.

    Logits stay as they are; of probabilities the logarithm is taken. A single number gives the pair (0, l) for the
    second class or (0, -l) for the first one.

    Parameters
    ----------
    outputs : ndarray, (image, output), (image, 1) or (image,)
    interface : Interface
    n_images : int
        Number of pictures that were asked about.
    source : str
        The model's name in error messages.

    Raises
    ------
    EchoShiftError
        If the shape is wrong, if a number is not finite, or if a probability lies outside [0, 1].
    """
    output = interface.output
    numbers = np.asarray(outputs)
    numbers = numbers.astype(np.float64) if numbers.dtype.kind in "fiub" else np.full(numbers.shape, np.nan)
    if numbers.ndim > 2 and numbers.shape[:2] == (n_images, numbers.size // max(n_images, 1)):
        numbers = numbers.reshape(n_images, -1)  # trailing axes of length 1
    n_outputs = len(output.classes) if output.classes else 1
    if n_outputs == 1 and numbers.shape == (n_images, 1):
        numbers = numbers[:, 0]
    expected = (n_images,) if n_outputs == 1 else (n_images, n_outputs)
    if numbers.shape != expected:
        field = "classes" if output.classes else "positive"
        raise EchoShiftError(
            f"{source}: found outputs of shape {np.shape(outputs)} for {n_images} pictures, expected {expected} "
            f"as in output.{field}"
        )
    if not np.isfinite(numbers).all():
        raise EchoShiftError(
            f"{source}: found outputs {_first(numbers, ~np.isfinite(numbers))}, expected finite numbers"
        )
    if output.gives == "probabilities":
        outside = (numbers < -ROUNDING) | (numbers > 1 + ROUNDING)
        if outside.any():
            raise EchoShiftError(
                f"{source}: found output {_first(numbers, outside)}, expected probabilities from 0 to 1: "
                "is it `gives: logits`?"
            )
        sums = numbers.sum(axis=1) if n_outputs > 1 else np.ones(1)
        if (wrong := np.abs(sums - 1) > WHOLE).any():
            raise EchoShiftError(
                f"{source}: found probabilities with the sum {_first(sums, wrong):.4g}, expected 1: is there a softmax?"
            )
        numbers = np.clip(numbers, 0.0, 1.0)
    scores = _of_one(numbers, interface) if n_outputs == 1 else _of_many(numbers, interface)
    if output.cutoff != 0.5:
        scores[:, 1] -= np.log(output.cutoff) - np.log1p(-output.cutoff)
    return scores


def _first(numbers: np.ndarray, wrong: np.ndarray) -> float:
    return float(numbers[wrong].flat[0])


def _of_one(numbers: np.ndarray, interface: Interface) -> np.ndarray:
    """Scores of two classes from one number per picture, (image,)."""
    output = interface.output
    if output.gives == "score":
        logits = numbers - output.threshold
    elif output.gives == "probabilities":
        logits = _logarithm(numbers) - _logarithm(1.0 - numbers)
    else:
        logits = numbers
    if interface.classes.index(output.positive) == 0:
        # Of equal scores the later class would win, but `positive` is said from the threshold on.
        logits = np.where(logits == 0, -SMALLEST, -logits)
    return np.stack([np.zeros_like(logits), logits], axis=-1)


def _of_many(numbers: np.ndarray, interface: Interface) -> np.ndarray:
    """Scores from one number per output, (image, output). The probabilities of outputs of the same class are added."""
    output = interface.output
    of_class = [[i for i, name in enumerate(output.classes) if name == one] for one in interface.classes]
    if output.gives == "probabilities":
        return np.stack([_logarithm(numbers[:, own].sum(axis=1)) for own in of_class], axis=-1)
    return np.stack([np.logaddexp.reduce(numbers[:, own], axis=1) for own in of_class], axis=-1)


def _logarithm(probability: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(probability, SMALLEST))


def saturated(scores: np.ndarray, interface: Interface) -> int:
    """Number of answers, of scores (image, class), with a probability of exactly 0 or 1: they give a search no slope."""
    if interface.output.gives != "probabilities":
        return 0
    cutoff = interface.output.cutoff
    shift = np.log(cutoff) - np.log1p(-cutoff)
    if interface.output.classes:  # the highest logarithm of a probability is that of 1
        shifts = np.arange(scores.shape[-1]) == 1
        return int(((scores + shift * shifts).max(axis=-1) >= 0).sum())
    return int((np.abs(scores[:, 1] + shift) >= -np.log(SMALLEST) * (1 - 1e-9)).sum())
