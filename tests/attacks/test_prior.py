"""The queries of a finished attack, read for a search that starts from them."""

import shutil

import pytest
from brightness import Brightness

from common import speckle_frame
from echoshift import ReconstructionPlan
from echoshift.attacks.job import asker, run_search
from echoshift.attacks.prior import read_prior
from echoshift.attacks.settings import default_search
from echoshift.attacks.trajectory import write_result
from echoshift.errors import EchoShiftError
from probes import PAPER


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A result folder, and the objective of its search."""
    folder = tmp_path_factory.mktemp("attack") / "F1"
    plan = ReconstructionPlan(speckle_frame(seed=1, lines=16, samples=300), (32, 32))
    grey = plan.render(PAPER).mean()
    search = default_search("corners", 20, PAPER).model_copy(update={"stop": False})
    outcome, objective = run_search(asker(plan, Brightness(float(grey) - 5)), 1, search)
    write_result(folder, outcome, objective, plan, {})
    return folder, objective


def test_the_same_box_knows_every_query(finished):
    folder, objective = finished
    found = read_prior(folder, objective.search)
    assert [(one.point, one.answer, one.scores, one.loss, one.wrong, one.flipped) for one in found] == [
        (one.point, one.answer, one.scores, one.loss, one.wrong, one.flipped) for one in objective.queries
    ]
    assert len(found) == 20 and any(one.flipped for one in found) and not all(one.flipped for one in found)


def test_a_smaller_box_knows_what_lies_inside(finished):
    folder, objective = finished
    beta, alpha_l, alpha_u = objective.search.axes
    rest = {axis.name: axis.initial for axis in (alpha_l, alpha_u)}
    line = objective.search.model_copy(update={"axes": (beta,), "fixed": rest})
    own = [one.point[:1] for one in objective.queries if one.point[1:] == (10.0, 55.0)]
    assert [one.point for one in read_prior(folder, line)] == own and len(own) > 1
    narrow = beta.model_copy(update={"low": 0.7})
    half = objective.search.model_copy(update={"axes": (narrow, alpha_l, alpha_u)})
    assert [one.point for one in read_prior(folder, half)] == [
        one.point for one in objective.queries if one.point[0] >= 0.7
    ]


def test_a_larger_box_gets_the_other_settings_as_they_were(finished):
    folder, objective = finished
    gamma = default_search("corners", 9, {**PAPER, "gamma": 1.0}).axes[-1]
    wider = objective.search.model_copy(update={"axes": (gamma, *objective.search.axes)})
    assert [one.point for one in read_prior(folder, wider)] == [(1.0, *one.point) for one in objective.queries]
    other = objective.search.model_copy(update={"fixed": {"gamma": 1.5}})
    assert read_prior(folder, other) == []


@pytest.mark.parametrize("lost", ["record.json", "trajectory.zarr"])
def test_an_unfinished_attack_is_refused_in_one_line(finished, tmp_path, lost):
    folder, objective = finished
    copy = tmp_path / "F1"
    shutil.copytree(folder, copy)
    path = copy / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(EchoShiftError, match=r"F1: not readable \(.*\), expected the finished attack to start from$"):
        read_prior(copy, objective.search)
