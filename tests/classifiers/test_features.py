"""Features: each row is computed once and does not depend on other images."""

import numpy as np
import pytest

import echoshift.classifiers.backbones.features as features_module
from classifiers.conftest import run_python, texture
from echoshift.classifiers.backbones.features import Features, compute_features, rows_folder
from echoshift.classifiers.training.settings import TrainingSettings
from echoshift.errors import EchoShiftError


def named(images):
    return [(f"I{index}", image) for index, image in enumerate(images)]


def test_a_changed_image_computes_one_row(settings, tmp_path):
    images = [texture(1.5, seed) for seed in range(4)]
    first, n_first = compute_features(named(images), settings, tmp_path)
    again, n_again = compute_features(named(images), settings, tmp_path)
    changed = [*images[:2], 255 - images[2], images[3]]
    other, n_other = compute_features(named(changed), settings, tmp_path)
    assert (n_first, n_again, n_other) == (4, 0, 1)
    assert again.digest() == first.digest() != other.digest()
    same = np.all(other.values == first.values, axis=1)
    assert same.tolist() == [True, True, False, True]


def test_a_row_is_the_same_alone_and_in_company(cohort, features, settings, tmp_path):
    alone, _ = compute_features([(cohort.item_id[7], cohort.images[7])], settings, tmp_path)
    assert alone.values.tobytes() == features.values[7].tobytes()


def test_rows_of_another_size_or_backbone_are_not_mixed():
    folders = {
        rows_folder("rows", TrainingSettings(**fields))
        for fields in ({}, {"input_size": 128}, {"backbone": "efficientnet_lite0"}, {"epochs": 3, "seed": 9})
    }
    assert len(folders) == 3  # epochs and seed do not affect the features


def test_rows_do_not_outlive_the_code_and_packages_that_made_them(settings, tmp_path, monkeypatch):
    images, listed, installed = named([texture(1.5, 0)]), features_module.sources, features_module.version
    edited = tmp_path / "edited.py"
    made_of = []

    def sources(*modules):
        made_of[:] = listed(*modules)
        return [*made_of, str(edited)]

    monkeypatch.setattr(features_module, "sources", sources)
    edited.write_text("1")
    assert [compute_features(images, settings, tmp_path / "rows")[1] for _ in range(2)] == [1, 0]
    edited.write_text("2")
    assert [compute_features(images, settings, tmp_path / "rows")[1] for _ in range(2)] == [1, 0]
    names = {path.rsplit("/", 1)[-1] for path in made_of}
    assert {"networks.py", "efficientnet_lite.py", "torch_weights.py", "tensorflow_setup.py", "resize.py"} <= names
    assert not {"settings.py", "training.py", "features.py"} & names  # an edit of these leaves the rows as they are
    folders = {rows_folder("rows", settings)}
    for package in ("keras", "tensorflow", "opencv-python-headless"):
        monkeypatch.setattr(
            features_module, "version", lambda name, new=package: "0" * (name == new) or installed(name)
        )
        folders.add(rows_folder("rows", settings))
    assert len(folders) == 4


def test_the_same_features_give_the_same_bytes(features, tmp_path):
    features.save(tmp_path / "a.npz")
    Features.open(tmp_path / "a.npz").save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    read = Features.open(tmp_path / "b.npz")
    assert read.item_id == features.item_id
    assert read.image_digest == features.image_digest
    assert read.values.dtype == np.float32
    assert read.record["echoshift_version"] and read.record["inputs"]["weights"].startswith("sha256:5793")


def test_known_rows_need_no_tensorflow(cohort, features, rows):
    code = f"""
import sys
from echoshift.classifiers.backbones.features import compute_features
from echoshift.classifiers.training.settings import TrainingSettings
sys.path.insert(0, "tests")
from classifiers.conftest import texture
settings = TrainingSettings(backbone="efficientnet_lite0", input_size=64)
_, n = compute_features([("x", texture(1.2, 0))], settings, {str(rows)!r})
print(n, "tensorflow" in sys.modules)
"""
    assert run_python(code).stdout.split() == ["0", "False"]


def test_what_cannot_be_read_is_named(features, settings, tmp_path):
    with pytest.raises(EchoShiftError, match="'absent'"):
        features.select(["I00", "absent"])
    with pytest.raises(EchoShiftError, match="'a' twice"):
        compute_features([("a", texture(1.5, 0))] * 2, settings, tmp_path)
    with pytest.raises(EchoShiftError, match="no images"):
        compute_features([], settings, tmp_path)
    features.save(tmp_path / "whole.npz")
    whole = (tmp_path / "whole.npz").read_bytes()
    for content in (None, b"no npz", b"", whole[:-100], whole[:200] + bytes(100) + whole[300:]):
        path = tmp_path / "features.npz"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(EchoShiftError, match=r"features\.npz"):
            Features.open(path)
    (row,) = rows_folder(tmp_path, settings).glob("*.npy")
    row.write_bytes(b"cut")
    with pytest.raises(EchoShiftError, match="delete it"):
        compute_features([("a", texture(1.5, 0))], settings, tmp_path)
