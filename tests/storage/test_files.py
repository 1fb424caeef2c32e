"""Outputs are written atomically, even if a process is killed. Uses real processes where it matters."""

import errno
import os
import random
import subprocess
import sys
import time

import pytest

from echoshift.errors import EchoShiftError
from echoshift.storage.files import write_text, written_whole

PARTS = [*(f"{i}.txt" for i in range(3)), "record.json", "trajectory.zarr"]


def write_folder(path, text):
    with written_whole(path) as draft:
        fill(draft, text)


def fill(draft, text):
    draft.mkdir()
    for part in PARTS:
        (draft / part).write_text(text)


def content(path):
    return [(one.name, one.read_text()) for one in sorted(path.iterdir())]


def whole(text):
    return [(part, text) for part in PARTS]


def hidden(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_a_file_and_a_folder_appear_whole_and_replace_older_ones(tmp_path):
    for text in ("first", "second"):
        write_text(tmp_path / "table.csv", text)
        write_folder(tmp_path / "F1", text)
        assert (tmp_path / "table.csv").read_text() == text
        assert content(tmp_path / "F1") == whole(text)
    with pytest.raises(EchoShiftError, match="F1: cannot be written: Is a directory"):
        write_text(tmp_path / "F1", "a file now")
    with pytest.raises(EchoShiftError, match=r"table.csv: cannot be written: Not a directory"):
        write_folder(tmp_path / "table.csv", "a folder now")
    assert (tmp_path / "table.csv").read_text() == "second" and content(tmp_path / "F1") == whole("second")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["F1", "table.csv"]


def test_a_folder_that_is_no_result_is_not_replaced(tmp_path, monkeypatch):
    """`-o` may name the folder of the recordings by mistake."""
    (tmp_path / "mine/recordings").mkdir(parents=True)
    (tmp_path / "mine/recordings/F1.h5").write_text("precious")
    write_folder(tmp_path / "mine/result", "old")  # one of them among the user's own files
    for folder in ("mine", "mine/recordings"):
        with pytest.raises(EchoShiftError, match=rf"{folder}: found a folder of other files, expected a new name"):
            write_folder(tmp_path / folder, "new")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EchoShiftError, match="found no name for an output"):
        write_folder(".", "new")
    assert (tmp_path / "mine/recordings/F1.h5").read_text() == "precious"
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty/.snakemake_timestamp").touch()
    write_folder(tmp_path / "empty", "new")
    assert content(tmp_path / "empty") == whole("new")


@pytest.mark.parametrize("existing", [False, True])
def test_what_fails_leaves_the_old_output_and_no_draft(tmp_path, existing):
    if existing:
        write_folder(tmp_path / "F1", "old")
    with pytest.raises(ValueError, match="in the middle"), written_whole(tmp_path / "F1") as draft:
        fill(draft, "new")
        raise ValueError("in the middle")
    assert (content(tmp_path / "F1") == whole("old")) if existing else not (tmp_path / "F1").exists()
    assert not hidden(tmp_path)


def test_a_full_disk_is_one_line_that_names_the_output(tmp_path):
    with pytest.raises(EchoShiftError) as error, written_whole(tmp_path / "F1") as draft:
        draft.mkdir()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(draft / "chunk"))
    assert str(error.value) == f"{tmp_path / 'F1'}: cannot be written: No space left on device"
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EchoShiftError, match=r"/file/F1: cannot be written: \w"):
        write_folder(tmp_path / "file/F1", "new")


def test_a_file_that_is_missing_meanwhile_keeps_its_own_name(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"input\.csv"), written_whole(tmp_path / "F1"):
        (tmp_path / "input.csv").read_text()


def test_an_error_inside_names_the_output_and_not_its_draft(tmp_path):
    with pytest.raises(EchoShiftError) as error, written_whole(tmp_path / "F1") as draft:
        draft.write_text("a file where the folder should be")
        write_text(draft / "record.json", "{}")
    assert str(error.value).startswith(f"{tmp_path / 'F1/record.json'}: cannot be written: ")


def test_of_two_writers_the_last_to_finish_wins_whole(tmp_path):
    managers = {text: written_whole(tmp_path / "F1") for text in ("one", "two")}
    for text, manager in managers.items():
        fill(manager.__enter__(), text)
    for manager in managers.values():
        manager.__exit__(None, None, None)
    assert content(tmp_path / "F1") == whole("two")
    assert not hidden(tmp_path)


def test_killed_at_random_moments_there_is_never_half_a_folder(tmp_path):
    """A writer replaces one folder in a loop. When it is killed, the folder is complete or missing."""
    seed = random.randrange(1_000)
    print("seed", seed)
    moments = random.Random(seed)
    writes = "from echoshift.storage.files import written_whole as w\nimport itertools, sys\nprint(flush=True)\n"
    writes += "for i in itertools.count():\n  with w(sys.argv[1]) as d:\n    d.mkdir()\n"
    writes += "    for part in sys.argv[2:]: (d / part).write_text(str(i))\n"
    found = 0
    for _ in range(6):
        command = [sys.executable, "-c", writes, tmp_path / "F1", *PARTS]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        writer.stdout.readline()
        time.sleep(moments.uniform(0.01, 0.1))
        writer.kill()
        writer.communicate()
        if (tmp_path / "F1").exists():
            found += 1
            assert len({text for _, text in content(tmp_path / "F1")}) == 1
            assert [name for name, _ in content(tmp_path / "F1")] == PARTS
    assert found
    assert len(hidden(tmp_path)) <= 6  # `make resume` removes them
