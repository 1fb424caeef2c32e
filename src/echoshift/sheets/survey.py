"""Open the pictures of a sheet: which are left out, how many of what there are, and what is suspicious."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.formats.images import open_picture
from echoshift.formats.images.picture import Picture
from echoshift.formats.images.sector import find_sector
from echoshift.sheets.likeness import alike, local_hashes
from echoshift.sheets.marks import drawn_pixels
from echoshift.sheets.rows import Row

NAMED = 3
"""Most names in one line."""


@dataclass(frozen=True)
class Survey:
    """What the pictures of a sheet hold.

    Attributes
    ----------
    rows : list of Row
        Those whose pictures can be read.
    facts : mapping
        How many of what there are, as text by name.
    warnings : list of str
        One line each.
    """

    rows: list[Row]
    facts: Mapping[str, str]
    warnings: list[str]


def survey(rows: Sequence[Row], left_out: Sequence[str], has_pattern: bool) -> Survey:
    """Open each picture once.

    Parameters
    ----------
    rows : sequence of Row
        See `rows_of`.
    left_out : sequence of str
        A line on each file that is left out already.
    has_pattern : bool
        Whether the patients' ids were looked for, rather than each picture having its own.
    """
    kept, hashes, left_out, warnings = [], [], list(left_out), []
    sizes, formats, notices = Counter(), Counter(), defaultdict(list)
    for row in rows:
        try:
            picture = open_picture(row.place)
        except EchoShiftError as error:
            left_out.append(f"{row.place}: left out: {str(error).removeprefix(f'{row.place}: ')}")
            continue
        kept.append(row)
        sizes[f"{picture.image.shape[0]} x {picture.image.shape[1]}"] += 1
        formats[picture.format] += 1
        for notice in picture.warnings:
            notices[notice].append(row.place)
        found, suspicion = _looked_at(picture)
        hashes.append(found)
        if suspicion:
            warnings.append(f"{row.place}: {suspicion}")
    if not kept:
        raise EchoShiftError("found no pictures that can be read, expected FOLDER/CLASS/PICTURE")
    warnings += [f"{_some(places)}: {notice}" for notice, places in notices.items()]
    warnings += _two_classes(kept)
    for i, j in alike(hashes):
        one, other = kept[i], kept[j]
        if one.patient_id != other.patient_id:
            whose = f"of patients {one.patient_id} and {other.patient_id}"
            warnings.append(f"{one.place} and {other.place}: nearly the same picture, {whose}")
    facts = {
        "classes": _class_words(kept),
        "patients": _patient_words(kept, has_pattern),
        "sizes": _count_words(sizes),
        "formats": _count_words(formats),
        "left out": _plural(len(left_out), "file"),
    }
    if n_plain := sum(not found.size for found in hashes):
        facts["not compared"] = f"{_plural(n_plain, 'picture')} with too little detail to look for copies of"
    return Survey(kept, facts, left_out + warnings)


def _looked_at(picture: Picture) -> tuple[np.ndarray, str | None]:
    """Local hashes of a picture, and what is suspicious about it."""
    try:
        image, sector = picture.image, find_sector(picture.image, picture.is_lossy)
    except EchoShiftError as error:
        return np.empty(0, np.uint64), f"{error}; it stays in the sheet, but a study needs its sector"
    drawn = drawn_pixels(image, sector)
    hashes = local_hashes(image, sector, drawn)
    if not drawn.any():
        return hashes, None
    z, x = np.argwhere(drawn)[0]
    return hashes, f"measuring marks or text inside the sector, the first near row {z}, column {x}"


def _two_classes(rows: Iterable[Row]) -> list[str]:
    labels = defaultdict(set)
    for row in rows:
        labels[row.patient_id].add(row.label)
    several = [identity for identity, found in labels.items() if len(found) > 1]
    if not several:
        return []
    hint = "do the ids begin anew in each class's folder?"
    return [f"patients with pictures of more than one class ({hint}): {_some(several)}"]


def _class_words(rows: Iterable[Row]) -> str:
    pictures, patients = Counter(), defaultdict(set)
    for row in rows:
        pictures[row.label] += 1
        patients[row.label].add(row.patient_id)
    return ", ".join(
        f"{label}: {_plural(n, 'picture')} of {_plural(len(patients[label]), 'patient')}"
        for label, n in sorted(pictures.items())
    )


def _patient_words(rows: Sequence[Row], has_pattern: bool) -> str:
    number = len({row.patient_id for row in rows})
    if has_pattern:
        return f"{number}, with {_range(Counter(row.patient_id for row in rows))} each"
    return f"{number}: each picture counts as a patient; --patient PATTERN takes the ids from the names"


def _range(counts: Counter[str]) -> str:
    fewest, most = min(counts.values()), max(counts.values())
    return _plural(fewest, "picture") if fewest == most else f"{fewest} to {most} pictures"


def _count_words(counts: Counter[str]) -> str:
    shown = [f"{name}: {n}" for name, n in counts.most_common(NAMED)]
    rest = len(counts) - len(shown)
    return ", ".join(shown) + (f", and {rest} more" if rest else "")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def _plural(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
