"""The main results of a study in a few lines for the terminal."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from echoshift.accidental.words import accidental_words
from echoshift.classifiers.predictors.settings import ENGINES
from echoshift.classifiers.protocols import PROTOCOLS
from echoshift.errors import EchoShiftError
from echoshift.storage.files import read_json
from echoshift.summary.phrases import attack_name, number, percent
from echoshift.summary.study_facts import CONTROL

VERDICTS = {
    "better": "{attack} beats the control ({p})",
    "no_difference": "{attack} does NOT beat the control ({p})",
    "worse": "{attack} does NOT beat the control, it is worse ({p})",
}


Records = Sequence[Mapping[str, Any]]


def read_headline(summary: Path, accidental: Path | None = None, shown: Mapping[str, str] | None = None) -> list[str]:
    """The headline of a `summary.json`, and a line for each result of `accidental/summary.json` if it is given.

    `shown` has the names that frames are called by; others are not named.
    """
    try:
        records = read_json(summary)
        if shown is not None:
            records = [
                one | {"unconfirmed": [shown.get(frame, "a frame not shown") for frame in one["unconfirmed"]]}
                for one in records
            ]
        lines = headline(records)
    except KeyError as error:
        raise EchoShiftError(
            f"{summary}: {error}: found nothing, expected a summary of this version; run again"
        ) from None
    return lines + [
        f"{accidental_words(record)}." for record in (read_json(accidental)["results"] if accidental else ())
    ]


def headline(records: Records) -> list[str]:
    """One line about the study of these records of `summary.json` and three per classifier: seven for the default study."""
    first = min(records, key=lambda record: record["n_known"] or 0)
    known = first["n_known"] or 0
    # With two classes, the positive one first.
    named = [*zip(first["classes"], first["per_class"], strict=True)]
    counts = ", ".join(f"{one['n_frames']} {name}" for name, one in (named[::-1] if len(named) == 2 else named))
    unlabelled = f", {first['n_unlabelled']} unlabelled" if first["n_unlabelled"] else ""
    seed = f", seed {first['seed']}" if first["simulated"] else ""
    lines = [
        f"EchoShift{seed}: {first['n_frames'] + known} {first['cohort']} "
        f"({counts}{unlabelled}"
        f"{f', {known} of known patients' if known else ''}); {_confirmation(records)}."
    ]
    for classifier in dict.fromkeys(record["classifier"] for record in records):
        of_classifier = [record for record in records if record["classifier"] == classifier]
        own = [record for record in of_classifier if not record["on_request"]]
        lines += [_classifier_line(own[0]), f"  {'; '.join(_attack_words(record) for record in own)}."]
        first_in_box = {record["box"]: record for record in reversed(own)}
        lines += [f"  {_robust_words(record)}." for record in own if record is first_in_box[record["box"]]]
        if found := [_taken_words(record) for record in of_classifier if record["on_request"]]:
            lines.append(f"  taken in on request: {'; '.join(found)}.")
    return lines


def _taken_words(record: Mapping[str, Any]) -> str:
    """What an attack on request has found, and how much of it is there."""
    if "n_unreachable" in record:
        return _attack_words(record)
    missing = record["n_not_run"] + record["n_unlabelled_not_run"]
    left = f" ({missing} frames not attacked, or with an earlier configuration)" if missing else ""
    n_unlabelled = sum(record["unlabelled_outcomes"].values())
    changed = f", {record['n_unlabelled_changed']} of {n_unlabelled} unlabelled" if n_unlabelled else ""
    return f"{attack_name(record)} flipped {record['n_flipped']} of {record['n_correct']}{changed}{left}"


def _robust_words(record: Mapping[str, Any]) -> str:
    """The number to quote: robust accuracy in one box, and how near the flips are."""
    together, on_lattice = record["robust"]["together"], record["robust"]["on_lattice"]
    if not together["n_frames"]:
        return f"no robust accuracy without labels ({record['box_words']})"
    rate = percent(*(together[name] for name in ("robust_accuracy", "robust_low", "robust_high")))
    words = (
        f"robust accuracy ({record['box_words']}; all jobs of the study together): "
        f"{together['n_robust']} of {together['n_frames']} = {rate}, "
    )
    if "n_unreachable" in record:
        return f"{words}the accuracy itself, as no setting reaches this classifier"
    words += "an upper bound"
    if on_lattice:
        words += f" (exactly {on_lattice['n_robust']} on the points of {on_lattice['attack']})"
    near = record["nearest"]["known"]
    if near["n"]:
        words += (
            f"; the nearest flips move the settings {near['smallest_linf']:.2f} of the way to the bounds or more, "
            f"half of them at most {near['median_linf']:.2f}"
        )
    return words


def _classifier_line(record: Mapping[str, Any]) -> str:
    n_labelled = record["n_frames"] - record["n_unlabelled"]
    names = {"auc": "AUC", "accuracy": "accuracy", "balanced_accuracy": "balanced accuracy"}
    scores = ", ".join(f"{words} {number(record, name)}" for name, words in names.items())
    doubt = (
        ", which may have known these patients" if record["protocol"] == "given" and record["n_known"] is None else ""
    )
    known = f", {record['n_known']} of known patients left out" if record["n_known"] else ""
    warning = f" WARNING: {record['warning']}." if record["warning"] else ""
    n_correct = record["n_correct"] + record["n_of_target"] + record.get("n_unreachable", 0)
    return (
        f"{record['classifier']}, {PROTOCOLS[record['protocol']].words}{doubt}: {scores}; "
        f"{n_correct} of {n_labelled} {'labelled ' if record['n_unlabelled'] else ''}frames correct{known}.{warning}"
    )


def _attack_words(record: Mapping[str, Any]) -> str:
    if "n_unreachable" in record:
        n_unlabelled = record["n_unlabelled_unreachable"]
        unlabelled = f" and {n_unlabelled} unlabelled" if n_unlabelled else ""
        return (
            f"{attack_name(record)}: {record['n_unreachable']} correct{unlabelled} frames unreachable, as the classifier reads "
            "the recording; asked once each, in no success rate"
        )
    if not record["n_unlabelled"]:
        return _labelled_words(record)
    n_attacked = sum(record["unlabelled_outcomes"].values())
    changed = f"changed the answer on {record['n_unlabelled_changed']} of {n_attacked} unlabelled frames"
    if record["n_unlabelled"] == record["n_frames"]:
        return f"{attack_name(record)} {changed}"
    return f"{_labelled_words(record)}; {changed}"


def _labelled_words(record: Mapping[str, Any]) -> str:
    if not record["n_correct"]:
        frame = f"{'labelled ' if record['n_unlabelled'] else ''}frame{' of another class' if record['target'] else ''}"
        return f"{attack_name(record)}: no {frame} was classified correctly, nothing was attacked"
    rate = percent(record["success_rate"], record["success_low"], record["success_high"])
    ends = ", ".join(
        f"{count} {outcome}" for outcome, count in record["outcomes"].items() if count and outcome != "flipped"
    )
    similarity = "" if record["median_ssim"] is None else f"SSIM of the flipped pictures {record['median_ssim']:.2f}"
    details = ", ".join(filter(None, (ends, f"median {record['median_queries']:g} queries", similarity)))
    words = f"{attack_name(record)} flipped {record['n_flipped']} of {record['n_correct']} = {rate} ({details})"
    if record["beats_control"] is None and record["method"] != CONTROL:
        same = " and with the same target" if record["target"] else ""
        reason = f"it starts from the queries of {record['start']}" if record["start"] else ""
        words += f", not compared: {reason or f'no random search in the same box{same} had enough queries'}"
    for found in record["comparisons"]:
        own = found["at_own_queries"]
        verdict = VERDICTS[found["verdict"]].format(attack=record["attack"], p=f"p = {own['p_value']:.2g}, McNemar")
        words += f", {found['control']} with the same queries per frame flipped {own['n_flipped_control']}: {verdict}"
    return words


def _confirmation(records: Records) -> str:
    n_confirmed = sum(record["n_confirmed"] for record in records)
    denied = [
        f"{record['classifier']}/{record['attack']}/{frame}" for record in records for frame in record["unconfirmed"]
    ]
    doubt = f"; WARNING: the second predictor denies {len(denied)} ({', '.join(denied[:3])})" if denied else ""
    if not n_confirmed:
        return f"no attack ended in a flip{doubt}"
    largest = max(record["largest_logit_difference"] or 0.0 for record in records)
    engines = dict.fromkeys(
        ENGINES[record["confirmed_by"]].words + (" again" if record["confirmed_by"] == record["engine"] else "")
        for record in records
        if record["n_confirmed"]
    )
    return (
        f"{'all ' if not denied else ''}{n_confirmed} flips confirmed from the recordings by {' and '.join(engines)} "
        f"(largest difference of logits {largest:.1e}){doubt}"
    )
