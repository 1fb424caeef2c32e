"""A study whose sheets select frames and images inside files: rules have the files as inputs, commands get the selector."""

import numpy as np
import pytest
from scipy.io import savemat
from study_project import Project, tiny_config

from echoshift.formats import open_frame
from echoshift.formats.images import read_image
from echoshift.reconstruction.cache import read_reconstruction
from echoshift.reconstruction.envelope import envelope

HEADER = """ObjectType = Image
NDims = 3
ElementSpacing = 1 1 1
FirstSampleDistance = 50
LateralAngularSeparation = 0.02
RadiusSampleSize = 0.1
FrequencyMhz = 2.5
DimSize = 300 24 4
ElementType = MET_SHORT
ElementDataFile = LOCAL
"""


@pytest.fixture
def project(tmp_path):
    """Four frames in one file and four images in another."""
    rng = np.random.default_rng(0)
    samples = rng.integers(-3000, 3000, (4, 24, 300)).astype(np.int16)
    (tmp_path / "frames.mha").write_bytes(HEADER.encode() + samples.tobytes())
    data = np.zeros((1, 2), dtype=[(name, object) for name in ("id", "class", "fat", "images")])
    for i in range(2):
        data[0, i] = (i + 1, i, 10.0 * i, rng.integers(0, 256, (2, 40, 60), dtype=np.uint8))
    savemat(tmp_path / "livers.mat", {"data": data})
    frames = [f"F{i},P{i},frames.mha#{i},{i % 2}" for i in range(4)]
    images = [f"B{i},L{i // 2},livers.mat#{i // 2 + 1}/{i % 2},{i // 2}" for i in range(4)]
    config = tiny_config()
    config["classifiers"]["once"]["training"] |= {"trained_blocks": 1}  # reads the images again
    project = Project(tmp_path)
    project.write(
        config,
        "\n".join(["frame_id,patient_id,path,label", *frames]) + "\n",
        "\n".join(["image_id,patient_id,path,label", *images]) + "\n",
    )
    return project


def test_the_study_is_planned(project):
    jobs = project.run("-n")
    assert (jobs["reconstruct"], jobs["features"], jobs["train"], jobs["figures"]) == (4, 2, 3, 1)
    assert jobs["simulate_frame"] == jobs["simulate_image"] == 0


def test_a_verb_gets_the_frame_and_the_image_that_are_chosen(project):
    project.run("results/reconstructions/F2", "results/features/images.csv")
    stored = read_reconstruction(project.results / "reconstructions/F2")
    expected = envelope(open_frame(f"{project.folder}/frames.mha#2")).envelope
    np.testing.assert_array_equal(stored.frame.envelope, expected)
    paths = {row["item_id"]: row["path"] for row in project.rows("features/images.csv")}
    assert paths["images/B3"] == "livers.mat#2/1"
    assert read_image(project.folder / paths["images/B3"]).shape == (40, 60)
