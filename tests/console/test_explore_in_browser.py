"""`echoshift explore` with real browsers: exact answers to what is shown, whatever happens to the others."""

import shutil

import pytest
from explored import explore
from page_visits import picture, settings, settle, visit

from chromium import chromium
from echoshift.classifiers.predictors import open_predictor
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.reconstruction.cache import read_reconstruction

CLASSIFIER = "folded"
EXACT = """() => document.getElementById("answer-how").textContent.startsWith("exact the classifier was asked")"""
MOVE_QUICKLY = """async (shares) => {
  const slider = document.getElementById("knob-beta");
  for (const share of shares) {
    slider.value = Number(slider.min) + share * (slider.max - slider.min);
    slider.dispatchEvent(new Event("input"));
    await new Promise((done) => setTimeout(done, 2));
  }
  return slider.value;
}"""
"""Drag a slider to shares of its travel."""
SHARES = [(0.4 + 0.005 * i) % 1 for i in range(199)]


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


def expected(project, frame, point):
    """Scores of the model that judged a frame."""
    rows = project.rows(f"classifiers/{CLASSIFIER}/predictions.csv")
    fold = next(row["fold"] for row in rows if row["frame_id"] == frame)
    plan = read_reconstruction(project.results / "reconstructions" / frame).plan()
    model = project.results / "classifiers" / CLASSIFIER / "folds" / fold
    return open_predictor(PredictorSettings(), model).scores(plan.render_many([point]))[0].tolist()


def shown(page):
    """Frame, settings and scores that a page shows as exact."""
    settle(page)
    page.wait_for_function(EXACT)
    return page.evaluate("[view.frame.id, echoshift.settings(), echoshift.scores()]")


def test_two_browsers_that_move_quickly_end_at_the_exact_answer(browser, finished):
    with explore(finished.results, "--no-browser") as (_, port):
        url = f"http://127.0.0.1:{port}/"
        with visit(browser, url) as first, visit(browser, url) as second:
            second.evaluate("echoshift.select('F3')")
            ends = [page.evaluate(MOVE_QUICKLY, [*SHARES, end]) for page, end in ((first, 0.237), (second, 0.781))]
            for page, end in zip((first, second), ends, strict=True):
                name, point, scores = shown(page)
                assert (name == "F3") == (page is second) and point["beta"] == pytest.approx(float(end), abs=2e-3)
                assert scores == expected(finished, name, point)


def test_the_speed_of_sound_is_live(browser, finished):
    with explore(finished.results, "--no-browser") as (_, port), visit(browser, f"http://127.0.0.1:{port}/") as page:
        page.evaluate("echoshift.set('sound_speed_ratio', 1.03)")
        name, point, scores = shown(page)
        page.wait_for_function("() => rendered.key === JSON.stringify([view.frame.id, view.settings])")
        settle(page)
        plan = read_reconstruction(finished.results / "reconstructions" / name).plan()
        assert point["sound_speed_ratio"] == 1.03 and (picture(page) == plan.render(settings(page))).all()
        assert scores == expected(finished, name, point)


def test_the_page_goes_on_when_the_results_are_gone(browser, project):
    with explore(project.results, "--no-browser") as (_, port), visit(browser, f"http://127.0.0.1:{port}/") as page:
        name, point, _ = shown(page)
        other = next(one for one in page.evaluate("STUDY.frames.map((frame) => frame.id)") if one != name)
        answers = {gamma: expected(project, name, point | {"gamma": gamma}) for gamma in (0.91, 1.21)}
        shutil.rmtree(project.results)
        page.evaluate("echoshift.set('gamma', 0.91)")
        assert shown(page)[2] == answers[0.91]
        page.click(f"[data-frame={other}]")
        page.wait_for_function("() => document.getElementById('status').textContent.includes('expected')")
        assert page.evaluate("view.frame.id") == name
        page.evaluate("echoshift.set('gamma', 1.21)")
        assert shown(page)[2] == answers[1.21]
        page.heard.clear()  # Chromium itself reports each refused request
