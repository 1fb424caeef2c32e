"""The page as people use it, in headless Chromium: knobs, map, flips, walks, keyboard, phone, and no network."""

import json
import re
import shlex
from types import SimpleNamespace
from urllib.parse import unquote

import numpy as np
import pytest
from page_visits import NAMED_AS_HTML, PHONE, WIDE, canvas, picture, settings, settle, visit
from PIL import Image
from readable import low_contrast, without_name

from echoshift.cli.main import app
from echoshift.console.content import Content
from echoshift.console.page import page_html
from echoshift.settings import nearest


def with_flip(study):
    """A frame and a classifier for which the study found a flip."""
    return next(
        (frame, name) for frame in study["frames"] for name, own in frame["classifiers"].items() if own["nearest"]
    )


def opened(page, frame, classifier):
    page.evaluate("([id, classifier]) => open(id, classifier)", [frame["id"], classifier])
    settle(page)


def test_each_knob_moves_the_picture_and_its_number_and_goes_back(browser, study, url):
    frame = study["frames"][0]
    live = {one["name"] for one in study["settings"] if one["live"]}
    with visit(browser, url) as page:
        page.click("#other-settings summary")
        start = picture(page)
        for name, knob in frame["knobs"].items():
            slider = page.locator(f"#knob-{name}")
            if name not in live:
                assert slider.is_disabled() and "echo" in page.text_content(f"#why-{name}")
                continue
            step = 1 if knob["initial"] < knob["high"] else -1
            for _ in range(3):
                slider.press("ArrowRight" if step > 0 else "ArrowLeft")
            settle(page)
            expected = np.clip(knob["initial"] + 3 * step * knob["step"], knob["low"], knob["high"])
            assert settings(page)[name] == pytest.approx(expected, abs=1e-6), name
            assert float(page.input_value(f"#number-{name}")) == settings(page)[name]
            assert (picture(page) != start).any(), name
            assert (canvas(page, "present-picture")[..., 0] == picture(page)).all()
            if step > 0 and name == "beta":
                slider.dblclick()
            elif name == "gamma":
                page.click(f"#back-{name}")
            else:
                slider.press("Delete")
            settle(page)
            assert settings(page)[name] == knob["initial"] and (picture(page) == start).all(), name


def test_a_slider_dragged_and_a_number_typed(browser, study, url):
    knob = study["frames"][0]["knobs"]["beta"]
    with visit(browser, url) as page:
        box = page.locator("#knob-beta").bounding_box()
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] * 0.5, middle)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.8, middle, steps=5)
        page.mouse.up()
        expected = knob["low"] + 0.8 * (knob["high"] - knob["low"])
        assert settings(page)["beta"] == pytest.approx(expected, abs=0.05 * (knob["high"] - knob["low"]))
        page.fill("#number-beta", str(knob["low"] + 0.0123))
        page.press("#number-beta", "Enter")
        assert settings(page)["beta"] == pytest.approx(knob["low"] + 0.0123, abs=1e-9)
        page.fill("#number-beta", "99")
        page.press("#number-beta", "Enter")
        assert settings(page)["beta"] == knob["high"]
        assert "99 is outside" in page.text_content("#status")
        page.click("#other-settings summary")
        page.fill("#number-median", "4")  # an odd number is asked for
        page.press("#number-median", "Enter")
        assert settings(page)["median"] == 5 and page.input_value("#number-median") == "5"


def test_gain_and_dynamic_range_instead_of_thresholds(browser, url):
    with visit(browser, url) as page:
        before = settings(page)
        page.click("label[for=thresholds-range]")
        assert page.locator("#knob-alpha_u").count() == 0 and page.locator("#knob-gain").is_visible()
        page.press("#knob-dynamic_range", "ArrowRight")
        page.press("#knob-gain", "ArrowRight")
        after = settings(page)
        moved = {name: round(after[name] - before[name], 6) for name in after if after[name] != before[name]}
        assert moved == {"alpha_u": 0.1, "gain": 0.1}
        assert float(page.input_value("#number-dynamic_range")) == pytest.approx(after["alpha_u"] - after["alpha_l"])


def test_other_knobs_for_the_same_picture(browser, url):
    """A gain of g dB does what both thresholds do that move by -g dB: the picture stays, and so do the scores."""
    with visit(browser, url) as page:
        start = settings(page)
        page.evaluate("echoshift.set('alpha_l', echoshift.settings().alpha_l - 2)")
        settle(page)
        shown, scores, how = picture(page), page.evaluate("echoshift.scores()"), page.evaluate("echoshift.how()")
        assert how in ("exact", "queries", "field")
        page.click("label[for=thresholds-range]")
        settle(page)
        assert settings(page) == start | {"gain": 2, "alpha_u": start["alpha_u"] + 2}
        assert (picture(page) == shown).all() and page.evaluate("echoshift.scores()") == scores
        page.click("label[for=thresholds-thresholds]")
        settle(page)
        assert settings(page) == start | {"alpha_l": start["alpha_l"] - 2} and (picture(page) == shown).all()


def test_folded_knobs_that_are_moved_are_counted_and_a_knob_stops_the_walk(browser, url):
    with visit(browser, url) as page:
        assert "moved" not in page.text_content("#other-count")
        page.evaluate("echoshift.set('gamma', 1.5)")
        settle(page)
        assert page.text_content("#other-count").endswith(", 1 moved)")
        page.click("#button-start")
        page.click("#walk-play")
        page.press("#knob-beta", "ArrowRight")
        turned = settings(page)
        page.wait_for_timeout(1500)  # two steps of the walk
        assert settings(page) == turned and page.text_content("#walk-where").endswith("points")


def test_the_panel_below_stays_where_it_is(browser, url):
    """Whether the answer is exact, interpolated or not known: a point that is dragged on the map stays under the pointer."""
    with visit(browser, url) as page:
        tops = set()
        for gamma, beta in ((1, 0.9), (1, 0.9437), (1.5, 0.9)):
            page.evaluate(
                "([gamma, beta]) => { echoshift.set('gamma', gamma); echoshift.set('beta', beta); }", [gamma, beta]
            )
            settle(page)
            tops.add(round(page.locator("#map").bounding_box()["y"]))
        assert len(tops) == 1


def test_a_link_to_a_frame_that_is_not_there_says_so(browser, url):
    with visit(browser, f"{url}#frame=R999") as page:
        assert page.text_content("#status") == 'no frame "R999" on this page'


def test_a_click_on_the_map_moves_the_knobs_there(browser, study, url):
    knobs = study["frames"][0]["knobs"]
    with visit(browser, url) as page:
        assert page.evaluate("axesOfMap()") == ["beta", "alpha_l"]
        size = page.locator("#map").bounding_box()
        left, right, top, bottom = page.evaluate("[MAP.left, MAP.right, MAP.top, MAP.bottom]")
        for across, up in [(0.75, 0.2), (0.1, 0.9)]:
            place = {
                "x": left + across * (size["width"] - left - right),
                "y": size["height"] - bottom - up * (size["height"] - top - bottom),
            }
            page.click("#map", position=place)
            settle(page)
            for name, share in (("beta", across), ("alpha_l", up)):
                width = knobs[name]["high"] - knobs[name]["low"]
                assert settings(page)[name] == pytest.approx(knobs[name]["low"] + share * width, abs=0.01 * width)
        here = settings(page)
        page.locator("#map").press("ArrowRight")
        page.locator("#map").press("ArrowDown")
        assert settings(page)["beta"] == pytest.approx(here["beta"] + knobs["beta"]["step"])
        assert settings(page)["alpha_l"] == pytest.approx(here["alpha_l"] - knobs["alpha_l"]["step"])
        page.select_option("#map-x", "alpha_l")  # the axes swap: a setting cannot be both
        assert page.evaluate("axesOfMap()") == ["alpha_l", "beta"]


def test_the_map_has_the_margin_as_colours_and_its_line_where_the_sign_changes(browser, url):
    """With a margin that is known: beta over its middle in units of half the box."""
    with visit(browser, url) as page:
        page.evaluate(
            """() => { view.field.map = (x, y, settings, nx, ny) => {
              const along = (name, n) => { const { low, high } = view.frame.knobs[name];
                return Array.from({ length: n }, (_, i) => low + ((high - low) * i) / (n - 1)); };
              const margin = Float64Array.from({ length: nx * ny }, (_, i) => (2 * (i % nx)) / (nx - 1) - 0.51);
              return { x: along(x, nx), y: along(y, ny), margin, how: "queries" };
            }; map.scale = 1; map.key = ""; map.flips = []; walk.steps = []; drawMap(); }"""
        )
        colours = canvas(page, "map-canvas").astype(int)
        left, right, top, bottom = page.evaluate("[MAP.left, MAP.right, MAP.top, MAP.bottom]")
        height, width = colours.shape[:2]
        row = top + (height - top - bottom) // 8

        def at(share):
            return colours[row, round(left + share * (width - left - right))]

        assert at(0.05)[0] > at(0.05)[2] + 20  # orange: flipped
        assert at(0.95)[2] > at(0.95)[0] + 60  # blue: holds
        line = np.flatnonzero((colours[row, :, :3] > 240).all(axis=1))
        assert line.size and np.abs(line - (left + 0.255 * (width - left - right))).max() <= 2


def test_the_flips_of_the_study_are_shown_as_flips(browser, study, url):
    frame, classifier = with_flip(study)
    with visit(browser, url) as page:
        opened(page, frame, classifier)
        assert page.text_content("#answer-badge") in ("unchanged", "wrong, as at the start")
        page.click("#button-nearest")
        settle(page)
        expected = frame["classifiers"][classifier]["nearest"]["settings"]
        assert {name: settings(page)[name] for name in expected} == pytest.approx(expected, abs=1e-6)
        assert page.evaluate("echoshift.how()") == "exact" and page.text_content("#answer-how b") == "exact"
        assert page.text_content("#answer-badge") == "FLIPPED"
        other = study["classes"][1 - frame["label"]]
        assert page.text_content("#answer-class") == other
        assert page.text_content("#answer-words").startswith(f"(true label: {study['classes'][frame['label']]})")
        nearest = page.evaluate("margin(echoshift.scores(), view.field.label)")
        page.click("#button-strongest")
        settle(page)
        strongest = page.evaluate("margin(echoshift.scores(), view.field.label)")
        assert strongest <= nearest < 0
        assert strongest == page.evaluate(
            "Math.min(...view.field.queries.map((query) => margin(query.scores, view.field.label)))"
        )
        page.click("#button-start")
        settle(page)
        assert settings(page) == page.evaluate("complete(view.frame, {})")
        flips = page.evaluate("view.field.queries.filter((query) => margin(query.scores, view.field.label) < 0).length")
        assert page.evaluate("map.flips.length") == flips > 0


def test_a_frame_that_is_wrong_at_the_start_has_no_flips(browser, study, url):
    frame, classifier = next(
        (frame, name)
        for frame in study["frames"]
        for name, own in frame["classifiers"].items()
        if own["correct"] is False
    )
    with visit(browser, url) as page:
        opened(page, frame, classifier)
        assert page.text_content("#answer-badge") == "wrong, as at the start"
        assert page.evaluate("map.flips.length") == 0 and page.locator("#button-nearest").is_disabled()
        assert page.text_content("#button-strongest") == "Lowest margin"


def test_where_nothing_was_asked_no_score_is_shown_and_why(browser, url):
    with visit(browser, url) as page:
        page.evaluate("echoshift.set('gamma', 1.4)")
        settle(page)
        assert page.evaluate("echoshift.scores()") is None and page.text_content("#answer-class") == "no score"
        assert "exponent of the grey curve" in page.text_content("#answer-how")
        assert page.locator("#bars .bar").count() == 0


def test_bars_of_three_classes(browser, url):
    """With probabilities the cut-off is the best other class; without, bars are the lead over it."""
    with visit(browser, url) as page:
        bars = """(has) => {
          STUDY.classes[2] = "severe";
          Object.assign(STUDY.classifiers[0], { binary: false, probabilities: has });
          return bars([0.2, 1.5, 0.9], 0).map((bar) => {
            const [fill, mark] = [bar.querySelector("i"), bar.querySelector("u")];
            return [bar.textContent, fill.className, fill.style.left, parseFloat(fill.style.width), parseFloat(mark.style.left)];
          });
        }"""
        leads = page.evaluate(bars, False)
        assert [one[0][-5:] for one in leads] == ["−1.30", "+0.60", "−0.60"]
        assert [one[1] for one in leads] == ["holds", "flips", "flips"]
        assert leads[1][2] == "50%" and all(float(one[2][:-1]) + one[3] == pytest.approx(50) for one in leads[::2])
        shares = 100 * np.exp([0.2, 1.5, 0.9]) / np.exp([0.2, 1.5, 0.9]).sum()
        found = page.evaluate(bars, True)
        assert [one[3] for one in found] == pytest.approx(shares.tolist(), abs=1e-3)
        assert [one[4] for one in found] == pytest.approx([shares[1], shares[2], shares[1]], abs=1e-3)
        page.evaluate("STUDY.classes.pop()")


def test_a_walk_is_replayed_point_by_point(browser, study, url):
    with visit(browser, url) as page:
        for frame in study["frames"]:
            opened(page, frame, study["classifiers"][0]["name"])
            if page.evaluate("walk.steps.length") > 2:
                break
        steps = page.evaluate("walk.steps")
        assert len(steps) > 2
        for i in range(2):
            page.click("#walk-step")
            settle(page)
            assert settings(page) == pytest.approx(steps[i])
        page.click("#walk-back")
        assert settings(page) == pytest.approx(steps[0])
        page.evaluate("walk.steps = walk.steps.slice(0, 3)")
        page.click("#walk-play")
        assert page.text_content("#walk-play span") == "Pause"
        page.wait_for_function("() => walk.timer === null")
        assert settings(page) == pytest.approx(steps[2]) and page.text_content("#walk-where") == "point 3 of 3"


def test_pictures_glide_to_a_flip_unless_motion_is_not_wanted(browser, study, url):
    frame, classifier = with_flip(study)
    target = frame["classifiers"][classifier]["nearest"]["settings"]
    with visit(browser, url, reduced_motion="no-preference") as page:
        opened(page, frame, classifier)
        page.evaluate("timings.redraw.length = 0")
        page.click("#button-nearest")
        page.wait_for_function(
            "(target) => Object.keys(target).every((name) => view.settings[name] === target[name])", arg=target
        )
        assert page.evaluate("timings.redraw.length") > 2


def test_difference_and_wipe(browser, url):
    with visit(browser, url) as page:
        start = picture(page).astype(int)
        page.evaluate("echoshift.set('alpha_u', view.frame.knobs.alpha_u.low)")
        page.evaluate("echoshift.set('alpha_l', view.frame.knobs.alpha_l.high)")
        page.click("label[for=mode-difference]")
        settle(page)
        change = picture(page) - start
        red, _, blue, _ = np.moveaxis(canvas(page, "present-picture").astype(int), -1, 0)
        assert (change > 2).any() and (change < -2).any()
        assert (red > blue)[change > 2].all() and (blue > red)[change < -2].all()
        assert len(np.unique(red[change == 0])) == 1
        scale = int(re.search(r"\+(\d+)", page.text_content("#brighter"))[1])
        assert scale / 2 < np.abs(change).max() <= scale
        page.click("label[for=mode-wipe]")
        settle(page)
        assert (canvas(page, "start-picture")[..., 0] == start).all()
        page.focus("#wipe")
        before = page.evaluate("byId('present-picture').style.clipPath")
        page.keyboard.press("ArrowRight")
        assert page.evaluate("byId('present-picture').style.clipPath") != before
        assert page.evaluate("byId('wipe-line').style.left") == "51%"


def test_the_list_sorts_filters_and_finds(browser, study, url):
    name = study["classifiers"][0]["name"]
    of = {frame["id"]: frame["classifiers"][name] for frame in study["frames"]}
    ids = "[...document.querySelectorAll('#frames [data-frame]')].map((item) => item.dataset.frame)"
    with visit(browser, url) as page:
        for choice, keep in {
            "flipped": lambda one: one["nearest"],
            "robust": lambda one: not one["nearest"] and one["correct"],
            "wrong": lambda one: not one["correct"],
        }.items():
            page.select_option("#filter", choice)
            assert set(page.evaluate(ids)) == {frame for frame, one in of.items() if keep(one)}, choice
        page.select_option("#filter", "all")
        page.select_option("#sort", "nearest")
        nearest = [of[frame]["nearest"]["linf"] if of[frame]["nearest"] else np.inf for frame in page.evaluate(ids)]
        assert nearest == sorted(nearest) and len(nearest) == len(of)
        page.fill("#find", "script")
        assert page.evaluate(ids) == [NAMED_AS_HTML]
        page.fill("#find", study["classes"][1])
        assert set(page.evaluate(ids)) == {frame["id"] for frame in study["frames"] if frame["label"] == 1}


def test_a_name_that_is_html_is_shown_as_it_is(browser, url):
    with visit(browser, url) as page:
        page.click("#frames >> text=" + NAMED_AS_HTML)
        settle(page)
        assert page.text_content("#frame-title").startswith(NAMED_AS_HTML)
        assert page.evaluate("document.querySelectorAll('#console script').length") == 0
        page.wait_for_timeout(400)
        assert NAMED_AS_HTML in unquote(page.evaluate("location.hash")).replace("+", " ")


def test_an_address_opens_the_same_view(browser, study, url):
    frame = study["frames"][1]
    classifier = study["classifiers"][1]["name"]
    with visit(browser, url) as page:
        opened(page, frame, classifier)
        page.evaluate("echoshift.set('beta', 0.8); echoshift.set('gamma', 1.3)")
        page.wait_for_timeout(400)
        shown, hash_of_view = picture(page), page.evaluate("location.hash")
    with visit(browser, url + hash_of_view) as page:
        assert page.evaluate("[view.frame.id, view.classifier]") == [frame["id"], classifier]
        assert settings(page)["beta"] == 0.8 and (picture(page) == shown).all()
        page.evaluate("location.hash = '#frame=nothing&beta=never'")  # an address of another page: what is known stays
        settle(page)
        assert page.evaluate("view.frame.id") == frame["id"]


def test_the_command_line_makes_the_same_picture(browser, finished, study, url, tmp_path):
    frame = study["frames"][0]
    with visit(browser, url) as page:
        for name, value in {"beta": 0.75, "alpha_l": 12.5, "gain": -2, "tgc_3": 4, "gamma": 1.5, "median": 3}.items():
            page.evaluate("([name, value]) => echoshift.set(name, value)", [name, value])
        settle(page)
        page.click("#button-command")
        page.evaluate("echoshift.set('gain', -3)")  # a line that is shown follows
        settle(page)
        words = shlex.split(page.input_value("#command"))
        assert "gain=-3" in words
        shown = picture(page)
    assert words[:3] == ["echoshift", "reconstruct", "RECORDING"] and words[-2:] == ["-o", "moved.png"]
    words[2] = str(finished.results / "simulated/frames" / f"{frame['id']}.h5")
    words[-1] = str(tmp_path / "moved.png")
    with pytest.raises(SystemExit) as end:
        app(words[1:])
    assert not end.value.code
    made = np.asarray(Image.open(words[-1])).astype(int)
    assert made.shape == shown.shape and np.abs(made - shown).max() <= 1 and (made != 0).any()


def test_the_picture_is_saved_as_it_is_shown(browser, url):
    with visit(browser, url) as page:
        page.evaluate("echoshift.set('beta', 0.75)")
        settle(page)
        with page.expect_download() as saved:
            page.click("#button-png")
        assert saved.value.suggested_filename == f"{page.evaluate('view.frame.id')}_moved.png"
        assert (np.asarray(Image.open(saved.value.path()).convert("L")) == picture(page)).all()


def test_with_the_keyboard_alone(browser, study, url):
    with visit(browser, url) as page:
        reached = []
        for _ in range(60):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.id"))
        order = [
            *("tab-console", "classifier", "filter", "sort", "find", "frames", "mode-picture", "button-nearest"),
            *("button-strongest", "button-command", "button-png", "number-beta", "knob-beta", "map-x", "map-y", "map"),
        ]
        found = [reached.index(name) for name in order if name in reached]
        missing = set(order) - set(reached)
        assert missing <= {"button-nearest"} and found == sorted(found)  # no flip of this frame may be known
        page.focus("#frames")
        page.keyboard.press("ArrowDown")
        page.wait_for_function("(id) => view.frame.id === id", arg=study["frames"][1]["id"])
        page.keyboard.press("Home")  # sorted by id
        page.wait_for_function("(id) => view.frame.id === id", arg=NAMED_AS_HTML)
        chosen = page.get_attribute("#frames", "aria-activedescendant")
        assert page.get_attribute(f"#{chosen}", "aria-selected") == "true"
        page.focus("#mode-picture")
        page.keyboard.press("ArrowRight")
        assert page.evaluate("mode()") == "difference"
        page.focus("#tab-console")
        page.keyboard.press("ArrowRight")
        assert page.locator("#glance").is_visible() and not page.locator("#console").is_visible()


def test_the_glance_has_every_count_with_its_denominator(browser, finished, study, url):
    summary = json.loads((finished.results / "summary/summary.json").read_text())
    with visit(browser, url) as page:
        page.click("#tab-glance")
        shown = page.text_content("#glance")
        for record in summary:
            if record["n_correct"]:
                assert f"{record['n_flipped']} of {record['n_correct']}" in shown
        for own in study["glance"]["classifiers"]:
            assert f"{own['n_correct']} of {own['n_frames']} = {round(100 * own['accuracy'][0])} % [" in shown
        assert all(line in shown for line in study["headline"])
        assert "The sensitivity analysis did not run" in shown
        charts = page.evaluate("[...document.querySelectorAll('.chart')].map((one) => [one.role, one.ariaLabel])")
        assert len(charts) >= 4 and all(role == "img" and len(text) > 10 for role, text in charts)


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_nothing_overflows_and_every_text_and_control_can_be_read(browser, study, url, viewport):
    frame, classifier = with_flip(study)
    with visit(browser, url, viewport) as page:
        opened(page, frame, classifier)
        page.evaluate("byId('other-settings').open = true")
        for look in ("#button-nearest", "label[for=mode-difference]", "label[for=mode-wipe]", "#tab-glance"):
            page.click(look)
            settle(page)
            wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wider <= 0, look
            assert low_contrast(page) == [], look
            assert without_name(page) == [], look


def test_from_disk_the_page_asks_for_nothing(browser, study, url):
    with visit(browser, url) as page:
        for frame in study["frames"][:3]:
            opened(page, frame, study["classifiers"][0]["name"])
        page.click("#tab-glance")
        page.evaluate("fetch('http://127.0.0.1:9/').catch(() => 0)")
        assert page.requested == [url]
        assert len(page.heard) <= 2 and all("Content Security Policy" in line for line in page.heard)
        page.heard.clear()


def changed(study, change):
    """A copy of what the page knows, with a change."""
    copied = json.loads(json.dumps(study))
    change(copied)
    return copied


@pytest.fixture
def page_of(finished, browser, tmp_path):
    """Opens the page of a changed study."""

    def visit_changed(study):
        content = Content(finished.results)
        path = tmp_path / "changed.html"
        blobs = [(name, content.blob(name)) for name in content.blobs]
        path.write_text(page_html(SimpleNamespace(study=study), blobs))
        return visit(browser, path.as_uri())

    return visit_changed


def test_a_study_without_labels_opens(page_of, study):
    def change(study):
        for frame in study["frames"]:
            frame["label"] = None
            for own in frame["classifiers"].values():
                own["correct"] = None
        for own in study["glance"]["classifiers"]:
            own |= {"accuracy": None, "auc": None, "robust": [], "known": None, "n_frames": 0, "n_correct": 0}
            for attack in own["attacks"]:
                attack |= {"n_correct": 0, "n_flipped": 0, "share": [None] * 3}

    with page_of(changed(study, change)) as page:
        page.click("#tab-glance")
        assert "Accuracy and robust accuracy: No frame has a label." in page.inner_text("#glance")
        assert page.locator("#frames [data-frame]").count() == len(study["frames"])


def test_one_setting_that_the_study_moves_is_one_axis_of_the_map(page_of, study):
    def change(study):
        for one in study["settings"]:
            one["moved"] = one["name"] == "beta"

    with page_of(changed(study, change)) as page:
        assert page.evaluate("axesOfMap()") == ["beta", "alpha_l"]
        page.evaluate("[byId('map-x').value, byId('map-y').value] = ['alpha_l', 'gain']; buildMap()")
        assert page.evaluate("axesOfMap()") == ["alpha_l", "gain"]


def test_a_frame_that_nobody_attacked_is_not_said_to_resist(page_of, study):
    """Its patient is known to the model: it was right at the start and no attack tried it."""
    name = study["classifiers"][0]["name"]
    robust = next(one for one in study["frames"] if one["classifiers"][name]["correct"])

    def change(study):
        frame = next(one for one in study["frames"] if one["id"] == robust["id"])
        own = frame["classifiers"][name]
        own |= {"known": True, "nearest": None}
        for outcome in own["outcomes"].values():
            outcome |= {"outcome": "known_patient", "queries": 0, "nearest": None}

    with page_of(changed(study, change)) as page:
        item = page.inner_text(f"#frames [data-frame='{robust['id']}']")
        assert "in training" in item and "not attacked" in item and "no flip found" not in item
        page.select_option("#filter", "robust")
        shown = page.evaluate("[...document.querySelectorAll('#frames [data-frame]')].map((one) => one.dataset.frame)")
        assert shown and robust["id"] not in shown


def test_from_disk_the_picture_says_which_change_it_lacks(browser, url):
    """A flip may move the speed of sound: the score is known, the picture is not."""
    with visit(browser, url) as page:
        assert page.locator("#unknown").is_hidden()
        page.evaluate("echoshift.set('sound_speed_ratio', 1.02)")
        settle(page)
        assert page.text_content("#unknown").startswith("without the change of ")
        assert page.locator("#unknown").is_visible()
        page.evaluate("view.frame.reduced = 2; echoshift.set('sound_speed_ratio', 1)")
        settle(page)
        assert page.text_content("#unknown") == "reduced 2.0 times: median and smoothing act on the page's pixels"


def test_an_address_with_another_classifier_changes_the_list_too(browser, study, url):
    second = study["classifiers"][1]["name"]
    with visit(browser, url) as page:
        items = "[...document.querySelectorAll('#frames [data-frame]')].map((one) => one.innerText)"
        before = page.evaluate(items)
        page.evaluate("(hash) => { location.hash = hash; }", f"#classifier={second}")
        page.wait_for_function("(name) => view.classifier === name", arg=second)
        settle(page)
        after = page.evaluate(items)
        page.evaluate("drawList()")
        assert after == page.evaluate(items) != before


@pytest.mark.parametrize("high", [6.0, 7.0])
def test_a_knob_of_odd_numbers_stays_odd_at_its_bounds(browser, url, high):
    """As in an attack: bounds that are offsets may be even."""
    with visit(browser, url) as page:
        found = page.evaluate(
            "([low, high]) => { Object.assign(view.frame.knobs.median, { low, high });"
            " return [0, 2.2, 4, 9].map((value) => allowed('median', value)); }",
            [2.0, high],
        )
        assert found == [nearest("odd integer", min(max(value, 2.0), high)) for value in (0, 2.2, 4, 9)]
