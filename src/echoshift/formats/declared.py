"""What is declared about a picture: for its cohort, in its side-car and in its row of the sheet."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from echoshift.formats.location import located, sidecar_of
from echoshift.formats.made_with import Displayed, MadeWith, combined
from echoshift.formats.yaml_file import read_yaml
from echoshift.validation import checked


def declared(
    path: str | Path,
    cohort: tuple[Mapping[str, Any], Path] | None = None,
    row: Mapping[str, float] | None = None,
    sidecar: Path | None = None,
) -> MadeWith:
    """What a picture was made with. A later source overrides an earlier one, field by field; a window as a whole.

    Parameters
    ----------
    path : path
        The picture, which need not be opened.
    cohort : (mapping, Path), optional
        The configuration's `recorded`, and its folder.
    row : mapping, optional
        Columns of the sheet: beta, alpha_l, alpha_u.
    sidecar : Path, optional
        The side-car, if it is not the picture's own. It must exist.

    Raises
    ------
    EchoShiftError
        One line with the source.
    """
    file = sidecar or sidecar_of(located(path)[0])
    own = checked(MadeWith, read_yaml(file, required=sidecar is not None), str(file)).model_dump(exclude_unset=True)
    layers = [cohort] if cohort else []
    layers += [(own, file.parent), (dict(row or {}), Path())]
    return checked(MadeWith, combined(layers), str(path))


def declared_of_lines(
    path: str | Path,
    cohort: tuple[Mapping[str, Any], Path] | None = None,
    row: Mapping[str, float] | None = None,
) -> MadeWith:
    """What lines of grey levels were made with: as `declared`, from `recorded` in their side-car. No more than `Displayed`."""
    from echoshift.formats.sidecar import read_sidecar

    own = read_sidecar(located(path)[0]).recorded
    said = [cohort[0]] if cohort else []
    said += [own.model_dump(exclude_unset=True)] if own else []
    known = [{name: one[name] for name in Displayed.model_fields if name in one} for one in (*said, dict(row or {}))]
    return checked(MadeWith, combined([(one, Path()) for one in known]), str(path))
