"""The page as a server gives it: what it asks, in which order, and what it shows meanwhile."""

import numpy as np
import pytest
from page_visits import WIDE, picture, settle

from echoshift.console.content import Content
from echoshift.console.page import page_html


@pytest.fixture
def served(browser, finished):
    """The page as a server gives it. Questions wait in `asked` until the test answers them."""
    content = Content(finished.results, served=True)
    html = page_html(content)
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce")
    page = context.new_page()
    page.heard, asked = [], []
    page.on("pageerror", lambda error: page.heard.append(str(error)))

    def answer(route):
        path = route.request.url.removeprefix("http://page.test/")
        if path == "":
            route.fulfill(body=html, content_type="text/html")
        elif path.startswith("blob/"):
            route.fulfill(body=content.blob(path.removeprefix("blob/")), content_type="application/octet-stream")
        else:
            assert route.request.method == "POST" and route.request.headers["x-echoshift"] == "1"
            asked.append((path, route.request.post_data_json, route))

    context.route("**/*", answer)
    page.goto("http://page.test/")
    page.evaluate("echoshift.ready")
    yield page, asked
    assert page.heard == []
    context.close()


def until(page, condition):
    for _ in range(100):
        if condition():
            return
        page.wait_for_timeout(20)
    raise AssertionError("waited for 2 s")


def test_served_one_question_is_under_way_and_the_latest_wins(served):
    page, asked = served
    until(page, lambda: asked)
    for i in range(40):
        page.evaluate("(beta) => echoshift.set('beta', beta)", 0.8 + i / 1000)
        settle(page) if i % 10 == 0 else None
    page.wait_for_timeout(100)
    assert len(asked) == 1  # the first question is not answered yet
    assert page.evaluate("echoshift.how()") != "exact" or page.text_content("#answer-how b") != "exact"
    path, body, route = asked.pop()
    assert path == "ask" and body["settings"][0]["beta"] != 0.839
    route.fulfill(json={"scores": [[0, 3.0]], "seconds": 0.01})
    until(page, lambda: asked)
    _, body, route = asked.pop()
    assert body["settings"][0]["beta"] == 0.839 and len(body["settings"]) == 1
    route.fulfill(json={"scores": [[0, -1.5]], "seconds": 0.01})
    until(page, lambda: page.text_content("#answer-how b") == "exact")
    assert page.evaluate("echoshift.scores()") == [0, -1.5]
    page.wait_for_timeout(100)
    assert asked == []


def test_served_an_error_is_one_line_and_the_page_goes_on(served):
    page, asked = served
    until(page, lambda: asked)
    asked.pop()[2].fulfill(status=500, json={"error": "F0: the model has gone"})
    until(page, lambda: page.text_content("#status") == "F0: the model has gone")
    page.evaluate("echoshift.set('beta', 0.8)")
    until(page, lambda: asked)
    asked.pop()[2].fulfill(json={"scores": [[0, 2.0]], "seconds": 0.01})
    until(page, lambda: page.evaluate("echoshift.scores()") == [0, 2.0])


def test_served_the_echo_setting_is_rendered_by_the_server(served):
    page, asked = served
    until(page, lambda: asked)
    asked.pop()[2].fulfill(json={"scores": [[0, 2.0]], "seconds": 0.01})
    page.evaluate("echoshift.set('sound_speed_ratio', 1.02)")
    pixels = page.evaluate("view.plan.rows * view.plan.columns")
    levels = bytes(i % 251 for i in range(pixels))
    seen = set()
    while seen != {"ask", "render"}:
        until(page, lambda: asked)
        path, body, route = asked.pop()
        assert len(asked) == 0
        seen.add(path)
        if path == "render":
            assert body["settings"]["sound_speed_ratio"] == 1.02
            route.fulfill(body=levels, content_type="application/octet-stream")
        else:
            route.fulfill(json={"scores": [[0, 1.0]], "seconds": 0.01})
    until(page, lambda: picture(page).tobytes() == levels)


def test_served_the_map_is_asked_in_chunks_and_can_be_cancelled(served):
    page, asked = served
    until(page, lambda: asked)
    asked.pop()[2].fulfill(json={"scores": [[0, 2.0]], "seconds": 0.01})
    label = page.evaluate("view.field.label")
    page.click("#button-ask-map")
    until(page, lambda: asked)
    page.click("#button-ask-cancel")
    asked.pop()[2].fulfill(json={"scores": [[0, 9.0]] * 17, "seconds": 0.01})
    page.wait_for_timeout(100)
    assert asked == [] and page.evaluate("map.asked") is None
    page.click("#button-ask-map")
    points = []
    while len(points) < 289:
        until(page, lambda: asked)
        _, body, route = asked.pop()
        points += body["settings"]
        scores = [[0.0, one["beta"] - 0.9] for one in body["settings"]]
        route.fulfill(json={"scores": scores, "seconds": 0.01})
    until(page, lambda: page.evaluate("map.asked !== null"))
    assert page.text_content("#map-how").startswith("Exact")
    found = np.array(page.evaluate("Array.from(map.asked.margin)")).reshape(17, 17)
    betas = np.array(page.evaluate("Array.from(map.asked.x)"))
    assert np.allclose(found, (betas - 0.9) * (1 if label == 1 else -1))
    assert len({(one["beta"], one["alpha_l"]) for one in points}) == 289
