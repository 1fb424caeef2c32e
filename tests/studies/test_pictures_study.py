"""A study of pictures beside simulated RF: what is reconstructed, attacked, reported, and rerun."""

import json
import time

import numpy as np
import pytest
import yaml
from PIL import Image
from study_project import Project, tiny_config

from echoshift.formats.declared import declared
from echoshift.formats.images.bmode import open_bmode
from echoshift.reconstruction.bmode_plan import BModePlan
from echoshift.reconstruction.cache import read_reconstruction

PICTURES = ("A", "B", "C", "D")
MEAN = """
def logit(pictures):
    return pictures.mean(axis=(1, 2)) - 60.0
"""


def speckle(seed):
    """Bright for odd seeds. A label in the corner is not part of the sector."""
    rng = np.random.default_rng(seed)
    image = np.zeros((80, 72), np.uint8)
    image[12:76, 4:68] = np.clip(rng.normal(70 + 16 * (seed % 2), 60, (64, 64)), 0, 255)
    image[2:6, 2:9] = 255
    return image


@pytest.fixture(scope="module")
def finished(tmp_path_factory, programs):
    """Four pictures, of which one has an assumed window, and two simulated RF frames, after the first run."""
    project = Project(tmp_path_factory.mktemp("pictures"), programs=programs)
    folder = project.folder
    for seed, name in enumerate(PICTURES):
        Image.fromarray(speckle(seed)).save(folder / f"{name}.png")
    (folder / "D.png.yaml").write_text(yaml.safe_dump({"assume": {"dynamic_range": 60}}))
    (folder / "mean_grey.py").write_text(MEAN)
    rows = [f"{name},P{name},{name}.png,{i % 2}" for i, name in enumerate(PICTURES)]
    rows += [f"F{i},PF{i},simulated/frames/F{i}.h5,{i}" for i in range(2)]
    output = {"gives": "logits", "positive": "fatty"}
    config = tiny_config() | {
        "recorded": {"alpha_l": 5, "alpha_u": 50, "geometry": {"kind": "linear", "face": 12}},
        "classifiers": {"mean": {"kind": "given", "function": "mean_grey:logit", "output": output}},
        "attacks": {
            "strong": {
                "method": "strongest",
                "max_queries": 20,
                "relative": True,
                "settings": {"alpha_l": {}, "tgc_4": {}},
            },
            "careful": {
                "method": "strongest",
                "max_queries": 20,
                "relative": True,
                "accept": {"unknown": 0.02},
                "settings": {"alpha_l": {}, "tgc_4": {}},
            },
        },
    }
    del config["cohorts"]["images"]
    config["cohorts"]["reference_level"] = 0.5  # of the RF frames
    project.write(config, "\n".join(["frame_id,patient_id,path,label", *rows]) + "\n", "")
    project.run()
    return project


def test_a_picture_is_reconstructed_as_it_is(finished):
    for seed, name in enumerate(PICTURES):
        stored = read_reconstruction(finished.results / "reconstructions" / name)
        np.testing.assert_array_equal(stored.image[12:76, 4:68], speckle(seed)[12:76, 4:68])
        assert not stored.image[:12].any()  # the label is outside


def test_bounds_are_around_each_frames_own_window(finished):
    for name, middle in (("A", 5), ("D", 0), ("F0", 10)):
        search = json.loads((finished.results / f"attacks/mean/strong/{name}/record.json").read_text())["search"]
        (alpha_l,) = (axis for axis in search["axes"] if axis["name"] == "alpha_l")
        assert (alpha_l["low"], alpha_l["initial"], alpha_l["high"]) == (middle - 5, middle, middle + 5)


def test_flips_say_how_much_is_unknown_and_may_be_limited(finished):
    rows = [row for row in finished.rows("summary/frames.csv") if row["outcome"] == "flipped"]
    assert {row["attack"] for row in rows} == {"strong", "careful"}
    for row in rows:
        if row["frame_id"] in PICTURES:
            path = finished.folder / f"{row['frame_id']}.png"
            cohort = yaml.safe_load((finished.folder / "config.yaml").read_text())["recorded"]
            plan = BModePlan(open_bmode(path, declared(path, (cohort, finished.folder))))
            settings = {name: float(row[f"final_{name}"]) for name in ("alpha_l", "alpha_u", "tgc_4")}
            assert float(row["final_unknown"]) == pytest.approx(plan.unknown([settings])[0])
        else:
            assert float(row["final_unknown"]) == 0
    of = {
        attack: [float(row["final_unknown"]) for row in rows if row["attack"] == attack]
        for attack in ("strong", "careful")
    }
    assert max(of["careful"]) <= 0.02 < max(of["strong"])


def test_what_is_assumed_is_said_everywhere(finished):
    words = "simulated RF frames and B-mode pictures (dynamic range assumed for 1 of 6 frames: 60 dB)"
    assert {one["cohort"] for one in json.loads((finished.results / "summary/summary.json").read_text())} == {words}
    for row in finished.rows("summary/frames.csv"):
        assert row["assumed"] == ("dynamic range 60 dB" if row["frame_id"] == "D" else "")
    for name in ("success_over_queries", "comparisons"):
        assert all("assumed" in row["assumed"] for row in finished.rows(f"summary/{name}.csv"))


def test_an_edited_side_car_reruns_its_own_picture(finished, tmp_path):
    project = finished.copy(tmp_path / "again")
    time.sleep(1.1)
    (project.folder / "D.png.yaml").write_text(yaml.safe_dump({"assume": {"dynamic_range": 50}}))
    jobs = project.run()
    assert jobs["reconstruct"] == 1
    record = json.loads((project.results / "attacks/mean/strong/D/record.json").read_text())
    assert record["initial_settings"]["alpha_u"] == 50
    for name in ("A", "F0"):
        same = f"attacks/mean/strong/{name}/record.json"
        assert (project.results / same).read_bytes() == (finished.results / same).read_bytes()
