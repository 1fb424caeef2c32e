"""Every search with every setting, through the real chain: finds planted vulnerabilities and no impossible ones."""

import numpy as np
import pytest
from methods import BUDGETED

from common import speckle_frame
from echoshift import EchoShiftError, ReconstructionPlan
from echoshift.attacks.axes import Moves, axis
from echoshift.attacks.job import asker, run_search
from echoshift.attacks.settings import Search
from echoshift.classifiers.answers import scores_of_logits
from echoshift.reconstruction.chain_settings import NEUTRAL
from echoshift.settings import SETTINGS, Bounds
from echoshift.validation import checked
from probes import PAPER

PLAN = ReconstructionPlan(speckle_frame(lines=24, samples=700), (72, 72))
NEW = [name for name in SETTINGS if name not in PAPER]


class Change:
    """Changes its answer if the picture has changed by more than `limit` grey levels on average."""

    def __init__(self, limit):
        self.limit = limit

    def scores(self, images):
        return scores_of_logits([self.limit - change_of(image) for image in images])


def change_of(image):
    return np.abs(image - PLAN.render(PAPER).astype(float)).mean()


def changes(name):
    """Change of the picture at 60 % of the way to each bound of a setting, and at the bounds."""
    setting = SETTINGS[name]
    ends = [end for end in (setting.low, setting.high) if end != setting.initial]

    def at(share):
        values = [setting.initial + share * (end - setting.initial) for end in ends]
        if setting.kind == "odd integer":
            values = [5.0 if share < 1 else 7.0]
        return [change_of(PLAN.render(PAPER | {name: value})) for value in values]

    return at(0.6), at(1.0)


def axes(names, chosen):
    return tuple(axis(name, chosen, SETTINGS[name].initial) for name in names)


def attack(names, limit, method, max_queries=105):
    chosen = Moves() if method == "sign_descent" else Bounds()
    fixed = {name: value for name, value in PAPER.items() if name not in names}
    search = Search(method=method, max_queries=max_queries, seed=5, axes=axes(names, chosen), fixed=fixed)
    return run_search(asker(PLAN, Change(limit)), 1, search)


@pytest.mark.parametrize("name", NEW)
@pytest.mark.parametrize("method", BUDGETED)
def test_a_planted_vulnerability_is_found_and_an_impossible_one_is_not(name, method):
    far, ends = changes(name)
    outcome, objective = attack([name], min(far) * 0.999, method)
    assert outcome == "flipped"
    final = objective.settings(objective.iterations[-1].point)
    assert change_of(PLAN.render(final)) > min(far) * 0.999
    assert abs(final[name] - SETTINGS[name].initial) >= SETTINGS[name].rate
    # The change need not be largest at the bounds: it saturates when speckle has moved by its own size.
    outcome, objective = attack([name], 1.5 * max(ends), method, max_queries=60)
    assert outcome != "flipped"
    assert not any(query.flipped for query in objective.queries)


@pytest.mark.parametrize("method", BUDGETED)
def test_all_settings_together(method):
    names = ["beta", "alpha_l", *NEW]
    outcome, objective = attack(names, 8.0, method, max_queries=400)
    assert outcome == "flipped"
    assert len(objective.iterations[-1].point) == len(names)


@pytest.mark.parametrize("method", BUDGETED)
def test_only_allowed_values_are_asked(method):
    _, objective = attack(["median", "gain"], 99.0, method, max_queries=200)
    medians = [query.point[0] for query in objective.queries]
    assert set(medians) <= {1.0, 3.0, 5.0, 7.0} and len(set(medians)) >= 3
    if method == "random_search":  # bounds are as frequent as other values
        counts = [medians.count(value) for value in (1.0, 3.0, 5.0, 7.0)]
        assert min(counts) > 0.6 * max(counts)


def test_a_probe_among_odd_numbers_is_the_next_one():
    _, objective = attack(["median"], 99.0, "sign_descent")
    assert [query.point[0] for query in objective.queries[:2]] == [1.0, 3.0]
    assert np.isfinite(objective.iterations[0].differences[0]) and objective.iterations[0].differences[0] != 0


def test_whole_numbers_are_rounded_within_their_bounds():
    _, objective = attack(["median", "beta"], 99.0, "sign_descent", max_queries=1)
    assert objective.within([4.2, 0.87]) == (5.0, 0.87)
    assert objective.within([3.9, 9]) == (3.0, 1.3)
    assert objective.within([99, 0]) == (7.0, 0.5)


@pytest.mark.parametrize(
    ("names", "change", "expected"),
    [
        (["median"], {"step": 1}, "of at least 2"),
        (["gain", "alpha_l", "alpha_u"], {}, "at most two of gain, alpha_l and alpha_u"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused_in_one_line(names, change, expected):
    wrong = [one.model_dump() | change for one in axes(names, Moves())]
    with pytest.raises(EchoShiftError) as caught:
        checked(Search, {"method": "sign_descent", "max_queries": 9, "axes": wrong}, "--search")
    assert expected in str(caught.value) and "\n" not in str(caught.value)


def test_neutral_values_of_new_settings_lie_within_their_bounds():
    for name in NEUTRAL:
        setting = SETTINGS[name]
        assert setting.least <= setting.low <= setting.initial <= setting.high <= setting.most
        assert setting.low < setting.high
