"""The scripts of the page share one scope."""

import re
from collections import Counter

from echoshift.console.page import ASSETS, SCRIPTS


def test_every_script_is_in_the_page_and_no_name_is_given_twice():
    texts = {path.name.removesuffix(".js"): path.read_text() for path in ASSETS.iterdir() if path.name.endswith(".js")}
    assert sorted(texts) == sorted(SCRIPTS)
    given = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", "\n".join(texts.values()), re.MULTILINE)
    assert len(given) > 150 and [name for name, n in Counter(given).items() if n > 1] == []


def test_nothing_becomes_html():
    for name in SCRIPTS:
        text = (ASSETS / f"{name}.js").read_text()
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), (
            name
        )
