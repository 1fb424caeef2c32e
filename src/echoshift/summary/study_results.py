"""All results of a study, read and checked: what the tables and the trajectories are made from."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from echoshift.errors import EchoShiftError
from echoshift.statistics.success_rate import (
    KNOWN,
    NOT_ATTACKED,
    NOT_RUN,
    UNREACHABLE,
    Row,
    counted,
    success_over_queries,
)
from echoshift.storage.files import read_json
from echoshift.summary.attack_places import Attacked, Run
from echoshift.summary.attack_results import find_orphans
from echoshift.summary.confirmation import Confirmations
from echoshift.summary.robustness import Found, KnownFlips, drawn_wrong_answers, known_flips, swept_wrong_answers
from echoshift.summary.run_results import RunResults, inputs_of, read_run
from echoshift.summary.selection import Judged, Selected, read_predictions, read_selected
from echoshift.summary.study_facts import LATTICE, StudyFacts
from echoshift.summary.summary_record import summary_record


@dataclass(frozen=True)
class Findings:
    """A study's results.

    Attributes
    ----------
    study : StudyFacts
    evaluations : dict
        `evaluation.json` by classifier.
    rows : dict
        Rows of `frames.csv`, by (classifier, attack), in the order of the predictions. An attack on request is among them
        if it has any result.
    known : dict
        What is known about each frame in the attack's box, by (classifier, attack).
    confirmed : dict
        `n_confirmed`, `unconfirmed`, `largest_logit_difference` and `confirmed_by`, by (classifier, attack).
    stale : dict
        By (classifier, attack on request), the frames whose results are of an earlier configuration or model.
    orphans : list of Path
        Folders of attacks that the study no longer asks for.
    records : dict
        Digest of each attack's record by frame, by (classifier, attack).
    """

    study: StudyFacts
    evaluations: Mapping[str, dict[str, Any]]
    rows: Mapping[tuple[str, str], list[Row]]
    known: Mapping[tuple[str, str], Mapping[str, KnownFlips]]
    confirmed: Mapping[tuple[str, str], Mapping[str, Any]]
    stale: Mapping[tuple[str, str], list[str]]
    orphans: list[Path]
    records: Mapping[tuple[str, str], Mapping[str, str]]

    def success_table(self) -> list[dict[str, Any]]:
        """Rows of `success_over_queries.csv`.

        Of the attacks whose queries tell what the flips cost.
        """
        return [
            row
            for (_, attack), rows in self.rows.items()
            if self.study.attacks[attack].counts_queries
            for row in success_over_queries(rows, self.study.attacks[attack].max_queries)
        ]

    def summary(self) -> list[dict[str, Any]]:
        """Records of `summary.json`."""
        records = []
        for run, rows in self.rows.items():
            controls = [
                self.rows[run[0], control] for control in self.study.controls(*run) if (run[0], control) in self.rows
            ]
            record = summary_record(
                self.study, rows, controls, self.evaluations[run[0]], self.known[run], self._lattice(*run)
            )
            records.append(record | self.confirmed[run])
        return records

    def _lattice(self, classifier: str, attack: str) -> str | None:
        """A lattice in the box of an attack that tells exactly which frames flip on it, if there is one.

        It has asked all points for every correctly classified frame, and no flip was denied.
        """
        for name in self.study.same_box(attack):
            entry, rows = self.study.attacks[name], self.rows.get((classifier, name), [])
            is_full = all(not search.options.get("screen") for search in self.study.searches[name].values())
            is_complete = rows and all(row["outcome"] != NOT_RUN for row in rows)
            is_confirmed = rows and not self.confirmed[classifier, name]["unconfirmed"]
            if entry.method == LATTICE and entry.target is None and is_full and is_complete and is_confirmed:
                return name
        return None

    def robustness_table(self) -> list[dict[str, Any]]:
        """Rows of `robustness.csv`: each classifier and box once, named by the first attack in it."""
        table, seen = [], set()
        for (classifier, attack), rows in self.rows.items():
            box = self.study.same_box(attack)[0]
            if (classifier, box) not in seen:
                seen.add((classifier, box))
                known, any_unreachable = self.known[classifier, attack], self.study.any_unreachable
                table += [_robustness_row(box, row, known[row["frame_id"]], any_unreachable) for row in counted(rows)]
        return table


def gather(
    results: Path,
    study: StudyFacts,
    selected: Path,
    attacked: Mapping[Run, Attacked],
    confirmations: Mapping[str, Confirmations],
    accidental: Path | None = None,
    swept: Path | None = None,
) -> Findings:
    """Read what a study left in its results folder.

    Parameters
    ----------
    results : Path
        With `classifiers/` and `attacks/`.
    study : StudyFacts
        The present configuration; a result of another one is refused, or ignored if it was made on request.
    selected : Path
        `selected.csv`.
    attacked : mapping
        Where each attack's result lies.
    confirmations : mapping
        By classifier.
    accidental : Path, optional
        `frames.csv` of accidental changes.
    swept : Path, optional
        Table of what the sensitivity analysis has left.
    """
    chosen = read_selected(selected)
    judged, evaluations = {}, {}
    for classifier, entry in study.classifiers.items():
        folder = results / "classifiers" / classifier
        judged[classifier] = read_predictions(folder / "predictions.csv")
        evaluations[classifier] = read_json(folder / "evaluation.json")
        _check_classes(folder, judged[classifier], len(study.classes))
        _check_evaluation(folder, evaluations[classifier], entry.protocol, judged[classifier])
        _check_selected(selected, classifier, judged[classifier], chosen.get(classifier, {}))
    _check_same_frames(judged)
    found = {run[:2] for run in attacked}
    runs = {
        (classifier, attack): read_run(
            results, study, classifier, attack, judged[classifier], evaluations[classifier], attacked,
            _of_classifier(confirmations, classifier),
        )
        for classifier, attack in study.runs
        if (classifier, attack) in study.usual_runs or (classifier, attack) in found
    }  # fmt: skip
    others = [drawn_wrong_answers(results, accidental, study.settings)] if accidental else []
    if swept:
        present = {
            (name, frame.frame_id): {"inputs": inputs_of(evaluations[name], frame), "label": frame.label}
            for name in judged
            for frame in judged[name]
        }
        others.append(swept_wrong_answers(swept, study.settings, present))
    known = _known(study, runs, others)
    expected = {Path(os.path.normpath(one.folder)) for one in attacked.values()}
    return Findings(
        study,
        evaluations,
        {run: [row | _nearest_cells(known[run][row["frame_id"]]) for row in one.rows] for run, one in runs.items()},
        known,
        {run: one.confirmed(confirmations[run[0]].engine) for run, one in runs.items()},
        {run: one.stale for run, one in runs.items() if one.stale},
        find_orphans(results, expected),
        {run: one.records for run, one in runs.items()},
    )


def _known(
    study: StudyFacts,
    runs: Mapping[tuple[str, str], RunResults],
    others: Sequence[Found],
) -> dict[tuple[str, str], dict[str, KnownFlips]]:
    """Known flips of each frame, from all jobs, by classifier and attack; attacks with the same box share them."""
    known: dict[tuple[str, str], dict[str, KnownFlips]] = {}
    for (classifier, attack), run in runs.items():
        box = study.same_box(attack)[0]
        if (classifier, box) not in known:
            known[classifier, box] = {}
            for row in run.rows:
                frame, found = row["frame_id"], []
                if row["outcome"] not in (NOT_ATTACKED, KNOWN):
                    found = [
                        one
                        for (name, _), other in runs.items()
                        if name == classifier
                        for one in other.wrong.get(frame, ())
                    ]
                    found += [one for other in others for one in other.get((classifier, frame), ())]
                known[classifier, box][frame] = known_flips(study.searches[attack][frame], found, study.settings)
        known[classifier, attack] = known[classifier, box]
    return known


def _nearest_cells(known: KnownFlips) -> dict[str, Any]:
    settings = {f"nearest_{name}": value for name, value in (known.settings or {}).items()}
    return {"nearest_linf": known.linf, "nearest_l2": known.l2, "nearest_attack": known.attack, **settings}


def _robustness_row(box: str, row: Row, known: KnownFlips, any_unreachable: bool) -> dict[str, Any]:
    is_correct = None if row["label"] is None else int(row["initial_answer"] == row["label"])
    return {
        **{name: row[name] for name in ("classifier", "frame_id", "patient_id", "label")},
        "box": box,
        "correct": is_correct,
        "robust": None if is_correct is None else int(is_correct and not known.found_by),
        "flipped_by": " ".join(known.found_by),
        **({"unreachable": int(row["outcome"] == UNREACHABLE)} if any_unreachable else {}),
        **_nearest_cells(known),
    }


def _of_classifier(confirmations: Mapping[str, Confirmations], classifier: str) -> Confirmations:
    if classifier not in confirmations:
        raise EchoShiftError(
            f"--confirmed: classifier {classifier}: found nothing, expected a file of `echoshift confirm`"
        )
    return confirmations[classifier]


def _check_classes(folder: Path, judged: list[Judged], n_classes: int) -> None:
    if wrong := [frame for frame in judged if len(frame.scores) != n_classes]:
        raise EchoShiftError(
            f"{folder / 'predictions.csv'}: frame {wrong[0].frame_id}: found scores of {len(wrong[0].scores)} classes, "
            f"expected {n_classes} as in the present configuration: evaluate again"
        )


def _check_evaluation(folder: Path, evaluation: Mapping[str, Any], protocol: str, judged: list[Judged]) -> None:
    found = (evaluation.get("protocol"), evaluation.get("n_frames"), evaluation.get("n_correct"))
    counted = [frame for frame in judged if not frame.known]
    expected = (protocol, len(counted), sum(frame.correct for frame in counted))
    if found != expected:
        raise EchoShiftError(
            f"{folder / 'evaluation.json'}: found protocol, n_frames, n_correct {found}, expected {expected}: "
            "evaluate again"
        )


def _check_same_frames(judged: Mapping[str, list[Judged]]) -> None:
    (first, frames), *others = ((name, [frame.frame_id for frame in found]) for name, found in judged.items())
    for name, other in others:
        if other != frames:
            raise EchoShiftError(
                f"classifiers/{name}/predictions.csv: found {len(other)} frames, expected the {len(frames)} of {first} "
                "in their order: evaluate again"
            )


def _check_selected(selected: Path, classifier: str, judged: list[Judged], found: Mapping[str, Selected]) -> None:
    expected = {frame.frame_id: Selected(frame.fold, frame.answer) for frame in judged if frame.attacked}
    if different := sorted(set(found.items()) ^ set(expected.items())):
        frame, (fold, answer) = different[0]
        raise EchoShiftError(
            f"{selected}: classifier {classifier}, frame {frame}, fold {fold}, answer {answer}: found "
            f"{'a row' if found.get(frame) == (fold, answer) else 'none'}, expected exactly the correctly classified "
            "and the unlabelled frames of predictions.csv: select again"
        )
