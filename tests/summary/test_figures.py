import json
import re
import shutil
from base64 import b64decode

import numpy as np
import pytest
import xarray as xr
from PIL import Image

from common import speckle_frame
from echoshift.errors import EchoShiftError
from echoshift.figures.attacks import attacks_figure
from echoshift.figures.cohorts import cohorts_figure
from echoshift.figures.drawing import study_figures
from echoshift.figures.first_page import first_page
from echoshift.figures.outcomes import outcomes_figure
from echoshift.figures.paths import paths_figure
from echoshift.figures.style import save, settings_words
from echoshift.reconstruction.cache import write_store
from echoshift.reconstruction.envelope import envelope
from echoshift.reconstruction.plan import ReconstructionPlan
from echoshift.settings import PAPER
from echoshift.storage.files import sha256_of_file
from echoshift.storage.png import write_png
from echoshift.storage.tables import write_rows
from echoshift.summary.headline import headline
from summary.fake_study import INITIAL, fake_study, verb


def with_examples(study):
    """Write some reconstructions and images, and their table."""
    results, rows = study.results, []
    for name in list(study.frames)[:4]:
        found = envelope(study.frames[name])
        plan = ReconstructionPlan(found, study.shape)
        image = plan.render(INITIAL)
        folder = results / "reconstructions" / name
        folder.mkdir(parents=True)
        write_store(folder / "reconstruction.zarr", found, plan, image, {})
        write_png(results / f"{name}.png", image, {})
        for cohort, path in (("frames", folder), ("images", results / f"{name}.png")):
            rows.append({"cohort": cohort, "item_id": name, "label": study.labels[name], "path": path, "simulated": 1})
    write_rows(results / "examples.csv", list(rows[0]), rows)


def arguments(results):
    return results, results / "summary", results / "trajectories.zarr", results / "examples.csv"


@pytest.fixture(scope="module")
def summary(tmp_path_factory):
    """Results folder, record and rows of the first attack, and the trajectories of a study of four frames."""
    study = fake_study(tmp_path_factory.mktemp("figures") / "results", levels=(36, 29, 40, 24), labels=(1, 0, 1, 0))
    study.classifiers = ("folds",)
    records, rows = study.build().summarise()
    with_examples(study)
    rows = [row for row in rows if row["attack"] == "descent"]
    return study.results, records, rows, xr.open_zarr(study.results / "trajectories.zarr")


@pytest.fixture
def results(summary):
    return summary[0]


def test_every_figure_is_written(summary, tmp_path):
    results, records, *_ = summary
    names = ("--results", "--summary", "--trajectories", "--examples")
    command = [part for pair in zip(names, arguments(results), strict=True) for part in pair]
    verb("figures", *command, "-o", tmp_path / "figures")
    found = {path.relative_to(tmp_path / "figures").as_posix(): path for path in tmp_path.rglob("*.png")}
    assert set(found) == {
        "cohorts.png", "roc.png", "reliability.png", "confusion.png", "outcomes.png", "success_over_queries.png", "nearest.png",
        "attacks/folds/descent.png", "attacks/folds/control.png", "paths/folds/descent.png", "paths/folds/control.png",
    }  # fmt: skip
    for name, path in found.items():
        assert path.stat().st_size > 5000, name
        with Image.open(path) as image:
            about = json.loads(image.info["Comment"])
        assert about["inputs"]["files"]["summary/frames.csv"] == sha256_of_file(results / "summary" / "frames.csv")
        assert "Software" not in image.info
    save(outcomes_figure(records), tmp_path / "again.png", about)
    assert (tmp_path / "again.png").read_bytes() == found["outcomes.png"].read_bytes()
    expected = first_page(headline(records), found["outcomes.png"].read_bytes())
    assert (tmp_path / "figures/headline.html").read_text() == expected


def test_the_first_page_holds_its_figure_and_shows_names_as_they_are():
    page = first_page(["<script> & co.", "  flipped 1 of 2"], b"a figure")
    assert "<p>&lt;script&gt; &amp; co.</p>" in page and "<p class=detail>flipped 1 of 2</p>" in page
    (picture,) = re.findall(r'src="data:image/png;base64,([^"]*)"', page)
    assert b64decode(picture) == b"a figure"


def laid_out(figure, tmp_path):
    """Bounding boxes in pixels of the figure, its titles, axis labels and legends, after saving."""
    from matplotlib.legend import Legend

    save(figure, tmp_path / "figure.png", {})
    titles = [part._suptitle for part in (figure, *figure.subfigs)]
    shown = [axes for axes in figure.axes if axes.axison]
    titles += [axes.title for axes in shown]
    labels = [label for axes in shown for label in (axes.xaxis.label, axes.yaxis.label)]
    places = [[one.get_window_extent() for one in words if one and one.get_text()] for words in (titles, labels)]
    return figure.bbox, *places, [legend.get_window_extent() for legend in figure.findobj(Legend)]


def assert_readable(figure, tmp_path):
    """Titles, labels and legends lie inside the figure, and titles do not overlap."""
    whole, titles, labels, legends = laid_out(figure, tmp_path)
    assert titles
    for place in (*titles, *labels, *legends):
        assert place.x0 >= -1 and place.y0 >= -1 and place.x1 <= whole.x1 + 1 and place.y1 <= whole.y1 + 1
    for i, one in enumerate(titles):
        assert not any(one.overlaps(other) for other in titles[i + 1 :])


def test_every_figure_is_readable(results, tmp_path):
    for _, figure in study_figures(*arguments(results)):
        assert_readable(figure, tmp_path)


@pytest.mark.parametrize("angle", [8, 28, 60])
def test_examples_of_any_aspect_are_readable(tmp_path, angle):
    frame = speckle_frame(angles=np.radians(np.linspace(-angle, angle, 48)))
    plan = ReconstructionPlan(envelope(frame), (96, 96))
    image = plan.render(INITIAL)
    (tmp_path / "F").mkdir()
    write_store(tmp_path / "F/reconstruction.zarr", envelope(frame), plan, image, {})
    write_png(tmp_path / "B.png", image, {})
    rows = [
        {"cohort": cohort, "item_id": f"{cohort}{i}", "label": str(i // 2), "path": tmp_path / path, "simulated": "0"}
        for cohort, path in (("frames", "F"), ("images", "B.png"))
        for i in range(4)
    ]
    for shown in (rows, rows[:4], rows[4:]):
        assert_readable(cohorts_figure(shown, ("healthy", "fatty"), "RF frames"), tmp_path)


def test_a_long_legend_is_wrapped(summary, tmp_path):
    _, (record, *_), _, paths = summary
    counts = {"outcomes": dict.fromkeys(record["outcomes"], 5), "n_unlabelled": 3}
    counts["unlabelled_outcomes"] = dict.fromkeys(record["outcomes"], 1)
    whole, _, _, legends = laid_out(paths_figure(record | counts, paths), tmp_path)
    assert legends[0].x0 >= 0 and legends[0].x1 <= whole.x1


def texts(figure):
    from matplotlib.text import Text

    return "\n".join(text.get_text() for text in figure.findobj(Text))


def test_attack_figure_states_settings_probabilities_and_protocol(summary):
    results, (record, *_), rows, _ = summary
    figure = attacks_figure(record, rows, results)
    words = texts(figure)
    assert "simulated" in words
    assert "cross-validated by patient" in words
    assert "final − initial (grey levels)" in words
    n_shown = words.count("initial: β 0.90 dB/(cm MHz), αₗ 10.0 dB, αᵤ 55.0 dB\nP(bright)")
    assert n_shown == 4
    assert len(re.findall(r"final: β \d\.\d\d dB/\(cm MHz\), αₗ .*\nP\(bright\) \d\.\d{3}", words)) == n_shown
    scales = {axes.images[0].get_clim() for axes in figure.axes if axes.images and axes.images[0].cmap.name == "RdBu_r"}
    assert len(scales) == 1  # shared by all rows
    (low, high) = scales.pop()
    assert low == -high
    shown = [axes.images[0] for axes in figure.axes if axes.images]
    before, after, difference = (np.asarray(image.get_array()) for image in shown[:3])
    np.testing.assert_array_equal(difference, after.astype(int) - before.astype(int))


def test_paths_figure_has_a_line_for_every_frame(summary):
    _, (record, *_), rows, paths = summary
    figure = paths_figure(record, paths)
    beta = figure.axes[0]
    drawn = [line for line in beta.lines if len(line.get_xdata()) > 1 and list(line.get_xdata())[:2] == [0, 1]]
    moves = [len(line.get_xdata()) - 1 for line in drawn if line.get_linestyle() != ":"]
    assert sorted(moves) == sorted(int(row["moves"]) for row in rows)
    assert "beta (dB/(cm MHz))" in texts(figure)


def test_additional_settings_get_their_own_panels_and_symbols(summary):
    _, (record, *_), _, paths = summary
    stored = paths.load().drop_vars("unit")
    for names in ([*PAPER, "gain", "median"], [*PAPER, "median"]):
        padded = stored.reindex(parameter=names)
        figure = paths_figure(record, padded.assign(low=padded.low.fillna(0.0)))
        shown = [axes for axes in figure.axes if axes.axison]
        assert [axes.get_ylabel().split()[0] for axes in shown] == [*names, "P(bright)"]
        labelled = [axes for axes in shown if axes.get_xlabel()]
        assert labelled == shown[-2:]
        assert all(axes.xaxis.get_tick_params()["labelbottom"] for axes in labelled)
    words = settings_words({"beta": 0.9, "gain": 1.25, "gamma": 1.4, "median": 3.0, "s_curve": -0.1})
    assert words == "β 0.90 dB/(cm MHz), G 1.2 dB, γ 1.40, M 3 pixel,\nS -0.10"


def test_a_damaged_image_is_rejected_in_one_line(summary, tmp_path):
    results, (record, *_), rows, _ = summary
    shutil.copytree(results / "attacks", tmp_path / "attacks")
    for chunk in (tmp_path / "attacks").rglob("final_image/c/0/0"):
        chunk.write_bytes(bytes(byte ^ 0xFF for byte in chunk.read_bytes()))
    with pytest.raises(EchoShiftError, match=r"trajectory.zarr: not readable for frame R\d+ .*; repair: rm -r"):
        attacks_figure(record, rows, tmp_path)


def test_a_study_without_attacks_has_figures_that_say_so(tmp_path):
    study = fake_study(tmp_path / "results", levels=(40, 24), labels=(1, 0))
    study.labels = {name: 1 - label for name, label in study.labels.items()}
    study.build().summarise()
    with_examples(study)
    drawn = dict(study_figures(*arguments(study.results)))
    for name in ("attacks/folds/descent.png", "paths/once/control.png", "success_over_queries.png"):
        assert "nothing was attacked" in texts(drawn[name]), name
