import pytest

from echoshift.errors import EchoShiftError
from echoshift.storage.tables import read_rows
from echoshift.summary.selection import read_selected, select
from summary.fake_study import verb

HEADER = "frame_id,patient_id,label,fold,logit,probability,correct\n"


def write(folder, name, rows):
    path = folder / name / "predictions.csv"
    path.parent.mkdir(parents=True)
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows))
    return path


def test_the_correctly_classified_frames_of_each_classifier(tmp_path):
    one = write(tmp_path, "one", ["R1,P1,1,0,0.0,0.5,True", "R2,P2,0,1,0.0,0.5,False", "R3,P3,0,2,-0.1,0.47,True"])
    two = write(tmp_path, "two", ["R1,P1,1,all,-3.0,0.04,False", "R2,P2,0,all,-2.0,0.1,True"])
    assert select([one, two]) == [
        {"classifier": "one", "frame": "R1", "fold": "0", "answer": "1"},  # a logit of exactly 0 is positive
        {"classifier": "one", "frame": "R3", "fold": "2", "answer": "0"},
        {"classifier": "two", "frame": "R2", "fold": "all", "answer": "0"},
    ]


def test_no_correct_frame_is_a_valid_result(tmp_path):
    wrong = write(tmp_path, "one", ["R1,P1,1,0,-1.0,0.2,False"])
    selected = tmp_path / "selected.csv"
    verb("select", "--predictions", wrong, "-o", selected)
    assert selected.read_text() == "classifier,frame,fold,answer\n"
    assert read_selected(selected) == {}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("frame_id,label\nR1,1\n", "expected also patient_id, fold"),
        ("frame_id,patient_id,label,fold\nR1,P1,1,0\n", "found no scores, expected columns logit or score_0"),
        (HEADER + "R1,P1,1,0\n", "row 2: found more or fewer cells than in the header, expected 7"),
        (HEADER + "R1,P1,1,0,high,0.5,True\n", "row 2: found label '1' and logit 'high', expected numbers"),
    ],
)
def test_a_damaged_table_is_rejected(tmp_path, content, complaint):
    path = tmp_path / "predictions.csv"
    path.write_text(content)
    with pytest.raises(EchoShiftError, match=complaint):
        select([path])


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(EchoShiftError, match=r"none\.csv: file not found"):
        read_rows(tmp_path / "none.csv", ("frame_id",))
