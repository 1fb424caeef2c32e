"""`echoshift sheet`: rows that a study reads, and warnings of what is suspicious."""

import csv

import cv2
import numpy as np
import pytest
from suspicious import LABELS, cropped, with_callipers, with_text

from echoshift.cli.main import app
from echoshift.study.sheets import read_frames
from formats.dicom_files import write_dicom
from formats.liver_files import write_liver

CLASSES = ("healthy", "fatty")


def run(capsys, *arguments):
    """Run the command line; return exit code, stdout and the lines on stderr."""
    with pytest.raises(SystemExit) as ended:
        app(["sheet", *map(str, arguments)])
    out, err = capsys.readouterr()
    return ended.value.code, " ".join(out.replace("│", " ").split()), err.splitlines()


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def write(path, image, *options):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image, list(options))
    return path


@pytest.fixture
def folder(pictures, tmp_path):
    """The ten pictures in folders of their classes."""
    for name, image in pictures.items():
        write(tmp_path / "pictures" / CLASSES[LABELS[name]] / f"{name}.png", image)
    return tmp_path / "pictures"


@pytest.fixture
def small(tmp_path):
    """Writes small pictures of noise by their paths within a folder."""

    def make(*names):
        for seed, name in enumerate(names):
            write(tmp_path / "in" / name, np.random.default_rng(seed).integers(1, 256, (40, 50), dtype=np.uint8))
        return tmp_path / "in"

    return make


def test_untouched_pictures_make_a_sheet_without_a_warning_that_a_study_reads(folder, tmp_path, capsys):
    sheet = tmp_path / "sheets/frames.csv"
    code, out, warnings = run(capsys, folder, "-o", sheet)
    assert code == 0 and warnings == []
    assert "fatty: 5 pictures of 5 patients, healthy: 5 pictures of 5 patients" in out
    assert "10: each picture counts as a patient" in out and "512 x 512: 10" in out and "PNG: 10" in out
    recordings = read_frames(str(sheet), str(tmp_path / "results"), CLASSES)
    assert {one.name: one.label for one in recordings} == LABELS
    assert all(one.patient_id == one.name for one in recordings)
    assert rows(sheet)[0]["path"] == "../pictures/fatty/S06.png"
    first = sheet.read_bytes()
    assert run(capsys, folder, "-o", sheet, "--force")[0] == 0
    assert sheet.read_bytes() == first


@pytest.mark.parametrize("draw", [with_callipers, with_text])
def test_marks_and_text_are_warned_about_in_every_picture(draw, folder, pictures, tmp_path, capsys):
    for seed, (name, image) in enumerate(pictures.items()):
        write(folder / CLASSES[LABELS[name]] / f"{name}.png", draw(image, seed))
    _, _, warnings = run(capsys, folder, "-o", tmp_path / "a.csv")
    assert len(warnings) == 10
    for name, label in LABELS.items():
        place = f"{folder / CLASSES[label] / name}.png: measuring marks or text inside the sector"
        assert sum(place in line for line in warnings) == 1, name


def test_cropped_copies_of_other_patients_are_warned_about_and_those_of_the_same_patient_are_not(
    folder, pictures, tmp_path, capsys
):
    quality = (cv2.IMWRITE_JPEG_QUALITY, 75)
    for name, image in pictures.items():
        write(folder / CLASSES[LABELS[name]] / f"C{name[1:]}.jpg", cropped(image, 0.05), *quality)
    code, _, warnings = run(capsys, folder, "-o", tmp_path / "a.csv")
    assert code == 0 and len(warnings) == 10
    for name, label in LABELS.items():
        one, copy = folder / CLASSES[label] / f"{name}.png", folder / CLASSES[label] / f"C{name[1:]}.jpg"
        expected = f"{copy} and {one}: nearly the same picture, of patients C{name[1:]} and {name}"
        assert f"echoshift: warning: {expected}" in warnings
    same = run(capsys, folder, "-o", tmp_path / "b.csv", "--patient", r"[SC](\d+)")
    assert same[2] == [] and "10, with 2 pictures each" in same[1]


def test_ids_are_unique_valid_and_made_from_the_names(small, tmp_path, capsys):
    folder = small(
        "a/001.png", "b/001.png", "a/Größe 5 (1).png", "a/.hidden.png", "a/batches.png", "a/x.png", "a/x.jpg",
        "b/P7/left.png", "a/b_001.png", "a/()_.png",
    )  # fmt: skip
    sheet = tmp_path / "a.csv"
    assert run(capsys, folder, "-o", sheet)[0] == 0
    names = {row["path"]: row["frame_id"] for row in rows(sheet)}
    assert names == {
        "in/a/()_.png": "picture_0", "in/a/001.png": "a_001", "in/b/001.png": "b_001_2", "in/a/b_001.png": "b_001",
        "in/a/Größe 5 (1).png": "Gr_e_5_1_", "in/a/batches.png": "batches_0", "in/a/x.jpg": "a_x",
        "in/a/x.png": "a_x_2", "in/b/P7/left.png": "left",
    }  # fmt: skip
    assert len(read_frames(str(sheet), str(tmp_path / "results"), ("a", "b"))) == len(names)


def test_a_folder_named_simulated_is_not_taken_for_the_simulation(small, tmp_path, capsys):
    small("x/1.png").rename(tmp_path / "simulated")
    assert run(capsys, tmp_path / "simulated", "-o", tmp_path / "a.csv")[0] == 0
    assert not read_frames(str(tmp_path / "a.csv"), str(tmp_path / "results"), ("x", "y"))[0].simulated


def test_patients_by_a_pattern_in_name_or_folder(small, tmp_path, capsys):
    folder = small("a/P1_left.png", "a/P1_right.png", "a/P2_left.png", "b/P2_left.png")
    code, out, warnings = run(capsys, folder, "-o", tmp_path / "a.csv", "--patient", "^(P[0-9]+)_")
    assert code == 0 and [row["patient_id"] for row in rows(tmp_path / "a.csv")] == ["P1", "P1", "P2", "P2"]
    assert "2, with 2 pictures each" in out and "a: 3 pictures of 2 patients, b: 1 picture of 1 patient" in out
    assert "patients with pictures of more than one class" in warnings[-1] and warnings[-1].endswith(": P2")
    nested = small("c/P8/left.png")
    (nested / "a").rename(tmp_path / "gone")
    (nested / "b").rename(tmp_path / "gone too")
    assert run(capsys, nested, "-o", tmp_path / "b.csv", "--patient", "^([^/]+)/")[0] == 0
    assert rows(tmp_path / "b.csv")[0]["patient_id"] == "P8"


def test_files_that_are_no_pictures_are_named_and_left_out(small, tmp_path, capsys):
    folder = small("a/1.png", "b/2.png", "a/cut.png", "loose.png", "a/two.dcm.png")
    cut = folder / "a/cut.png"
    cut.write_bytes(cut.read_bytes()[:200])
    (folder / "a/notes.txt").write_text("no picture")
    (folder / "a/1.png.yaml").write_text("alpha_l: 5\n")  # a side-car
    grey = np.random.default_rng(0).integers(1, 256, (40, 50), dtype=np.uint8)
    write_dicom(folder / "b/3.dcm", np.stack([grey] * 2).reshape(80, 50), Rows=40, NumberOfFrames=2)
    code, out, warnings = run(capsys, folder, "-o", tmp_path / "a.csv")
    assert code == 0 and "left out 4 files" in out
    for name, reason in {
        "a/cut.png": "found a damaged image",
        "a/notes.txt": "not a PNG, JPEG, TIFF or DICOM file",
        "loose.png": "it lies in no folder of a class",
        "b/3.dcm": "frame: found 2 in the file",
    }.items():
        assert sum(f"{folder / name}: left out: {reason}" in line for line in warnings) == 1, (name, warnings)
    assert [row["frame_id"] for row in rows(tmp_path / "a.csv")] == ["1", "two.dcm", "2"]


def test_coloured_pixels_and_a_picture_without_a_sector_are_warned_about(small, tmp_path, capsys):
    folder = small("a/1.png", "a/2.png")
    image = cv2.imread(str(folder / "a/1.png"))
    image[10:20, 10:30] = (20, 20, 200)
    write(folder / "a/1.png", image)
    page = np.full((40, 50), 255, np.uint8)
    page[20, 10:20] = 0
    write(folder / "a/2.png", page)
    _, out, warnings = run(capsys, folder, "-o", tmp_path / "a.csv")
    assert any("1.png: 200 coloured pixels" in line for line in warnings)
    assert any("2.png: sector: found grey level 255" in line for line in warnings)
    assert "2 pictures with too little detail" in out


def test_the_public_liver_images(tmp_path, capsys):
    write_liver(tmp_path / "liver.mat", shape=(2, 43, 63))
    code, out, _ = run(capsys, tmp_path / "liver.mat", "-o", tmp_path / "a.csv")
    assert code == 0 and "fatty: 4 pictures of 2 patients, healthy: 2 pictures of 1 patient" in out
    found = rows(tmp_path / "a.csv")
    assert found[0] == {"frame_id": "P1_0", "patient_id": "1", "path": "liver.mat#1/0", "label": "healthy"}
    assert [row["path"] for row in found[2:]] == [
        f"liver.mat#{patient}/{image}" for patient in (2, 3) for image in (0, 1)
    ]
    assert len(read_frames(str(tmp_path / "a.csv"), str(tmp_path / "results"), CLASSES)) == 6


def wrong(*options, name="in", make=None):
    return options, name, make


WRONG = {
    "exists": (wrong(make=lambda path: (path / "a.csv").write_text("edited")), "a.csv: found a file that may have been edited"),
    "no folder": (wrong(name="nowhere"), "nowhere: found no such folder or file, expected a folder"),
    "no classes": (wrong(name="in/a"), "found no pictures that can be read, expected FOLDER/CLASS/PICTURE"),
    "pattern": (wrong("--patient", "("), "--patient: found '('"),
    "no group": (wrong("--patient", "a"), "--patient: found 'a' with 0 groups, expected one group"),
    "no match": (wrong("--patient", "(P[0-9]+)"), "1.png: --patient: found no id in '1.png', expected a match of"),
    "no .mat": (wrong(name="in/a/1.png"), "1.png: not a readable MATLAB file"),
    "class": (
        wrong(make=lambda path: (path / "in/a").rename(path / "in/a, or b")),
        "found a class 'a, or b', expected up to 24 letters",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_mistakes_are_one_line_and_write_nothing(name, small, tmp_path, capsys):
    (options, source, make), expected = WRONG[name]
    small("a/1.png")
    if make:
        make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    code, _, errors = run(capsys, tmp_path / source, "-o", tmp_path / "a.csv", *options)
    assert code == 1 and expected in errors[-1]
    assert sum(line.startswith("echoshift: error: ") for line in errors) == 1
    assert sorted(tmp_path.rglob("*")) == before
