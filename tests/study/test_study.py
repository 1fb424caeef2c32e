"""The configuration and the sheets: valid ones are resolved, mistakes are rejected in one line."""

import pytest
import yaml

from common import ROOT, speckle_frame
from echoshift.errors import EchoShiftError
from echoshift.study import Study, load_study
from echoshift.study.folds import deal_folds
from echoshift.study.schema import config_schema

FRAMES = """frame_id,patient_id,path,label
F1,P1,simulated/frames/F1.h5,1
F2,P2,simulated/frames/F2.h5,0
F3,P3,simulated/frames/F3.h5,1
F4,P4,simulated/frames/F4.h5,0
F5,P4,simulated/frames/F5.h5,0
"""
IMAGES = """image_id,patient_id,path,label
B1,P8,simulated/images/B1.png,1
B2,P9,simulated/images/B2.png,0
B3,P1,simulated/images/B3.png,1
"""
F2 = "simulated/frames/F2.h5"
MOVED = "attacks.sign_descent.settings"
BETA = f"{MOVED}.beta"


def default_config():
    return yaml.safe_load((ROOT / "config.yaml").read_text())


def change(key, value):
    """Function that sets a key of a configuration, given with dots."""
    *groups, last = key.split(".")

    def apply(config):
        for group in groups:
            config = config[group]
        config[last] = value

    return apply


def only(classifiers):
    """Function that replaces the classifiers, and leaves out the attacks on others."""

    def apply(config):
        config["classifiers"] = classifiers
        config["attacks"] = {name: one for name, one in config["attacks"].items() if "classifiers" not in one}

    return apply


@pytest.fixture
def study(tmp_path):
    """Load a study from modified sheets and configuration."""

    def load(frames=FRAMES, images=IMAGES, change=None):
        (tmp_path / "frames.csv").write_text(frames)
        (tmp_path / "images.csv").write_text(images)
        config = default_config()
        config["cohorts"] = {"frames": str(tmp_path / "frames.csv"), "images": str(tmp_path / "images.csv")}
        config["classifiers"]["cross_validated"]["folds"] = 2
        if change:
            change(config)
        return load_study(config)

    return load


def with_cells(columns, *cells):
    """The frames sheet with extra columns, whose cells are empty in the rows after the given ones."""
    header, *rows = FRAMES.splitlines()
    cells = [*cells, *[",".join([""] * len(columns.split(",")))] * len(rows)]
    return "\n".join([f"{header},{columns}", *(f"{row},{cell}" for row, cell in zip(rows, cells, strict=False))]) + "\n"


def assert_rejected(expected, load, *sheets, **more):
    with pytest.raises(EchoShiftError) as caught:
        load(*sheets, **more)
    message = str(caught.value)
    assert expected in message, message
    assert "\n" not in message


def test_the_default_study_loads():
    study = load_study(default_config())
    assert len(study.frames) == 33 and len(study.images) == 178
    search = study.search("sign_descent", next(iter(study.frames)))
    assert [(a.name, a.initial, a.low, a.high, a.step, a.rate) for a in search.axes] == [
        ("beta", 0.9, 0.5, 1.3, 0.05, 0.05),
        ("alpha_l", 10.0, 5.0, 15.0, 0.1, 0.5),
        ("alpha_u", 55.0, 50.0, 60.0, 0.1, 0.5),
    ]
    assert search.max_queries == 105


def test_the_workflow_schema_is_generated_from_the_models():
    assert (ROOT / "workflow/schemas/config.schema.json").read_text() == config_schema()


def test_a_frames_own_values_override_the_attacks(study):
    loaded = study(with_cells("beta,beta_min,alpha_u_max,note_free", "0.8,0.6,58,hello"))
    axes = {axis.name: axis for axis in loaded.search("sign_descent", "F1").axes}
    assert (axes["beta"].initial, axes["beta"].low, axes["beta"].high) == (0.8, 0.6, 1.3)
    assert axes["alpha_u"].high == 58
    assert loaded.initial("F1")["beta"] == 0.8 and loaded.initial("F2")["beta"] == 0.9
    assert {axis.name: axis for axis in loaded.search("sign_descent", "F2").axes}["beta"].low == 0.5


def test_an_attack_has_its_classifiers_and_a_lattice_the_first(study):
    loaded = study()
    assert loaded.attacks_on("cross_validated") == ["sign_descent", "random_search", "strongest", "nearest"]
    assert loaded.attacks_on("trained_once") == ["sign_descent", "random_search", "strongest"]
    assert loaded.attacks_on("cross_validated", on_request=True)[0] == "lattice"
    assert loaded.attacks_on("trained_once", on_request=True) == []
    told = study(change=change("attacks.lattice.classifiers", ["trained_once"]))
    assert told.attacks_on("trained_once", on_request=True) == ["lattice"]


def test_an_attack_on_fewer_settings_fixes_the_others(study):
    loaded = study(change=change(MOVED, {"beta": {"max": 1.2}}))
    search = loaded.search("sign_descent", "F1")
    assert [axis.name for axis in search.axes] == ["beta"]
    assert search.axes[0].high == 1.2 and search.fixed == {"alpha_l": 10.0, "alpha_u": 55.0}


def test_additional_settings_are_off_unless_named(study):
    loaded = study()
    assert list(loaded.initial("F1")) == ["beta", "alpha_l", "alpha_u"]
    assert loaded.search("sign_descent", "F1").fixed == {}
    bare = study(change=lambda c: c["attacks"]["sign_descent"].pop("settings"))
    assert [axis.name for axis in bare.search("sign_descent", "F1").axes] == ["beta", "alpha_l", "alpha_u"]


def test_an_attack_on_additional_settings(study):
    def configure(config):
        config["reconstruction"]["settings"]["smoothing"] = 0.8
        moved = {"beta": {}, "median": {"step": 1, "rate": 3}, "tgc_3": {"min": -2}}
        config["attacks"]["sign_descent"]["settings"] = moved

    loaded = study(with_cells("median,tgc_3_max,gamma", "3,1.5,1.2"), change=configure)
    search = loaded.search("sign_descent", "F1")
    assert [(a.name, a.kind, a.initial, a.low, a.high, a.step, a.rate) for a in search.axes] == [
        ("beta", "continuous", 0.9, 0.5, 1.3, 0.05, 0.05),
        ("tgc_3", "continuous", 0.0, -2.0, 1.5, 0.1, 0.5),
        ("median", "odd integer", 3.0, 1.0, 7.0, 2.0, 4.0),  # the next odd number is 2 away
    ]
    assert search.fixed == {"alpha_l": 10.0, "alpha_u": 55.0, "gamma": 1.2, "smoothing": 0.8}
    assert loaded.initial("F2") == {"beta": 0.9, "alpha_l": 10.0, "alpha_u": 55.0, "smoothing": 0.8}


@pytest.mark.parametrize("names", [("gain", "alpha_l"), ("gain", "alpha_u"), ("gain", "beta", "gamma")])
def test_gain_may_be_combined_with_one_threshold(study, names):
    loaded = study(change=change(MOVED, {name: {} for name in names}))
    assert {axis.name for axis in loaded.search("sign_descent", "F1").axes} == set(names)


def test_a_pixel_size_instead_of_a_shape(study):
    grid = study(change=change("reconstruction", {"pixel_size": 3e-4})).config.reconstruction
    assert (grid.shape, grid.pixel_size) == (None, 3e-4)
    default = study(change=lambda config: config.pop("reconstruction")).config.reconstruction
    assert (default.shape, default.pixel_size) == ((512, 512), None)


@pytest.mark.parametrize("edit", [{}, {"pixel_size": 2e-4}, {"settings": {"tgc_1": 1.0, "alpha_l": 9.0}}])
def test_a_study_survives_a_json_round_trip(study, edit):
    found = study(with_cells("beta,alpha_u_max", "0.8,58"), change=change("reconstruction", edit))
    again = Study.from_json(found.to_json())
    assert again == found and again.folds == found.folds
    assert [list(one) for one in (again.frames, again.images)] == [list(one) for one in (found.frames, found.images)]
    for attack in found.config.attacks:
        assert all(again.search(attack, frame) == found.search(attack, frame) for frame in found.frames)


def test_random_seeds_differ_between_frames_and_do_not_depend_on_their_order(study):
    first = study().search("random_search", "F1").seed
    header, *rows = FRAMES.splitlines()
    turned = study("\n".join([header, *reversed(rows)]) + "\n")
    assert first == turned.search("random_search", "F1").seed != turned.search("random_search", "F2").seed


def test_folds_are_grouped_by_patient_stratified_and_stable(study):
    folds = study().folds["cross_validated"]
    assert folds["F4"] == folds["F5"]
    assert {folds["F1"], folds["F3"]} == {"0", "1"} == {folds["F2"], folds["F4"]}
    assert folds == study().folds["cross_validated"]
    recordings = load_study(default_config()).frames.values()
    dealt = deal_folds(recordings, 5, 1)
    for label in (0, 1):
        counts = [sum(dealt[r.name] == str(k) for r in recordings if r.label == label) for k in range(5)]
        assert max(counts) - min(counts) <= 1
    assert deal_folds(recordings, 5, 2) != dealt
    assert deal_folds(list(recordings)[::-1], 5, 1) == dealt


def test_no_patient_is_judged_by_a_model_trained_on_their_frames_or_images(study):
    loaded = study()
    folds = loaded.folds["cross_validated"]
    for fold in ("0", "1"):
        judged = {loaded.frames[name].patient_id for name, own in folds.items() if own == fold}
        assert not judged & {one.patient_id for one in loaded.training("cross_validated", fold)}
    # B3 belongs to the same patient as F1
    assert "B3" not in {one.name for one in loaded.training("cross_validated", folds["F1"])}
    trained = {one.name for one in loaded.training("trained_once", "all")}
    assert trained == {"F1", "F2", "F3", "F4", "F5", "B1", "B2", "B3"}


def test_first_cohort_training_excludes_frames_and_patients_with_frames(study):
    alone = only({"alone": {"protocol": "first_cohort"}})
    more = IMAGES + "B4,P10,simulated/images/B4.png,0\n"
    trained = study(images=more, change=alone).training("alone", "all")
    assert [one.name for one in trained] == ["B1", "B2", "B4"]  # B3 belongs to P1, who has a frame


def test_batches_hold_frames_of_one_fold_in_the_sheets_order(study):
    in_twos = change("frames_per_job", 2)
    loaded = study(change=in_twos)
    once = loaded.batches["trained_once"]
    assert once == {"all-0": ["F1", "F2"], "all-1": ["F3", "F4"], "all-2": ["F5"]}
    folds = loaded.folds["cross_validated"]
    batches = loaded.batches["cross_validated"]
    assert sorted(frame for frames in batches.values() for frame in frames) == sorted(loaded.frames)
    for batch, frames in batches.items():
        assert len(frames) <= 2
        assert {folds[frame] for frame in frames} == {batch.split("-")[0]}
        assert all(loaded.batch_of["cross_validated"][frame] == batch for frame in frames)
    one_more = study(FRAMES + "F6,P6,simulated/frames/F6.h5,1\n", change=in_twos).batches["trained_once"]
    assert one_more == {**once, "all-2": ["F5", "F6"]}  # a frame at the end changes only the last batch


CONFIG_MISTAKES = {
    "misspelt key": ("atacks", {}, "atacks: found {}, expected a known key (is it attacks?)"),
    "misspelt bound": (f"{BETA}.mim", 0.4, f"{BETA}.mim: found 0.4, expected a known key (is it min?)"),
    "key of another method": (
        "attacks.random_search.settings.beta", {"step": 0.1},
        "attacks.random_search.settings.beta.step: found 0.1, expected one of min, max",
    ),
    "key unlike any other": ("xyz", 1, "xyz: found 1, expected one of results_dir, seed, classes, cohorts"),
    "unknown setting": (f"{MOVED}.contrast", {}, f"{MOVED}.contrast: found 'contrast', expected 'beta', 'alpha_l', "),
    "unknown method": (
        "attacks.sign_descent.method", "magic",
        "attacks.sign_descent.method: found 'magic', expected one of 'sign_descent', 'random_search'",
    ),
    "no method": ("attacks.sign_descent", {}, "attacks.sign_descent.method: found nothing, expected a value"),
    "a number for a shape": ("reconstruction", {"shape": 256}, "expected a list"),
    "no classifier": ("classifiers", {}, "classifiers: found {}"),
    "bad protocol": ("classifiers.trained_once.protocol", "twice", "classifiers.trained_once.protocol: found 'twice'"),
    "name with a slash": ("attacks.a/b", {"method": "sign_descent"}, "attacks.a/b"),
    "zero step": (f"{BETA}.step", 0, "beta.step: found 0"),
    "text for a number": ("reconstruction.settings.beta", "x", "reconstruction.settings.beta: found 'x'"),
    "infinite value": ("reconstruction.settings.beta", float("inf"), "settings.beta: found inf"),
    "tiny picture": ("reconstruction.shape", [4, 4], "reconstruction.shape.0: found 4"),
    "both thresholds and the gain": (f"{MOVED}.gain", {}, f"{MOVED}: found {{'beta': "),
    "a speed of sound outside the range of tissue": (
        "attacks.random_search.settings.sound_speed_ratio", {"max": 1.3},
        "settings.sound_speed_ratio: found bounds [0.941558, 1.3] for attack random_search, expected each 0.9 to 1.1",
    ),
    "an even bound": (
        f"{MOVED}.median", {"max": 4},
        "settings.median: found bounds [1, 4] pixel for attack sign_descent, expected each an odd whole number",
    ),
    "an even initial value": (
        "reconstruction.settings.median", 2,
        "reconstruction.settings.median: found 2, expected an odd whole number",
    ),
    "shape and pixel size": (
        "reconstruction.pixel_size", 3e-4,
        "reconstruction.pixel_size: found 0.0003, expected either shape or pixel_size",
    ),
    "pixels in millimetres": (
        "reconstruction", {"pixel_size": 0.3},
        "reconstruction.pixel_size: found 0.3, expected less than or equal to 0.01",
    ),
    "no budget": ("attacks.sign_descent.max_queries", 0, "max_queries: found 0"),
    "a lattice larger than its budget": (
        "attacks.bound", {"method": "lattice", "settings": {"beta": {"rate": 0.001}, "alpha_l": {}}},
        "config.yaml: attacks.bound, frame F1: found a lattice of 801 x 21 = 16821 points, expected at most 10000 (max_queries)",
    ),
    "an unknown classifier": (
        "attacks.sign_descent.classifiers", ["once"],
        "config.yaml: attacks.sign_descent.classifiers: found 'once', expected one of cross_validated, trained_once",
    ),
    "nothing attacks a classifier every time": (
        "attacks", {"walk": {"method": "sign_descent", "classifiers": ["cross_validated"]}},
        "config.yaml: attacks: found none for classifier trained_once that runs every time, expected one without on_request",
    ),
    "an attack that starts from nowhere": (
        "attacks.nearest.from", "strngest",
        "config.yaml: attacks.nearest.from: found 'strngest', expected an entry of attacks above it",
    ),
    "an attack that starts from itself": (
        "attacks.nearest.from", "nearest", "attacks.nearest.from: found 'nearest', expected an entry of attacks above it",
    ),
    "an attack that starts from one that does not run": (
        "attacks.strongest.on_request", True,
        "attacks.nearest.from: found 'strongest', which runs on request, expected one of every run",
    ),
    "an attack that starts from one with another target": (
        "attacks.strongest.target", "fatty",
        "attacks.nearest.from: found 'strongest' with target 'fatty', expected the same target None",
    ),
    "an attack that starts from one on another classifier": (
        "attacks.strongest.classifiers", ["trained_once"],
        "attacks.nearest.from: found 'strongest', which does not attack cross_validated, expected one that does",
    ),
    "a similarity above 1": (
        "attacks.sign_descent.accept", {"ssim": 1.2}, "attacks.sign_descent.accept.ssim: found 1.2",
    ),
    "a lattice that stops": ("attacks.bound", {"method": "lattice", "stop": True}, "attacks.bound.stop: found True"),
    "lower above upper": (BETA, {"min": 1.2, "max": 0.6}, f"{BETA}: found bounds [1.2, 0.6]"),
    "initial outside": (BETA, {"min": 1.0}, f"{BETA}: found initial value 0.9 outside the bounds [1, 1.3]"),
    "touching ranges": (f"{MOVED}.alpha_l", {"max": 50}, "found alpha_l up to 50 dB and alpha_u down to 50 dB"),
    "thresholds crossed": ("reconstruction.settings.alpha_l", 60, "alpha_l 60 and alpha_u 55"),
    "missing sheet": ("cohorts.images", "nowhere.csv", "nowhere.csv: cannot be read"),
    "more folds than patients": (
        "classifiers.cross_validated.folds", 9,
        "config.yaml: classifiers.cross_validated.folds: found 4 patients",
    ),
    "missing weights": (
        "classifiers.trained_once.training", {"backbone": "inception_resnet_v2", "weights": "no.h5"},
        "classifiers.trained_once.training.weights: file 'no.h5' not found",
    ),
    "one class name": ("classes", ["benign"], "classes: found ['benign']"),
    "the same class twice": ("classes", ["a", "a"], "expected different words"),
    "a class that is the number of another": ("classes", ["b", "a", "1"], "words: 1 would be taken for the number of a class"),
    "a third class that is not simulated": (
        "classes", ["a", "b", "c"], "simulation.fat_limits: found 0 limits, expected 1 for 3 classes",
    ),
    "limits of a third class": ("simulation", {"fat_limits": [10.0]}, "found 1 limits, expected 0 for 2"),
    "limits out of order": ("simulation", {"fat_limits": [20.0, 10.0]}, "expected ascending fat fractions"),
    "an unknown target": (
        "attacks.sign_descent.target", "maligant",
        "config.yaml: attacks.sign_descent.target: found 'maligant', expected one of healthy, fatty",
    ),
    "a formula for a class": ("classes", ["a", "$b$"], "classes.1: found '$b$'"),
    "a wildcard for a folder": ("results_dir", "{x}", "results_dir: found '{x}'"),
    "zero frames per job": ("frames_per_job", 0, "frames_per_job: found 0"),
    "an unknown engine": ("predictor", {"engine": "torch"}, "predictor.engine: found 'torch'"),
    "allow_cpu without TensorFlow": (
        "predictor", {"allow_cpu": True},
        "expected allow_cpu with engine tensorflow only",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("key", "value", "expected"), CONFIG_MISTAKES.values(), ids=CONFIG_MISTAKES)
def test_mistakes_in_the_configuration_are_rejected_in_one_line(study, key, value, expected):
    assert_rejected(expected, study, change=change(key, value))


SHEET_MISTAKES = {
    "impossible value": (with_cells("gamma", "0"), "row 2 (frame_id F1), gamma: found 0, expected 0.1 to 10"),
    "initial outside": (with_cells("beta_min", "0.95"), "row 2 (frame_id F1), beta: found initial value 0.9 outside"),
    "a bound that is text": (with_cells("beta_min", "low"), "row 2 (frame_id F1), beta_min: found 'low'"),
    "a bound that is NaN": (with_cells("beta_min", "nan"), "beta_min: found 'nan', expected a finite number"),
    "misspelt column": (with_cells("beta_mim", "0.6"), "header: found unknown column 'beta_mim'"),
    "column twice": (with_cells("note_a,note_a", "1,2"), "found column 'note_a' twice"),
    "missing column": (FRAMES.replace("label", "note_label"), "column 'label' not found"),
    "semicolons": (
        FRAMES.replace(",", ";"),
        "column 'frame_id' not found: found one column, expected frame_id, patient_id, path, label (separated by commas",
    ),
    "a folder for a file": (FRAMES.replace(F2, "."), "path: found the folder"),
    "duplicate id": (FRAMES.replace("F2", "F1"), "found the same frame_id as in"),
    "unknown label": (
        FRAMES.replace("F2.h5,0", "F2.h5,ill"),
        "row 3 (frame_id F2), label: found 'ill', expected one of 0 (healthy), 1 (fatty)",
    ),
    "missing file": (FRAMES.replace(F2, "F2.h5"), "row 3 (frame_id F2), path: file"),
    "simulated path of another frame": (FRAMES.replace("frames/F2.h5", "frames/F9.h5"), f"expected '{F2}'"),
    "no patient": (FRAMES.replace("P2", ""), "row 3 (frame_id F2), patient_id: found nothing"),
    "id with a slash": (FRAMES.replace("F2,", "a/b,"), "row 3, frame_id: found 'a/b'"),
    "id of a folder": (FRAMES.replace("F2,", "batches,"), "row 3 (frame_id batches): found the id 'batches'"),
    "id of a file": (FRAMES.replace("F2,", "F1.sha256,"), "row 3 (frame_id F1.sha256): found the id 'F1.sha256'"),
    "short row": (FRAMES + "F6,P6\n", "row 7: found 2 cells, expected 4"),
    "empty sheet": ("", "found an empty file"),
    "no rows": (FRAMES.splitlines()[0], "found no rows"),
}


@pytest.mark.parametrize(("frames", "expected"), SHEET_MISTAKES.values(), ids=SHEET_MISTAKES)
def test_mistakes_in_a_sheet_are_rejected_in_one_line(study, frames, expected):
    assert_rejected(expected, study, frames)


def test_both_classes_are_needed_to_train_on(study):
    first_cohort = change("classifiers.alone", {"protocol": "first_cohort"})
    no_second_healthy = IMAGES.replace("B2,P9,simulated/images/B2.png,0\n", "")
    expected = "classifiers.alone: found only labels [1] to train fold all on"
    assert_rejected(expected, study, images=no_second_healthy, change=first_cohort)
    positive = [sheet.replace(",0\n", ",1\n") for sheet in (FRAMES, IMAGES)]
    assert_rejected("found only labels [1] to train", study, *positive)


def test_a_sheet_that_is_not_utf_8_is_rejected_with_the_row_number(study, tmp_path):
    study()
    (tmp_path / "frames.csv").write_bytes((FRAMES + "F6,Müller,simulated/frames/F6.h5,1\n").encode("latin-1"))
    with pytest.raises(EchoShiftError, match=r"frames\.csv row 7: found bytes that are not UTF-8 text"):
        load_study({**default_config(), "cohorts": {"frames": str(tmp_path / "frames.csv")}})


@pytest.mark.parametrize(("patient", "label"), [("P6", "0"), ("P2", "1")])
def test_a_recording_has_one_patient_and_one_label(study, tmp_path, patient, label):
    speckle_frame().save(tmp_path / "own.h5")
    sheet = FRAMES.replace(F2, "own.h5")
    assert study(sheet + "F6,P2,own.h5,0\n").frames["F6"].path == study(sheet).frames["F2"].path
    with pytest.raises(EchoShiftError, match=r"F6\), path: found the recording of F2 again, expected .* same patient"):
        study(sheet + f"F6,{patient},own.h5,{label}\n")


def test_user_files_must_be_outside_the_results(study, tmp_path):
    """The workflow writes `frames.csv` and other files there."""
    with pytest.raises(EchoShiftError, match=r"config\.yaml: cohorts\.frames: found .*frames\.csv inside results_dir"):
        study(change=change("results_dir", str(tmp_path)))
    (tmp_path / "results/mine").mkdir(parents=True)
    speckle_frame().save(tmp_path / "results/mine/own.h5")
    sheet = FRAMES.replace(F2, "results/mine/own.h5")
    with pytest.raises(EchoShiftError, match=r"F2\), path: found .*own\.h5 inside results_dir"):
        study(sheet, change=change("results_dir", str(tmp_path / "results")))
    assert study(sheet, change=change("results_dir", str(tmp_path / "results2")))


def test_a_metaimage_includes_its_side_car_and_data_files(study, tmp_path):
    sheet = FRAMES.replace(F2, "x.mhd")
    (tmp_path / "x.mhd").write_text("DimSize = 3 3\nElementDataFile = x.raw\n")
    (tmp_path / "x.mhd.yaml").write_text("")
    with pytest.raises(EchoShiftError, match=r"x\.raw' not found"):
        study(sheet)
    (tmp_path / "x.raw").write_text("")
    assert [path.rsplit("/", 1)[-1] for path in study(sheet).frames["F2"].files] == ["x.mhd", "x.mhd.yaml", "x.raw"]


def test_a_selector_is_part_of_the_path_but_not_of_the_files(study, tmp_path):
    (tmp_path / "x.mha").write_text("")
    (tmp_path / "x.mha.yaml").write_text("")
    (tmp_path / "y.mat").write_text("")
    frames = FRAMES.replace(F2, "x.mha#2").replace("simulated/frames/F4.h5", "x.mha#4")
    loaded = study(frames, IMAGES.replace("simulated/images/B2.png", "y.mat#12/3"))
    assert loaded.frames["F2"].path == f"{tmp_path}/x.mha#2"
    assert loaded.frames["F2"].files == loaded.frames["F4"].files == (f"{tmp_path}/x.mha", f"{tmp_path}/x.mha.yaml")
    assert (loaded.images["B2"].path, loaded.images["B2"].files) == (f"{tmp_path}/y.mat#12/3", (f"{tmp_path}/y.mat",))
    with pytest.raises(EchoShiftError, match=r"row 3 \(frame_id F2\), path: file '.*z.mha#2' not found"):
        study(FRAMES.replace(F2, "z.mha#2"))


def test_the_results_folder_is_normalised(study):
    assert study(change=change("results_dir", "./a//b/")).frames["F1"].path == "a/b/simulated/frames/F1.h5"


def test_paths_are_relative_to_the_sheet(study, tmp_path):
    speckle_frame().save(tmp_path / "own" / "x.h5")
    loaded = study(FRAMES.replace(F2, "own/x.h5"))
    assert loaded.frames["F2"].path == str(tmp_path / "own" / "x.h5") and not loaded.frames["F2"].simulated
    assert loaded.frames["F1"].path == "results/simulated/frames/F1.h5"


def test_comments_and_free_columns_change_nothing(study):
    plain = study()
    noted = study("# a comment\n" + with_cells("note_x", "hello", '"a, b"'))
    for name in plain.frames:
        assert plain.search("sign_descent", name) == noted.search("sign_descent", name)
        assert plain.training("cross_validated", "0")[0].name == noted.training("cross_validated", "0")[0].name


UNLABELLED = FRAMES + "U1,P1,own.h5,\nU2,P9,other.h5,\nU3,P9,other.h5,\n"


def test_unlabelled_frames_are_classified_but_never_trained_on(study, tmp_path):
    for name in ("own.h5", "other.h5"):
        speckle_frame().save(tmp_path / name)
    before, loaded = study(), study(UNLABELLED)
    folds = loaded.folds["cross_validated"]
    assert [loaded.frames[name].label for name in ("U1", "U2", "U3")] == [None] * 3
    assert {name: folds[name] for name in before.frames} == before.folds["cross_validated"]
    assert folds["U1"] == folds["F1"] and folds["U2"] == folds["U3"] == "0"
    for classifier, own in loaded.folds.items():
        for fold in set(own.values()):
            trained = loaded.training(classifier, fold)
            assert not {one.name for one in trained} & {"U1", "U2", "U3"}
    trained = {one.name for one in loaded.training("cross_validated", "0")}
    assert "B2" not in trained  # an image of P9, whose frames this fold's model classifies
    assert {one.name for one in loaded.training("trained_once", "all")} == {*before.frames, *before.images}


def test_a_first_cohort_model_needs_no_labelled_frames(study, tmp_path):
    speckle_frame().save(tmp_path / "own.h5")
    sheet = "frame_id,patient_id,path,label\nU1,P7,own.h5,\n"
    loaded = study(sheet, change=only({"probe": {"protocol": "first_cohort"}}))
    assert {one.name for one in loaded.training("probe", "all")} == {"B1", "B2", "B3"}
    with pytest.raises(EchoShiftError, match=r"folds: found 0 patients with labelled frames, expected at least 2"):
        study(sheet)


@pytest.mark.parametrize(
    ("frames", "images", "complaint"),
    [
        (FRAMES.replace("F1.h5,1", "F1.h5,"), IMAGES, r"F1\), label: found '', expected one of 0 \(healthy\), 1 \(fatty\)$"),
        (FRAMES, IMAGES.replace("B1.png,1", "B1.png,"), r"B1\), label: found '', expected one of 0 \(healthy\), 1 \(fatty\)$"),
        (UNLABELLED.replace("own.h5,\n", "own.h5,?\n", 1), IMAGES, r"U1\), label: found '\?', expected .*, or nothing if unknown"),
    ],
)  # fmt: skip
def test_a_missing_required_label_is_rejected(study, tmp_path, frames, images, complaint):
    speckle_frame().save(tmp_path / "own.h5")
    with pytest.raises(EchoShiftError, match=complaint):
        study(frames, images)


def test_labels_are_read_as_spreadsheets_and_people_write_them(study):
    """Numbers, numbers with a decimal point, names; rows of empty cells between and after them."""
    labels = dict(zip(("F1", "F2", "F3", "F4"), ("fatty", "0.0", "1.", "healthy"), strict=True))
    rows = [f"{name},P{name},simulated/frames/{name}.h5,{label}" for name, label in labels.items()]
    sheet = "\n".join(["frame_id,patient_id,path,label", *rows[:2], ",,,", *rows[2:], ",,,", ",,,"]) + "\n"
    loaded = study(sheet)
    assert {name: frame.label for name, frame in loaded.frames.items()} == {"F1": 1, "F2": 0, "F3": 1, "F4": 0}
    renamed = study(sheet.replace("healthy", "benign"), change=change("classes", ["benign", "fatty"]))
    assert renamed.frames["F4"].label == 0


@pytest.mark.parametrize("label", ["2", "0.5", "1.0.0", "Fatty", "-1", "01", "1e0", "nan"])
def test_a_label_that_is_no_class_is_refused(study, label):
    with pytest.raises(EchoShiftError, match=rf"label: found '{label}', expected one of 0 \(healthy\), 1 \(fatty\)$"):
        study(FRAMES.replace("F2.h5,0", f"F2.h5,{label}"))


def test_a_class_cannot_have_the_number_of_another_one(study):
    with pytest.raises(
        EchoShiftError, match=r"classes: found .*, expected words: 1 would be taken for the number of a class"
    ):
        study(change=change("classes", ["1", "0"]))
    assert study(change=change("classes", ["0", "1"])).config.classes == ("0", "1")
