"""What the page says about one frame and classifier before anything is moved."""

import json
from pathlib import Path
from typing import Any

from echoshift.bmode import BModeFrame
from echoshift.console.finished import Finished
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.cache import STORE, Stored
from echoshift.settings import SETTINGS
from echoshift.storage.files import read_json

RECORDING = "RECORDING"
"""Stands for the recording's path in commands: the page tells nobody where a file lies."""
MADE_WITH = "MADE_WITH"
"""Stands for what a picture was made with, if that names the file of a mask."""


def initial_settings(reconstruction: Path) -> dict[str, float]:
    """The settings of a cached reconstruction's image, from the attributes of its store."""
    path = reconstruction / STORE / "zarr.json"
    try:
        return {name: float(value) for name, value in read_json(path)["attributes"]["settings"].items()}
    except (KeyError, TypeError, ValueError, AttributeError):
        raise EchoShiftError(f"{path}: attributes.settings: found no settings, expected those of the image") from None


def about_classifier(finished: Finished, classifier: str, frame: str) -> dict[str, Any]:
    """The classifier's answer to a frame, what attacks came to, and the nearest flip known, as JSON values."""
    judged = finished.judged[classifier][frame]
    rows = [row for row in finished.rows_of(classifier, frame) if row["outcome"] != "not_run"]
    rows.sort(key=lambda row: finished.facts.attacks[row["attack"]].on_request)  # the study's own box first
    return {
        "scores": list(judged.scores),
        "answer": judged.answer,
        "correct": None if judged.label is None else judged.correct,
        "known": judged.known,
        "outcomes": {
            row["attack"]: {
                "outcome": row["outcome"],
                "queries": int(row["queries"]),
                "nearest": _number(row["own_nearest_linf"]),
            }
            for row in rows
        },
        "nearest": _nearest(rows),
    }


def _nearest(rows: list[dict[str, str]]) -> dict[str, Any] | None:
    """The nearest flip in the first box that has one."""
    for row in rows:
        if row["nearest_linf"]:
            values = {name: _number(row.get(f"nearest_{name}", "")) for name in SETTINGS}
            settings = {name: value for name, value in values.items() if value is not None}
            return {"linf": float(row["nearest_linf"]), "attack": row["nearest_attack"], "settings": settings}
    return None


def command_of(row: dict[str, str], frame: Stored) -> list[str]:
    """The part of the command `echoshift reconstruct` that is the same for all settings. `row` is of `frames.csv`."""
    command = ["echoshift", "reconstruct", RECORDING]
    if row["made_with"]:
        of_file = (json.loads(row["made_with"]).get("sector") or {}).get("mask")
        command.append(f"--made-with={MADE_WITH if of_file else row['made_with']}")
    elif row["reference_level"]:
        command += ["--reference-level", row["reference_level"]]
    if isinstance(frame, BModeFrame):  # it keeps its own pixels
        return command
    if row["rows"]:
        return [*command, "--shape", row["rows"], row["columns"]]
    return [*command, "--pixel-size", row["pixel_size"]]


def _number(text: str) -> float | None:
    return float(text) if text else None
