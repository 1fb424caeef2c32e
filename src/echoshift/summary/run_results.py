"""Results of one classifier and attack, read and checked frame by frame."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from echoshift.attacks.settings import Search
from echoshift.attacks.trajectory import RECORD
from echoshift.errors import EchoShiftError
from echoshift.statistics.success_rate import NOT_RUN, Row
from echoshift.storage.files import sha256_of_file
from echoshift.summary.attack_places import Attacked, Run
from echoshift.summary.attack_results import check_record, read_record
from echoshift.summary.confirmation import Confirmations
from echoshift.summary.frames_table import attack_columns, frame_row
from echoshift.summary.robustness import WrongAnswers, wrong_answers
from echoshift.summary.selection import Judged
from echoshift.summary.study_facts import StudyFacts

FLIPS = ("final", "nearest")
"""The flips of an attack that are confirmed: the one in which it ended, and the nearest."""


@dataclass
class RunResults:
    """Results of one classifier and attack.

    Attributes
    ----------
    rows : list of rows
        Of `frames.csv`, in the order of the predictions.
    records, flips, wrong : dict
        By attacked frame: the digest of its record, the confirmation of its flips, and the wrong answers.
    stale : list of str
        Frames that an attack on request attacked with an earlier configuration or model.
    """

    rows: list[Row] = field(default_factory=list)
    records: dict[str, str] = field(default_factory=dict)
    flips: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    wrong: dict[str, list[WrongAnswers]] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)

    def confirmed(self, engine: str) -> dict[str, Any]:
        """What the summary tells about the confirmation of this run."""
        ends = [(frame, flip[end]["confirmed"]) for frame, flip in self.flips.items() for end in FLIPS if flip[end]]
        finals = [flip["final"]["confirmed"] for flip in self.flips.values() if flip["final"]]
        return {
            "n_confirmed": sum(finals),
            "unconfirmed": sorted({frame for frame, is_confirmed in ends if not is_confirmed}),
            "largest_logit_difference": max(
                (flip["largest_logit_difference"] for flip in self.flips.values()), default=None
            ),
            "confirmed_by": engine,
        }


def read_run(
    results: Path,
    study: StudyFacts,
    classifier: str,
    attack: str,
    judged: Sequence[Judged],
    evaluation: Mapping[str, Any],
    attacked: Mapping[Run, Attacked],
    confirmations: Confirmations,
) -> RunResults:
    """Read the results of one classifier and attack. Arguments as in `gather`."""
    entry, settings, one = study.classifiers[classifier], study.settings, RunResults()
    for frame in judged:
        name, search = frame.frame_id, _search(study, attack, frame.frame_id)
        row = frame_row(classifier, entry.protocol, attack, frame, search, settings)
        place = _place(study, attacked, (classifier, attack, name)) if row["outcome"] == NOT_RUN else None
        if place is not None:
            record = read_record(place.folder, classifier, attack, name)
            try:
                inputs = inputs_of(evaluation, frame) | _start(study, attacked, (classifier, attack, name))
                check_record(record, place.folder, search, entry.engine, frame, inputs)
            except EchoShiftError:
                if not place.on_request:
                    raise
                one.stale.append(name)
            else:
                one.records[name] = sha256_of_file(place.folder / RECORD)
                flip = confirmations.of(attack, name, record, place.folder / RECORD)
                if flip:
                    one.flips[name] = flip
                one.wrong[name] = wrong_answers(place.folder, record, flip, search, settings)
                where = Path(os.path.relpath(place.folder, results)).as_posix()
                row |= attack_columns(record, flip, search, where, settings, frame.has_probabilities)
        one.rows.append(row)
    return one


def inputs_of(evaluation: Mapping[str, Any], frame: Judged) -> dict[str, str]:
    """Digests of what a frame was judged by."""
    inputs = evaluation["inputs"]
    found = {
        "reconstruction": inputs["reconstructions"][frame.frame_id],
        "model": evaluation["predictors"][frame.fold]["digest"],
    }
    return found | ({"recording": inputs["recordings"][frame.frame_id]} if "recordings" in inputs else {})


def _start(study: StudyFacts, attacked: Mapping[Run, Attacked], run: Run) -> dict[str, str]:
    """Digest of the record of the attack that another one starts from."""
    classifier, attack, frame = run
    start = study.attacks[attack].start
    if not start:
        return {}
    place = attacked.get((classifier, start, frame))
    if place is None:
        raise EchoShiftError(f"frame {frame}, attack {attack}: found no result of {start}, from which it starts")
    return {"start": sha256_of_file(place.folder / RECORD)}


def _search(study: StudyFacts, attack: str, frame: str) -> Search:
    search = study.searches.get(attack, {}).get(frame)
    if search is None:
        raise EchoShiftError(f"--study: searches.{attack}.{frame}: found nothing, expected this frame's search")
    return search


def _place(study: StudyFacts, attacked: Mapping[Run, Attacked], run: Run) -> Attacked | None:
    if run not in attacked and not study.attacks[run[1]].on_request:
        raise EchoShiftError(f"--attacked: {'/'.join(run)}: found no row, expected one for each selected frame")
    return attacked.get(run)
