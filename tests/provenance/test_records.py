"""Outputs record their inputs, so that the whole chain can be checked."""

import json

import numpy as np
import pytest

from common import speckle_frame
from echoshift.classifiers.training.model_folder import _network_inputs
from echoshift.errors import EchoShiftError
from echoshift.formats.digests import frame_digests
from echoshift.formats.images import read_image
from echoshift.records.provenance import image_digest
from echoshift.storage.files import sha256_of_file
from echoshift.storage.png import write_png
from summary.fake_study import verb


@pytest.mark.parametrize(
    ("name", "content", "files"),
    [
        ("f.h5", b"\x89HDF\r\n\x1a\n", {"frame": "f.h5", "sidecar": "f.h5.yaml"}),
        ("f.mha", b"DimSize = 2 2\nElementDataFile = LOCAL\nabcd", {"frame": "f.mha", "sidecar": "f.mha.yaml"}),
        (
            "f.mhd",
            b"DimSize = 2 2\nElementDataFile = f.raw\n",
            {"frame": "f.mhd", "sidecar": "f.mhd.yaml", "data": "f.raw"},
        ),
    ],
)
def test_every_file_of_a_recording_is_digested(tmp_path, name, content, files):
    for other in ("f.h5.yaml", "f.mha.yaml", "f.mhd.yaml", "f.raw"):
        (tmp_path / other).write_text(other)
    (tmp_path / name).write_bytes(content)
    expected = {role: sha256_of_file(tmp_path / file) for role, file in files.items()}
    assert frame_digests(tmp_path / name) == expected
    found = frame_digests(tmp_path / name, tmp_path / "f.h5.yaml")
    assert found == expected | {"sidecar": sha256_of_file(tmp_path / "f.h5.yaml")}


def test_a_reconstruction_records_its_image_digest(tmp_path):
    speckle_frame().save(tmp_path / "f.h5")
    store = tmp_path / "F1" / "reconstruction.zarr"
    verb("reconstruct", tmp_path / "f.h5", "--shape", 40, 40, "-o", store)
    record = json.loads((store / "zarr.json").read_text())["attributes"]
    assert record["image_digest"] == image_digest(read_image(tmp_path / "F1"))
    assert record["inputs"] == {"frame": sha256_of_file(tmp_path / "f.h5")}


def test_fine_tuning_rejects_images_that_do_not_match_its_features(tmp_path):
    image = np.arange(1024, dtype=np.uint8).reshape(32, 32)
    write_png(tmp_path / "I1.png", image, {})
    rows = [{"item_id": "images/I1", "path": str(tmp_path / "I1.png")}]
    assert _network_inputs(rows, [image_digest(image)], 16, ()).shape == (1, 16, 16, 1)
    found = r"item images/I1: found an image of digest \w{12}, expected \w{12} as in the features: compute them again"
    with pytest.raises(EchoShiftError, match=found):
        _network_inputs(rows, [image_digest(image + 1)], 16, ())
