"""One row for each classifier, attack and frame: the table that every number of the summary is counted from."""

from collections.abc import Mapping, Sequence
from typing import Any

from echoshift.attacks.settings import Search
from echoshift.classifiers.answers import probability
from echoshift.settings import DECIMALS, PAPER, SETTINGS
from echoshift.statistics.success import NOT_ATTACKED
from echoshift.summary.selection import Judged

BEFORE_SETTINGS = (
    "classifier",
    "protocol",
    "attack",
    "frame_id",
    "patient_id",
    "label",
    "fold",
    "outcome",
    "queries",
    "moves",
    "first_misclassified_query",
    "initial_logit",
    "final_logit",
    "initial_probability",
    "final_probability",
    "probability_change",
)


def columns(settings: Sequence[str]) -> tuple[str, ...]:
    """Columns of `frames.csv` for a study of these settings."""
    ends = ("initial", "final", "displacement")
    return (*BEFORE_SETTINGS, *(f"{end}_{name}" for end in ends for name in settings), "bounds_touched", "folder")


COLUMNS = columns(PAPER)
"""Columns that every study has."""


def frame_row(
    classifier: str, protocol: str, attack: str, judged: Judged, search: Search, settings: Sequence[str]
) -> dict[str, Any]:
    """One row of `frames.csv`, of a frame that is not attacked.

    Parameters
    ----------
    classifier, protocol, attack : str
    judged : Judged
        The frame at its initial settings.
    search : Search
        The frame's attack in the present configuration.
    settings : sequence of str
        Names of the study's settings; one that this frame's search does not have is neutral.

    Returns
    -------
    dict
        By `columns(settings)`.
    """
    return dict.fromkeys(columns(settings)) | {
        "classifier": classifier,
        "protocol": protocol,
        "attack": attack,
        "frame_id": judged.frame_id,
        "patient_id": judged.patient_id,
        "label": judged.label,
        "fold": judged.fold,
        "outcome": NOT_ATTACKED,
        "queries": 0,
        "initial_logit": judged.logit,
        "initial_probability": float(probability(judged.logit)),
        "bounds_touched": "",
        **{f"initial_{name}": SETTINGS[name].initial for name in settings},
        **{f"initial_{name}": value for name, value in search.fixed.items()},
        **{f"initial_{axis.name}": axis.initial for axis in search.axes},
    }


def attack_columns(record: Mapping[str, Any], search: Search, folder: str, settings: Sequence[str]) -> dict[str, Any]:
    """The columns of `frames.csv` that an attack adds.

    Parameters
    ----------
    record : mapping
        Of the attack.
    search : Search
        The same as in the record.
    folder : str
        Where the attack's result lies, relative to the results folder.
    settings : sequence of str
        As for `frame_row`.

    Returns
    -------
    dict
        `displacement_NAME` is in learning-rate steps of that attack (signed; missing for a setting that it does not
        search); `bounds_touched` is names such as `beta_max`, separated by blanks.
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
