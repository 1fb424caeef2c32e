"""The comparison as a page to read, in Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

from echoshift.classifiers.protocols import PROTOCOLS
from echoshift.comparison.numbers import NUMBERS, Number

Rows = Sequence[Mapping[str, Any]]
MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"


def markdown(rows: Rows, about: Mapping[str, Any]) -> str:
    """Two tables, the numbers and the differences from the baseline, and how they are made.

    Parameters
    ----------
    rows : sequence of mappings
        Of `compared`, with `seconds_to_train` and `milliseconds_an_image`.
    about : mapping
        The content of `compare.json`.
    """
    shown = [number for number in NUMBERS if any(row[number.name] is not None for row in rows)]
    costs = {"seconds_to_train": "seconds to train", "milliseconds_an_image": "ms an image"}
    head = ["classifier", *(number.words for number in shown), *costs.values()]
    numbers = [
        [row["classifier"], *(_number(number, row) for number in shown), *(_cost(row[name]) for name in costs)]
        for row in rows
    ]
    baseline = rows[0]["classifier"]
    differences = [[row["classifier"], *(_difference(number, row) for number in shown)] for row in rows[1:]]
    lines = [
        "# Classifiers compared",
        "",
        _cohort_words(about),
        "",
        *_table(head, numbers),
        "",
        f"## Differences from {baseline}",
        "",
        *_table(["classifier", *(number.words for number in shown)], differences),
        "",
        *_notes(rows, about, shown),
    ]
    return "\n".join(lines) + "\n"


def _cohort_words(about: Mapping[str, Any]) -> str:
    studies = about["studies"]
    left_out = sum(study["n_left_out"] for study in studies)
    words = f"{about['n_frames']} {about['cohort']} of {about['n_patients']} patients in {_counted(len(studies), 'study', 'studies')}"
    return f"{words}." + (f" {left_out} more have no label or a patient that a classifier knows." if left_out else "")


def _notes(rows: Rows, about: Mapping[str, Any], shown: Sequence[Number]) -> list[str]:
    roles, level, baseline = about["roles"], 100 * about["level"], about["baseline"]
    drawn = f" Accidental changes are those of the spread `{roles['spread']}`." if roles["spread"] else ""
    intervals = {number.words: about["methods"][number.name] for number in shown}
    by_interval: dict[str, list[str]] = {}
    by_test: dict[str, list[str]] = {}
    for words, method in intervals.items():
        by_interval.setdefault(method["interval"], []).append(words)
        by_test.setdefault(method["p"], []).append(words)
    unreachable = [f"{row['classifier']} {row['n_unreachable']}" for row in rows if row["n_unreachable"]]
    found = [
        f"{row['classifier']} {row['n_of_these_found']} of {row['n_flipped_on_lattice']}"
        for row in rows
        if row["n_flipped_on_lattice"] is not None
    ]
    counted = f"No setting reaches what these read, so their frames count as robust if right: {', '.join(unreachable)} frames."
    protocols: dict[str, list[str]] = {}
    for name, protocol in about["protocols"].items():
        protocols.setdefault(PROTOCOLS[protocol].words, []).append(name)
    judged = ", ".join(protocols) if len(protocols) == 1 else _listed(protocols)
    return [
        f"- Protocol: {judged}.",
        f"- Robust: classified correctly, and `{roles['robust_against']}` finds no flip. Shares are of all frames; the success of "
        f"the walk is of those that it walked from.{drawn}",
        *([f"- {counted}"] if unreachable else []),
        *(
            [f"- Of the frames that the lattice flips, `{roles['robust_against']}` flips: {', '.join(found)}."]
            if found
            else []
        ),
        "- The AUC is the mean of the studies' AUCs: scores of models of different studies do not compare.",
        f"- In brackets: {level:.0f} % intervals: {_listed(by_interval)}. None where a number does not vary.",
        f"- Differences are paired, with intervals by a {about['methods']['auc']['difference']}.",
        f"- p-values: {_listed(by_test)}. They are corrected by Holm's method for all comparisons with {baseline} in the same column; "
        "the columns are not corrected for each other, and intervals are not corrected at all.",
        "- Nearest flip: largest move of a setting as a share of the way to its bound, the median of the frames in which one was found.",
        "- Seconds to train: one model, with the start of the program; features that classifiers share count for each of them, pictures "
        "that the network has seen before, for another classifier or in an interrupted run, do not. Milliseconds are those of this "
        "machine at the time of the comparison.",
    ]


def _listed(methods: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{method} ({', '.join(words)})" for method, words in methods.items())


def _counted(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [_line(head), _line(["---"] * len(head)), *map(_line, rows)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _number(number: Number, row: Mapping[str, Any]) -> str:
    value, low, high = (row[f"{number.name}{part}"] for part in ("", "_low", "_high"))
    if value is None:
        return NOTHING
    return f"{value:.2f}" + (f" [{low:.2f}, {high:.2f}]" if low is not None else "")


def _difference(number: Number, row: Mapping[str, Any]) -> str:
    names = ("_difference", "_difference_low", "_difference_high", "_p_holm")
    value, low, high, p_value = (row[f"{number.name}{part}"] for part in names)
    if value is None:
        return NOTHING
    interval = f" [{_signed(low)}, {_signed(high)}]" if low is not None else ""
    return f"{_signed(value)}{interval}" + ("" if p_value is None else f", p {_p(p_value)}")


def _signed(value: float) -> str:
    words = f"{abs(value):.2f}"
    return words if float(words) == 0 else f"{'+' if value > 0 else MINUS}{words}"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}" if value < 0.1 else f"= {value:.2f}"


def _cost(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.0f}" if value >= 10 else f"{value:.1f}"
