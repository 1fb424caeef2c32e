"""A page in the browser, and what every visit must leave behind: no error, no request."""

from base64 import b64decode
from contextlib import contextmanager
from io import BytesIO

import numpy as np
from PIL import Image

NAMED_AS_HTML = "<script>alert(1)</script>"
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
SETTLED = """async () => {
  for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
  await new Promise((done) => setTimeout(done, 60));
}"""
"""Longer than it takes to draw picture and answer."""


@contextmanager
def visit(browser, url, viewport=WIDE, **options):
    """A page that is ready. After the block its log must be empty. Motion is off unless asked for."""
    context = browser.new_context(viewport=viewport, **({"reduced_motion": "reduce"} | options))
    page = context.new_page()
    page.heard, page.requested = [], []
    page.on("console", lambda message: page.heard.append(message.text))
    page.on("pageerror", lambda error: page.heard.append(str(error)))
    page.on("dialog", lambda dialog: page.heard.append(dialog.message))
    page.on("request", lambda request: page.requested.append(request.url))
    page.goto(url)
    page.evaluate("echoshift.ready")
    settle(page)
    yield page
    assert page.heard == [], page.heard
    context.close()


def settle(page):
    page.evaluate(SETTLED)


def settings(page):
    return page.evaluate("echoshift.settings()")


def picture(page):
    """The levels that are shown, uint8 (z, x)."""
    rows, columns, levels = page.evaluate(
        """() => { let text = "";
        for (const level of echoshift.picture()) text += String.fromCharCode(level);
        return [view.plan.rows, view.plan.columns, btoa(text)]; }"""
    )
    return np.frombuffer(b64decode(levels), np.uint8).reshape(rows, columns)


def canvas(page, name):
    """Colours on a canvas, uint8 (z, x, channel)."""
    png = page.evaluate("(id) => document.getElementById(id).toDataURL().split(',')[1]", name)
    return np.asarray(Image.open(BytesIO(b64decode(png))).convert("RGBA"))
