"""The page itself: one file with its style, its scripts, the study and all blobs, or without blobs for a server."""

import json
from base64 import b64encode
from collections.abc import Iterable
from importlib.resources import files

from echoshift.console.content import Content

SCRIPTS = (
    *("unpack", "chain", "filters", "scores", "dom", "view", "hash", "list", "knobs", "picture", "ask", "bars"),
    *("map", "mapdrawn", "askmap", "walk", "actions", "chart", "glance", "main"),
)
"""Scripts in the order in which the page runs them."""
ASSETS = files("echoshift.console") / "assets"


def page_html(content: Content, blobs: Iterable[tuple[str, bytes]] = ()) -> str:
    """The page.

    Parameters
    ----------
    content : Content
    blobs : iterable of (str, bytes)
        Names and bytes of the blobs to put into it. A server answers for the others.
    """
    parts = {
        "/*STYLE*/": _asset("page.css"),
        "/*SCRIPTS*/": "\n".join(_asset(f"{name}.js") for name in SCRIPTS),
        "/*STUDY*/": _harmless(json.dumps(content.study, allow_nan=False, ensure_ascii=False)),
        "<!--BLOBS-->": "\n".join(_blob(name, own) for name, own in blobs),
    }
    text = _asset("page.html")
    # Data come last, and cannot be markers: their `<` are escaped, and the other markers are gone.
    for marker, part in parts.items():
        before, after = text.split(marker)
        text = before + part + after
    return text


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _blob(name: str, own: bytes) -> str:
    return f'<script type="text/plain" id="blob-{name}">{b64encode(own).decode()}</script>'


def _harmless(text: str) -> str:
    """JSON that cannot end the element it stands in."""
    return text.replace("<", "\\u003c")
