"""Results by group of frames, such as the grade of fat: the table `groups.csv`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from echoshift.classifiers.evaluation.scores import evaluate_scores
from echoshift.classifiers.score_columns import score_columns, scores_of_cells
from echoshift.phantom.fat_grade import fat_grade
from echoshift.phantom.fat_limits import FAT_GRADE
from echoshift.statistics.intervals import wilson_interval
from echoshift.statistics.success_rate import UNREACHABLE, Row, counted, labelled_rows
from echoshift.summary.robustness import KnownFlips, robust_accuracy, robust_frames
from echoshift.summary.study_facts import StudyFacts

UNREACHABLE_COLUMN = "n_unreachable"


def group_columns(any_unreachable: bool) -> tuple[str, ...]:
    """Columns of `groups.csv`. `n_unreachable` is there if a classifier of the study reads recordings."""
    columns = (
        "classifier", "protocol", "box", "group_by", "group", "label", "n_frames", "n_correct",
        *(f"{name}{end}" for name in ("recall", "auc", "accuracy") for end in ("", "_low", "_high")),
        "n_robust", "robust_accuracy", "robust_low", "robust_high",
    )  # fmt: skip
    return (*columns, UNREACHABLE_COLUMN) if any_unreachable else columns


def results_by_group(
    study: StudyFacts,
    runs: Mapping[tuple[str, str], Sequence[Row]],
    known: Mapping[tuple[str, str], Mapping[str, KnownFlips]],
) -> Iterator[dict[str, Any]]:
    """Rows of `groups.csv`: each classifier, box, group and class, and a group of several classes as a whole.

    `recall` is the share of the group's frames of this class that are classified correctly (sensitivity for the positive
    class of two, specificity for the other); `robust_accuracy` the share that no job of the study flips. Both with Wilson's
    interval. `n_unreachable` counts the correct frames that no setting reaches; they are robust. The row of the whole group
    has no `label`; it has `accuracy` and `auc` instead of `recall`, with the intervals of `evaluate_scores`. A frame without
    a label or of a known patient does not count.
    """
    if study.group_by is None:
        return
    seen = set()
    for (classifier, attack), rows in runs.items():
        box = study.same_box(attack)[0]
        if (classifier, box) in seen:
            continue
        seen.add((classifier, box))
        own = labelled_rows(counted(rows))
        group_of = {row["frame_id"]: _group(study, row) for row in own}
        flipped = [frame for frame, one in known[classifier, attack].items() if one.found_by]
        for group in sorted(set(group_of.values())):
            members = [row for row in own if group_of[row["frame_id"]] == group]
            labels = sorted({row["label"] for row in members})
            for label in [*([None] if len(labels) > 1 else []), *labels]:
                of_label = [row for row in members if label in (None, row["label"])]
                yield {
                    **{name: members[0][name] for name in ("classifier", "protocol")},
                    "box": box,
                    "group_by": study.group_by,
                    "group": group,
                    "label": label,
                    **(_recall(of_label) if label is not None else _of_all_classes(of_label, len(study.classes))),
                    **robust_accuracy(robust_frames(of_label, flipped)),
                    **_unreachable(study, of_label),
                }


def _recall(rows: Sequence[Row]) -> dict[str, Any]:
    """Of the frames of one class."""
    n_correct = sum(row["initial_answer"] == row["label"] for row in rows)
    low, high = wilson_interval(n_correct, len(rows))
    return {"n_correct": n_correct, "recall": n_correct / len(rows), "recall_low": low, "recall_high": high}


def _of_all_classes(rows: Sequence[Row], n_classes: int) -> dict[str, Any]:
    """Of the frames of a group whatever their class."""
    cells = [{name: row[f"initial_{name}"] for name in score_columns(n_classes)} for row in rows]
    scores, labels = [scores_of_cells(own) for own in cells], [row["label"] for row in rows]
    found = evaluate_scores(scores, labels, [row["fold"] for row in rows], rows[0]["protocol"])
    names = ("n_correct", *(f"{name}{end}" for name in ("auc", "accuracy") for end in ("", "_low", "_high")))
    return {name: found[name] for name in names}


def _unreachable(study: StudyFacts, members: Sequence[Row]) -> dict[str, int]:
    if not study.any_unreachable:
        return {}
    return {UNREACHABLE_COLUMN: sum(row["outcome"] == UNREACHABLE for row in members)}


def _group(study: StudyFacts, row: Row) -> str:
    if study.group_by == FAT_GRADE:
        return fat_grade(row["frame_id"], row["label"], study.seed, study.fat_limits)
    return study.groups.get(row["frame_id"], "")
