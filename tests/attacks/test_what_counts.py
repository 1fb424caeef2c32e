"""Which wrong answers count: beyond the tolerance of the engine, on similar pictures; and what a search does after a flip."""

import numpy as np
import pytest
from brightness import Brightness
from methods import BUDGETED

from common import speckle_frame
from echoshift import ReconstructionPlan
from echoshift.attacks.distance import largest_move, moves
from echoshift.attacks.job import run_search, search_frame
from echoshift.attacks.settings import Accept, default_search
from echoshift.attacks.trajectory import record_of
from echoshift.classifiers.answers import scores_of_logits
from echoshift.reconstruction.similarity import ssim
from probes import PAPER

PLAN = ReconstructionPlan(speckle_frame(seed=1, lines=16, samples=300), (64, 64))
GREY = float(PLAN.render(PAPER).mean())


def search_of(method, max_queries=60, **changes):
    return default_search(method, max_queries, PAPER).model_copy(update=changes)


def falling_in_beta(border, slope=1.0):
    return lambda settings: scores_of_logits([slope * (border - one["beta"]) for one in settings])


@pytest.mark.parametrize("method", BUDGETED)
def test_a_margin_within_the_tolerance_is_no_flip(method):
    """The logit falls to -0.04 at the bound."""
    for tolerance, outcome in ((0.05, False), (0.03, True)):
        ended, objective = run_search(falling_in_beta(1.26), 1, search_of(method), tolerance)
        if not outcome or method not in ("sign_descent", "random_search", "direct"):  # these may miss the bound
            assert (ended == "flipped") == outcome
        for query in objective.queries:
            assert query.wrong == query.flipped == (-query.scores[1] >= tolerance and query.answer == 0)


@pytest.mark.parametrize("method", BUDGETED)
def test_only_similar_pictures_count_and_the_search_goes_on(method):
    initial = PLAN.render(PAPER)
    refused = 0
    for limit in (0.9, 1.0):
        search = search_of(method, accept=Accept(ssim=limit))
        _, objective = search_frame(PLAN, Brightness(GREY - 2), 1, search)
        for query in objective.queries:
            similar = ssim(initial, PLAN.render(objective.settings(query.point)), PLAN.sector) >= limit
            assert query.flipped == (query.wrong and similar)
            refused += query.wrong and not similar
        assert limit < 1 or not objective.has_arrived
    assert refused


@pytest.mark.parametrize("method", BUDGETED)
def test_a_search_that_does_not_stop_spends_its_budget(method):
    ask = falling_in_beta(1.0)
    _, first = run_search(ask, 1, search_of(method))
    outcome, objective = run_search(ask, 1, search_of(method, stop=False))
    record = record_of(outcome, objective, {})
    assert outcome == record["outcome"] == "flipped"
    flips = [i for i, query in enumerate(objective.queries, start=1) if query.flipped]
    assert record["asked"] == len(objective.queries) > flips[0]
    if method != "nearest":  # its path goes on to nearer flips
        stopped = record_of("flipped", first, {})
        assert record["queries"] == stopped["queries"] == stopped["asked"]
        assert record["final_settings"] == stopped["final_settings"]
    shares = moves(objective.search.axes, [objective.queries[i - 1].point for i in flips])
    assert record["nearest"]["linf"] == largest_move(shares).min()
    assert record["nearest"]["query"] in flips and record["n_wrong"] == len(flips)
    assert np.isclose(record["nearest"]["settings"]["beta"], objective.queries[record["nearest"]["query"] - 1].point[0])
