"""One record of `summary.json`: the numbers of one classifier and attack."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from echoshift import __version__
from echoshift.classifiers.evaluation.scores import confusion_matrix
from echoshift.classifiers.score_columns import score_columns
from echoshift.statistics.comparison import compare
from echoshift.statistics.intervals import LEVEL
from echoshift.statistics.success_rate import (
    NOT_RUN,
    OF_TARGET,
    OUTCOMES,
    UNCONFIRMED,
    UNREACHABLE,
    Row,
    attacked,
    counted,
    first_misclassified,
    labelled_rows,
    success_rate,
)
from echoshift.summary.by_patient import intervals_by_patient
from echoshift.summary.robustness import KnownFlips, robust_accuracy, robust_frames
from echoshift.summary.study_facts import CONTROL, StudyFacts

FURTHER_SCORES = (
    "protocol_means", "auc_mean_within_folds", "accuracy_low", "accuracy_high", "balanced_accuracy_low",
    "balanced_accuracy_high", "per_class", "baselines", "cutoffs", "auc_without_cutoffs", "calibration",
)  # fmt: skip
"""Copied from the evaluation, besides the scores at the head of a record."""
SCORES_OF_TWO = (
    "n_positive",
    *(f"{name}{end}" for name in ("sensitivity", "specificity") for end in ("", "_low", "_high")),
)
"""The same with two classes only."""


def summary_record(
    study: StudyFacts,
    rows: Sequence[Row],
    controls: Sequence[Sequence[Row]],
    evaluation: Mapping[str, Any],
    known: Mapping[str, KnownFlips],
    lattice: str | None,
) -> dict[str, Any]:
    """One record of `summary.json`. All rates, outcomes and comparisons refer to the labelled frames.

    Unlabelled frames are neither right nor wrong. They count in `n_frames`, in the fields starting with `n_unlabelled`
    or `unlabelled`. Frames of known patients count in `n_known` alone.
    `n_correct` counts the correctly classified frames that were attacked; `n_of_target` those that an attack with a target
    leaves out. A classifier that reads recordings also has `n_unreachable` and `n_unlabelled_unreachable`: the frames that
    were asked about once, of which the correct ones are robust.

    Parameters
    ----------
    study : StudyFacts
    rows : sequence of rows
        All frames of one classifier and attack.
    controls : sequence of sequences of rows
        Rows of each of the attack's controls, for the same classifier.
    evaluation : mapping
        The classifier's `evaluation.json`.
    known : mapping
        Known flips of each frame in this attack's box, from all jobs on the classifier.
    lattice : str or None
        The attack that asked every point of a lattice in this box, for all correctly classified frames.
    """
    rows = counted(rows)
    classifier, attack = rows[0]["classifier"], rows[0]["attack"]
    entry = study.attacks[attack]
    n_classes = len(study.classes)
    labelled = labelled_rows(rows)
    tried = attacked(labelled)
    unlabelled = [row for row in rows if row["label"] is None]
    unlabelled_outcomes = {outcome: sum(row["outcome"] == outcome for row in unlabelled) for outcome in OUTCOMES}
    labels, answers = ([row[key] for row in labelled] for key in ("label", "initial_answer"))
    # A frame that was not attacked keeps its answer, and so does one whose flip was denied.
    ended = [
        row["initial_answer"] if row["final_answer"] is None or row["outcome"] == UNCONFIRMED else row["final_answer"]
        for row in labelled
    ]
    robust = {
        "alone": robust_frames(labelled, [frame for frame, one in known.items() if attack in one.found_by]),
        "together": robust_frames(labelled, [frame for frame, one in known.items() if one.found_by]),
    }
    on_lattice = robust_frames(labelled, [frame for frame, one in known.items() if lattice in one.found_by])
    n_not_run = sum(row["outcome"] == NOT_RUN for row in labelled)
    comparisons = []
    if entry.method != CONTROL:
        comparisons = [found for control in controls if (found := compare(labelled, control))]
    return {
        "classifier": classifier,
        "protocol": study.classifiers[classifier].protocol,
        "attack": attack,
        "seed": study.seed,
        "n_frames": len(rows),
        **success_rate(tried),
        **{name: evaluation[name] for name in ("auc", "auc_low", "auc_high", "accuracy", "balanced_accuracy")},
        "outcomes": {outcome: sum(row["outcome"] == outcome for row in tried) for outcome in OUTCOMES},
        "median_queries": float(median(row["queries"] for row in tried)) if tried else None,
        "warning": evaluation["warning"],
        "n_known": evaluation["n_known"],
        "n_unlabelled": len(unlabelled),
        "n_unlabelled_changed": unlabelled_outcomes["flipped"],
        "unlabelled_outcomes": unlabelled_outcomes,
        "simulated": study.cohort.simulated,
        "cohort": study.cohort.words,
        "median_ssim": _median_ssim(tried),
        "classes": list(study.classes),
        "has_probabilities": rows[0][f"initial_{score_columns(n_classes)[-1]}"] is not None,
        "target": None if entry.target is None else study.classes[entry.target],
        "n_of_target": sum(row["outcome"] == OF_TARGET for row in labelled),
        **(_unreachable(labelled, unlabelled) if study.classifiers[classifier].reads_recordings else {}),
        **{name: evaluation[name] for name in (*(SCORES_OF_TWO if n_classes == 2 else ()), *FURTHER_SCORES)},
        "confusion": confusion_matrix(labels, answers, n_classes),
        "confusion_after_attack": confusion_matrix(labels, ended, n_classes),
        "intervals": {"success_rate": "Wilson 1927", "success_rate_level": LEVEL, **evaluation["intervals"]},
        "engine": study.classifiers[classifier].engine,
        "method": entry.method,
        "start": entry.start,
        "max_queries": entry.max_queries,
        "classifier_seed": study.classifiers[classifier].seed,
        "attack_seed": entry.seed,
        "n_any_misclassified": sum(first_misclassified(row) is not None for row in tried),
        "flipped": _path_facts([row for row in tried if row["outcome"] == "flipped"], study.settings),
        "not_flipped": _path_facts([row for row in tried if row["outcome"] != "flipped"], study.settings),
        "on_request": entry.on_request,
        "n_not_run": n_not_run,
        "n_unlabelled_not_run": sum(row["outcome"] == NOT_RUN for row in unlabelled),
        "box": study.same_box(attack)[0],
        "box_words": study.box_words(attack),
        "robust": {name: robust_accuracy(own) for name, own in robust.items()}
        | ({"alone": None} if n_not_run else {})
        | {"on_lattice": {"attack": lattice, **robust_accuracy(on_lattice)} if lattice else None},
        "intervals_by_patient": intervals_by_patient(labelled, tried, robust, n_classes),
        "nearest": _nearest_facts(tried),
        "comparisons": comparisons,
        "beats_control": all(found["verdict"] == "better" for found in comparisons) if comparisons else None,
        "echoshift_version": __version__,
    }


def _unreachable(labelled: Sequence[Row], unlabelled: Sequence[Row]) -> dict[str, int]:
    """Numbers of frames whose classifier no setting reaches."""
    parts = {"n_unreachable": labelled, "n_unlabelled_unreachable": unlabelled}
    return {name: sum(row["outcome"] == UNREACHABLE for row in own) for name, own in parts.items()}


def _nearest_facts(tried: Sequence[Row]) -> dict[str, Any]:
    """Nearest flips of the attacked frames: this attack's own, and those of all attacks in its box."""
    facts = {}
    for name, column in (("own", "own_nearest_linf"), ("known", "nearest_linf")):
        linf = [row[column] for row in tried if row[column] is not None]
        facts[name] = {
            "n": len(linf),
            "smallest_linf": min(linf, default=None),
            "median_linf": median(linf) if linf else None,
        }
    return facts


def _median_ssim(rows: Sequence[Row]) -> float | None:
    """Median similarity of the flipped pictures to the initial ones; None without a flip."""
    found = [row["final_ssim"] for row in rows if row["outcome"] == "flipped"]
    return float(median(found)) if found else None


def _path_facts(rows: Sequence[Row], settings: Sequence[str]) -> dict[str, Any]:
    """How far the attacks of these rows moved, for comparison with section III of the paper."""
    touched = [name for row in rows for name in row["bounds_touched"].split()]
    moves = {name: [abs(row[f"displacement_{name}"] or 0.0) for row in rows] for name in settings}
    changes = [abs(row["probability_change"]) for row in rows if row["probability_change"] is not None]
    searched = [name for name in settings if any(row[f"displacement_{name}"] is not None for row in rows)]
    return {
        "n": len(rows),
        "all_settings_moved": sum(all(row[f"displacement_{name}"] for name in searched) for row in rows),
        "moved": {name: sum(move > 0 for move in moves[name]) for name in settings},
        "median_displacement_in_rate_steps": {name: median(moves[name]) if rows else None for name in settings},
        "any_bound_touched": sum(bool(row["bounds_touched"]) for row in rows),
        "bounds_touched": {name: touched.count(name) for name in sorted(set(touched))},
        "median_probability_change": median(changes) if changes else None,
    }
