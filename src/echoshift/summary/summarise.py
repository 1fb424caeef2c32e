"""Writing the summary: all tables at once, or none."""

import os
from collections.abc import Iterable
from pathlib import Path

from echoshift.records.provenance import joint_digest, provenance
from echoshift.statistics.success_rate import SUCCESS_COLUMNS
from echoshift.storage.files import sha256_of_file, write_json, written_whole
from echoshift.storage.tables import write_rows
from echoshift.summary.attack_places import read_attacked
from echoshift.summary.comparisons import comparison_columns, comparisons
from echoshift.summary.confirmation import read_confirmations
from echoshift.summary.frames_table import columns, robustness_columns
from echoshift.summary.groups import group_columns, results_by_group
from echoshift.summary.study_facts import read_study_facts
from echoshift.summary.study_results import Findings, gather
from echoshift.summary.trajectories import Track, untracked, write_trajectories

SUMMARY, FRAMES, SUCCESS = "summary.json", "frames.csv", "success_over_queries.csv"
ROBUSTNESS, COMPARISONS, GROUPS = "robustness.csv", "comparisons.csv", "groups.csv"
ORPHANS, RECORD = "orphans.csv", "record.json"


def summarise_study(
    results: Path,
    study: Path,
    selected: Path,
    attacked: Iterable[Path],
    confirmed: Iterable[Path],
    folder: Path,
    trajectories: Path,
    track: Track = untracked,
    accidental: Path | None = None,
    swept: Path | None = None,
) -> Findings:
    """Read all results, check them, and write the summary folder and the trajectories, both whole or neither.

    Parameters
    ----------
    results : Path
        Folder with `classifiers/` and `attacks/`.
    study : Path
        JSON of `StudyFacts`.
    selected : Path
        `selected.csv`.
    attacked : iterable of Path
        Where each attack's result lies: the tables of each classifier.
    confirmed : iterable of Path
        What `echoshift confirm` wrote, one for each classifier.
    folder, trajectories : Path
        Where the tables and the common zarr store go.
    track : callable
        Shows how far the trajectories are.
    accidental : Path, optional
        `frames.csv` of accidental changes, if the study has them.
    swept : Path, optional
        Table of what the sensitivity analysis has left, if the study has one.
    """
    attacked, confirmed = list(attacked), list(confirmed)
    facts = read_study_facts(study)
    findings = gather(
        results, facts, selected, read_attacked(attacked), read_confirmations(confirmed), accidental, swept
    )
    folders = [results / "classifiers" / name for name in facts.classifiers]
    judged = [folder / name for folder in folders for name in ("predictions.csv", "evaluation.json")]
    files = (study, selected, *judged, *attacked, *confirmed, *filter(None, (accidental, swept)))
    about = provenance(
        inputs={
            "files": {Path(os.path.relpath(path, results)).as_posix(): sha256_of_file(path) for path in files},
            "attacks": {"/".join(run): joint_digest(digests) for run, digests in findings.records.items()},
        },
        packages=("numpy", "scipy", "zarr"),
        seed=facts.seed,
        simulated=facts.cohort.simulated,
    )
    with written_whole(folder) as draft, written_whole(trajectories) as store:
        draft.mkdir()
        write_json(draft / SUMMARY, findings.summary())
        tables = {
            FRAMES: (
                columns(facts.settings, len(facts.classes)),
                (row for rows in findings.rows.values() for row in rows),
            ),
            SUCCESS: (SUCCESS_COLUMNS, findings.success_table()),
            ROBUSTNESS: (robustness_columns(facts.settings, facts.any_unreachable), findings.robustness_table()),
            COMPARISONS: (comparison_columns(facts.any_unreachable), comparisons(facts, findings.rows, findings.known)),
            GROUPS: (group_columns(facts.any_unreachable), results_by_group(facts, findings.rows, findings.known)),
        }
        for name, table in tables.items():
            write_rows(draft / name, *facts.cohort.marked(*table))
        write_rows(draft / ORPHANS, ("folder",), ({"folder": folder.as_posix()} for folder in findings.orphans))
        write_json(draft / RECORD, about)
        attributes = {key: about[key] for key in ("echoshift_version", "seed")}
        write_trajectories(store, findings, results, attributes, track)
    return findings
