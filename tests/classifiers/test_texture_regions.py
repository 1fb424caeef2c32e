"""Texture classifiers that need a frame's regions: the ratio of liver and cortex, and features inside one region."""

import json
from dataclasses import replace

import numpy as np
import pytest

from classifiers.conftest import texture
from classifiers.texture_cohort import COLUMNS, write_cohort
from common import speckle_frame
from echoshift.attacks.job import asker
from echoshift.classifiers.answers import answer
from echoshift.classifiers.evaluation.baselines import liver_cortex_ratio
from echoshift.classifiers.evaluation.judging import FRAME_COLUMNS, evaluate_from_table
from echoshift.classifiers.predictors import for_frame, open_predictor
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.classifiers.texture.estimators import scores_of
from echoshift.classifiers.texture.features import feature_names, region_masks, texture_features
from echoshift.classifiers.texture.folder import read_texture
from echoshift.classifiers.texture.settings import FeatureSettings, TextureSettings
from echoshift.classifiers.texture.training import train_texture
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.cache import STORE, read_reconstruction, write_store
from echoshift.reconstruction.envelope import envelope
from echoshift.reconstruction.grid import PixelGrid
from echoshift.reconstruction.plans import plan_of
from echoshift.storage.tables import read_rows, write_rows

ENGINE = PredictorSettings(engine="scikit_learn")
USUAL = {"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0}
RATIO = FeatureSettings(features=("ratio",))
REGIONS = {
    "liver": np.array([(-0.04, 0.03), (-0.006, 0.03), (-0.006, 0.08), (-0.04, 0.08)]),
    "cortex": np.array([(0.006, 0.03), (0.04, 0.03), (0.04, 0.08), (0.006, 0.08)]),
}


def frame_of(i, regions=REGIONS):
    """Every other frame has 6 dB more on the left, where the liver is, and each its own overall level."""
    frame = speckle_frame(i, lines=32, regions=regions)
    gain = np.where(np.arange(32) < 16, 2.0 if i % 2 else 1.0, 1.0) * 10 ** (0.3 * np.sin(i))
    return replace(frame, samples=frame.samples * gain[:, None])


def stored(folder, i, regions=REGIONS):
    found = envelope(frame_of(i, regions))
    plan = plan_of(found, (96, 96))
    folder.mkdir(parents=True)
    write_store(folder / STORE, found, plan, plan.render(USUAL), {})
    return folder


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Table of twelve reconstructions with regions, one without, and four images, which have none."""
    folder = tmp_path_factory.mktemp("regions")
    table = write_cohort(folder, [texture(1.5, i) for i in range(4)], [0, 1, 0, 1], [f"I{i}" for i in range(4)])
    rows = read_rows(table, COLUMNS)
    for i in range(13):
        path = stored(folder / f"F{i}", i, REGIONS if i < 12 else {})
        rows.append(dict(zip(COLUMNS, (f"frames/F{i}", "frame", f"P{i}", i % 2, path), strict=True)))
    write_rows(table, COLUMNS, rows)
    return table


@pytest.fixture(scope="module")
def model(cohort):
    train_texture(cohort, TextureSettings(features=("ratio",), folds=3), cohort.parent / "model")
    return cohort.parent / "model"


def test_the_ratio_is_that_of_the_baseline(cohort):
    one = read_reconstruction(cohort.parent / "F1")
    masks = region_masks(RATIO, one.regions, one.grid)
    expected = np.log(liver_cortex_ratio(one.image, one.grid.z, one.grid.x, one.regions))
    assert texture_features(one.image, RATIO, masks).tolist() == pytest.approx([expected])
    assert expected > 0.1
    black = np.zeros_like(one.image)
    assert texture_features(black, RATIO, masks).tolist() == [0.0]


def test_features_of_a_region_see_nothing_else(cohort):
    settings = FeatureSettings(region="liver", size=None)
    one = read_reconstruction(cohort.parent / "F2")
    masks = region_masks(settings, one.regions, one.grid)
    assert set(masks) == {"liver"} and 100 < masks["liver"].sum() < 96 * 96 / 4
    found = texture_features(one.image, settings, masks)
    assert found[0] == pytest.approx(one.image[masks["liver"]].mean())
    elsewhere = np.where(masks["liver"], one.image, 255 - one.image)
    assert np.array_equal(texture_features(elsewhere, settings, masks), found)
    within = np.where(masks["liver"], 255 - one.image, one.image)
    assert not np.allclose(texture_features(within, settings, masks), found)


def test_a_region_is_resized_with_its_picture():
    """The left half of a picture, which stays the left half of the smaller one."""
    grid = PixelGrid(np.arange(64.0), np.arange(64.0))
    half = {"liver": np.array([(-1, -1), (31.5, -1), (31.5, 70), (-1, 70)])}
    settings = FeatureSettings(region="liver", size=32, features=("first_order",))
    picture = np.full((64, 64), 80, np.uint8)
    picture[:, 32:] = 200
    found = dict(
        zip(
            feature_names(settings),
            texture_features(picture, settings, region_masks(settings, half, grid)),
            strict=True,
        )
    )
    assert (found["mean"], found["deviation"]) == (80, 0)


def test_the_ratio_is_learned_from_the_items_that_have_it(model):
    record = json.loads((model / "record.json").read_text())
    assert (record["n_items"], record["n_without_regions"], record["n_items_of_class"]) == (12, 5, [6, 6])
    assert len(record["inputs"]["pictures"]) == 17
    predictor = open_predictor(ENGINE, model)
    said = []
    for i in range(20, 40):
        plan = plan_of(frame_of(i), (96, 96))
        said.append(answer(asker(plan, predictor)([USUAL]))[0])
    assert np.mean(np.array(said) == np.arange(20) % 2) >= 0.95


def test_a_predictor_is_told_the_frame_by_all_who_ask(cohort, model):
    """The plan of the recording and the stored reconstruction give the same scores, which are those of the file."""
    predictor, classifier = open_predictor(ENGINE, model), read_texture(model)
    one = read_reconstruction(cohort.parent / "F5")
    expected = classifier.description.scale * scores_of(
        classifier.fitted, texture_features(one.image, RATIO, region_masks(RATIO, one.regions, one.grid))[None]
    )
    assert np.array_equal(for_frame(predictor, one).scores(one.image[None]), expected)
    for plan in (one.plan(), plan_of(frame_of(5), (96, 96))):
        assert np.array_equal(asker(plan, predictor)([USUAL]), expected)
    assert for_frame(predictor, one).digest == predictor.digest
    with pytest.raises(
        EchoShiftError, match="regions: found a picture alone, expected one of a frame with the region liver"
    ):
        predictor.scores(one.image[None])


def test_other_predictors_are_the_same_for_all_frames(cohort):
    predictor = object()
    assert for_frame(predictor, read_reconstruction(cohort.parent / "F0")) is predictor


def test_a_frame_without_the_regions_is_refused_in_one_line(cohort, model, tmp_path):
    rows = [
        dict(zip(FRAME_COLUMNS, (f"F{i}", f"P{i}", i % 2, "0", cohort.parent / f"F{i}", model, ""), strict=True))
        for i in (11, 12)
    ]
    write_rows(tmp_path / "frames.csv", FRAME_COLUMNS, rows)
    with pytest.raises(EchoShiftError, match=r"^frame F12: regions: found none, expected liver") as refused:
        evaluate_from_table(tmp_path / "frames.csv", "train_once", tmp_path, ENGINE)
    assert "\n" not in str(refused.value)


def test_no_item_with_the_region_is_refused_in_one_line(cohort, tmp_path):
    with pytest.raises(EchoShiftError, match=r"training.csv: regions: found no item of class 0 with spleen, expected"):
        train_texture(cohort, TextureSettings(region="spleen", folds=2), tmp_path)


def test_a_class_that_only_items_without_regions_have_is_refused_in_one_line(cohort, tmp_path):
    """Otherwise the classifier would have two classes in a study of three."""
    rows = [
        {**row, "label": "2" if row["item_id"] == "images/I003" else row["label"]} for row in read_rows(cohort, COLUMNS)
    ]
    table = tmp_path / "training.csv"
    write_rows(table, COLUMNS, rows)
    with pytest.raises(EchoShiftError, match=r"found no item of class 2 with liver and cortex, expected"):
        train_texture(table, TextureSettings(features=("ratio",), folds=2), tmp_path)


def test_the_cnr_of_speckle_is_its_difference_in_db_whatever_the_window():
    """Levels of fully developed speckle deviate by (10 / ln 10) pi / sqrt(6) = 5.57 dB: the envelope is Rayleigh distributed."""
    draws, settings = np.random.default_rng(1), FeatureSettings(features=("cnr",))
    levels = 20 * np.log10(draws.rayleigh(1.0, (400, 400)))
    levels[:200] += 4.0
    masks = {
        "liver": np.arange(400)[:, None] < np.full(400, 200),
        "cortex": np.arange(400)[:, None] >= np.full(400, 200),
    }
    deviation = 10 / np.log(10) * np.pi / np.sqrt(6)
    for low, width in ((-60, 90), (-50, 70), (-70, 120)):
        image = np.clip(np.rint(255 * (levels - low) / width), 0, 255).astype(np.uint8)
        (found,) = texture_features(image, settings, masks)
        assert found == pytest.approx(4.0 / (np.sqrt(2) * deviation), abs=0.02)
    assert texture_features(np.full_like(image, 7), settings, masks).tolist() == [0.0]


@pytest.mark.parametrize("polygon", [[(5, 5), (6, 5), (6, 6)], [(0.0, 0.05), (0.0001, 0.05), (0.0001, 0.0501)]])
def test_a_region_without_a_pixel_is_refused(cohort, polygon):
    one = read_reconstruction(cohort.parent / "F0")
    with pytest.raises(EchoShiftError, match=r"regions.liver: found no pixel in it, expected at least one"):
        region_masks(RATIO, {**REGIONS, "liver": np.array(polygon)}, one.grid)


def test_a_region_has_no_meaning_for_what_compares_two():
    with pytest.raises(
        ValueError, match="no region: the only features, ratio and cnr, are of the regions liver and cortex"
    ):
        FeatureSettings(features=("ratio", "cnr"), region="liver")
    assert FeatureSettings(features=("ratio", "patterns"), region="spleen").regions == ("spleen", "liver", "cortex")
