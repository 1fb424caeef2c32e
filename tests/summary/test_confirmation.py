import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from echoshift.errors import EchoShiftError
from echoshift.storage.files import sha256_of_file
from echoshift.storage.tables import write_rows
from echoshift.summary.attack_places import read_attacked
from echoshift.summary.confirmation import SOURCE_COLUMNS, confirm, find_flips, read_sources
from summary.fake_study import INITIAL


@pytest.fixture
def sources(study):
    path = study.results / "rf.csv"
    return written(path, study, *study.shape, "")


def written(path, study, *grid):
    rows = [(name, study.results / "rf" / f"{name}.h5", "", *(*grid, "")) for name in study.frames]
    write_rows(path, SOURCE_COLUMNS, (dict(zip(SOURCE_COLUMNS, row, strict=True)) for row in rows))
    return path


def flips_of(study):
    return find_flips(read_attacked(study.attacked[:1]))


def confirmed_by(predictor, study, sources, flips=None):
    return list(confirm(flips or flips_of(study), read_sources(sources), lambda fold: predictor))


def test_flips_are_confirmed_from_the_rf_frames_with_one_model_per_fold(study, sources):
    asked = []

    def predictor_of_fold(fold):
        asked.append(fold)
        return study.predictor("folds")

    flips = flips_of(study)
    confirmed = list(confirm(flips, read_sources(sources), predictor_of_fold))
    assert asked == ["0", "1"]
    assert len(confirmed) == len(flips) == 8
    for flip in confirmed:
        assert flip["final"]["confirmed"] and flip["nearest"]["confirmed"]
        assert flip["largest_logit_difference"] == 0
        record = study.folder("folds", flip["attack"], flip["frame_id"]) / "record.json"
        files = {"record": record, "frame": study.results / "rf" / f"{flip['frame_id']}.h5"}
        assert flip["inputs"] == {role: sha256_of_file(path) for role, path in files.items()}


def test_a_pixel_size_instead_of_rows_and_columns(study, sources, tmp_path):
    """The pixels are the same, without the empty rows below the sector."""
    by_shape = read_sources(sources)["R001"].plan()
    pixel = float(by_shape.x[1] - by_shape.x[0]) * (1 - 1e-12)
    source = read_sources(written(tmp_path / "frames.csv", study, "", "", pixel))["R001"]
    by_size = source.plan()
    assert source.shape is None and by_size.x.size == study.shape[1] and 2 < by_size.z.size < study.shape[0]
    np.testing.assert_array_equal(by_size.render(INITIAL), by_shape.render(INITIAL)[: by_size.z.size])
    for grid in (("", "", ""), (40, "", ""), ("", "", "small")):
        complaint = r"row 2: found .*pixel_size .*, expected numbers: rows and columns, or"
        with pytest.raises(EchoShiftError, match=complaint):
            read_sources(written(tmp_path / "frames.csv", study, *grid))


class Shifted:
    """Differs from the engine by a constant."""

    def __init__(self, predictor, shift):
        self.predictor, self.shift, self.digest = predictor, shift, predictor.digest

    def scores(self, images):
        return self.predictor.scores(images) + np.array([0.0, self.shift])


def test_the_largest_difference_is_recorded(study, sources):
    confirmed = confirmed_by(Shifted(study.predictor("folds"), 1e-4), study, sources)
    assert [flip["largest_logit_difference"] for flip in confirmed] == pytest.approx([1e-4] * len(confirmed))


def denied(confirmed, end="final"):
    return {(flip["attack"], flip["frame_id"]) for flip in confirmed if not flip[end]["confirmed"]}


@pytest.mark.parametrize("shift", [0.5, -0.5])  # the initial answer of one frame changes, or the final of another
def test_a_flip_that_the_second_predictor_denies_is_marked(study, sources, shift):
    confirmed = confirmed_by(Shifted(study.predictor("folds"), shift), study, sources)
    assert len(confirmed) == len(flips_of(study))
    for flip in confirmed:
        initial, final = (int(flip[end]["logit_confirmed"] >= 0) for end in ("initial", "final"))
        assert flip["final"]["confirmed"] == (initial == flip["label"] != final)
    assert 0 < len(denied(confirmed)) < len(confirmed)


def test_a_final_image_that_keras_gets_right_is_denied(study, sources):
    record = next(flip for flip in flips_of(study) if flip["frame_id"] == "R001")
    record["final_settings"] = record["initial_settings"]
    assert denied(confirmed_by(study.predictor("folds"), study, sources, [record])) == {(record["attack"], "R001")}


def test_another_reference_level_gives_another_image(study, sources):
    sources.write_text(sources.read_text().replace(".h5,,", ".h5,20,"))
    assert denied(confirmed_by(study.predictor("folds"), study, sources))


def test_the_picture_of_a_flip_is_compared_with_the_initial_one(study, sources):
    from skimage.metrics import structural_similarity

    flip = next(flip for flip in confirmed_by(study.predictor("folds"), study, sources) if flip["attack"] == "descent")
    plan = read_sources(sources)[flip["frame_id"]].plan()
    record = study.record("folds", "descent", flip["frame_id"])
    before, after = plan.render_many([record["initial_settings"], record["final_settings"]])
    picture = flip["final"]["picture"]
    inside = before[plan.sector].astype(float), after[plan.sector].astype(float)
    assert picture["grey_difference"] == pytest.approx(np.abs(inside[1] - inside[0]).mean())
    assert [picture["black"], picture["white"]] == [np.mean(inside[1] == 0), np.mean(inside[1] == 255)]
    assert 0.3 < picture["ssim"] < 1
    # Wang's window on the whole image; the pixels outside the sector are equal in both.
    rows, columns = (np.flatnonzero(plan.sector.any(axis=axis)) for axis in (1, 0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    _, of_pixel = structural_similarity(before[box], after[box], full=True, **window)
    assert picture["ssim"] == pytest.approx(of_pixel[plan.sector[box]].mean())


def test_a_model_other_than_the_attacked_one_is_rejected(study, sources):
    """Its answers agree; only the digest differs."""
    other = study.predictor("folds")
    other.digest = "retrained since"
    complaint = (
        r"^classifier folds, attack \w+, frame R\d+: model digest: found grey level a, "
        r"expected retrained si as in the trained model of fold \d; repair: rm -r \S+/R\d+ and run again$"
    )
    with pytest.raises(EchoShiftError, match=complaint):
        confirmed_by(other, study, sources)


def test_the_frames_current_fold_selects_the_model(study, sources):
    attacked = {run: replace(one, fold="3") for run, one in read_attacked(study.attacked[:1]).items()}
    asked = []
    flips = find_flips(attacked)
    list(confirm(flips, read_sources(sources), lambda fold: asked.append(fold) or study.predictor("folds")))
    assert asked == ["3"]


def test_a_frame_without_rf_data_is_named(study):
    with pytest.raises(EchoShiftError, match=r"--frames: frame R00[26] not found"):
        list(confirm(flips_of(study), {}, lambda fold: study.predictor("folds")))


def test_without_flips_tensorflow_is_not_imported(study, sources, tmp_path):
    output = tmp_path / "confirmed.json"
    program = (
        "import sys\nfrom echoshift.cli.main import app\n"
        "try:\n    app(sys.argv[1:])\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    attacked = tmp_path / "attacked.csv"
    header, *rows = study.attacked[0].read_text().splitlines()
    rows = [row for row in rows if "descent,R002" in row or "descent,R004" in row]  # the other frames flipped
    attacked.write_text("\n".join([header, *rows]) + "\n")
    command = ["confirm", "--results", study.results, "--classifier", "folds", "--attacked", attacked,
               "--frames", sources, "-o", output]  # fmt: skip
    subprocess.run([sys.executable, "-c", program, *map(str, command)], check=True)
    content = json.loads(output.read_text())
    assert content["classifier"] == "folds"
    assert content["flips"] == [] and content["engine"] == "tensorflow"
