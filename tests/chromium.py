"""Headless Chromium for tests of the page."""

import shutil
from contextlib import contextmanager

from common import lacking, needs

OPTIONS = (
    "--no-sandbox",  # as root, Chromium starts in no other way
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)


@contextmanager
def chromium():
    """The browser. Without it the test is skipped, or fails if ECHOSHIFT_CI=1."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        lacking("Chromium is not installed (Debian's package chromium)")
    playwright = needs("playwright.sync_api")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=list(OPTIONS))
        yield browser
        browser.close()
