"""Numbers of each classifier with intervals, and their differences from the baseline's, corrected for their number."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from echoshift.comparison.finished_study import Judgements
from echoshift.comparison.pooled import Pooled
from echoshift.statistics.bootstrap import METHOD, Statistic, bootstrap_over_patients, weighted_mean
from echoshift.statistics.exchange import METHOD as EXCHANGE
from echoshift.statistics.exchange import exchange_p_value
from echoshift.statistics.holm import holm
from echoshift.statistics.intervals import wilson_interval
from echoshift.statistics.mcnemar import mcnemar
from echoshift.statistics.paired import paired_difference
from echoshift.summary.by_patient import auc_over_classes

BOOTSTRAP = METHOD.replace("over patients", "over patients within each study")
WILSON, EXACT = "Wilson 1927", "McNemar, exact, two-sided"
PARTS = ("", "_low", "_high", "_difference", "_difference_low", "_difference_high", "_p", "_p_holm")


@dataclass(frozen=True)
class Number:
    """One number of a classifier.

    Attributes
    ----------
    name, words : str
        Name of its columns, and for a reader.
    values : str or None
        The field of `Judgements` whose mean over the frames, or median, it is. None for the AUC.
    median : bool
    counts_frames : bool
        Whether the values are 0 or 1: then Wilson's interval is valid if frames are independent.
    same_frames : bool
        Whether every frame counts for every classifier: then McNemar's test compares two of them.
    """

    name: str
    words: str
    values: str | None = None
    median: bool = False
    counts_frames: bool = False
    same_frames: bool = False


NUMBERS = (
    Number("auc", "AUC"),
    Number("accuracy", "accuracy", "right", counts_frames=True, same_frames=True),
    Number("robust_accuracy", "robust accuracy", "robust", counts_frames=True, same_frames=True),
    Number("robust_on_lattice", "robust accuracy on the lattice", "on_lattice", counts_frames=True, same_frames=True),
    Number("walk_success", "success of the paper's walk", "walked", counts_frames=True),
    Number("median_nearest", "median nearest flip", "nearest", median=True),
    Number("accidental_accuracy", "accuracy under accidental change", "drawn"),
)


def compared(pooled: Pooled, baseline: str) -> list[dict[str, Any]]:
    """A row for each classifier, the baseline first.

    Parameters
    ----------
    pooled : Pooled
    baseline : str
        The classifier that the others are compared with.

    Returns
    -------
    list of dict
        `classifier`, counts of frames, and for each of `NUMBERS` the columns `NAME`, limits `NAME_low`, `NAME_high`, the
        difference from the baseline `NAME_difference` with its limits, its p-value `NAME_p`, and `NAME_p_holm`, which is
        corrected for all comparisons of the column. None where a number is undefined or does not vary.
    """
    names = [baseline, *(name for name in pooled.judgements if name != baseline)]
    rows: list[dict[str, Any]] = [{"classifier": name, **_counts(pooled.judgements[name])} for name in names]
    for number in NUMBERS:
        statistics = {name: statistic_of(number, pooled, pooled.judgements[name]) for name in names}
        for row in rows:
            row |= _estimate(number, pooled, row["classifier"], statistics)
            row |= _difference(number, pooled, row["classifier"], baseline, statistics)
        tested = [row for row in rows if row[f"{number.name}_p"] is not None]
        for row, adjusted in zip(tested, holm([row[f"{number.name}_p"] for row in tested]), strict=True):
            row[f"{number.name}_p_holm"] = adjusted
    return rows


def methods(pooled: Pooled) -> dict[str, dict[str, str]]:
    """How the interval and the p-value of each number are made."""
    alone = pooled.one_frame_each

    def p_method(number: Number) -> str:
        if number.values is None:
            return f"paired {BOOTSTRAP}"
        return EXACT if alone and number.same_frames else EXCHANGE

    return {
        number.name: {
            "interval": WILSON if alone and number.counts_frames else BOOTSTRAP,
            "difference": f"paired {BOOTSTRAP}",
            "p": p_method(number),
        }
        for number in NUMBERS
    }


def statistic_of(number: Number, pooled: Pooled, own: Judgements) -> Statistic | None:
    """A number of one classifier as a function of how often each frame counts. None if a study lacks it.

    The AUC is the mean of the studies' AUCs, as scores of different models do not compare.
    """
    if number.values is None:
        studies = np.array(pooled.studies)
        places = [np.flatnonzero(studies == study) for study in dict.fromkeys(pooled.studies)]
        areas = [auc_over_classes(own.scores[place], pooled.labels[place]) for place in places]
        return lambda weights: float(np.mean([area(weights[place]) for area, place in zip(areas, places, strict=True)]))
    if getattr(own, number.values) is None:
        return None
    values = _values(number, own)
    counts = np.flatnonzero(~np.isnan(values))
    mean = weighted_median if number.median else weighted_mean
    return lambda weights: mean(values[counts], weights[counts])


def weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    """Median of values (frame,) that count as often as the weights (frame,), whole numbers, say. NaN if none counts."""
    repeated = np.repeat(values, weights.astype(int))
    return float(np.median(repeated)) if len(repeated) else float("nan")


def _counts(own: Judgements) -> dict[str, int | None]:
    """Numbers of frames.

    All; right and robust ones, and the right ones that no setting reaches; those that the walk tried, those with a nearest
    flip; those that the lattice flips, and those of them that the deciding attack flips too.
    """
    on_lattice = None if own.on_lattice is None else own.right & ~own.on_lattice
    return {
        "n_frames": len(own.right),
        "n_right": int(own.right.sum()),
        "n_robust": int(own.robust.sum()),
        "n_unreachable": int((own.right & own.unreachable).sum()),
        "n_walked": None if own.walked is None else int((~np.isnan(own.walked)).sum()),
        "n_nearest": None if own.nearest is None else int((~np.isnan(own.nearest)).sum()),
        "n_flipped_on_lattice": None if on_lattice is None else int(on_lattice.sum()),
        "n_of_these_found": None if on_lattice is None else int((on_lattice & ~own.robust).sum()),
    }


def _estimate(
    number: Number, pooled: Pooled, classifier: str, statistics: Mapping[str, Statistic | None]
) -> dict[str, float | None]:
    name, statistic = number.name, statistics[classifier]
    value = float("nan") if statistic is None else statistic(np.ones(len(pooled.labels)))
    if statistic is None or np.isnan(value):
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    if pooled.one_frame_each and number.counts_frames:
        values = _values(number, pooled.judgements[classifier])
        limits = wilson_interval(int(np.nansum(values)), int((~np.isnan(values)).sum()))
    else:
        limits = bootstrap_over_patients(statistic, pooled.patients, strata=pooled.studies)
    low, high = limits or (None, None)
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def _difference(
    number: Number,
    pooled: Pooled,
    classifier: str,
    baseline: str,
    statistics: Mapping[str, Statistic | None],
) -> dict[str, float | None]:
    """The columns of a difference from the baseline. Empty for the baseline itself."""
    found, columns = None, [f"{number.name}{part}" for part in PARTS[3:]]
    own, other = statistics[classifier], statistics[baseline]
    if classifier != baseline and own is not None and other is not None:
        found = paired_difference(own, other, pooled.patients, strata=pooled.studies)
    if found is None:
        return dict.fromkeys(columns)
    p_value = found["p_value"] if number.values is None else _p_value(number, pooled, classifier, baseline)
    numbers = (found["difference"], found["difference_low"], found["difference_high"], p_value, None)
    return dict(zip(columns, numbers, strict=True))


def _p_value(number: Number, pooled: Pooled, classifier: str, baseline: str) -> float:
    own, other = (_values(number, pooled.judgements[name]) for name in (classifier, baseline))
    if pooled.one_frame_each and number.same_frames:
        return mcnemar(int((own > other).sum()), int((other > own).sum()))
    return exchange_p_value(own, other, pooled.patients, np.median if number.median else np.mean)


def _values(number: Number, own: Judgements) -> np.ndarray:
    """Value of each frame, (frame,); NaN where it does not count."""
    return getattr(own, number.values).astype(np.float64)
