"""Attacks, each on one reconstruction and one model, and the confirmed flips."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rocrate.model import Entity

from echoshift.attacks.trajectory import RECORD
from echoshift.lineage.classifiers import check_model
from echoshift.lineage.ledger import Ledger, agree
from echoshift.storage.files import read_json, sha256_of_file
from echoshift.storage.tables import read_rows
from echoshift.summary.attack_places import Attacked, Run, read_attacked
from echoshift.summary.attack_results import read_record, refuse
from echoshift.summary.frames_table import COLUMNS
from echoshift.summary.summarise import FRAMES

TABLES = ("attacked", "requested")
"""Tables of a classifier's attacks: those of every run, and those found that run on request."""


def add_attacks(ledger: Ledger, classifiers: Iterable[str]) -> None:
    """Add every attack of the study, and each classifier's confirmation."""
    for name in classifiers:
        tables = [ledger.results / "classifiers" / name / f"{kind}.csv" for kind in TABLES]
        flips, left_out = {}, set()
        attacked = read_attacked(tables)
        taken = _taken(ledger) if any(one.on_request for one in attacked.values()) else set()
        for run, one in attacked.items():
            if one.on_request and run not in taken:
                left_out.add(run[1:])
                continue
            record = _add_attack(ledger, run, one)
            if record["nearest"]:
                flips[run[1:]] = record
        for kind, path in zip(TABLES, tables, strict=True):
            ledger.made[f"{kind}/{name}"] = ledger.table(path)
        _add_confirmation(ledger, name, flips, left_out)


def _taken(ledger: Ledger) -> set[Run]:
    """The attacks whose results the summary has, among them those on request that are current."""
    rows = read_rows(ledger.results / "summary" / FRAMES, COLUMNS)
    return {(row["classifier"], row["attack"], row["frame_id"]) for row in rows if row["folder"]}


def _add_attack(ledger: Ledger, run: Run, one: Attacked) -> dict[str, Any]:
    classifier, _, frame = run
    record, path, of = read_record(one.folder, *run), one.folder / RECORD, f"frame {frame}"
    if record["fold"] != one.fold:
        expected = f"{one.fold} as in classifiers/{classifier}/attacked.csv"
        refuse(one.folder, f"{path}: {of}: fold: found {record['fold']}", expected)
    own = ledger.reconstructions.get(frame)
    agree(path, of, "inputs.reconstruction", record["inputs"]["reconstruction"], own, f"reconstructions/{frame}.sha256")
    if "recording" in record["inputs"]:
        own = ledger.recordings.get(frame)
        agree(path, of, "inputs.recording", record["inputs"]["recording"], own, f"the recording of {of}")
    for found in (record["inputs"]["model"], record["predictor"]["digest"]):
        check_model(ledger, path, of, found, classifier, one.fold)
    digest = ledger.records[run] = sha256_of_file(path)
    made = ledger.crate.folder(one.folder, digest, "an attack's trajectory and record; digest of the record")
    search = {name: value for name, value in record["search"].items() if name != "seed"}
    made_from = [ledger.made[f"frames/{frame}"], ledger.made[f"models/{classifier}/{one.fold}"]]
    if "recording" in record["inputs"]:
        made_from.append(ledger.made[f"recordings/{frame}"])
    if "start" in record["inputs"]:
        made_from.append(_start(ledger, run, record, path))
    ledger.crate.action(
        "attack", "/".join(run), record, made_from, [made],
        label=record["label"], label_source=record["label_source"], seed=record["search"]["seed"], search=search,
        predictor=record["predictor"],
    )  # fmt: skip
    ledger.made[f"attacks/{'/'.join(run)}"] = made
    return record


def _start(ledger: Ledger, run: Run, record: dict[str, Any], path: Path) -> Entity:
    """The attack that another one starts from, which must be the present one."""
    classifier, _, frame = run
    digest = record["inputs"]["start"]
    for other, own in ledger.records.items():
        if (other[0], other[2], own) == (classifier, frame, digest):
            return ledger.made[f"attacks/{'/'.join(other)}"]
    refuse(path.parent, f"{path}: inputs.start: found digest {digest[:12]}", "that of an attack on the same frame")


def _add_confirmation(
    ledger: Ledger, classifier: str, flips: dict[tuple[str, str], dict[str, Any]], left_out: set[tuple[str, str]]
) -> None:
    """Add `confirmed.json`, which must match the present records and RF frames.

    It must cover exactly the flips, apart from those of attacks that the summary has left out.
    """
    path, frames = ledger.results / "classifiers" / classifier / "confirmed.json", ledger.results / "frames.csv"
    record = read_json(path)
    for role, table in (*((kind, path.with_name(f"{kind}.csv")) for kind in TABLES), ("frames", frames)):
        found, now = record["inputs"][role], sha256_of_file(table)
        agree(path, f"classifier {classifier}", f"inputs.{role}", found, now, str(table))
    for fold, predictor in record["predictors"].items():
        check_model(ledger, path, f"predictors.{fold}", predictor["digest"], classifier, fold)
    confirmed = {(flip["attack"], flip["frame_id"]): flip["inputs"] for flip in record["flips"]}
    confirmed = {run: inputs for run, inputs in confirmed.items() if run not in left_out}
    for attack, frame in sorted({*confirmed, *flips}):
        run, of = (classifier, attack, frame), f"attack {attack}, frame {frame}"
        expected = {"record": ledger.records[run] if (attack, frame) in flips else None}
        expected |= ledger.frame_files[frame] if (attack, frame) in flips else {}
        found = confirmed.get((attack, frame), {})
        for role in dict.fromkeys((*expected, *found)):
            source = f"the attack's {RECORD}" if role == "record" else f"the frame's {role} file"
            agree(path, of, f"inputs.{role}", found.get(role), expected.get(role), source)
    made_from = [ledger.made[f"attacks/{classifier}/{attack}/{frame}"] for attack, frame in flips]
    made = ledger.made[f"confirmed/{classifier}"] = ledger.table(path)
    ledger.crate.action(
        "confirm", classifier, record,
        [*(ledger.made[f"{kind}/{classifier}"] for kind in TABLES), ledger.table(frames), *made_from], [made],
        predictors=record["predictors"],
    )  # fmt: skip
