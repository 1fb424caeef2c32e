"""Defences: what training sees, what a defended predictor answers, and what is refused."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from classifiers.conftest import texture
from classifiers.toy_defences import Settings as Toy
from common import speckle_frame
from echoshift.bmode import BModeFrame, Window
from echoshift.classifiers.backbones.features import Features
from echoshift.classifiers.defences import DEFENCES, average
from echoshift.classifiers.defences.augment import AugmentSettings, CopiedBox, copies_of, drawn
from echoshift.classifiers.defences.listed import Listed
from echoshift.classifiers.defences.prepared import check_fixed, prepared
from echoshift.classifiers.defences.settings import as_json, defended_digest
from echoshift.classifiers.defences.worst_case import Settings as WorstCase
from echoshift.classifiers.defences.worst_case import weights_of_copies
from echoshift.classifiers.digest import model_digest
from echoshift.classifiers.kinds.given import GivenSettings
from echoshift.classifiers.kinds.transfer_learned import TransferLearnedSettings
from echoshift.classifiers.predictors import open_predictor
from echoshift.classifiers.predictors.defended import Defended
from echoshift.classifiers.predictors.openvino import Predictor
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.classifiers.training.model_folder import train_from_table
from echoshift.classifiers.training.transfer_learning import standardisation, train
from echoshift.cli.main import app
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.bmode_plan import BModePlan
from echoshift.reconstruction.cache import STORE, write_store
from echoshift.reconstruction.envelope import envelope
from echoshift.reconstruction.plan import ReconstructionPlan
from echoshift.storage.files import read_json, sha256_of_file, write_json
from echoshift.storage.png import write_png
from echoshift.storage.tables import read_rows, write_rows
from echoshift.validation import checked

INITIAL = {"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0}
BOX = CopiedBox(
    initial=INITIAL, low={"beta": 0.5, "alpha_l": 5.0, "median": 1}, high={"beta": 1.3, "alpha_l": 15.0, "median": 5}
)


def defences(*entries):
    return checked(Listed, {"defences": entries}, "here").defences


@pytest.fixture
def toys(monkeypatch):
    monkeypatch.setitem(DEFENCES, "identity", "classifiers.toy_defences")
    monkeypatch.setitem(DEFENCES, "jitter", "classifiers.toy_defences")


# What training sees


def test_copies_are_drawn_from_the_box_by_name_and_seed_alone():
    settings = drawn(BOX, 64, 1, "frames/F1")
    assert settings[0] == INITIAL and settings == drawn(BOX, 64, 1, "frames/F1")
    assert settings[1:] != drawn(BOX, 64, 2, "frames/F1")[1:] and settings[1:] != drawn(BOX, 64, 1, "frames/F2")[1:]
    for name, low in BOX.low.items():
        values = np.array([one[name] for one in settings[1:]])
        assert (values >= low).all() and (values <= BOX.high[name]).all()
        assert values.mean() == pytest.approx((low + BOX.high[name]) / 2, rel=0.1)
    assert {one["median"] for one in settings[1:]} == {1, 3, 5}
    assert {one["alpha_u"] for one in settings} == {55.0}


def reconstructed(folder, seed=0):
    frame = envelope(speckle_frame(seed, lines=32))
    plan = ReconstructionPlan(frame, (80, 90))
    folder.mkdir(parents=True)
    write_store(folder / STORE, frame, plan, plan.render(INITIAL), {})
    return plan


def test_copies_of_rf_are_reconstructed(tmp_path):
    plan = reconstructed(tmp_path / "F1")
    augment = AugmentSettings(defence="augment", copies=5)
    copies = copies_of(str(tmp_path / "F1"), BOX, augment, "F1")
    np.testing.assert_array_equal(copies, plan.render_many(drawn(BOX, 5, 1, "F1")))
    assert (copies[1:] != copies[0]).any(axis=(1, 2)).all()


def test_copies_of_an_image_are_moved_as_a_picture_of_the_assumed_window(tmp_path):
    image = np.zeros((90, 100), np.uint8)
    image[10:80, 10:90] = texture(1.5, 0)[10:80, 10:90]
    image[2:5, 2:8] = 200  # text
    write_png(tmp_path / "I1.png", image, {})
    box = CopiedBox(initial={"alpha_l": 10.0, "alpha_u": 55.0}, low={"alpha_l": 5.0}, high={"alpha_l": 15.0})
    augment = AugmentSettings(defence="augment", copies=4)
    copies = copies_of(str(tmp_path / "I1.png"), box, augment, "I1")
    np.testing.assert_array_equal(copies[0], image)
    assert (copies[:, :8] == image[:8]).all()  # outside the sector
    for copy, settings in zip(copies[1:], drawn(box, 4, 1, "I1")[1:], strict=True):
        lower = settings["alpha_l"]
        level = 10 + image[10:80, 10:90] / 255 * 45
        expected = np.clip(np.floor(255 * (level - lower) / (55 - lower) + 0.5), 0, 255)
        assert np.abs(copy[10:80, 10:90].astype(int) - expected).max() <= 1
        assert abs(lower - 10) < 0.1 or (copy != image).any()


def test_what_compression_left_around_a_sector_stays_as_it_is(tmp_path):
    """Lossy compression makes black pixels beside the sector a little lighter."""
    image = np.zeros((120, 140), np.uint8)
    image[27:98, 21:110] = texture(1.0, 1, (71, 89))
    Image.fromarray(image).save(tmp_path / "I1.jpg", quality=90)
    box = CopiedBox(initial={"alpha_l": 10.0, "alpha_u": 55.0}, low={"alpha_l": -10.0}, high={"alpha_l": -5.0})
    first, moved = copies_of(str(tmp_path / "I1.jpg"), box, AugmentSettings(defence="augment", copies=2), "I1")
    outside = image == 0
    assert (first[outside] > 0).sum() > 300 and (moved == first)[outside].mean() > 0.99
    assert (moved > first)[~outside].mean() > 0.9


def test_an_image_without_a_sector_is_named(tmp_path):
    image = np.zeros((90, 100), np.uint8)
    image[2:5, 2:8] = 200
    write_png(tmp_path / "I1.png", image, {})
    box = CopiedBox(initial={"alpha_l": 10.0, "alpha_u": 55.0}, low={"alpha_l": 5.0}, high={"alpha_l": 15.0})
    with pytest.raises(EchoShiftError, match=r"^.*I1.png: sector: found no region larger than 0.2 % of the picture"):
        copies_of(str(tmp_path / "I1.png"), box, AugmentSettings(defence="augment"), "I1")


def planted(training_set, n_copies=8):
    """Features of copies: the class in feature 0, and in feature 1 more clearly, which any other setting moves away."""
    draws = np.random.default_rng(4)
    labels = training_set.labels
    signs = (2 * labels - 1)[:, None]
    values = draws.standard_normal((len(labels), n_copies, training_set.features.shape[1])).astype(np.float32)
    values[..., 0] = 2 * (signs + draws.standard_normal((len(labels), n_copies)))
    values[..., 1] = 6 * draws.uniform(-1, 1, (len(labels), n_copies))
    values[:, 0, 1] = 3 * signs[:, 0] + 0.3 * draws.standard_normal(len(labels))
    return values


def weight(trained, feature):
    """Weight of a standardised feature in the logit."""
    return abs(trained.model.get_layer("logit").get_weights()[0][feature, 0])


def test_a_feature_that_only_a_setting_moves_loses_its_weight_with_copies(training_set, settings):
    values = planted(training_set)
    longer = settings.model_copy(update={"epochs": 20})
    alone = train(dataclasses.replace(training_set, features=values[:, 0]), longer)
    augmented = train(dataclasses.replace(training_set, features=values), longer)
    assert weight(alone, 1) > 1.2 * weight(alone, 0)
    assert weight(augmented, 1) < 0.4 * weight(augmented, 0)


def worst_loss(trained, values, labels):
    logits = values.astype(float)
    for name in ("standardise", "logit"):
        logits = trained.model.get_layer(name)(logits).numpy()
    losses = np.logaddexp(0, -(2 * labels - 1)[:, None] * logits[..., 0])
    return losses.max(axis=1).mean()


def test_worst_case_lowers_the_loss_of_the_worst_copies(training_set, settings):
    """One copy in eight is harder: the class shows in another feature."""
    values = planted(training_set)
    values[:, -1, :2] = 0
    values[:, -1, 2] = 3 * (2 * training_set.labels - 1)
    data = dataclasses.replace(training_set, features=values)
    shallow = settings.model_copy(update={"weight_decay": 0.1})
    even = train(data, shallow)
    worst = train(data, shallow, worst_case=WorstCase(defence="worst_case", rounds=4))
    own = ~data.validation
    assert worst_loss(worst, values[own], data.labels[own]) < 0.9 * worst_loss(even, values[own], data.labels[own])
    assert [row["epoch"] for row in worst.history if row["phase"] == "worst_case"] == [1, 2, 3, 4]
    assert worst.kept["worst_case"] == {"epoch": 4, "validation_loss": worst.history[-1]["validation_loss"]}
    assert model_digest(worst.model) == model_digest(
        train(data, shallow, worst_case=WorstCase(defence="worst_case", rounds=4)).model
    )


def test_weights_go_to_the_copies_that_were_worst():
    weights = weights_of_copies([np.array([0, 2]), np.array([0, 1])], 4)
    np.testing.assert_allclose(weights, np.array([[9, 1, 1, 1], [1, 5, 5, 1]]) / 3)
    np.testing.assert_allclose(weights.mean(axis=1), 1)


def test_one_copy_and_the_identity_train_the_same_network_to_the_last_bit(training_set, trained, settings):
    copied = train(dataclasses.replace(training_set, features=training_set.features[:, None]), settings)
    assert model_digest(copied.model) == model_digest(trained.model)
    assert copied.history == trained.history


@pytest.fixture(scope="module")
def fold(cohort, tmp_path_factory):
    """A training table without the last eight patients, and a table of copies of all items."""
    folder = tmp_path_factory.mktemp("fold")
    rows = [
        {"item_id": item, "kind": kind, "patient_id": patient, "label": label, "path": "nowhere"}
        for item, kind, patient, label in zip(cohort.item_id, cohort.kind, cohort.patient_id, cohort.label, strict=True)
    ]
    write_rows(folder / "training.csv", list(rows[0]), rows[:32])
    return folder


def train_fold(fold, features, settings, name, *entries):
    features.save(fold / f"{name}.npz")
    train_from_table(fold / "training.csv", [fold / f"{name}.npz"], settings, fold / name, defences=defences(*entries))
    return fold / name


def with_copies(features, *entries, n_copies=3):
    shifts = np.random.default_rng(1).standard_normal((len(features.item_id), n_copies, 1)).astype(np.float32)
    shifts[:, 0] = 0
    record = {**features.record, "defences": as_json(defences(*entries))}
    return dataclasses.replace(features, values=features.values[:, None] + 0.1 * shifts, record=record)


AUGMENT = {"defence": "augment", "copies": 3}


def test_copies_never_cross_a_fold(fold, features, settings):
    """The copies of held-out items, and those of validation items, change nothing that is learnt from them."""
    copied = with_copies(features, AUGMENT)
    model = train_fold(fold, copied, settings, "as_they_are", AUGMENT)
    values = copied.values.copy()
    values[32:] = 1e6
    other = train_fold(fold, dataclasses.replace(copied, values=values), settings, "others_held_out", AUGMENT)
    assert (model / "digest.txt").read_text() == (other / "digest.txt").read_text()
    record = read_json(model / "record.json")
    assert record["defences"] == as_json(defences(AUGMENT)) and record["n_items"] == 32
    aside = [item in record["validation_items"] for item in copied.item_id[:32]]
    scale, _ = standardisation(copied.values[:32][~np.array(aside)].reshape(-1, copied.values.shape[-1]))
    import keras

    layer = keras.saving.load_model(model / "model.keras").get_layer("standardise")
    np.testing.assert_allclose(layer.scale, scale)


def test_blocks_are_trained_on_copies_from_the_table_of_copies(cohort, features, settings, tmp_path):
    """By the verb, which passes the table on. The copies are drawn from the boxes in it."""
    chosen = range(12)
    items, boxes = [], {5.0: [], 9.5: []}
    for i in chosen:
        path = tmp_path / f"{cohort.item_id[i]}.png"
        write_png(path, cohort.images[i], {})
        own = (cohort.item_id[i], cohort.kind[i], cohort.patient_id[i], cohort.label[i], path)
        items.append(dict(zip(("item_id", "kind", "patient_id", "label", "path"), own, strict=True)))
        for low, rows in boxes.items():
            box = CopiedBox(initial={"alpha_l": 10.0, "alpha_u": 55.0}, low={"alpha_l": low}, high={"alpha_l": 15.0})
            rows.append({"item_id": cohort.item_id[i], "path": path, "box": box.model_dump_json()})
    write_rows(tmp_path / "training.csv", list(items[0]), items)
    with_copies(features, AUGMENT).save(tmp_path / "features.npz")
    recipe = settings.model_dump() | {"epochs": 1, "trained_blocks": 1, "fine_tuning_epochs": 1}
    recipe = json.dumps(recipe | {"fine_tuning_rate": 0.01, "defences": [AUGMENT]})
    command = ["train", "--table", tmp_path / "training.csv", "--features", tmp_path / "features.npz"]

    def trained_with(low):
        name = f"copies_{low}"
        write_rows(tmp_path / f"{name}.csv", list(boxes[low][0]), boxes[low])
        own = [*command, "--copies", tmp_path / f"{name}.csv", "--settings", recipe, "-o", tmp_path / name]
        with pytest.raises(SystemExit) as ended:
            app([str(one) for one in own])
        assert not ended.value.code
        record = read_json(tmp_path / name / "record.json")
        assert record["inputs"][f"copies.{name}"] == sha256_of_file(tmp_path / f"{name}.csv")
        return read_rows(tmp_path / name / "history.csv", ("phase", "loss"))

    wide, narrow = trained_with(5.0), trained_with(9.5)
    assert [row["phase"] for row in wide] == ["last_layer", "blocks"]
    assert wide[0] == narrow[0] and wide[1]["loss"] != narrow[1]["loss"]


def test_features_of_other_defences_are_refused(fold, features, settings):
    with pytest.raises(EchoShiftError, match=r"plain.npz: defences: found \[\], expected \[{'defence': 'augment'"):
        train_fold(fold, features, settings, "plain", AUGMENT)
    with pytest.raises(EchoShiftError, match=r"copied.npz: defences: found \[{'copies': 3, .*expected \[\]"):
        train_fold(fold, with_copies(features, AUGMENT), settings, "copied")


def test_the_verb_computes_features_of_copies_and_keeps_them(settings, rows, tmp_path):
    image = texture(1.4, 5)
    write_png(tmp_path / "I1.png", image, {})
    reconstructed(tmp_path / "F1")
    image_box = CopiedBox(initial={"alpha_l": 10.0, "alpha_u": 55.0}, low={"alpha_u": 50.0}, high={"alpha_u": 60.0})
    items = [
        {"item_id": "images/I1", "path": tmp_path / "I1.png", "box": image_box.model_dump_json()},
        {"item_id": "frames/F1", "path": tmp_path / "F1", "box": BOX.model_dump_json()},
    ]
    write_rows(tmp_path / "items.csv", list(items[0]), items)
    entries = ["canonical", AUGMENT]
    network = settings.model_dump_json(include={"backbone", "weights", "input_size"})
    command = [
        "features", "--table", tmp_path / "items.csv", "--rows", rows, "--settings", network,
        "--defences", json.dumps(entries), "-o", tmp_path / "f.npz",
    ]  # fmt: skip
    with pytest.raises(SystemExit) as ended:
        app([str(one) for one in command])
    assert not ended.value.code
    found = Features.open(tmp_path / "f.npz")
    assert found.values.shape[:2] == (2, 3) and found.record["defences"] == as_json(defences(*entries))
    from echoshift.classifiers.backbones.features import compute_features

    canonical = defences("canonical")
    copies = copies_of(str(tmp_path / "F1"), BOX, defences(AUGMENT)[0], "frames/F1")
    pictures = [prepared(copy, canonical)[0] for copy in (image, *copies)]
    alone, n_computed = compute_features(((str(i), one) for i, one in enumerate(pictures)), settings, rows)
    assert not n_computed  # each was kept
    np.testing.assert_array_equal(alone.values, [found.values[0, 0], *found.values[1]])


# What a defended predictor answers


def test_average_is_the_mean_by_hand(borderline):
    """The versions are those of a picture whose window is moved, but for black, which stays black."""
    engine, images = Predictor(borderline.folder / "engine.xml"), borderline.images[:3]
    (settings,) = defences({"defence": "average", "versions": 5, "reach": 0.1})
    defended = Defended(engine, [settings])
    versions = [average.pictures(image, settings) for image in images]
    by_hand = [sum(engine.scores(own)[:, 1]) / 5 for own in versions]
    np.testing.assert_allclose(defended.scores(images)[:, 1], by_hand, rtol=1e-12)
    assert (np.abs(defended.scores(images) - engine.scores(images)) > 1e-3).any()
    np.testing.assert_array_equal(versions[0][0], images[0])
    ramp = np.arange(256, dtype=np.uint8).reshape(8, 32)
    plan = BModePlan(BModeFrame(image=ramp, sector=np.ones_like(ramp, bool), window=Window(alpha_l=0, alpha_u=100)))
    golden = (5**0.5 - 1) / 2
    for number, version in enumerate(average.pictures(ramp, settings)):
        low = 10 * (2 * ((0.5 + number / 5) % 1) - 1)
        high = 100 + 10 * (2 * ((0.5 + number * golden) % 1) - 1)
        expected = plan.render({"alpha_l": low, "alpha_u": high})
        assert np.abs(version.astype(int) - expected).ravel()[1:].max() <= 1 and version[0, 0] == 0


def test_the_identity_changes_no_answer(toys, borderline):
    engine = Predictor(borderline.folder / "engine.xml")
    defended = Defended(engine, [Toy(defence="identity")])
    assert defended.scores(borderline.images).tobytes() == engine.scores(borderline.images).tobytes()
    assert defended.digest != engine.digest == defended_digest(engine.digest, ())
    assert defended.scores(borderline.images[:0]).shape == (0, 2)


def test_a_defended_answer_does_not_depend_on_its_company(borderline):
    defended = Defended(Predictor(borderline.folder / "engine.xml"), defences("canonical", "average"))
    together = defended.scores(borderline.images[:6])
    assert defended.scores(borderline.images[5::-1])[::-1].tobytes() == together.tobytes()
    alone = np.concatenate([defended.scores(borderline.images[i : i + 1]) for i in range(6)])
    assert alone.tobytes() == together.tobytes()


def test_defences_act_in_their_order(borderline):
    image = borderline.images[0]
    canonical, mean = defences("canonical", {"defence": "average", "versions": 2})
    both = prepared(image, [mean, canonical])
    np.testing.assert_array_equal(both, [prepared(own, [canonical])[0] for own in prepared(image, [mean])])
    assert (prepared(image, [canonical, mean]) != both).any()


def test_every_engine_opens_the_defended_model(fold, features, settings, borderline):
    entries = ["canonical", {"defence": "average", "versions": 3}]
    copied = with_copies(features, "canonical", n_copies=1)
    model = train_fold(fold, copied, settings, "defended", *entries)
    digest = (model / "digest.txt").read_text().strip()
    engine, keras = (
        open_predictor(PredictorSettings(**one), model) for one in ({}, {"engine": "tensorflow", "device": "cpu"})
    )
    assert engine.digest == keras.digest == digest == read_json(model / "record.json")["digest"]
    assert engine.describe()["defences"] == as_json(defences(*entries)) and engine.describe()["digest"] == digest
    bare = Predictor(model / "engine.xml")
    assert bare.digest != digest
    images = borderline.images[:2]
    np.testing.assert_allclose(engine.scores(images), keras.scores(images), atol=1e-3)
    by_hand = [bare.scores(prepared(image, defences(*entries))).mean(axis=0) for image in images]
    np.testing.assert_array_equal(engine.scores(images), by_hand)

    (model / "record.json").unlink()  # nothing else says that it is defended
    for one in ({}, {"engine": "tensorflow", "device": "cpu"}):
        found = f"found a model of digest {bare.digest[:12]}, expected {digest[:12]} as in digest.txt .*; repair: rm "
        with pytest.raises(EchoShiftError, match=found) as refused:
            open_predictor(PredictorSettings(**one), model)
        assert "\n" not in str(refused.value)


def test_average_also_wraps_a_given_function(tmp_path, monkeypatch):
    from echoshift.classifiers.kinds.given import Recipe, adopt

    (tmp_path / "judge_mean.py").write_text("def mean(pictures):\n    return pictures.mean(axis=(1, 2))\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    entry = {
        "function": "judge_mean:mean", "folder": str(tmp_path), "classes": ["healthy", "fatty"],
        "output": {"gives": "score", "positive": "fatty", "threshold": 90.0},
    }  # fmt: skip
    images = np.stack([texture(1.5, seed) for seed in range(3)])
    adopt(checked(Recipe, {**entry, "defences": ["average"]}, "here"), images, tmp_path / "safe")
    adopt(checked(Recipe, entry, "here"), images, tmp_path / "bare")
    safe, bare = (open_predictor(PredictorSettings(engine="function"), tmp_path / name) for name in ("safe", "bare"))
    assert safe.digest == (tmp_path / "safe/digest.txt").read_text().strip() != bare.digest
    by_hand = [average.pictures(image, defences("average")[0]).mean(axis=(1, 2)) - 90 for image in images]
    np.testing.assert_allclose(safe.scores(images)[:, 1], np.mean(by_hand, axis=1))
    write_json(tmp_path / "safe/record.json", {"defences": [{"defence": "magic"}]})
    with pytest.raises(EchoShiftError, match=r"record.json: defences.0.defence: found 'magic', expected one of"):
        open_predictor(PredictorSettings(engine="function"), tmp_path / "safe")


# What is refused


def test_a_random_defence_is_refused(toys):
    check_fixed([Toy(defence="identity")])
    message = "defences.jitter: found two different pictures of the same one, expected the same every time"
    with pytest.raises(EchoShiftError, match=f"^{message}$"):
        check_fixed([Toy(defence="jitter")])


@pytest.mark.parametrize(
    ("entries", "complaint"),
    [
        (["worst_case"], r"defences: found \['worst_case'\], expected also augment, which worst_case needs"),
        (["augment", "augment"], r"defences: found \['augment', 'augment'\], expected augment once"),
        (
            ["magic"],
            "defences.0.defence: found 'magic', expected one of 'augment', 'worst_case', 'canonical', 'average'",
        ),
        ([{"defence": "augment", "copis": 3}], r"defences.0.copis: found 3, expected a known key \(is it copies\?\)"),
        ([{"defence": "augment", "copies": 1}], "defences.0.copies: found 1, expected greater than or equal to 2"),
        ("canonical", "defences: found 'canonical', expected a list"),
    ],
)
def test_a_mistake_in_the_list_is_one_line(entries, complaint):
    with pytest.raises(EchoShiftError, match=f"^here: {complaint}$"):
        checked(TransferLearnedSettings, {"protocol": "cross_validation", "defences": entries}, "here")


def test_kinds_say_what_they_take():
    given = {"kind": "given", "function": "a:b", "output": {"gives": "logits", "positive": "fatty"}}
    settings = checked(GivenSettings, {**given, "defences": ["average", "canonical"]}, "here")
    assert [settings.takes(one) for one in settings.defences] == [True, False]
    tuned = {"protocol": "cross_validation", "training": {"trained_blocks": 2}, "defences": ["augment", "worst_case"]}
    settings = checked(TransferLearnedSettings, tuned, "here")
    assert settings.complaint(()) == "defences: found worst_case with trained_blocks 2, expected trained_blocks 0"
    free = {**tuned, "training": {"weight_decay": 0.0}}
    settings = checked(TransferLearnedSettings, free, "here")
    assert settings.complaint(()).startswith("training.weight_decay: found 0 with the defence worst_case")
