"""The trajectory and the record of an attacked frame."""

import json
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr
from brightness import Brightness
from methods import BUDGETED

from common import speckle_frame
from echoshift import ReconstructionPlan
from echoshift.attacks.axes import Moves, axis
from echoshift.attacks.job import asker, run_search
from echoshift.attacks.settings import Search, default_search
from echoshift.attacks.trajectory import record_of, write_result
from echoshift.classifiers.answers import scores_of_logits
from echoshift.errors import EchoShiftError
from probes import PAPER

ABOUT = {"frame_id": "R1", "label": 1, "inputs": {"model": "abc"}}


@pytest.fixture
def attacked(tmp_path):
    plan = ReconstructionPlan(speckle_frame(), shape=(96, 96))
    predictor = Brightness(plan.render(PAPER).mean() - 10.0)
    outcome, objective = run_search(asker(plan, predictor), 1, default_search("sign_descent", 105, PAPER))
    write_result(tmp_path / "R1", outcome, objective, plan, ABOUT)
    return plan, outcome, objective, tmp_path / "R1"


def test_a_darker_image_flips_a_brightness_classifier(attacked):
    _, outcome, objective, _ = attacked
    assert outcome == "flipped"
    beta, alpha_l, alpha_u = objective.iterations[-1].point
    assert beta < 0.9 and alpha_l > 10 and alpha_u > 55  # each of the three darkens


def test_trajectory_opens_lazily_with_units_and_both_images(attacked):
    plan, _, objective, folder = attacked
    dataset = xr.open_zarr(folder / "trajectory.zarr")
    assert dataset.sizes["query"] == len(objective.queries) and dataset.sizes["iteration"] == len(objective.iterations)
    for name, variable in dataset.variables.items():
        assert {"units", "long_name"} <= set(variable.attrs), name
    final = dict(zip(dataset.parameter.values, dataset.settings.values[-1], strict=True))
    np.testing.assert_array_equal(dataset.final_image.values, plan.render(final))
    np.testing.assert_array_equal(dataset.initial_image.values, plan.render(PAPER))
    assert np.isnan(dataset.differences.values[-1]).all()
    assert dataset.attrs["outcome"] == "flipped"
    assert list(dataset.query_kind.values[:7]) == ["initial"] + ["probe"] * 6
    asked = dict(zip(dataset.parameter.values, dataset.query_settings.values[3], strict=True))
    logit = plan.render(asked).mean() - plan.render(PAPER).mean() + 10.0
    assert float(dataset.query_logit[3]) == pytest.approx(float(logit))


def test_record_says_what_the_summary_needs(attacked):
    _, outcome, objective, folder = attacked
    record = json.loads((folder / "record.json").read_text())
    assert record["outcome"] == outcome and record["queries"] == len(objective.queries)
    assert record["search"]["axes"][0]["name"] == "beta"
    assert record["final_logit"] < 0 < record["initial_logit"]
    assert record["initial_settings"] == PAPER


def falling_with_alpha_l(start):
    return lambda settings: scores_of_logits([start - one["alpha_l"] for one in settings])


def test_a_setting_without_room_touches_no_bound():
    """Coinciding bounds do not count as reached: only alpha_l moved."""
    pinned = axis("beta", Moves(), 0.9, 0.9, 0.9)
    free = axis("alpha_l", Moves(max=11.0), 10.0)
    search = Search(method="sign_descent", max_queries=50, axes=(pinned, free), fixed={"alpha_u": 55.0})
    outcome, objective = run_search(falling_with_alpha_l(12.0), 1, search)
    assert outcome == "at_bounds" and objective.iterations[-1].point == (0.9, 11.0)
    record = record_of(outcome, objective, {})
    assert record["bounds_touched"] == ["alpha_l_max"]
    assert record["moves"] == 2  # 10, 10.5, 11


def test_a_bound_where_the_path_only_started_is_not_touched():
    """For example the median filter, whose neutral width is its lower bound: it has no effect, and alpha_l moves away."""
    median = axis("median", Moves(), 1.0)
    free = axis("alpha_l", Moves(min=10.0, max=12.0), 10.0)
    search = Search(method="sign_descent", max_queries=50, axes=(free, median), fixed={"beta": 0.9, "alpha_u": 55.0})
    outcome, objective = run_search(falling_with_alpha_l(14.0), 1, search)
    path = [step.point for step in objective.iterations]
    assert path[0] == (10.0, 1.0) and path[-1] == (12.0, 1.0)
    assert record_of(outcome, objective, {})["bounds_touched"] == ["alpha_l_max"]


def test_results_are_the_same_bytes_again(attacked, tmp_path):
    plan, outcome, objective, folder = attacked
    write_result(tmp_path / "again", outcome, objective, plan, ABOUT)
    first, again = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (folder, tmp_path / "again")
    )
    assert first and first == again


def test_xarray_waits_until_the_attack_is_over():
    code = "import sys, echoshift.attacks.job, echoshift.attacks.trajectory; assert 'xarray' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_failed_write_leaves_nothing_behind(attacked, tmp_path, monkeypatch):
    plan, outcome, objective, _ = attacked

    def disk_full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("echoshift.attacks.trajectory.write_json", disk_full)
    with pytest.raises(EchoShiftError, match=r"/new: cannot be written: No space left on device$"):
        write_result(tmp_path / "new", outcome, objective, plan, {})
    assert not (tmp_path / "new").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("method", BUDGETED)
@pytest.mark.parametrize("answer", [0, 1])
def test_without_a_label_the_search_leaves_the_first_answer(method, answer):
    """Same queries and losses as with the first answer as label, without repeated queries."""
    search = default_search(method, 60, PAPER)
    sign, batches = 1 if answer else -1, []

    def ask(settings):
        batches.append(len(settings))
        return scores_of_logits([sign * (one["alpha_u"] - one["alpha_l"] - 45 + 1.2) for one in settings])

    outcome, objective = run_search(ask, None, search)
    assert objective.label == answer and outcome == "flipped"
    assert sum(batches) == len(objective.queries)
    again = run_search(ask, answer, search)
    assert (again[0], again[1].queries) == (outcome, objective.queries)
    assert (objective.iterations[-1].scores[1] >= 0) != bool(answer)
