"""The console page of a study."""

import json
import re
from pathlib import Path
from typing import Any

from echoshift.errors import EchoShiftError
from echoshift.lineage.ledger import Ledger, check_files

PAGE = "study.html"


def add_page(ledger: Ledger) -> None:
    """Add the page, which must match the present tables."""
    path = ledger.results / PAGE
    record = record_in(path)
    check_files(path, record["inputs"]["files"], ledger.results)
    made_from = [ledger.table(ledger.results / name) for name in record["inputs"]["files"]]
    ledger.crate.action("page", "study", record, made_from, [ledger.table(path)])


def record_in(path: Path) -> dict[str, Any]:
    """The record stored in a page written by EchoShift."""
    try:
        text = path.read_text(encoding="utf-8")
        return json.loads(re.search(r'<script type="application/json" id="study">(.*)</script>', text)[1])["record"]
    except FileNotFoundError:
        raise EchoShiftError(f"{path}: file not found, expected the page of this study") from None
    except (OSError, TypeError, KeyError, ValueError):
        raise EchoShiftError(f"{path}: found no record, expected a page with its record") from None
