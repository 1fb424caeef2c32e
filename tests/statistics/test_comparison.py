import pytest

from echoshift.statistics.comparison import compare
from echoshift.statistics.intervals import wilson_interval
from echoshift.statistics.success_rate import success_over_queries


def row(frame, outcome, queries, first=None, attack="descent", label=1):
    return {
        "classifier": "c", "protocol": "train_once", "attack": attack, "frame_id": frame, "label": label,
        "outcome": outcome, "queries": queries, "first_misclassified_query": first,
    }  # fmt: skip


def rows_of(attack, *ends):
    return [row(f"R{i}", outcome, queries, attack=attack) for i, (outcome, queries) in enumerate(ends)]


def test_success_over_queries_by_hand():
    rows = [
        row("R1", "flipped", 3, first=2),
        row("R2", "stalled", 2),  # ended early without a flip: never counts
        row("R3", "flipped", 5, first=5),
        row("R4", "exhausted", 5, first=4),  # only a probe was misclassified, not a step
        row("R5", "not_attacked", 0),
    ]
    table = success_over_queries(rows, max_queries=6)
    assert [entry["queries"] for entry in table] == [1, 2, 3, 4, 5, 6]
    assert [entry["n_flipped"] for entry in table] == [0, 0, 1, 1, 2, 2]
    assert [entry["n_any_misclassified"] for entry in table] == [0, 1, 1, 2, 3, 3]
    assert {entry["n_correct"] for entry in table} == {4}
    assert table[-1]["success_rate"] == 0.5
    assert (table[-1]["success_low"], table[-1]["success_high"]) == wilson_interval(2, 4)


def test_success_of_an_attack_on_nothing_is_null():
    table = success_over_queries([row("R1", "not_attacked", 0)], max_queries=2)
    assert [entry["success_rate"] for entry in table] == [None, None]
    assert [entry["success_low"] for entry in table] == [None, None]


def test_control_is_compared_at_each_frames_own_number_of_queries():
    descent = rows_of("descent", ("flipped", 8), ("stalled", 10), ("stalled", 5), ("not_attacked", 0))
    control = rows_of("control", ("exhausted", 105), ("flipped", 10), ("flipped", 6), ("not_attacked", 0))
    found = compare(descent, control)
    # The control flips R1 within the descent's 10 queries there, but needs 6 for R2, one more than the descent.
    assert found["n_frames"] == 3
    assert found["at_own_queries"] == {
        "n_flipped": 1, "n_flipped_control": 1, "only_attack": 1, "only_control": 1, "p_value": 1.0,
    }  # fmt: skip
    assert found["at_full_budget"]["n_flipped_control"] == 2
    assert found["at_full_budget"]["only_control"] == 2
    assert found["verdict"] == "no_difference"


@pytest.mark.parametrize(
    ("discordant", "p", "verdicts"),
    [(5, 0.0625, ("no_difference", "no_difference")), (6, 0.03125, ("better", "worse"))],
)
def test_mcnemar_is_exact_and_gives_the_verdict(discordant, p, verdicts):
    wins = rows_of("descent", *[("flipped", 9)] * discordant, ("flipped", 9))
    losses = rows_of("control", *[("exhausted", 9)] * discordant, ("flipped", 9))
    for found, verdict in ((compare(wins, losses), verdicts[0]), (compare(losses, wins), verdicts[1])):
        assert found["at_own_queries"]["p_value"] == pytest.approx(p)
        assert found["verdict"] == verdict


def test_nothing_attacked_is_not_compared():
    assert compare(rows_of("descent", ("not_attacked", 0)), rows_of("control", ("not_attacked", 0))) is None


def test_unlabelled_frames_are_counted_separately():
    unknown = [row("R2", "flipped", 3, label=None), row("R3", "exhausted", 4, label=None)]
    table = success_over_queries([row("R1", "flipped", 2), *unknown], 4)
    assert [entry["n_correct"] for entry in table] == [1] * 4
    assert [entry["n_flipped"] for entry in table] == [0, 1, 1, 1]
    assert [entry["n_unlabelled_changed"] for entry in table] == [0, 0, 1, 1]
