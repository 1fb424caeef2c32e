"""The page docs/ten_questions.md, run on a small study whose answers are computed in another way."""

import ast
import dataclasses
import re

import numpy as np
import pytest

from common import ROOT
from echoshift import ReconstructionPlan
from echoshift.attacks.axes import axis
from echoshift.attacks.field import field_of
from echoshift.attacks.job import asker, run_search
from echoshift.attacks.settings import Search
from echoshift.attacks.trajectory import write_result
from echoshift.classifiers.answers import answer
from echoshift.settings import Bounds
from summary.fake_study import INITIAL, FakeStudy, fake_study, make_search

PAGE = (ROOT / "docs/ten_questions.md").read_text()
STEPS = {"beta": 0.2, "alpha_l": 2.5, "alpha_u": 5.0}


class WithLattice(FakeStudy):
    """A study whose third attack is a lattice, with its field."""

    def search(self, attack, frame):
        if attack != "lattice":
            return make_search({"sign_descent": "sign_descent", "random_search": "random_search"}[attack], frame)
        axes = [axis(name, Bounds(), INITIAL[name]).model_copy(update={"rate": rate}) for name, rate in STEPS.items()]
        return Search(method="lattice", max_queries=1000, axes=tuple(axes), options={"screen": False})

    def attack(self, classifier, attack, name, plan=None):
        super().attack(classifier, attack, name, plan)
        if attack == "lattice":
            plan = ReconstructionPlan(self.frames[name], self.shape)
            predictor, folder = self.predictor(classifier), self.folder(classifier, attack, name)
            outcome, objective = run_search(asker(plan, predictor), self.labels[name], self.search(attack, name))
            record = self.record(classifier, attack, name)
            about = {
                key: record[key]
                for key in ("classifier", "attack", "frame_id", "label", "label_source", "fold", "predictor", "inputs")
            }
            write_result(folder, outcome, objective, plan, about, field=field_of(objective))


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    plain = fake_study(tmp_path_factory.mktemp("questions") / "results")
    fields = {field.name: getattr(plain, field.name) for field in dataclasses.fields(plain)}
    attacks = ("sign_descent", "random_search", "lattice")
    fields |= {"classifiers": ("cross_validated",), "attacks": attacks, "on_request": ("lattice",)}
    study = WithLattice(**fields).build()
    study.summarise()
    return study


@pytest.fixture(scope="module")
def answers(study):
    """Variables of the page after its code has run beside the results."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(study.results.parent)
        for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
            exec(block, found)
    return found


@pytest.fixture(scope="module")
def scores(study):
    """Logit of each attacked frame at each point of the lattice, from the predictor itself."""
    values = {
        name: np.arange(*bounds)
        for name, bounds in {"beta": (0.5, 1.4, 0.2), "alpha_l": (5, 16, 2.5), "alpha_u": (50, 61, 5)}.items()
    }
    grid = [
        dict(zip(values, point, strict=True))
        for point in np.array(np.meshgrid(*values.values(), indexing="ij")).reshape(3, -1).T
    ]
    predictor = study.predictor("cross_validated")
    return {
        name: (grid, predictor.scores(ReconstructionPlan(study.frames[name], study.shape).render_many(grid)))
        for name in study.correct["cross_validated"]
    }


def test_the_page_has_ten_questions_of_few_lines():
    assert re.findall(r"^## (\d+)\. .*\?$", PAGE, re.MULTILINE) == [str(i) for i in range(1, 11)]
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[1:]
    assert len(blocks) == 10 and all(len(ast.parse(block).body) <= 2 for block in blocks)


def test_flips_of_the_fields(study, answers, scores):
    smallest, share, margins = {}, {}, {}
    for name, (grid, found) in scores.items():
        wrong = answer(found) != study.labels[name]
        alone = [
            abs(one["beta"] - 0.9)
            for one, is_wrong in zip(grid, wrong, strict=True)
            if is_wrong and (one["alpha_l"], one["alpha_u"]) == (10, 55)
        ]
        smallest[name], share[name] = min(alone, default=np.nan), wrong.mean()
        margins[name] = np.min(np.where(study.labels[name] == 1, found[:, 1], -found[:, 1]))
    assert answers["change_of_beta"].to_dict() == pytest.approx(smallest, nan_ok=True)
    assert answers["flipped_share"].to_dict() == pytest.approx(share)
    attackable = {name for name, one in share.items() if one}
    assert answers["attackable"] == attackable and 0 < len(attackable) < len(share)
    assert answers["smallest_margin"].to_dict() == pytest.approx(
        {name: one for name, one in margins.items() if not share[name]}
    )
    records = {name: study.record("cross_validated", "sign_descent", name) for name in share}
    flipped = {name for name, record in records.items() if record["outcome"] == "flipped"}
    assert answers["missed_by_the_walk"] == sorted(attackable - flipped)
    name = min(share)
    grid, found = scores[name]
    sweep = [score[1] for one, score in zip(grid, found, strict=True) if (one["alpha_l"], one["alpha_u"]) == (10, 55)]
    np.testing.assert_allclose(answers["sweeps"][name].to_numpy(), sweep, rtol=1e-5)


def test_moves_and_queries_of_the_walks(study, answers):
    names = study.correct["cross_validated"]
    records = {
        attack: [study.record("cross_validated", attack, name) for name in names]
        for attack in ("sign_descent", "random_search")
    }
    for i, (setting, width) in enumerate({"beta": 0.8, "alpha_l": 10, "alpha_u": 10}.items()):
        moved = [
            abs(one["final_settings"][setting] - one["initial_settings"][setting]) / width
            for one in records["sign_descent"]
        ]
        assert answers["moved"].iloc[i] == pytest.approx(np.mean(moved))
    for attack, own in records.items():
        assert answers["median_queries"][attack] == np.median(
            [one["queries"] for one in own if one["outcome"] == "flipped"]
        )
    touched = [bound for one in records["sign_descent"] for bound in one["bounds_touched"]]
    assert answers["bounds_reached"].to_dict() == {bound: touched.count(bound) for bound in set(touched)}
    assert answers["wrong_probes"].sum() == sum(
        one["n_wrong"] - (one["outcome"] == "flipped") for one in records["sign_descent"]
    )


def test_the_size_of_the_box(study, answers):
    nearest = []
    for name in study.correct["cross_validated"]:
        own = [study.record("cross_validated", attack, name)["nearest"] for attack in study.attacks]
        nearest += [min(one["linf"] for one in own if one)] if any(own) else []
    assert answers["half_of_the_flips"] == pytest.approx(np.median(nearest))
