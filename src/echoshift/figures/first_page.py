"""The headline above the figure of outcomes: what the report shows first."""

from base64 import b64encode
from collections.abc import Iterable
from html import escape

STYLE = """<style>
.prose:has(.echoshift-headline) { max-width: 60rem; }
div:has(> div > .prose) { flex-wrap: wrap; }
.items-center:has(.echoshift-headline) { align-items: flex-start; }
.echoshift-headline p { margin: 0.4rem 0; font-weight: 600; }
.echoshift-headline p.detail { margin-left: 1.5rem; font-weight: inherit; }
</style>"""
"""The report gives its description 32 rem, too few to read the figure, and cuts off the top of what is higher than the window."""


def first_page(lines: Iterable[str], figure: bytes) -> str:
    """A part of an HTML page with the headline's lines and a PNG file, which is inside it."""
    words = [f"<p{' class=detail' * line.startswith(' ')}>{escape(line.strip())}</p>" for line in lines]
    picture = f'<img alt="How every frame ended" src="data:image/png;base64,{b64encode(figure).decode("ascii")}">'
    return "\n".join([STYLE, '<div class="echoshift-headline">', *words, picture, "</div>", ""])
