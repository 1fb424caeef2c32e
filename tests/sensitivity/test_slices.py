"""Sweeps and maps: asked ones are the function itself, and those of a field are the same."""

import numpy as np
import pytest
from known_functions import INITIAL, asked, design, wavy

from echoshift.attacks.field import field_of
from echoshift.attacks.job import run_search
from echoshift.attacks.searches.lattice import Settings
from echoshift.classifiers.answers import scores_of_logits
from echoshift.errors import EchoShiftError
from echoshift.sensitivity.asking import ask_design
from echoshift.sensitivity.field import read_slices
from echoshift.settings import PAPER
from echoshift.storage.stores import write_dataset


def direct(one, formula=wavy):
    """Logits of a slice, evaluated point by point."""
    found = np.empty(tuple(map(len, one.values)))
    for place in np.ndindex(found.shape):
        moved = {name: values[i] for name, values, i in zip(one.names, one.values, place, strict=True)}
        found[place] = formula(INITIAL | moved)
    return found


def test_slices_are_the_function_itself():
    answers = asked(wavy, design(steps=17, pairs=4))
    names = [("beta",), ("alpha_l",), ("alpha_u",), ("beta", "alpha_l"), ("beta", "alpha_u"), ("alpha_l", "alpha_u")]
    assert [one.names for one in answers.slices] == names
    for one in answers.slices:
        assert one.scores.shape == (*((17,) if len(one.names) == 1 else (4, 4)), 2)
        np.testing.assert_array_equal(one.scores[..., 1], direct(one))
    assert answers.slices[0].values[0] == pytest.approx(np.arange(0.5, 1.301, 0.05))


def test_each_setting_is_asked_once_in_batches():
    batches = []

    def ask(some):
        batches.append(len(some))
        return scores_of_logits([wavy(one) for one in some])

    answers = ask_design(ask, 1, design(samples=16, steps=5, pairs=3))
    assert max(batches) == 16 and sum(batches) == len(answers.points) == len(set(map(tuple, answers.points)))
    counts = {kind: answers.kinds.count(kind) for kind in ("initial", "sweep", "map", "sample")}
    # The middle of each sweep is the initial point; a map has 4 points of sweeps and the initial one.
    assert counts == {"initial": 1, "sweep": 12, "map": 12, "sample": 80}
    assert answers.initial_answer == (wavy(INITIAL) >= 0)
    logits = answers.scores[:, 1]
    assert (answers.wrong == (logits < 0)).all()


def test_whole_numbers_take_allowed_values():
    of = design(steps=17, pairs=9, settings={"median": {}}, initial=INITIAL | {"median": 1.0})
    answers = asked(lambda one: one["median"] - 4.0, of)
    assert answers.slices[0].values[0].tolist() == [1, 3, 5, 7]


def lattice(formula, **options):
    search = Settings(method="lattice", settings={name: {} for name in PAPER}, **options).search(INITIAL)
    return run_search(lambda some: scores_of_logits([formula(one) for one in some]), None, search)[1]


@pytest.fixture(scope="module")
def field(tmp_path_factory):
    path = tmp_path_factory.mktemp("field") / "field.zarr"
    write_dataset(field_of(lattice(wavy)), path)
    return path


def test_slices_of_a_field_equal_asked_ones(field):
    of = design(steps=21, pairs=21)
    taken, asked_ones = read_slices(field, of), asked(wavy, of).slices
    assert [one.names for one in taken] == [one.names for one in asked_ones]
    for one, other in zip(taken, asked_ones, strict=True):
        np.testing.assert_allclose(one.scores[..., 1], direct(one), rtol=1e-6, atol=1e-6)  # a field is float32
        if "beta" not in one.names:  # the others have the lattice's own 21 values
            np.testing.assert_allclose(one.scores, other.scores, rtol=1e-6, atol=1e-6)
    answers = asked(wavy, of, known=taken)
    assert answers.slices is taken and set(answers.kinds) == {"initial", "sample"}
    np.testing.assert_array_equal(answers.total, asked(wavy, of).total)


def test_a_field_with_gaps_is_not_used(tmp_path):
    found = field_of(lattice(wavy))
    found["logit"][0, 10, 10] = np.nan
    write_dataset(found, tmp_path / "field.zarr")
    assert read_slices(tmp_path / "field.zarr", design()) == []


def test_a_field_that_cannot_be_read_is_refused(field, tmp_path):
    with pytest.raises(EchoShiftError, match=r"nothing.zarr: not readable .*expected the field of a finished lattice"):
        read_slices(tmp_path / "nothing.zarr", design())
