"""Accidental changes: the answers of each frame, their tables and their figure."""

from rocrate.model import Entity

from echoshift.jobs.frame_job import RECORD
from echoshift.lineage.classifiers import check_model
from echoshift.lineage.ledger import Ledger, agree, check_files, comment_of
from echoshift.records.provenance import joint_digest
from echoshift.storage.files import read_json, sha256_of_file
from echoshift.storage.tables import read_rows
from echoshift.summary.accidental_results import FRAMES, SUMMARY

COLUMNS = ("classifier", "spread", "frame_id", "fold", "folder")


def add_accidental(ledger: Ledger) -> None:
    """Add the result of every frame, which must match the present models and reconstructions, and what was made from them."""
    results = ledger.results
    table, path, figure = (
        results / name for name in (f"accidental/{FRAMES}", f"accidental/{SUMMARY}", "figures/accidental.png")
    )
    record = read_json(path)
    check_files(path, record["inputs"]["files"], results)
    agree(path, "", f"outputs.{FRAMES}", record["outputs"][FRAMES], sha256_of_file(table), str(table))
    made, digests = [], {}
    for row in read_rows(table, COLUMNS):
        made.append(_add_frame(ledger, row))
        own = sha256_of_file(results / row["folder"] / RECORD)
        digests.setdefault(f"{row['classifier']}/{row['spread']}", {})[row["frame_id"]] = own
    for run, own in digests.items():
        agree(
            path, run, "inputs.accidental", record["inputs"]["accidental"].get(run), joint_digest(own), "their records"
        )
    tables = [ledger.table(path), ledger.table(table)]
    made_from = [ledger.table(results / name) for name in record["inputs"]["files"]]
    ledger.crate.action(
        "accidental-results", "tables", record, [*made_from, *made], tables, intervals=record["intervals"]
    )
    drawn = comment_of(figure)
    check_files(figure, drawn["inputs"]["files"], results)
    ledger.crate.action("accidental-results", "figure", drawn, tables, [ledger.table(figure)])


def _add_frame(ledger: Ledger, row: dict[str, str]) -> Entity:
    frame, classifier, folder = row["frame_id"], row["classifier"], ledger.results / row["folder"]
    path, of = folder / RECORD, f"frame {frame}"
    record = read_json(path)
    own = ledger.reconstructions.get(frame)
    agree(path, of, "inputs.reconstruction", record["inputs"]["reconstruction"], own, f"reconstructions/{frame}.sha256")
    for found in (record["inputs"]["model"], record["predictor"]["digest"]):
        check_model(ledger, path, of, found, classifier, row["fold"])
    made = ledger.crate.folder(folder, sha256_of_file(path), "answers at drawn settings; digest of the record")
    ledger.crate.action(
        "accidental", f"{classifier}/{row['spread']}/{frame}", record,
        [ledger.made[f"frames/{frame}"], ledger.made[f"models/{classifier}/{row['fold']}"]], [made],
        label=record["label"], label_source=record["label_source"], draws=record["draws"], predictor=record["predictor"],
    )  # fmt: skip
    return made
