"""All results of a study, read and checked: what the tables and the trajectories are made from."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from echoshift.attacks.settings import Search
from echoshift.attacks.trajectory import RECORD
from echoshift.errors import EchoShiftError
from echoshift.statistics.success_rate import Row, success_over_queries
from echoshift.storage.files import read_json, sha256_of_file
from echoshift.summary.attack_places import Attacked, Run
from echoshift.summary.attack_results import check_record, find_orphans, read_record
from echoshift.summary.frames_table import attack_columns, frame_row
from echoshift.summary.selection import Judged, Selected, read_predictions, read_selected
from echoshift.summary.study_facts import StudyFacts
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
        Rows of `frames.csv`, by (classifier, attack), in the order of the predictions.
    orphans : list of Path
        Folders of attacks that the study no longer asks for.
    records : dict
        Digest of each attack's record by frame, by (classifier, attack).
    """

    study: StudyFacts
    evaluations: Mapping[str, dict[str, Any]]
    rows: Mapping[tuple[str, str], list[Row]]
    orphans: list[Path]
    records: Mapping[tuple[str, str], Mapping[str, str]]

    def success_table(self) -> list[dict[str, Any]]:
        """Rows of `success_over_queries.csv`."""
        return [
            row
            for (_, attack), rows in self.rows.items()
            for row in success_over_queries(rows, self.study.attacks[attack].max_queries)
        ]

    def summary(self, confirmed: Mapping[tuple[str, str], Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Records of `summary.json`; `confirmed` by (classifier, attack)."""
        controls = {attack: self.study.controls(attack) for attack in self.study.attacks}
        records = []
        for (classifier, attack), rows in self.rows.items():
            of_controls = [self.rows[classifier, control] for control in controls[attack]]
            own = confirmed[classifier, attack]
            record = summary_record(self.study, rows, of_controls, self.evaluations[classifier], own)
            n_flipped = record["n_flipped"] + record["n_unlabelled_changed"]
            if n_flipped != own["n_confirmed"]:
                raise EchoShiftError(
                    f"classifier {classifier}, attack {attack}: found {own['n_confirmed']} confirmed flips, "
                    f"expected {n_flipped}: confirm again"
                )
            records.append(record)
        return records


def gather(results: Path, study: StudyFacts, selected: Path, attacked: Mapping[Run, Attacked]) -> Findings:
    """Read what a study left in its results folder.

    Parameters
    ----------
    results : Path
        With `classifiers/` and `attacks/`.
    study : StudyFacts
        The present configuration; a result of another one is refused.
    selected : Path
        `selected.csv`.
    attacked : mapping
        Where each attack's result lies.
    """
    chosen, settings = read_selected(selected), study.settings
    judged, evaluations, rows, records = {}, {}, {}, {}
    for classifier, entry in study.classifiers.items():
        folder = results / "classifiers" / classifier
        judged[classifier] = read_predictions(folder / "predictions.csv")
        evaluations[classifier] = read_json(folder / "evaluation.json")
        _check_classes(folder, judged[classifier], len(study.classes))
        _check_evaluation(folder, evaluations[classifier], entry.protocol, judged[classifier])
        _check_selected(selected, classifier, judged[classifier], chosen.get(classifier, {}))
        for attack in study.attacks:
            rows[classifier, attack], records[classifier, attack] = [], {}
            for frame in judged[classifier]:
                search = _search(study, attack, frame.frame_id)
                row = frame_row(classifier, entry.protocol, attack, frame, search, settings)
                if frame.attacked and frame.answer != search.target:
                    place = _folder(attacked, (classifier, attack, frame.frame_id))
                    record = read_record(place, classifier, attack, frame.frame_id)
                    check_record(record, place, search, entry.engine, frame, _inputs(evaluations[classifier], frame))
                    records[classifier, attack][frame.frame_id] = sha256_of_file(place / RECORD)
                    where = Path(os.path.relpath(place, results)).as_posix()
                    row |= attack_columns(record, search, where, settings, frame.has_probabilities)
                rows[classifier, attack].append(row)
    _check_same_frames(judged)
    expected = {Path(os.path.normpath(one.folder)) for one in attacked.values()}
    return Findings(study, evaluations, rows, find_orphans(results, expected), records)


def _inputs(evaluation: Mapping[str, Any], frame: Judged) -> dict[str, str]:
    """Digests of what a frame was judged by."""
    return {
        "reconstruction": evaluation["inputs"]["reconstructions"][frame.frame_id],
        "model": evaluation["predictors"][frame.fold]["digest"],
    }


def _search(study: StudyFacts, attack: str, frame: str) -> Search:
    search = study.searches.get(attack, {}).get(frame)
    if search is None:
        raise EchoShiftError(f"--study: searches.{attack}.{frame}: found nothing, expected this frame's search")
    return search


def _folder(attacked: Mapping[Run, Attacked], run: Run) -> Path:
    if run not in attacked:
        raise EchoShiftError(f"--attacked: {'/'.join(run)}: found no row, expected one for each selected frame")
    return attacked[run].folder


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
