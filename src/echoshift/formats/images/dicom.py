"""DICOM: one 8-bit frame as grey levels, cropped to its ultrasound region."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.errors import EchoShiftError
from echoshift.formats.images.picture import Picture
from echoshift.formats.selector import frame_number
from echoshift.geometry import expect

TRANSFER_SYNTAXES = {
    "1.2.840.10008.1.2": "Implicit VR Little Endian",
    "1.2.840.10008.1.2.1": "Explicit VR Little Endian",
    "1.2.840.10008.1.2.1.99": "Deflated Explicit VR Little Endian",
    "1.2.840.10008.1.2.2": "Explicit VR Big Endian",
    "1.2.840.10008.1.2.5": "RLE Lossless",
    "1.2.840.10008.1.2.4.50": "JPEG Baseline",
    "1.2.840.10008.1.2.4.90": "JPEG 2000 Lossless",
    "1.2.840.10008.1.2.4.91": "JPEG 2000",
}
"""Transfer syntaxes that pydicom decodes alone or with Pillow, so that every machine reads the same pixels."""

_PILLOW = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91")
_COLOURS = (
    "MONOCHROME1", "MONOCHROME2", "RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "PALETTE COLOR",
)  # fmt: skip
_TISSUE = (1, 1)
"""Spatial format (2D) and data type (tissue) of a B-mode region."""


def read(path: Path, selector: str | None) -> Picture:
    """Read a frame.

    Parameters
    ----------
    path : Path
    selector : str, optional
        Frame number, required if there are several.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's, about fields that do not affect the image
        try:
            return _picture(path, selector)
        except EchoShiftError:
            raise
        except Exception as error:  # damaged files can raise anything, even later, because pydicom parses fields lazily
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise EchoShiftError(f"not a readable DICOM image ({reason})") from None


def _picture(path: Path, selector: str | None) -> Picture:
    import pydicom

    dataset = pydicom.dcmread(path)
    if "PixelData" not in dataset:
        modality = dataset.get("Modality", "not given")
        raise EchoShiftError(f"PixelData: not in the file (modality {modality}), expected an image")
    syntax = _checked_syntax(dataset)
    n_frames = int(dataset.get("NumberOfFrames") or 1)
    image = _grey(dataset, frame_number(selector, n_frames), "pillow" if syntax in _PILLOW else "")
    (x0, y0, x1, y1), notices = _region(dataset, image.shape)
    about = {
        "DICOM": f"{dataset.get('Modality', 'no modality')}, {dataset.PhotometricInterpretation}, {TRANSFER_SYNTAXES[syntax]}",
        "frames": str(n_frames),
        "region": f"columns {x0} to {x1}, rows {y0} to {y1} of {image.shape[1]} x {image.shape[0]}",
    }
    burnt_in = str(dataset.get("BurnedInAnnotation") or "nothing")
    if burnt_in != "NO":
        notices = (*notices, f"BurnedInAnnotation: found {burnt_in}: text in the picture may give the label away")
    return Picture(np.ascontiguousarray(image[y0 : y1 + 1, x0 : x1 + 1]), "DICOM", about, notices)


def _checked_syntax(dataset: Any) -> str:
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    known = ", ".join(TRANSFER_SYNTAXES.values())
    expect(syntax in TRANSFER_SYNTAXES, "TransferSyntaxUID", getattr(syntax, "name", syntax) or "nothing",
           f"one of {known} (try `gdcmconv --raw`)")  # fmt: skip
    for field in ("BitsAllocated", "BitsStored"):
        expect(dataset.get(field) == 8, field, dataset.get(field), "8")
    kind = dataset.get("PhotometricInterpretation")
    expect(kind in _COLOURS, "PhotometricInterpretation", kind, f"one of {', '.join(_COLOURS)}")
    return str(syntax)


def _grey(dataset: Any, number: int, plugin: str) -> np.ndarray:
    import cv2
    from pydicom.pixels import apply_color_lut, pixel_array

    kind = dataset.PhotometricInterpretation
    pixels = pixel_array(dataset, index=number, decoding_plugin=plugin)  # converts YBR to RGB
    if kind == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, dataset)
    if pixels.dtype == np.uint16:  # a 16-bit palette
        pixels = (pixels >> 8).astype(np.uint8)
    if pixels.ndim == 3:
        return cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
    return 255 - pixels if kind == "MONOCHROME1" else pixels


def _region(dataset: Any, shape: tuple[int, int]) -> tuple[tuple[int, int, int, int], tuple[str, ...]]:
    """Bounds (x0, y0, x1, y1, inclusive) of the largest B-mode region, and warnings about the choice."""
    regions, found = "SequenceOfUltrasoundRegions", []
    for item in dataset.get(regions) or []:
        if (item.get("RegionSpatialFormat"), item.get("RegionDataType")) != _TISSUE:
            continue
        names = ("MinX0", "MinY0", "MaxX1", "MaxY1")
        x0, y0, x1, y1 = (int(item.get(f"RegionLocation{name}", -1)) for name in names)
        # Some scanners give the first column and row after the region instead of the last ones inside it.
        inside = 0 <= x0 < x1 <= shape[1] and 0 <= y0 < y1 <= shape[0]
        expect(inside, regions, f"a region of columns {x0} to {x1}, rows {y0} to {y1}",
               f"it inside {shape[1]} x {shape[0]} (was the image downsized?)")  # fmt: skip
        found.append((x0, y0, min(x1, shape[1] - 1), min(y1, shape[0] - 1)))
    if not found:
        expect(not dataset.get(regions), regions, "no 2D tissue region", "one: a B-mode")
        return (0, 0, shape[1] - 1, shape[0] - 1), ()
    largest = max(found, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]))
    several = f"{regions}: found {len(found)} 2D tissue regions, the largest is taken"
    return largest, (several,) if len(found) > 1 else ()
