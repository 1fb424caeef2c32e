"""References made from the code: a line `<!-- from code: NAME -->` of a page becomes what `NAME` makes.

It takes the place of the paragraph before it, too, which says on the forge where else to look.

The pages are made at build time, so they cannot disagree with the program.
"""

import re
from typing import Any

from from_code import commands, configuration, settings

REFERENCES = {
    "commands": commands.reference,
    "configuration": configuration.reference,
    "settings": settings.reference,
}
MARK = re.compile(r"^(?:`make docs` fills.*\n\n)?<!-- from code: (\w+) -->$", re.MULTILINE)


def filled_in(page: str) -> str:
    """The Markdown of a page with its references filled in."""
    return MARK.sub(lambda mark: REFERENCES[mark[1]](), page)


def setup(app: Any) -> dict[str, bool]:
    def fill_in(app: Any, name: str, source: list[str]) -> None:
        source[0] = filled_in(source[0])

    app.connect("source-read", fill_in)
    return {"parallel_read_safe": True}
