"""Provenance of a finished study, collected from its records in the order in which things were made."""

from pathlib import Path

from echoshift import __version__
from echoshift.errors import EchoShiftError
from echoshift.lineage.accidental import add_accidental
from echoshift.lineage.attacks import add_attacks
from echoshift.lineage.classifiers import add_classifiers
from echoshift.lineage.cohorts import add_frames
from echoshift.lineage.crate import Crate
from echoshift.lineage.ledger import Ledger
from echoshift.lineage.page import add_page
from echoshift.lineage.summary import add_figures, add_summary
from echoshift.summary.study_facts import read_study_facts


def write_lineage(results: Path, output: Path, accidental: bool = False) -> None:
    """Write a study's provenance as RO-Crate JSON-LD.

    Uses only the files and the records stored with them, not Snakemake's metadata.

    Parameters
    ----------
    results : Path
        Results folder of a finished study.
    output : Path
        The JSON file.
    accidental : bool
        Whether the study has accidental changes.

    Raises
    ------
    EchoShiftError
        One line, if an input's digest in a record differs from the actual input or the input's own record.
    """
    study = read_study_facts(results / "study.json")
    ledger = Ledger(results, Crate(results, f"EchoShift study of {', '.join(study.classifiers)}"))
    try:
        add_frames(ledger)
        add_classifiers(ledger, study.classifiers)
        add_attacks(ledger, study.classifiers)
        add_summary(ledger, study)
        add_figures(ledger, study)
        if accidental:
            add_accidental(ledger)
        add_page(ledger)
    except KeyError as error:  # a missing field of a record
        raise EchoShiftError(
            f"{results}: found a record without {error}, expected records of echoshift {__version__}: run the study again"
        ) from error
    ledger.crate.write(output)
