"""The page of the tiny study."""

from types import SimpleNamespace

import pytest
from page_visits import NAMED_AS_HTML

from chromium import chromium
from echoshift.console.content import Content
from echoshift.console.page import page_html


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="session")
def study(finished):
    """What the page knows. The last frame has another name."""
    study = Content(finished.results).study
    study["frames"][-1]["id"] = NAMED_AS_HTML
    return study


@pytest.fixture(scope="session")
def url(finished, study, tmp_path_factory):
    content = Content(finished.results)
    path = tmp_path_factory.mktemp("page") / "study.html"
    path.write_text(page_html(SimpleNamespace(study=study), [(name, content.blob(name)) for name in content.blobs]))
    return path.as_uri()
