"""A finished study's records, gone through in the order in which things were made."""

from pathlib import Path

from echoshift import __version__
from echoshift.errors import EchoShiftError
from echoshift.lineage.attacks import add_attacks
from echoshift.lineage.classifiers import add_classifiers
from echoshift.lineage.cohorts import add_frames
from echoshift.lineage.crate import Crate
from echoshift.lineage.ledger import Ledger
from echoshift.lineage.summary import add_figures, add_summary
from echoshift.summary.study_facts import read_study_facts


def write_lineage(results: Path, output: Path) -> None:
    """Write what was made from what as RO-Crate JSON-LD.

    Nothing is taken from the workflow's memory: files, and the records that they carry, speak for themselves.

    Parameters
    ----------
    results : Path
        Results folder of a finished study.
    output : Path
        The JSON file.

    Raises
    ------
    EchoShiftError
        One line, if a record names an input's digest and that input is, or says that it is, another one.
    """
    study = read_study_facts(results / "study.json")
    ledger = Ledger(results, Crate(results, f"EchoShift study of {', '.join(study.classifiers)}"))
    try:
        add_frames(ledger)
        add_classifiers(ledger, study.classifiers)
        add_attacks(ledger, study.classifiers)
        add_summary(ledger, study)
        add_figures(ledger, study)
    except KeyError as error:  # a record's field
        raise EchoShiftError(
            f"{results}: found a record without {error}, expected records of echoshift {__version__}: run the study again"
        ) from error
    ledger.crate.write(output)
