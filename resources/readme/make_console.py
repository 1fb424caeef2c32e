"""Draw the README's stills of the console page, after `make run`.

python resources/readme/make_console.py results/study.html
"""

import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

SIZE = {"width": 1440, "height": 900}
STILLS = {"console": "", "console_flip": "document.querySelector('#button-nearest').click()"}


def stills(page_file: Path, folder: Path) -> None:
    """Write one PNG for each still. Few colours are enough and take a third of the bytes."""
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE)
        page.goto(page_file.resolve().as_uri())
        page.evaluate("window.echoshift.ready")
        for name, action in STILLS.items():
            if action:
                page.evaluate(action)
            page.wait_for_timeout(1000)
            image = Image.open(BytesIO(page.screenshot())).convert("RGB")
            image.quantize(160, dither=Image.Dither.NONE).save(folder / f"{name}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    stills(Path(sys.argv[1]), Path(__file__).parent)
