"""150 frames through the real workflow: costs that must not grow with the cohort. `make stress` measures 3,000."""

import pytest
from measure import measure

N_FRAMES, N_ALONE = 150, 10


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Measured once. Tests use CPU seconds where a busy machine would distort wall-clock time."""
    return measure(tmp_path_factory.mktemp("scale"), N_FRAMES, N_ALONE)


def test_every_correctly_judged_frame_is_attacked_once(found):
    assert 0.8 * N_FRAMES < found["overhead"]["jobs"] < N_FRAMES
    assert found["results"] == found["overhead"]["jobs"]


def test_results_are_the_same_files_alone_and_in_batches(found):
    assert found["compared"] == N_ALONE
    assert found["differing_results"] == []


def test_a_frame_of_a_batch_costs_at_most_a_fifth_of_a_process_of_its_own(found):
    times = found["throughput"]
    assert times["cpu_seconds_per_frame_alone"] >= 5 * times["cpu_seconds_per_frame_batched"]


def test_planning_with_nothing_to_do(found):
    assert found["planning"]["cpu_seconds"] < 6


def test_an_attack_job_costs_the_scheduler_little(found):
    assert found["overhead"]["cpu_seconds_per_job"] <= 0.1


def test_the_summary_holds_few_trajectories_in_memory(found):
    assert found["summary"]["peak_mib"] < 200
    assert found["summary"]["frames"] == N_FRAMES


def test_files_of_a_frame(found):
    assert found["on_disk"]["attack"]["files"] < 50
    assert found["on_disk"]["reconstruction"]["files"] < 20
