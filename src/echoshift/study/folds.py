"""Dealing patients to the folds of a cross-validation."""

import hashlib
from collections.abc import Iterable

from echoshift.errors import EchoShiftError
from echoshift.study.sheets import Recording


def deal_folds(frames: Iterable[Recording], n_folds: int, seed: int) -> dict[str, str]:
    """Give every frame a fold: stratified by label, all frames of a patient in the same one.

    A pure function of the sheet and the seed: within each class the patients are put in the order of a hash of
    (seed, patient) and dealt in turn, the second class where the first one stopped. An unlabelled frame is dealt with none:
    it joins its patient's fold, or the first one where the patient has no labelled frame.

    Parameters
    ----------
    frames : iterable of Recording
    n_folds : int
    seed : int

    Returns
    -------
    dict
        Frame id to fold name, "0" to str(n_folds - 1).
    """
    frames = list(frames)
    labelled = [frame for frame in frames if frame.label is not None]
    label = {frame.patient_id: 0 for frame in labelled}
    for frame in labelled:  # a patient with frames of both labels is dealt with the positives
        label[frame.patient_id] = max(label[frame.patient_id], frame.label)
    if len(label) < n_folds:
        raise EchoShiftError(
            f"found {len(label)} patients with labelled frames, expected at least {n_folds}, the number of folds"
        )
    dealt = sorted(label, key=lambda patient: (label[patient], hashlib.sha256(f"{seed}/{patient}".encode()).digest()))
    fold = {patient: str(i % n_folds) for i, patient in enumerate(dealt)}
    return {frame.name: fold.get(frame.patient_id, "0") for frame in frames}
