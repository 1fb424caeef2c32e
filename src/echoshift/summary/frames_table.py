"""One row per classifier, attack and frame: the table from which all numbers of the summary are computed."""

from collections.abc import Mapping, Sequence
from typing import Any

from echoshift.attacks.settings import Search
from echoshift.classifiers.answers import probabilities
from echoshift.classifiers.score_columns import score_cells, score_columns
from echoshift.settings import DECIMALS, PAPER, SETTINGS
from echoshift.statistics.success_rate import KNOWN, NOT_ATTACKED, NOT_RUN, OF_TARGET, UNCONFIRMED
from echoshift.summary.selection import Judged

BEFORE_SETTINGS = (
    "classifier", "protocol", "attack", "frame_id", "patient_id", "label", "fold", "outcome", "queries", "asked", "moves",
    "first_misclassified_query", "initial_answer", "final_answer",
)  # fmt: skip
ENDS = ("initial", "final")
PICTURE = (
    "final_ssim", "final_grey_difference", "initial_black", "initial_white", "final_black", "final_white", "final_unknown",
)  # fmt: skip
"""Of a flip: its picture beside the initial one, inside the sector, and the share of it that is not determined."""
OWN_NEAREST = ("own_nearest_query", "own_nearest_linf", "own_nearest_l2", "own_nearest_ssim", "own_nearest_unknown")
"""Of the nearest flip among this attack's own queries."""
NEAREST = ("nearest_linf", "nearest_l2", "nearest_attack")
"""Of the nearest flip that any attack found in the box of this one; its settings are in `nearest_NAME`."""


def columns(settings: Sequence[str], n_classes: int) -> tuple[str, ...]:
    """Columns of `frames.csv` for a study with these settings and so many classes."""
    return (
        *BEFORE_SETTINGS,
        *(f"{end}_{name}" for name in score_columns(n_classes) for end in ENDS),
        "probability_change",
        *(f"{end}_{name}" for end in (*ENDS, "displacement") for name in settings),
        "bounds_touched",
        *PICTURE,
        *OWN_NEAREST,
        *NEAREST,
        *(f"nearest_{name}" for name in settings),
        "folder",
    )


def robustness_columns(settings: Sequence[str], any_unreachable: bool = False) -> tuple[str, ...]:
    """Columns of `robustness.csv` for a study with these settings."""
    unreachable = ("unreachable",) if any_unreachable else ()
    return (
        "classifier", "box", "frame_id", "patient_id", "label", "correct", "robust", "flipped_by", *unreachable, *NEAREST,
        *(f"nearest_{name}" for name in settings),
    )  # fmt: skip


COLUMNS = (*BEFORE_SETTINGS, *(f"{end}_{name}" for end in ENDS for name in PAPER), "folder")
"""Columns that every study has."""


def frame_row(
    classifier: str, protocol: str, attack: str, judged: Judged, search: Search, settings: Sequence[str]
) -> dict[str, Any]:
    """One row of `frames.csv`, with the keys of `columns` but without the results of an attack.

    `search` is the frame's attack in the current configuration; the study's settings that it lacks are neutral.
    """
    outcome = NOT_ATTACKED
    if judged.known:
        outcome = KNOWN
    elif judged.attacked:
        outcome = OF_TARGET if judged.answer == search.target else NOT_RUN
    return dict.fromkeys(columns(settings, len(judged.scores))) | {
        "classifier": classifier,
        "protocol": protocol,
        "attack": attack,
        "frame_id": judged.frame_id,
        "patient_id": judged.patient_id,
        "label": judged.label,
        "fold": judged.fold,
        "outcome": outcome,
        "queries": 0,
        "initial_answer": judged.answer,
        **_cells(judged.scores, "initial", judged.has_probabilities),
        "bounds_touched": "",
        **{f"initial_{name}": SETTINGS[name].initial for name in settings},
        **{f"initial_{name}": value for name, value in search.fixed.items()},
        **{f"initial_{axis.name}": axis.initial for axis in search.axes},
    }


def attack_columns(
    record: Mapping[str, Any],
    flip: Mapping[str, Any] | None,
    search: Search,
    folder: str,
    settings: Sequence[str],
    with_probabilities: bool,
) -> dict[str, Any]:
    """The columns of `frames.csv` that an attack fills in.

    `flip` is the confirmation of its flips, if it found any. A flip that was denied is `unconfirmed`; if the nearest one
    was, its columns stay empty.

    `probability_change` is that of the positive class of two, else of the true class; missing without probabilities.
    `displacement_NAME` is signed, in learning-rate steps of the attack, and missing for settings it does not search.
    `bounds_touched` holds names such as `beta_max`, separated by spaces. `folder` is relative to the results folder.
    """
    neutral = {name: SETTINGS[name].initial for name in settings}
    initial, final = neutral | record["initial_settings"], neutral | record["final_settings"]
    scores = [record[f"{end}_scores"] for end in ENDS]
    # The positive class of two, else the true one.
    followed = 1 if len(scores[0]) == 2 else record["label"]
    before, after = (float(probabilities(one)[followed]) for one in scores)
    return {
        **{key: record[key] for key in ("outcome", "queries", "asked", "moves", "first_misclassified_query")},
        **(_flip_cells(record, flip) if flip else {}),
        **{f"{end}_answer": record[f"{end}_answer"] for end in ENDS},
        **{
            name: value
            for end in ENDS
            for name, value in _cells(record[f"{end}_scores"], end, with_probabilities).items()
        },
        "probability_change": after - before if with_probabilities else None,
        **{f"initial_{name}": initial[name] for name in settings},
        **{f"final_{name}": final[name] for name in settings},
        **{
            f"displacement_{axis.name}": round((final[axis.name] - initial[axis.name]) / axis.rate, DECIMALS)
            for axis in search.axes
        },
        "bounds_touched": " ".join(record["bounds_touched"]),
        "folder": folder,
    }


def _flip_cells(record: Mapping[str, Any], flip: Mapping[str, Any]) -> dict[str, Any]:
    cells, nearest = {}, record["nearest"]
    if flip["final"] and not flip["final"]["confirmed"]:
        cells["outcome"] = UNCONFIRMED
    elif flip["final"]:
        picture = flip["final"]["picture"]
        cells = {name: picture[name.removeprefix("final_")] for name in PICTURE}
    if flip["nearest"]["confirmed"]:
        picture = flip["nearest"]["picture"]
        own = (nearest["query"], nearest["linf"], nearest["l2"], picture["ssim"], picture["unknown"])
        cells |= dict(zip(OWN_NEAREST, own, strict=True))
    return cells


def _cells(scores: Sequence[float], end: str, with_probabilities: bool) -> dict[str, Any]:
    return {f"{end}_{name}": value for name, value in score_cells(scores, with_probabilities).items()}
