"""The public fatty-liver B-mode images (Zenodo 1009146): 55 patients with 10 images each in one MATLAB file."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.formats.images.picture import Picture
from echoshift.geometry import expect

FIELDS = ("id", "class", "fat", "images")
CLASSES = {0: "healthy", 1: "fatty"}
"""Names of the values of `class`."""


def read(path: Path, selector: str | None) -> Picture:
    """Read one image of a patient.

    Parameters
    ----------
    path : Path
        MATLAB 5 file with the struct array `data`: id, class (1: fatty), fat (%), images (image, z, x).
    selector : str
        `ID/IMAGE`: the patient's id and the image number, counted from 0.
    """
    patients = _by_id(path)
    identity, _, number = (selector or "").partition("/")
    expect(identity in patients, "selector", f"#{selector}" if selector else "none",
           f"#ID/IMAGE after the path, with one of {len(patients)} ids ({', '.join(list(patients)[:3])}, ...)")  # fmt: skip
    patient = patients[identity]
    images = _images(patient, identity)
    held = number.isascii() and number.isdecimal() and int(number) < len(images)
    expect(held, "selector", f"#{selector}", f"#{identity}/0 to #{identity}/{len(images) - 1}")
    about = {"patient": identity, "images of the patient": str(len(images))}
    about |= {name: f"{_number(patient, name, identity):g}" for name in ("class", "fat")}
    return Picture(images[int(number)], "fatty-liver images (.mat)", about)


def contents(path: Path) -> list[tuple[str, str, int]]:
    """Id, name of the class and number of images of each patient, in the file's order."""
    found = []
    for identity, patient in _by_id(path).items():
        number = _number(patient, "class", identity)
        expect(number in CLASSES, f"class of {identity}", f"{number:g}", f"one of {', '.join(map(str, CLASSES))}")
        found.append((identity, CLASSES[int(number)], len(_images(patient, identity))))
    return found


def _by_id(path: Path) -> dict[str, dict[str, Any]]:
    stat = path.stat()
    return _patients(path, stat.st_mtime_ns, stat.st_size)


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
    for name in FIELDS:
        expect(name in names, "data", f"no field {name!r}", f"a struct array with {', '.join(FIELDS)}")
    patients = [{name: entry[name] for name in FIELDS} for entry in data.ravel()]
    by_id = {f"{_number(patient, 'id', str(i)):g}": patient for i, patient in enumerate(patients)}
    unique = len(by_id) == len(patients)
    expect(unique, "id", f"{len(by_id)} different ids for {len(patients)} patients", "unique ids")
    return by_id


def _images(patient: dict[str, Any], whose: str) -> np.ndarray:
    images = np.asarray(patient["images"])
    is_stack = images.ndim == 3 and images.dtype == np.uint8
    expect(is_stack, f"images of {whose}", f"{images.dtype} of shape {images.shape}", "uint8 (image, z, x)")
    return images


def _number(patient: dict[str, Any], name: str, whose: str) -> float:
    value = np.asarray(patient[name])
    valid = value.size == 1 and value.dtype.kind in "fiub" and np.isfinite(value).all()
    expect(valid, f"{name} of {whose}", f"{value.dtype} of shape {value.shape}", "a finite number")
    return float(value.reshape(()))
