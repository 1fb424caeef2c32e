"""Sobol indices of functions whose indices are known, and the samples that they are estimated from."""

import numpy as np
import pytest
from known_functions import INITIAL, asked, design, ishigami, share

from echoshift.sensitivity.asking import ask_design
from echoshift.sensitivity.indices import sample
from echoshift.settings import PAPER, SETTINGS


def indices(formula, **section):
    answers = asked(formula, design(**{"samples": 4096, "steps": 2, "pairs": 2} | section))
    np.testing.assert_array_equal(answers.first[0], answers.first[1])  # the log-odds of two classes differ in sign
    return answers.first[1], answers.total[1]


def test_ishigami():
    first, total = indices(ishigami)
    assert first == pytest.approx([0.3139, 0.4424, 0.0], abs=0.02)
    assert total == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.02)


def test_of_a_sum_first_and_total_are_the_shares_of_the_variance():
    first, total = indices(lambda one: 3 * share(one, "beta") + 4 * share(one, "alpha_u"))
    assert first == pytest.approx([9 / 25, 0, 16 / 25], abs=0.01) and first[1] == total[1] == 0.0
    assert total == pytest.approx(first, abs=0.01)


def test_of_a_product_the_rest_is_the_interaction():
    """Of x y with both uniform in [0, 1]: V = 7 / 144, V_x = V_y = 1 / 48."""
    first, total = indices(lambda one: share(one, "beta") * share(one, "alpha_l"))
    assert first == pytest.approx([3 / 7, 3 / 7, 0], abs=0.01)
    assert total == pytest.approx([4 / 7, 4 / 7, 0], abs=0.01)


def test_an_odd_whole_number():
    """Uniform on 1, 3, 5, 7: variance 5. Uniform on [0, 6 sqrt(5)]: variance 15."""
    settings = {"beta": {"min": 0.5, "max": 1.3}, "median": {"min": 1, "max": 7}}
    first, total = indices(
        lambda one: one["median"] + 6 * np.sqrt(5) * share(one, "beta"),
        settings=settings,
        initial=INITIAL | {"median": 3.0},
    )
    assert first == pytest.approx([3 / 4, 1 / 4], abs=0.01) and total == pytest.approx([3 / 4, 1 / 4], abs=0.01)


def test_one_setting_alone_has_all_the_variance():
    first, total = indices(lambda one: share(one, "beta"), settings={"beta": {}})
    assert first == pytest.approx([1.0], abs=0.01) and total == pytest.approx([1.0], abs=0.01)


def test_three_classes_have_indices_of_their_own():
    def scores(some):
        return [[0.0, 9 * share(one, "beta"), 0.0] for one in some]

    answers = ask_design(scores, None, design(samples=256))
    assert answers.first.shape == answers.total.shape == (3, 3)
    assert answers.total[:, 0] == pytest.approx([1, 1, 1], abs=0.05) and (answers.total[:, 1:] == 0).all()


def test_a_score_that_never_varies_has_no_indices():
    first, total = indices(lambda one: 0.1, samples=8)
    assert np.isnan(first).all() and np.isnan(total).all()


def test_a_setting_held_still_has_no_influence():
    held = {"beta": 0.9}
    answers = asked(ishigami, design(low=held, high=held, samples=64))
    assert answers.first[1, 0] == answers.total[1, 0] == 0.0
    assert len(answers.slices[0].scores) == 1


def test_the_sample_fills_the_box_and_takes_allowed_values():
    settings = {"beta": {}, "median": {}}
    found = sample(design(samples=1024, settings=settings, initial=INITIAL | {"median": 1.0}))
    assert found.shape == (4, 1024, 2)
    a, b, *mixed = found
    for own in (a, b):
        assert 0.5 <= own[:, 0].min() < 0.51 and 1.29 < own[:, 0].max() <= 1.3
        values, counts = np.unique(own[:, 1], return_counts=True)
        assert values.tolist() == [1, 3, 5, 7] and (counts == 256).all()
    assert abs(np.corrcoef(a[:, 0], b[:, 0])[0, 1]) < 0.05
    for i, own in enumerate(mixed):
        assert (own[:, i] == b[:, i]).all() and (np.delete(own, i, axis=1) == np.delete(a, i, axis=1)).all()


def test_the_sample_depends_on_the_seed_and_the_frame():
    found = sample(design())
    assert np.array_equal(sample(design()), found)
    for other in ({"seed": 2}, {"frame": "F2"}):
        assert not np.isin(sample(design(**other)), found).any()
    assert [SETTINGS[name].kind for name in PAPER] == ["continuous"] * 3
