"""Assignment of patients to cross-validation folds."""

import hashlib
from collections.abc import Iterable

from echoshift.errors import EchoShiftError
from echoshift.study.sheets import Recording


def deal_folds(frames: Iterable[Recording], n_folds: int, seed: int) -> dict[str, str]:
    """Assign a fold to every frame, stratified by label, with all frames of a patient in one fold.

    The result depends only on the sheet and the seed. Within each class, patients are sorted by a hash of (seed, patient)
    and dealt to the folds in turn; each class continues where the one before stopped. An unlabelled frame joins its
    patient's fold, or the first fold if the patient has no labelled frames.

    Patients all of whose frames are to test on alone are dealt by themselves, in the same way. They shift nobody else, and
    may be fewer than the folds. A frame to test on of another patient joins that patient's fold.

    Returns
    -------
    dict
        Frame id to fold name, "0" to str(n_folds - 1).
    """
    frames = list(frames)
    trained_on = [frame for frame in frames if not frame.test_only]
    fold = _dealt(trained_on, n_folds, seed)
    if len(fold) < n_folds:
        raise EchoShiftError(
            f"found {len(fold)} patients with labelled frames, expected at least {n_folds}, the number of folds"
        )
    others = {frame.patient_id for frame in trained_on}
    fold |= _dealt([frame for frame in frames if frame.patient_id not in others], n_folds, seed)
    return {frame.name: fold.get(frame.patient_id, "0") for frame in frames}


def _dealt(frames: Iterable[Recording], n_folds: int, seed: int) -> dict[str, str]:
    """Fold of each patient who has a labelled frame."""
    label: dict[str, int] = {}
    for frame in frames:
        if frame.label is not None:  # a patient with frames of several labels counts as the highest
            label[frame.patient_id] = max(label.get(frame.patient_id, 0), frame.label)
    dealt = sorted(label, key=lambda patient: (label[patient], hashlib.sha256(f"{seed}/{patient}".encode()).digest()))
    return {patient: str(i % n_folds) for i, patient in enumerate(dealt)}
