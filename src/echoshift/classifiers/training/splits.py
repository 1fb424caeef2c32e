"""Select the validation patients for early stopping."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from echoshift.errors import EchoShiftError


def validation_part(
    patients: Sequence[str], labels: Sequence[int], kinds: Sequence[str], fraction: float, seed: int
) -> np.ndarray:
    """Choose the validation items: all items of some patients, with the same share of every class and kind.

    Parameters
    ----------
    patients : sequence of str, (item,)
        Patient of each item.
    labels : sequence of int, (item,)
        Numbers of the classes. A patient with several counts as the highest.
    kinds : sequence of str, (item,)
        `image` or `frame`. For a patient with both, the first counts.
    fraction : float
        Share of the patients of each stratum, rounded. A stratum of two or more has at least one in each part.
    seed : int

    Returns
    -------
    ndarray of bool, (item,)
        Which items are for validation.
    """
    stratum_of: dict[str, tuple[int, str]] = {}
    for patient, label, kind in zip(patients, labels, kinds, strict=True):
        known_label, known_kind = stratum_of.get(patient, (0, kind))
        stratum_of[patient] = (max(known_label, int(label)), known_kind)
    generator = np.random.default_rng(seed)
    chosen: set[str] = set()
    for stratum in sorted(set(stratum_of.values())):
        # Sorted, so that the choice does not depend on the row order of the table.
        members = sorted(patient for patient, own in stratum_of.items() if own == stratum)
        n = min(max(1, round(fraction * len(members))), len(members) - 1)
        chosen.update(members[index] for index in generator.permutation(len(members))[:n])
    mask = np.array([patient in chosen for patient in patients])
    labels = np.asarray(labels)
    for part, name in ((mask, "validation"), (~mask, "training")):
        if (found := sorted(set(labels[part].tolist()))) != list(range(max(labels.max(), 1) + 1)):
            raise EchoShiftError(f"label: found {found} in the {name} part, expected patients of every class")
    return mask


def validation_of_table(
    table: str | Path, rows: Sequence[Mapping[str, str]], labels: np.ndarray, fraction: float, seed: int
) -> np.ndarray:
    """`validation_part` of the rows of a training table, which is named in errors: bool (item,)."""
    patients, kinds = ([row[name] for row in rows] for name in ("patient_id", "kind"))
    try:
        return validation_part(patients, labels, kinds, fraction, seed)
    except EchoShiftError as error:
        raise EchoShiftError(f"{table}: {error}") from None
