"""Pictures as frames: what is declared about them, the sector, the face, and what is wrong in one line."""

import cv2
import numpy as np
import pytest
import yaml
from dicom_files import write_dicom
from PIL import Image

from common import speckle_frame
from echoshift.bmode import Face
from echoshift.errors import EchoShiftError, EchoShiftWarning
from echoshift.formats.declared import declared
from echoshift.formats.images.bmode import open_bmode
from echoshift.formats.made_with import MadeWith
from echoshift.formats.recording import open_recording
from echoshift.reconstruction.bmode_plan import BModePlan
from echoshift.validation import checked

WINDOW = {"alpha_l": 0, "alpha_u": 60}


def speckle(shape=(64, 48)):
    return np.random.default_rng(1).integers(1, 256, shape).astype(np.uint8)


def saved(path, image, **said):
    Image.fromarray(image).save(path)
    if said:
        path.with_name(path.name + ".yaml").write_text(yaml.safe_dump(said))
    return path


def made_with(**fields):
    return checked(MadeWith, WINDOW | fields, "test")


def test_a_side_car_overrides_the_cohort_and_the_row_the_side_car(tmp_path):
    path = saved(tmp_path / "a.png", speckle(), dynamic_range=50, center_frequency=3e6)
    cohort = ({"alpha_l": 10, "alpha_u": 55, "center_frequency": 2e6, "beta": 0.9}, tmp_path)
    assert declared(path).window == (0, 50)
    together = declared(path, cohort)
    assert together.window == (0, 50) and together.center_frequency == 3e6 and together.beta == 0.9
    of_row = declared(path, cohort, {"alpha_l": 5.0, "alpha_u": 45.0, "beta": 0.7})
    assert of_row.window == (5, 45) and of_row.settings == {"beta": 0.7, "alpha_l": 5, "alpha_u": 45}
    assert declared(tmp_path / "without.png").window is None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"alpha_l": 60, "alpha_u": 0}, "alpha_l below alpha_u"),
        ({"alpha_l": 10}, "both alpha_l and alpha_u"),
        ({"alpha_l": 0, "alpha_u": 60, "dynamic_range": 60}, "one of alpha_l with alpha_u, dynamic_range, and assume"),
        ({"dynamic_range": -60}, "dynamic_range: found -60, expected greater than 0"),
        ({"center_frequency": 3.5}, "center_frequency: found 3.5, expected greater than or equal to 100000"),
        ({"pixel_size": 0}, "pixel_size: found 0, expected greater than 0"),
        ({"pixel_size": 0.3}, "pixel_size: found 0.3, expected less than or equal to 0.01"),
        ({"sector": {}}, "sector: found {}, expected either polygon or mask"),
        ({"geometry": {"kind": "round"}}, "geometry.kind: found 'round'"),
        ({"geometry": {"kind": "convex", "apex": [1, 2]}}, "geometry.radius: found nothing"),
        ({"dynamik_range": 60}, "is it dynamic_range"),
    ],
)
def test_a_wrong_side_car_is_refused_in_one_line(tmp_path, said, expected):
    path = saved(tmp_path / "a.png", speckle(), **said)
    with pytest.raises(EchoShiftError) as caught:
        declared(path)
    assert expected in str(caught.value) and "a.png.yaml" in str(caught.value) and "\n" not in str(caught.value)


def test_the_picture_comes_out_as_it_is(tmp_path):
    image = speckle()
    frame = open_bmode(saved(tmp_path / "a.png", image), made_with(geometry={"kind": "linear", "face": 0}))
    np.testing.assert_array_equal(BModePlan(frame).render({}), image)
    assert frame.metadata == {"source": "a.png", "format": "PNG"}


def test_depth_without_a_geometry_is_the_row_and_warned_about(tmp_path):
    image = speckle()
    image[:10] = 0
    with pytest.warns(EchoShiftWarning, match=r"a.png: geometry: found none, so depth runs downwards from the sector"):
        frame = open_bmode(saved(tmp_path / "a.png", image), made_with())
    assert frame.origin == Face(row=10)


@pytest.mark.parametrize("unit", ["pixel", "m"])
def test_apex_and_face_in_pixels_or_metres(tmp_path, unit):
    scale = 1 if unit == "pixel" else np.array([4e-4, 5e-4])
    apex = [float(value) for value in np.array([-20.0, 24.0]) * scale]
    geometry = {"kind": "convex", "apex": apex, "radius": float(np.ravel(12.0 * scale)[0]), "unit": unit}
    frame = open_bmode(saved(tmp_path / "a.png", speckle()), made_with(geometry=geometry, pixel_size=(4e-4, 5e-4)))
    assert frame.face.row == pytest.approx(-8) and frame.face.column == pytest.approx(24)
    assert frame.face.radius == pytest.approx(12)


def test_a_polygon_or_a_mask_is_the_sector(tmp_path):
    path = saved(tmp_path / "a.png", speckle())
    corners = [[5, 10], [5, 30], [40, 30], [40, 10]]
    geometry = {"kind": "linear", "face": 5}
    sector = open_bmode(path, made_with(geometry=geometry, sector={"polygon": corners})).sector
    assert sector[5:41, 10:31].all() and sector.sum() == 36 * 21
    mask = saved(tmp_path / "mask.png", (sector * 200).astype(np.uint8))
    of_mask = open_bmode(path, made_with(geometry=geometry, sector={"mask": str(mask)}))
    np.testing.assert_array_equal(of_mask.sector, sector)


def test_coloured_pixels_are_taken_out_if_asked_for(tmp_path):
    image = np.repeat(speckle()[..., None], 3, axis=2)
    image[20:30, 20:30] = (200, 30, 10)
    Image.fromarray(image).save(tmp_path / "a.png")
    geometry = {"kind": "linear", "face": 0}
    with pytest.warns(EchoShiftWarning, match="100 coloured pixels"):
        kept = open_bmode(tmp_path / "a.png", made_with(geometry=geometry))
    with pytest.warns(EchoShiftWarning, match="100 coloured pixels"):
        masked = open_bmode(tmp_path / "a.png", made_with(geometry=geometry, mask_coloured=True))
    assert kept.sector.all() and not masked.sector[20:30, 20:30].any() and (~masked.sector).sum() == 100


@pytest.mark.parametrize(
    ("image", "fields", "expected"),
    [
        (np.full((64, 64), 90, np.uint8), {}, "found grey level 90 everywhere"),
        (np.zeros((64, 64), np.uint8), {}, "found grey level 0 everywhere"),
        (speckle((1, 1)), {}, "1 x 1"),
        (speckle(), {"sector": {"polygon": [[500, 500], [500, 600], [600, 600]]}}, "sector.polygon: found 0 pixels inside the picture"),
        (speckle(), {"geometry": {"kind": "linear", "face": 0.01, "unit": "m"}}, "geometry.unit: found m without pixel_size"),
        (speckle(), {"geometry": {"kind": "convex", "apex": [20, 24], "radius": 20}}, "of the sector behind the face"),
        (speckle(), {"geometry": {"kind": "convex", "apex": [-30, 240], "radius": 20}}, "geometry.apex: found column 240.0 of 48"),
    ],
)  # fmt: skip
def test_a_picture_that_cannot_be_used_is_refused_in_one_line(tmp_path, image, fields, expected):
    with pytest.raises(EchoShiftError) as caught:
        open_bmode(saved(tmp_path / "a.png", image), made_with(**fields))
    assert expected in str(caught.value) and "a.png" in str(caught.value) and "\n" not in str(caught.value)


def test_a_picture_of_text_is_refused(tmp_path):
    image = np.zeros((256, 256), np.uint8)
    cv2.putText(image, "findings", (20, 120), cv2.FONT_HERSHEY_SIMPLEX, 1, 200, 2)
    with pytest.raises(EchoShiftError, match="sector: found no region"):
        open_bmode(saved(tmp_path / "a.png", image), made_with())


def test_a_dark_jpeg_is_refused(tmp_path):
    Image.fromarray(speckle() // 50).save(tmp_path / "a.jpg", quality=95)
    with pytest.raises(EchoShiftError, match="sector: found no pixel lighter than grey level 8"):
        open_bmode(tmp_path / "a.jpg", made_with())


def test_a_mask_may_be_white_everywhere(tmp_path):
    path, mask = saved(tmp_path / "a.png", speckle()), saved(tmp_path / "m.png", np.full((64, 48), 255, np.uint8))
    geometry = {"kind": "linear", "face": 0}
    assert open_bmode(path, made_with(geometry=geometry, sector={"mask": str(mask)})).sector.all()


def test_a_date_in_a_side_car_is_refused_in_one_line(tmp_path):
    path = saved(tmp_path / "a.png", speckle())
    (tmp_path / "a.png.yaml").write_text("beta: 2020-99-99\n")
    with pytest.raises(EchoShiftError, match="not valid YAML"):
        declared(path)


def test_a_pixel_size_that_contradicts_the_file_is_refused(tmp_path):
    region = {"box": (0, 0, 47, 63), "PhysicalUnitsXDirection": 3, "PhysicalUnitsYDirection": 3}
    region |= {"PhysicalDeltaX": 0.02, "PhysicalDeltaY": 0.02}
    write_dicom(tmp_path / "a.dcm", pixels=speckle(), regions=[region])
    geometry = {"kind": "linear", "face": 0}
    assert open_bmode(tmp_path / "a.dcm", made_with(geometry=geometry)).pixel_size == (2e-4, 2e-4)
    with pytest.raises(EchoShiftError, match="m declared, expected"):
        open_bmode(tmp_path / "a.dcm", made_with(geometry=geometry, pixel_size=3e-4))


def test_echo_data_with_the_window_of_a_picture_is_refused(tmp_path):
    speckle_frame().save(tmp_path / "a.h5")
    with pytest.raises(EchoShiftError, match="found echo data, expected a picture or lines of grey levels"):
        open_recording(tmp_path / "a.h5", made_with=made_with())
    with pytest.raises(EchoShiftError, match="reference level: found 3 dB for grey levels"):
        open_recording(saved(tmp_path / "a.png", speckle()), reference_level=3.0, made_with=made_with())


def test_a_mask_of_another_size_is_refused(tmp_path):
    path, mask = saved(tmp_path / "a.png", speckle()), saved(tmp_path / "m.png", speckle((32, 32)))
    with pytest.raises(EchoShiftError, match=r"sector.mask: found 32 x 32 pixels, expected 64 x 48 pixels"):
        open_bmode(path, made_with(sector={"mask": str(mask)}))
