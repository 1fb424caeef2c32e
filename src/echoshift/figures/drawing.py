"""All figures of a study, drawn from its summary."""

from collections.abc import Iterator
from pathlib import Path

import xarray as xr
from matplotlib.figure import Figure

from echoshift.figures.attacks import attacks_figure
from echoshift.figures.cohorts import EXAMPLE_COLUMNS, cohorts_figure
from echoshift.figures.confusion import confusion_figure
from echoshift.figures.nearest import nearest_figure
from echoshift.figures.outcomes import outcomes_figure
from echoshift.figures.paths import paths_figure
from echoshift.figures.reliability import reliability_figure
from echoshift.figures.roc import roc_figure
from echoshift.figures.success import success_figure
from echoshift.statistics.success_rate import SUCCESS_COLUMNS
from echoshift.storage.files import read_json
from echoshift.storage.tables import read_rows
from echoshift.summary.frames_table import COLUMNS
from echoshift.summary.study_facts import LATTICE
from echoshift.summary.summarise import FRAMES, SUCCESS, SUMMARY


def study_figures(results: Path, summary: Path, trajectories: Path, examples: Path) -> Iterator[tuple[str, Figure]]:
    """Draw the figures one at a time.

    Parameters
    ----------
    results : Path
        Results folder, which contains `classifiers/` and `attacks/`.
    summary : Path
        Output folder of `echoshift summarise`.
    trajectories : Path
        The study's combined zarr store.
    examples : Path
        CSV with `EXAMPLE_COLUMNS`.

    Yields
    ------
    (str, Figure)
        File name, relative to the figures folder, and the figure.
    """
    records = read_json(summary / SUMMARY)
    rows = read_rows(summary / FRAMES, COLUMNS)
    of_classifier = {record["classifier"]: record for record in records}  # any attack's record has the classifier's AUC
    roc, reliability = (
        {name: read_rows(results / "classifiers" / name / curve, ()) for name in of_classifier}
        for curve in ("roc.csv", "reliability.csv")
    )
    yield (
        "cohorts.png",
        cohorts_figure(read_rows(examples, EXAMPLE_COLUMNS), records[0]["classes"], records[0]["cohort"]),
    )
    yield "roc.png", roc_figure(list(of_classifier.values()), roc)
    yield "reliability.png", reliability_figure(list(of_classifier.values()), reliability)
    yield "confusion.png", confusion_figure(records)
    yield "outcomes.png", outcomes_figure(records)
    yield "success_over_queries.png", success_figure(records, read_rows(summary / SUCCESS, SUCCESS_COLUMNS))
    yield "nearest.png", nearest_figure(records, rows)
    with xr.open_zarr(trajectories) as paths:
        for record in (one for one in records if not one["on_request"] and one["method"] != LATTICE):
            run = f"{record['classifier']}/{record['attack']}"
            own = [row for row in rows if f"{row['classifier']}/{row['attack']}" == run]
            yield f"attacks/{run}.png", attacks_figure(record, own, results)
            yield f"paths/{run}.png", paths_figure(record, paths)
