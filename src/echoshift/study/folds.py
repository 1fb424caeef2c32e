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

    Returns
    -------
    dict
        Frame id to fold name, "0" to str(n_folds - 1).
    """
    frames = list(frames)
    labelled = [frame for frame in frames if frame.label is not None]
    label: dict[str, int] = {}
    for frame in labelled:  # a patient with frames of several labels counts as the highest
        label[frame.patient_id] = max(label.get(frame.patient_id, 0), frame.label)
    if len(label) < n_folds:
        raise EchoShiftError(
            f"found {len(label)} patients with labelled frames, expected at least {n_folds}, the number of folds"
        )
    dealt = sorted(label, key=lambda patient: (label[patient], hashlib.sha256(f"{seed}/{patient}".encode()).digest()))
    fold = {patient: str(i % n_folds) for i, patient in enumerate(dealt)}
    return {frame.name: fold.get(frame.patient_id, "0") for frame in frames}
