"""How far settings have moved, on values known by hand."""

import numpy as np

from echoshift.attacks.axes import Axis
from echoshift.attacks.distance import largest_move, moves, root_mean_square

BETA = Axis(name="beta", initial=0.9, low=0.5, high=1.3, step=0.05, rate=0.05)
ALPHA_L = Axis(name="alpha_l", initial=10.0, low=5.0, high=25.0, step=0.1, rate=0.5)
AT_BOUND = Axis(name="gamma", initial=1.0, low=1.0, high=2.0, step=0.1, rate=0.1)
STILL = Axis(name="median", kind="odd integer", initial=1, low=1, high=1, step=2, rate=2)


def test_each_direction_has_its_own_way():
    shares = moves((BETA, ALPHA_L, AT_BOUND, STILL), [[0.7, 25, 1.5, 1], [1.3, 7.5, 1, 1], [0.9, 10, 1, 1]])
    np.testing.assert_allclose(shares, [[0.5, 1, 0.5, 0], [1, 0.5, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_allclose(largest_move(shares), [1, 1, 0])
    np.testing.assert_allclose(root_mean_square(shares), np.sqrt([1.5 / 4, 1.25 / 4, 0]))


def test_a_corner_is_at_1_by_both_measures():
    shares = moves((BETA, ALPHA_L), [[0.5, 25]])
    assert largest_move(shares) == root_mean_square(shares) == 1
