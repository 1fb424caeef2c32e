"""Summary tables, trajectories and figures of a study."""

from echoshift.lineage.cohorts import add_images
from echoshift.lineage.ledger import Ledger, agree, check_files, comment_of
from echoshift.records.provenance import joint_digest
from echoshift.storage.files import read_json
from echoshift.storage.tables import read_rows
from echoshift.summary.study_facts import StudyFacts
from echoshift.summary.summarise import COMPARISONS, FRAMES, GROUPS, ORPHANS, RECORD, ROBUSTNESS, SUCCESS, SUMMARY

FIGURES = ("cohorts", "roc", "reliability", "confusion", "outcomes", "success_over_queries", "nearest")
FIGURES_OF_RUN = ("attacks", "paths")


def add_summary(ledger: Ledger, study: StudyFacts) -> None:
    """Add `summary/`, which must match the present records, tables and confirmations."""
    results, path = ledger.results, ledger.results / "summary" / RECORD
    record = read_json(path)
    check_files(path, record["inputs"]["files"], results)
    for run in map("/".join, study.usual_runs):
        own = {frame: digest for (*of, frame), digest in ledger.records.items() if "/".join(of) == run}
        found = record["inputs"]["attacks"].get(run)
        agree(path, run, "inputs.attacks", found, joint_digest(own), "the records of this attack")
    made_from = [ledger.table(results / name) for name in record["inputs"]["files"]]
    made_from += [ledger.made[name] for name in ledger.made if name.startswith("attacks/")]
    made = [
        ledger.table(path.with_name(name))
        for name in (SUMMARY, FRAMES, SUCCESS, ROBUSTNESS, COMPARISONS, GROUPS, ORPHANS, RECORD)
    ]
    made.append(ledger.crate.folder(results / "trajectories.zarr", None, "all trajectories on a common grid"))
    about = {name: record[name] for name in ("seed", "simulated")}
    ledger.crate.action("summarise", "study", record, made_from, made, **about)


def add_figures(ledger: Ledger, study: StudyFacts) -> None:
    """Add every figure; each must match the present tables and images."""
    for name in (*FIGURES, *(f"{kind}/{run}" for kind in FIGURES_OF_RUN for run in _runs(study))):
        path = ledger.results / "figures" / f"{name}.png"
        record = comment_of(path)
        check_files(path, record["inputs"]["files"], ledger.results)
        if not set(record["inputs"]["pictures"]) <= set(ledger.pictures):
            _add_examples(ledger)
        for item, digest in record["inputs"]["pictures"].items():
            agree(path, "", f"inputs.pictures: {item}", digest, ledger.pictures.get(item), f"the picture of {item}")
        made_from = [ledger.table(ledger.results / file) for file in record["inputs"]["files"]]
        made_from += [ledger.made[item] for item in record["inputs"]["pictures"]]
        ledger.crate.action("figures", name, record, made_from, [ledger.table(path)])


def _runs(study: StudyFacts) -> list[str]:
    return ["/".join(run) for run in study.stored_runs]


def _add_examples(ledger: Ledger) -> None:
    """Images that are drawn but that no model was trained with."""
    rows = read_rows(ledger.results / "figures/examples.csv", ("cohort", "item_id", "path"))
    images = (row for row in rows if row["cohort"] == "images")
    add_images(ledger, ({"item_id": f"images/{row['item_id']}", "path": row["path"]} for row in images))
