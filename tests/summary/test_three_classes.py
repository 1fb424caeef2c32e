"""A study of three classes, with an attack towards one of them, against numbers counted from its records."""

from dataclasses import dataclass

import numpy as np
import pytest
import xarray as xr

from echoshift.classifiers.answers import answer
from echoshift.figures.drawing import study_figures
from echoshift.reconstruction.plan import ReconstructionPlan
from echoshift.storage.files import read_json, sha256_of_file
from echoshift.storage.tables import write_rows
from echoshift.summary.headline import headline
from summary.fake_study import INITIAL, FakeStudy, make_frame

LEVELS = (24.0, 29.0, 33.0, 34.0, 40.0, 38.0, 26.0, 31.5, 34.5)
LABELS = (0, 1, 1, 2, 2, 2, 0, 1, None)


class ThreeGreys:
    """Dark, grey or bright images, by the nearest of three grey levels."""

    def __init__(self, centres):
        self.centres = np.asarray(centres)
        self.digest = f"nearest of {centres}"

    def scores(self, images):
        grey = images.reshape(len(images), -1).mean(axis=1, dtype=np.float64)
        return -((grey[:, None] - self.centres) ** 2) / 60


@dataclass
class ThreeClasses(FakeStudy):
    classes: tuple[str, ...] = ("dark", "grey", "bright")
    classifiers: tuple[str, ...] = ("once",)
    attacks: tuple[str, ...] = ("descent", "to_grey")

    def predictor(self, classifier):
        return ThreeGreys(self.threshold)

    def search(self, attack, frame):
        found = super().search("descent", frame)
        return found.model_copy(update={"target": 1}) if attack == "to_grey" else found


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    names = [f"R{i:03d}" for i in range(1, len(LEVELS) + 1)]
    frames = {name: make_frame(level, i) for i, (name, level) in enumerate(zip(names, LEVELS, strict=True))}
    greys = {name: ReconstructionPlan(frame, (40, 40)).render(INITIAL).mean() for name, frame in frames.items()}
    labels = dict(zip(names, LABELS, strict=True))
    centres = [float(np.mean([greys[name] for name in names if labels[name] == label])) for label in range(3)]
    built = ThreeClasses(tmp_path_factory.mktemp("three") / "results", frames, labels, centres, (40, 40)).build()
    built.records, built.rows = built.summarise()
    return built


def test_the_study_has_something_to_show(study):
    outcomes = {row["outcome"] for row in study.rows}
    assert {"flipped", "not_attacked", "of_target"} <= outcomes
    assert {row["final_answer"] for row in study.rows if row["outcome"] == "flipped"} >= {"0", "1"}


def test_rates_count_the_frames_that_may_be_attacked(study):
    for record in study.records:
        own = [row for row in study.rows if row["attack"] == record["attack"] and row["label"]]
        tried = [row for row in own if row["queries"] != "0"]
        of_target = [row for row in own if row["outcome"] == "of_target"]
        correct = [row for row in own if row["initial_answer"] == row["label"]]
        assert record["n_correct"] == len(tried) == len(correct) - len(of_target)
        assert record["n_of_target"] == len(of_target)
        assert record["n_flipped"] == sum(row["outcome"] == "flipped" for row in tried)
    free, aimed = study.records
    assert (free["target"], aimed["target"], free["n_of_target"]) == (None, "grey", 0) and aimed["n_of_target"] > 0
    assert all(row["label"] != "1" for row in study.rows if row["attack"] == "to_grey" and row["queries"] != "0")


def test_confusion_before_and_after(study):
    for record in study.records:
        own = [row for row in study.rows if row["attack"] == record["attack"] and row["label"]]
        before, after = np.zeros((3, 3), int), np.zeros((3, 3), int)
        for row in own:
            before[int(row["label"]), int(row["initial_answer"])] += 1
            after[int(row["label"]), int(row["final_answer"] or row["initial_answer"])] += 1
        assert record["confusion"] == before.tolist() and record["confusion_after_attack"] == after.tolist()
        moved = np.trace(before) - np.trace(after)
        assert moved == record["n_flipped"] > 0


def test_tables_have_each_classs_score_and_no_logit(study):
    header = list(study.rows[0])
    assert not [name for name in header if "logit" in name] and "initial_probability" not in header
    row = next(row for row in study.rows if row["outcome"] == "flipped")
    for end in ("initial", "final"):
        scores = np.array([float(row[f"{end}_score_{label}"]) for label in range(3)])
        chances = [float(row[f"{end}_probability_{label}"]) for label in range(3)]
        assert chances == pytest.approx(np.exp(scores) / np.exp(scores).sum())
        assert int(row[f"{end}_answer"]) == answer(scores)
    change = float(row["probability_change"])
    assert change == pytest.approx(
        float(row[f"final_probability_{row['label']}"]) - float(row[f"initial_probability_{row['label']}"])
    )


def test_trajectories_have_a_class_axis(study):
    with xr.open_zarr(study.results / "trajectories.zarr") as paths:
        assert paths["class"].values.tolist() == ["dark", "grey", "bright"]
        assert "logit" not in paths and "query_logit" not in paths
        run = paths.sel(classifier="once", attack="descent", frame="R002").load()
    with xr.open_zarr(study.folder("once", "descent", "R002") / "trajectory.zarr") as own:
        assert own.query_scores.dims == ("query", "class") and own.scores.dims == ("iteration", "class")
        n = own.sizes["query"]
        np.testing.assert_array_equal(run.query_scores.values[:n], own.query_scores.values)
        assert np.isnan(run.query_scores.values[n:]).all()
        assert int(own.scores.values[-1].argmax()) != 1


def test_a_missing_chunk_of_scores_is_refused(study, tmp_path):
    from echoshift.errors import EchoShiftError

    store = study.folder("once", "descent", "R002") / "trajectory.zarr/scores/c"
    store.rename(tmp_path / "c")
    try:
        with pytest.raises(EchoShiftError, match=r"frame R002: found initial score_0 nan.*, expected the value in its"):
            study.summarise()
    finally:
        (tmp_path / "c").rename(store)


def test_headline_and_figures_name_the_classes(study, tmp_path):
    lines = headline(study.records)
    assert "(2 dark, 3 grey, 3 bright, 1 unlabelled)" in lines[0]
    assert "to_grey (to grey) flipped" in lines[2]
    row = {"cohort": "frames", "item_id": "R001", "label": "0", "path": "", "simulated": "1"}
    write_rows(tmp_path / "examples.csv", tuple(row), ())
    store = study.results / "trajectories.zarr"
    figures = dict(study_figures(study.results, study.results / "summary", store, tmp_path / "examples.csv"))

    def words(figure):
        return {text.get_text() for text in figure.findobj(lambda one: hasattr(one, "get_text"))}

    assert {"dark", "grey", "bright"} <= words(figures["confusion.png"])
    assert any(text.startswith("bright against the rest: AUC") for text in words(figures["roc.png"]))
    assert "margin of the true class" in words(figures["paths/once/descent.png"])
    assert "margin of grey" in words(figures["paths/once/to_grey.png"])
    assert any(text.split("\n")[-1].startswith("grey, P 0.") for text in words(figures["attacks/once/to_grey.png"]))
    assert "not attacked (the target is already their answer)" in words(figures["outcomes.png"])


def test_a_study_whose_classes_were_changed_is_refused(study, tmp_path):
    from echoshift.errors import EchoShiftError

    facts = read_json(study.study)
    try:
        study.study.write_text(study.study.read_text().replace('"bright"', '"bright",\n"white"'))
        with pytest.raises(
            EchoShiftError, match="found scores of 3 classes, expected 4 as in the present configuration"
        ):
            study.summarise()
    finally:
        import json

        study.study.write_text(json.dumps(facts))


def test_the_same_scores_confirm_every_flip(study, tmp_path):
    from echoshift.summary.attack_places import read_attacked
    from echoshift.summary.confirmation import confirm, find_flips

    flips = find_flips(read_attacked(study.attacked))

    class Source:
        def __init__(self, name):
            self.name, self.path = name, study.results / "rf" / f"{name}.h5"

        def plan(self):
            return ReconstructionPlan(study.frames[self.name], (40, 40))

        def digests(self):
            return {"frame": sha256_of_file(self.path)}

    sources = {name: Source(name) for name in study.frames}
    found = list(confirm(flips, sources, study.predictor))
    assert len(found) == len(flips) and all(one["largest_logit_difference"] == 0 for one in found)
    nearest = found[0]["nearest"]
    assert nearest["confirmed"] and nearest["scores"] == nearest["scores_confirmed"] and len(nearest["scores"]) == 3


def test_a_flip_to_another_class_than_the_target_is_not_confirmed(study):
    from echoshift.summary.attack_places import read_attacked
    from echoshift.summary.confirmation import confirm, find_flips

    class Biased(ThreeGreys):
        """Never says grey."""

        def __init__(self, centres):
            super().__init__(centres)

        def scores(self, images):
            return super().scores(images) - [0, 100, 0]

    flips = [flip for flip in find_flips(read_attacked(study.attacked)) if flip["attack"] == "to_grey"]
    frame = flips[0]["frame_id"]

    class Source:
        path = study.results / "rf" / f"{frame}.h5"

        def plan(self):
            return ReconstructionPlan(study.frames[frame], (40, 40))

        def digests(self):
            return {"frame": sha256_of_file(self.path)}

    (found,) = confirm(flips[:1], {frame: Source()}, lambda fold: Biased(study.threshold))
    assert not found["nearest"]["confirmed"]
