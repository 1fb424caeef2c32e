"""A lattice that is killed goes on where it was, and ends in the same bytes."""

import random
import subprocess
import sys
import time
from pathlib import Path

import lattice_study
import pytest
from lattice_study import attack, job, prepare

from echoshift.attacks.batch import attack_batch
from echoshift.attacks.pieces import pieces_folder
from echoshift.jobs import batch

N_POINTS = 693


@pytest.fixture(autouse=True)
def restored(monkeypatch):
    monkeypatch.setattr(batch, "open_predictor", batch.open_predictor)


@pytest.fixture
def study(tmp_path):
    prepare(tmp_path)
    return tmp_path


def contents(study):
    """Content of every file of the results, the hidden ones included."""
    folder = study / "attacks"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def pieces(study):
    return sorted(pieces_folder(job(study).folder).glob("*/*.scores"))


@pytest.fixture
def undisturbed(tmp_path_factory, study):
    """What an undisturbed job leaves, with the same paths as `study`."""
    assert attack(job(study)) == N_POINTS
    found = contents(study)
    assert found and not pieces(study)
    forget(study)
    return found


def forget(study):
    record = Path(job(study).folder, "record.json")
    record.unlink()


def n_known(study, damaged=None):
    """Number of points in undamaged pieces: a digest of 32 bytes, then two scores of 8 bytes for each."""
    return sum((path.stat().st_size - 32) // 16 for path in pieces(study) if path != damaged)


def finished(study):
    """Contents without what a job killed at its very end leaves hidden, which the next one or `make resume` removes."""
    return {name: content for name, content in contents(study).items() if not name.startswith(".")}


def killed(study, wait):
    """Kill a job so many seconds after its first new piece, and return the number of pieces: 0 if it has ended."""
    before = pieces(study)
    process = subprocess.Popen([sys.executable, lattice_study.__file__, study])
    while process.poll() is None and pieces(study) == before:
        time.sleep(0.005)
    time.sleep(wait)
    process.kill()
    process.wait()
    return len(pieces(study))


def test_killed_at_random_moments_it_ends_in_the_same_bytes(study, undisturbed):
    moments = random.Random(1)
    found = []
    while len(found) < 5 or not found[-1]:  # the last one is not finished
        found.append(killed(study, moments.uniform(0, 0.5)))
        if Path(job(study).folder, "record.json").exists():
            assert finished(study) == undisturbed
            forget(study)
    expected = N_POINTS - n_known(study)
    assert attack(job(study)) == expected and not pieces(study)
    assert finished(study) == undisturbed


def stopped(study, after=4):
    """Stop a job in the middle, and return its pieces."""

    class Stopping(lattice_study.Counting):
        def scores(self, images):
            if self.n_asked > 64 * after:
                raise KeyboardInterrupt
            return super().scores(images)

    batch.open_predictor = lambda settings, model: Stopping()
    with pytest.raises(KeyboardInterrupt):
        attack_batch([job(study)], lattice_study.PredictorSettings(), "code")
    return pieces(study)


@pytest.mark.parametrize("damage", [b"", b"x" * 40, None])
def test_a_damaged_piece_is_asked_again(study, undisturbed, damage):
    one = stopped(study)[1]
    content = one.read_bytes()
    one.write_bytes(content[:-1] + bytes([content[-1] ^ 1]) if damage is None else damage)
    expected = N_POINTS - n_known(study, damaged=one)
    assert attack(job(study)) == expected
    assert contents(study) == undisturbed


def test_pieces_of_another_search_or_other_code_are_removed(study, undisturbed):
    old = stopped(study)
    assert attack(job(study), code="other") == N_POINTS
    assert not pieces(study)
    forget(study)
    assert stopped(study) == old
    assert attack(job(study, max_queries=999)) == N_POINTS


def test_a_forced_job_asks_everything_again(study, undisturbed):
    assert stopped(study)
    assert attack(job(study), again=True) == N_POINTS
    assert contents(study) == undisturbed


def test_pieces_left_beside_a_finished_result_are_removed(study, undisturbed):
    """A job may be killed between writing its result and removing its pieces."""
    left = {path: path.read_bytes() for path in stopped(study)}
    attack(job(study))
    for path, content in left.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    assert attack(job(study)) == 0
    assert contents(study) == undisturbed
