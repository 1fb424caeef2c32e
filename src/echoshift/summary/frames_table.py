"""One row per classifier, attack and frame: the table from which all numbers of the summary are computed."""

from collections.abc import Mapping, Sequence
from typing import Any

from echoshift.attacks.settings import Search
from echoshift.classifiers.answers import probability
from echoshift.settings import DECIMALS, PAPER, SETTINGS
from echoshift.statistics.success_rate import KNOWN, NOT_ATTACKED
from echoshift.summary.selection import Judged

BEFORE_SETTINGS = (
    "classifier", "protocol", "attack", "frame_id", "patient_id", "label", "fold", "outcome", "queries", "moves",
    "first_misclassified_query", "initial_logit", "final_logit", "initial_probability", "final_probability",
    "probability_change",
)  # fmt: skip


def columns(settings: Sequence[str]) -> tuple[str, ...]:
    """Columns of `frames.csv` for a study with these settings."""
    ends = ("initial", "final", "displacement")
    return (*BEFORE_SETTINGS, *(f"{end}_{name}" for end in ends for name in settings), "bounds_touched", "folder")


COLUMNS = columns(PAPER)
"""Columns that every study has."""


def frame_row(
    classifier: str, protocol: str, attack: str, judged: Judged, search: Search, settings: Sequence[str]
) -> dict[str, Any]:
    """One row of `frames.csv`, with the keys `columns(settings)` but without the results of an attack.

    `search` is the frame's attack in the current configuration; the study's settings that it lacks are neutral.
    """
    return dict.fromkeys(columns(settings)) | {
        "classifier": classifier,
        "protocol": protocol,
        "attack": attack,
        "frame_id": judged.frame_id,
        "patient_id": judged.patient_id,
        "label": judged.label,
        "fold": judged.fold,
        "outcome": KNOWN if judged.known else NOT_ATTACKED,
        "queries": 0,
        "initial_logit": judged.logit,
        "initial_probability": float(probability(judged.logit)),
        "bounds_touched": "",
        **{f"initial_{name}": SETTINGS[name].initial for name in settings},
        **{f"initial_{name}": value for name, value in search.fixed.items()},
        **{f"initial_{axis.name}": axis.initial for axis in search.axes},
    }


def attack_columns(record: Mapping[str, Any], search: Search, folder: str, settings: Sequence[str]) -> dict[str, Any]:
    """The columns of `frames.csv` that an attack fills in.

    `displacement_NAME` is signed, in learning-rate steps of the attack, and missing for settings it does not search.
    `bounds_touched` holds names such as `beta_max`, separated by spaces. `folder` is relative to the results folder.
    """
    neutral = {name: SETTINGS[name].initial for name in settings}
    initial, final = neutral | record["initial_settings"], neutral | record["final_settings"]
    before, after = (float(probability(record[f"{end}_logit"])) for end in ("initial", "final"))
    return {
        **{key: record[key] for key in ("outcome", "queries", "moves", "first_misclassified_query")},
        "initial_logit": record["initial_logit"],
        "final_logit": record["final_logit"],
        "initial_probability": before,
        "final_probability": after,
        "probability_change": after - before,
        **{f"initial_{name}": initial[name] for name in settings},
        **{f"final_{name}": final[name] for name in settings},
        **{
            f"displacement_{axis.name}": round((final[axis.name] - initial[axis.name]) / axis.rate, DECIMALS)
            for axis in search.axes
        },
        "bounds_touched": " ".join(record["bounds_touched"]),
        "folder": folder,
    }
