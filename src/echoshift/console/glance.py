"""The study at a glance: the numbers of the page's charts, from the files of the figures."""

from collections.abc import Mapping, Sequence
from typing import Any

from echoshift.accidental.words import spread_words
from echoshift.classifiers.protocols import PROTOCOLS
from echoshift.console.finished import Finished
from echoshift.settings import SETTINGS
from echoshift.storage.files import read_json
from echoshift.storage.tables import read_rows
from echoshift.summary.phrases import attack_name


def glance(finished: Finished, shown: Mapping[str, str]) -> dict[str, Any]:
    """Numbers of each classifier, and of the sensitivity analysis if it ran, as JSON values.

    An interval is a list of value, lower and upper limit. A curve is a list of places and shares, one for each flip.

    Parameters
    ----------
    finished : Finished
    shown : mapping
        Names that frames are shown by, of those on the page: the others are counted and not named.
    """
    over_queries = read_rows(finished.results / "summary" / "success_over_queries.csv", ("queries", "success_rate"))
    classifiers = []
    for name, entry in finished.facts.classifiers.items():
        own = [record for record in finished.summary if record["classifier"] == name]
        if not own:  # no attack is for it
            continue
        first = own[0]
        classifiers.append(
            {
                "name": name,
                "words": PROTOCOLS[entry.protocol].words,
                "n_frames": first["n_frames"] - first["n_unlabelled"],
                "n_correct": first["n_correct"]
                + first["n_of_target"]
                + first["n_not_run"]
                + first.get("n_unreachable", 0),
                **({"n_unreachable": first["n_unreachable"]} if "n_unreachable" in first else {}),
                "accuracy": _interval(first, "accuracy"),
                "auc": _interval(first, "auc"),
                **{kind: _interval(first, kind) for kind in ("sensitivity", "specificity") if kind in first},
                "brier": _interval(first["calibration"], "brier") if first["calibration"] else None,
                "cutoffs": _cutoffs(first),
                "robust": _robust(own),
                "attacks": [_attack(finished, record, over_queries) for record in own],
                "known": _known(finished, own),
                "accidental": _accidental(finished, name, shown),
            }
        )
    return {"classifiers": classifiers, "sensitivity": _sensitivity(finished)}


def _interval(record: Mapping[str, Any], name: str) -> list[float] | None:
    """A number with its limits. None if it is undefined."""
    low, high = record.get(f"{name}_low"), record.get(f"{name}_high")
    return None if record[name] is None else [record[name], low, high]


def _cutoffs(record: Mapping[str, Any]) -> list[float] | None:
    """Lowest and highest cut-off of the folds. None if all are 0.5: the page's probabilities are the model's own then."""
    found = [one for one in record["cutoffs"].values() if one]
    if not any(one["logit"] for one in found):
        return None
    return [end(one["probability"] for one in found) for end in (min, max)]


def _robust(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Robust accuracy in each box."""
    boxes = {record["box"]: record for record in reversed(records) if not record["on_request"]}
    found = []
    for record in reversed(boxes.values()):
        together = record["robust"]["together"]
        if together["n_frames"]:
            share = [together[key] for key in ("robust_accuracy", "robust_low", "robust_high")]
            of = {"n": together["n_robust"], "of": together["n_frames"], "share": share}
            found.append({"box": record["box_words"], **of, "on_lattice": record["robust"]["on_lattice"]})
    return found


def _attack(finished: Finished, record: Mapping[str, Any], over_queries: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    run = (record["classifier"], record["attack"])
    curve = [
        [int(row["queries"]), float(row["success_rate"])]
        for row in over_queries
        if (row["classifier"], row["attack"]) == run and row["success_rate"]
    ]
    return {
        "name": attack_name(record),
        "on_request": record["on_request"],
        "n_flipped": record["n_flipped"],
        "n_correct": record["n_correct"],
        "share": [record[key] for key in ("success_rate", "success_low", "success_high")],
        "curve_queries": _corners(curve),
        "curve_box": _over_the_box(_rows_of(finished, record), "own_nearest_linf", record["n_correct"]),
    }


def _corners(curve: Sequence[list[float]]) -> list[list[float]]:
    """The first and the last point of a curve, and those where it rises."""
    last = len(curve) - 1
    return [point for i, point in enumerate(curve) if i in (0, last) or point[1] != curve[i - 1][1]]


def _rows_of(finished: Finished, record: Mapping[str, Any]) -> list[dict[str, str]]:
    """Rows of the labelled frames that an attack attacked."""
    return [
        row
        for row in finished.rows_of(record["classifier"])
        if row["attack"] == record["attack"] and row["label"] and row["label"] == row["initial_answer"]
    ]


def _over_the_box(rows: Sequence[Mapping[str, str]], column: str, n: int) -> list[list[float]]:
    """Share of n frames with a flip inside the box shrunk to each size at which the share rises."""
    found = sorted(float(row[column]) for row in rows if row[column])
    return [[size, i / n] for i, size in enumerate(found, start=1)]


def _known(finished: Finished, records: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Flips of all jobs together, in the box of the attack that attacked most frames."""
    usual = [record for record in records if record["n_correct"] and not record["on_request"]]
    if not usual:
        return None
    most = max(usual, key=lambda record: record["n_correct"])
    curve = _over_the_box(_rows_of(finished, most), "nearest_linf", most["n_correct"])
    return {"curve_box": curve, "n": len(curve), "of": most["n_correct"], "box": most["box_words"]}


def _accidental(finished: Finished, classifier: str, shown: Mapping[str, str]) -> list[dict[str, Any]]:
    if not finished.accidental:
        return []
    rows = read_rows(
        finished.results / "accidental" / "frames.csv", ("classifier", "spread", "frame_id", "probability")
    )
    found = []
    for record in finished.accidental["results"]:
        if record["classifier"] == classifier:
            own = [row for row in rows if (row["classifier"], row["spread"]) == (classifier, record["spread"])]
            found.append(
                {
                    "words": spread_words(record["distribution"]),
                    "probability": _interval(record, "probability"),
                    "n_frames": record["n_frames"],
                    "n_draws": record["n_draws"],
                    "n_never_changed": record["n_never_changed"],
                    "frames": [_drawn(row, shown) for row in own if row["frame_id"] in shown],
                }
            )
    return found


def _drawn(row: Mapping[str, str], shown: Mapping[str, str]) -> list[Any]:
    is_right = row["label"] in ("", row["initial_answer"])
    return [shown[row["frame_id"]], *(float(row[key]) for key in ("probability", "low", "high")), is_right]


def _sensitivity(finished: Finished) -> list[dict[str, Any]] | None:
    """Mean Sobol indices of the last class over all frames, and the flips of the attacks that move one setting or all but one."""
    path = finished.results / "sensitivity" / "summary.json"
    if not path.is_file():
        return None
    records = [record for record in read_json(path)["results"] if record["true_class"] is None]
    found = []
    for classifier in dict.fromkeys(record["classifier"] for record in records):
        own = [record for record in records if record["classifier"] == classifier]
        own = [record for record in own if record["class"] == own[-1]["class"]]
        indices = [
            {"name": one["setting"], "first": _interval(one, "first"), "total": _interval(one, "total")} for one in own
        ]
        found.append(
            {
                "classifier": classifier,
                "class": own[0]["class"],
                "n_frames": own[0]["n_frames"],
                "settings": indices,
                **_one_and_all_but_one(finished, classifier),
            }
        )
    return found


def _one_and_all_but_one(finished: Finished, classifier: str) -> dict[str, list[dict[str, Any]]]:
    """Flips of the attacks on request that move one setting alone, and of those that hold one still."""
    own = {attack for of, attack in finished.facts.runs if of == classifier}
    moved = {
        attack: {axis.name for one in of_frame.values() for axis in one.axes}
        for attack, of_frame in finished.facts.searches.items()
        if attack in own
    }
    every = set().union(*moved.values())
    found: dict[str, list[dict[str, Any]]] = {"only": [], "without": []}
    for record in finished.summary:
        if record["classifier"] != classifier or not record["on_request"] or record["n_not_run"] or len(every) < 3:
            continue
        names = moved[record["attack"]]
        counts = {"n": record["n_flipped"], "of": record["n_correct"]}
        if len(names) == 1:
            found["only"].append({"name": next(iter(names)), **counts})
        elif len(names) == len(every) - 1:
            found["without"].append({"name": next(iter(every - names)), **counts})
    order = list(SETTINGS)
    return {kind: sorted(own, key=lambda one: order.index(one["name"])) for kind, own in found.items()}
