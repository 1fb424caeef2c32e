"""Every page is short and can be reached, and its links lead somewhere."""

import re

import pytest
from written import PAGES, prose

from common import ROOT

STILLS = [ROOT / f"resources/readme/{name}.png" for name in ("console", "console_flip")]
"""Pictures of the console page."""
LINK = re.compile(r"\[[^][]*\]\(([^)\s]+)\)")


def slug(heading):
    """Anchor of a heading, on the forge and in Sphinx."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_the_readme_and_the_pages_are_short():
    assert len(PAGES["README.md"].encode()) <= 9000
    assert all(text.count("\n") <= 250 for text in PAGES.values())
    assert len(PAGES) > 15


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target in LINK.findall(prose(page)):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        found = ((ROOT / page).parent / path).resolve() if path else ROOT / page
        assert found.is_file(), target
        if anchor:
            text = prose(found.relative_to(ROOT).as_posix())
            assert anchor in map(slug, re.findall(r"^#+ (.*)$", text, re.MULTILINE)), target


def test_the_readme_shows_the_stills():
    shown = re.findall(r"!\[[^][]*\]\(([^)\s]+)\)", PAGES["README.md"])
    assert [ROOT / path for path in shown] == STILLS and all(path.is_file() for path in STILLS)


def test_the_readme_leads_to_every_written_page():
    made = {page for page, text in PAGES.items() if re.search(r"^(<!-- from code|```\{)", text, re.MULTILINE)}
    assert {"docs/index.md", "docs/commands.md"} <= made
    assert set(re.findall(r"\((docs/\w+\.md)\)", PAGES["README.md"])) == set(PAGES) - made - {"README.md"}
