"""The README and the pages of `docs/`, taken apart."""

import re
import textwrap

from common import ROOT

PAGES = {path.relative_to(ROOT).as_posix(): path.read_text() for path in [ROOT / "README.md", *ROOT.glob("docs/*.md")]}
FENCES = re.compile(r"^( *)```([^`\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def blocks(page, language):
    """Fenced blocks of a page, dedented."""
    return [textwrap.dedent(text) for _, found, text in FENCES.findall(PAGES[page]) if found == language]


def prose(page):
    """A page without its fenced blocks."""
    return FENCES.sub("", PAGES[page])


def named(text):
    """What stands between single backquotes."""
    return re.findall(r"`([^`]+)`", text)


def rows(page, heading):
    """Cells of the rows of all tables under a heading."""
    section = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", PAGES[page], re.MULTILINE | re.DOTALL)[1]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    rules = {i for i, line in enumerate(lines) if set(line) <= set("|-")}
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for i, line in enumerate(lines)
        if i not in rules and i + 1 not in rules
    ]
