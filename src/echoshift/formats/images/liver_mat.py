"""The public fatty-liver B-mode images (Zenodo 1009146): 55 patients with 10 images each in one MATLAB file."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.formats.images.picture import Picture

FIELDS = ("id", "class", "fat", "images")


def read(path: Path, selector: str | None) -> Picture:
    """Read one image of a patient.

    Parameters
    ----------
    path : Path
        MATLAB 5 file with the struct array `data`: id, class (1: fatty), fat (%), images (image, z, x).
    selector : str
        `ID/IMAGE`: the patient's id and the image number, counted from 0.
    """
    stat = path.stat()
    patients = _patients(path, stat.st_mtime_ns, stat.st_size)
    identity, _, number = (selector or "").partition("/")
    if identity not in patients:
        known = ", ".join(list(patients)[:3])
        raise EchoShiftError(
            f"selector: found {'#' + selector if selector else 'none'}, expected #ID/IMAGE after the path, with one of "
            f"{len(patients)} ids ({known}, ...)"
        )
    patient = patients[identity]
    images = np.asarray(patient["images"])
    if images.ndim != 3 or images.dtype != np.uint8:
        raise EchoShiftError(
            f"images of {identity}: found {images.dtype} of shape {images.shape}, expected uint8 (image, z, x)"
        )
    if not (number.isascii() and number.isdecimal() and int(number) < len(images)):
        raise EchoShiftError(f"selector: found #{selector}, expected #{identity}/0 to #{identity}/{len(images) - 1}")
    about = {"patient": identity, "images of the patient": str(len(images))}
    about |= {name: f"{_number(patient, name, identity):g}" for name in ("class", "fat")}
    return Picture(images[int(number)], "fatty-liver images (.mat)", about)


@lru_cache(maxsize=1)
def _patients(path: Path, modified: int, size: int) -> dict[str, dict[str, Any]]:
    """Patients by id. Cached, because a cohort reads hundreds of images from one file that is slow to decompress."""
    from scipy.io import loadmat

    try:
        data = loadmat(path, variable_names=["data"]).get("data")
    except NotImplementedError:
        raise EchoShiftError("found a MATLAB 7.3 file, expected MATLAB 5: save it with `-v7`") from None
    except Exception as error:  # damaged files can raise anything
        raise EchoShiftError(f"not a readable MATLAB file ({' '.join(str(error).split())[:200]})") from None
    names = getattr(getattr(data, "dtype", None), "names", None) or ()
    missing = [name for name in FIELDS if name not in names]
    if missing:
        raise EchoShiftError(f"data: found no field {missing[0]!r}, expected a struct array with {', '.join(FIELDS)}")
    patients = [{name: entry[name] for name in FIELDS} for entry in data.ravel()]
    by_id = {f"{_number(patient, 'id', str(i)):g}": patient for i, patient in enumerate(patients)}
    if len(by_id) < len(patients):
        raise EchoShiftError(f"id: found {len(by_id)} different ids for {len(patients)} patients, expected unique ids")
    return by_id


def _number(patient: dict[str, Any], name: str, whose: str) -> float:
    value = np.asarray(patient[name])
    if value.size != 1 or value.dtype.kind not in "fiub" or not np.isfinite(value).all():
        raise EchoShiftError(f"{name} of {whose}: found {value.dtype} of shape {value.shape}, expected a finite number")
    return float(value.reshape(()))
