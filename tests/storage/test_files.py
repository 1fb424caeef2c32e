"""Outputs appear whole or not at all, whoever is killed, stopped or late; the processes are real where it matters."""

import errno
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

from echoshift.errors import EchoShiftError
from echoshift.storage.files import write_text, written_whole
from echoshift.storage.runs import VARIABLE, begin_run, is_of_this_run, study_of_run

PARTS = [*(f"{i}.txt" for i in range(3)), "record.json", "trajectory.zarr"]

# A writer that stops itself once, at a given moment, and says afterwards what became of it.
WRITER = """
import os, signal, sys
from pathlib import Path
from echoshift.storage import files
from echoshift.errors import EchoShiftError

path, moment, parts = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]

def stop():
    os.kill(os.getpid(), signal.SIGSTOP)

def stop_before(owner, name, call):
    whole, calls = getattr(owner, name), []
    def stopping(*arguments, **named):
        calls.append(name)
        if len(calls) == call:
            stop()
        return whole(*arguments, **named)
    setattr(owner, name, stopping)

if moment == "before it enters":
    stop()
elif moment == "before it removes drafts":
    stop_before(files, "_remove_drafts", 1)
elif moment == "before it makes its draft":
    stop_before(Path, "mkdir", 2)
elif moment == "before its last look at the run":
    stop_before(files, "check_run", 2)
elif moment == "before it takes the old result away":
    stop_before(Path, "rename", 1)
elif moment == "before it takes the name":
    stop_before(Path, "rename", 2)
try:
    with files.written_whole(path) as draft:
        for part in parts:
            (draft / part).parent.mkdir(parents=True, exist_ok=True)  # as zarr does
            (draft / part).write_text("old")
            if moment == "while it writes" and part == parts[2]:
                stop()
except EchoShiftError as error:
    sys.exit(str(error))
"""
AFTER_ENTRY = [
    "while it writes",
    "before its last look at the run",
    "before it takes the old result away",
    "before it takes the name",
]
MOMENTS = ["before it enters", "before it removes drafts", "before it makes its draft", *AFTER_ENTRY]


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
    return [path.name for path in folder.iterdir() if path.name.startswith(".") and path.name not in (".run", ".study")]


@pytest.fixture
def in_a_run(tmp_path, monkeypatch):
    """Begins a new run each time it is called; the environment is put back in the end."""
    monkeypatch.setenv(VARIABLE, "")
    monkeypatch.delenv(VARIABLE)
    return lambda study="": begin_run(tmp_path, study)


@pytest.fixture
def stopped_writer(tmp_path):
    """Starts writers of `tmp_path / "F1"` and waits until they have stopped themselves."""
    with ExitStack() as ending:

        def start(moment):
            command = [sys.executable, "-c", WRITER, tmp_path / "F1", moment, *PARTS]
            writer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
            ending.callback(writer.communicate)
            ending.callback(writer.kill)
            assert os.WIFSTOPPED(os.waitpid(writer.pid, os.WUNTRACED)[1]), writer.communicate()
            return writer

        yield start


def go_on(writer):
    writer.send_signal(signal.SIGCONT)
    return writer.communicate(timeout=30)[1]


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
    """As when `-o` names the folder of the recordings."""
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
    for folder in ("empty", "batch/F1", "batch"):  # a batch of attacks has its frames' folders in it
        write_folder(tmp_path / folder, "new")
        assert content(tmp_path / folder) == whole("new")


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


def test_threads_that_outlive_a_failure_leave_nothing(tmp_path):
    """As zarr's do on a full disk."""
    script = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from echoshift.storage.files import written_whole

def write(chunk):
    time.sleep(0.3)
    chunk.parent.mkdir(parents=True, exist_ok=True)
    chunk.write_text("late")
    print("written", flush=True)

pool = ThreadPoolExecutor()
with written_whole(sys.argv[1]) as draft:
    pool.submit(write, draft / "chunk")
    raise ValueError("in another thread")
"""
    command = [sys.executable, "-c", script, tmp_path / "F1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode and done.stdout == "written\n"
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


def test_drafts_of_the_killed_go_with_the_next_writer_and_no_others(tmp_path, stopped_writer):
    for moment in AFTER_ENTRY:
        if "old result" in moment:
            write_folder(tmp_path / "F1", "older")
        writer = stopped_writer(moment)
        writer.kill()
        writer.wait()
        assert len(hidden(tmp_path)) == 1  # never more: each has removed its forerunner's
    others = [".F1.2.0-0a1b2c3d.draft", ".F2.0-0a1b2c3d.draft", ".F1.0-0a1b2c3d.draft.bak", ".snakemake_timestamp"]
    for name in others:
        (tmp_path / name).mkdir()
    write_folder(tmp_path / "F1", "new")
    assert content(tmp_path / "F1") == whole("new")
    assert sorted(hidden(tmp_path)) == sorted(others)


@pytest.mark.parametrize("existing", [False, True])
@pytest.mark.parametrize("first_to_leave", ["old", "new"])
def test_the_last_to_enter_wins(tmp_path, existing, first_to_leave):
    if existing:
        write_folder(tmp_path / "F1", "older")
    managers = {}
    for text in ("old", "new"):
        managers[text] = written_whole(tmp_path / "F1")
        fill(managers[text].__enter__(), text)
        assert len(hidden(tmp_path)) == 1
    for text in sorted(managers, key=lambda text: text != first_to_leave):
        if text == "new":
            managers[text].__exit__(None, None, None)
        else:
            with pytest.raises(EchoShiftError, match="F1: not written: another job has taken over this output"):
                managers[text].__exit__(None, None, None)
    assert content(tmp_path / "F1") == whole("new")
    assert not hidden(tmp_path)


def test_one_that_fails_for_want_of_its_draft_says_why(tmp_path):
    with pytest.raises(EchoShiftError, match="another job has taken over"), written_whole(tmp_path / "F1") as draft:
        write_text(tmp_path / "F1", "new")
        draft.write_text("old")
    assert (tmp_path / "F1").read_text() == "new"


@pytest.mark.parametrize("moment", AFTER_ENTRY)
def test_by_hand_a_writer_stopped_anywhere_in_between_has_lost(tmp_path, stopped_writer, moment):
    write_folder(tmp_path / "F1", "older")
    writer = stopped_writer(moment)
    write_folder(tmp_path / "F1", "new")
    assert "another job has taken over" in go_on(writer)
    assert content(tmp_path / "F1") == whole("new")
    assert not hidden(tmp_path)


@pytest.mark.parametrize("existing", [False, True])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_job_of_an_earlier_run_loses_wherever_it_was_stopped(tmp_path, stopped_writer, in_a_run, moment, existing):
    if existing or "old result" in moment or "takes the name" in moment:
        write_folder(tmp_path / "F1", "older")
    in_a_run()
    writers = [stopped_writer(moment), stopped_writer(moment)] if moment in MOMENTS[:3] else [stopped_writer(moment)]
    in_a_run()
    with written_whole(tmp_path / "F1") as draft:
        fill(draft, "new")
        assert "not written" in go_on(writers.pop())  # while its successor is at work
    for writer in writers:
        assert "not written" in go_on(writer)  # after its successor has finished
    assert content(tmp_path / "F1") == whole("new")
    assert not hidden(tmp_path)


@pytest.mark.parametrize("moment", AFTER_ENTRY)
def test_a_job_of_an_earlier_run_wakes_after_its_successor_has_finished(tmp_path, stopped_writer, in_a_run, moment):
    write_folder(tmp_path / "F1", "older")
    in_a_run()
    writer = stopped_writer(moment)
    in_a_run()
    write_folder(tmp_path / "F1", "new")
    assert "not written" in go_on(writer)
    assert content(tmp_path / "F1") == whole("new")
    assert not hidden(tmp_path)


def test_deleted_results_do_not_make_an_old_job_current(tmp_path, in_a_run):
    in_a_run()
    old = os.environ[VARIABLE]
    (tmp_path / ".run").unlink()
    with pytest.raises(EchoShiftError, match="F1: not written: a newer run has taken over"):
        write_folder(tmp_path / "F1", "old")
    in_a_run()
    assert os.environ[VARIABLE] != old
    write_folder(tmp_path / "F1", "new")


def test_a_job_whose_scheduler_is_dead_writes_nothing(tmp_path, in_a_run):
    write_folder(tmp_path / "F1", "older")
    in_a_run()
    with subprocess.Popen(["true"]) as scheduler:
        pass
    alive = os.environ[VARIABLE]
    os.environ[VARIABLE] = alive.replace(f" {os.getpid()} ", f" {scheduler.pid} ")
    assert os.environ[VARIABLE] != alive
    with pytest.raises(EchoShiftError, match=f"F1: not written: .*found no process {scheduler.pid}"):
        write_folder(tmp_path / "F1", "new")
    os.environ[VARIABLE] = alive
    with pytest.raises(EchoShiftError, match="F1: not written: "), written_whole(tmp_path / "F1") as draft:
        fill(draft, "new")
        os.environ[VARIABLE] = alive.replace(f" {os.getpid()} ", f" {scheduler.pid} ")  # killed meanwhile
    assert content(tmp_path / "F1") == whole("older")
    assert not hidden(tmp_path)


def test_a_job_goes_by_the_study_that_its_run_began_with(tmp_path, in_a_run):
    assert study_of_run() is None  # called by hand
    in_a_run("one\nstudy")
    assert study_of_run() == "one\nstudy"
    older = os.environ[VARIABLE]
    in_a_run("another")
    assert study_of_run() == "another"
    os.environ[VARIABLE] = older
    with pytest.raises(EchoShiftError, match=r"\.study: found the study of run \d+, expected that of run \d+$"):
        study_of_run()
    (tmp_path / ".study").unlink()
    with pytest.raises(EchoShiftError, match=r"\.study: cannot be read: No such file"):
        study_of_run()


def test_an_output_is_of_the_run_that_was_current_when_it_was_made(tmp_path, in_a_run):
    write_folder(tmp_path / "F1", "older")
    os.utime(tmp_path / "F1", (1, 1))
    in_a_run()
    assert not is_of_this_run(tmp_path / "F1")
    assert not is_of_this_run(tmp_path / "F2")
    write_folder(tmp_path / "F1", "new")
    assert is_of_this_run(tmp_path / "F1")


def test_a_scheduler_on_another_machine_is_taken_to_be_alive(tmp_path, in_a_run):
    in_a_run()
    number, _, _, mark = os.environ[VARIABLE].split(" ", 3)
    with subprocess.Popen(["true"]) as ended:
        pass
    os.environ[VARIABLE] = f"{number} {ended.pid} another.machine {mark}"
    write_folder(tmp_path / "F1", "new")
    assert content(tmp_path / "F1") == whole("new")


def test_runs_count_up_even_if_the_clock_does_not(tmp_path, in_a_run, monkeypatch):
    monkeypatch.setattr(time, "time_ns", lambda: 1_000)
    numbers = []
    for _ in range(3):
        in_a_run()
        numbers.append(int(os.environ[VARIABLE].split()[0]))
    assert numbers == [1_000, 1_001, 1_002]


def test_killed_at_random_moments_there_is_never_half_a_folder(tmp_path):
    """A writer that replaces one folder for ever; whoever looks, whenever it is killed, finds all parts of one turn."""
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
        assert len(hidden(tmp_path)) <= 2
    assert found
    write_folder(tmp_path / "F1", "new")
    assert not hidden(tmp_path)
