"""DICOM: one frame as grey levels of 8 bits, cropped to its ultrasound region."""

import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.bmode import LARGEST_PIXEL
from echoshift.errors import EchoShiftError
from echoshift.formats.images.colour import coloured_pixels
from echoshift.formats.images.picture import Picture, check_size
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
_LOSSY = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.91")
_COLOURS = (
    "MONOCHROME1", "MONOCHROME2", "RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "PALETTE COLOR",
)  # fmt: skip
_MONOCHROME = ("MONOCHROME1", "MONOCHROME2")
_TISSUE = (1, 1)
"""Spatial format (2D) and data type (tissue) of a B-mode region."""
_CENTIMETRES = 3
"""Code of a region's physical units."""


@dataclass(frozen=True)
class _Region:
    """A rectangle of the image (first and last column and row, inclusive), and what is known of its pixels, see `Picture`."""

    x0: int
    y0: int
    x1: int
    y1: int
    pixel_size: tuple[float, float] | None = None
    face_row: float | None = None
    warnings: tuple[str, ...] = ()

    def of(self, pixels: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(pixels[self.y0 : self.y1 + 1, self.x0 : self.x1 + 1])


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


def says_pixel_size(path: Path) -> bool:
    """Whether the picture's region gives the size of its pixels. Reads the header alone; False for a damaged file."""
    import pydicom

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = pydicom.dcmread(path, stop_before_pixels=True)
            return _region(dataset, (int(dataset.Rows), int(dataset.Columns))).pixel_size is not None
        except Exception:  # reading the picture says what is wrong
            return False


def _picture(path: Path, selector: str | None) -> Picture:
    import pydicom

    dataset = pydicom.dcmread(path)
    if "PixelData" not in dataset:
        modality = ascii(str(dataset.get("Modality", "not given"))[:16])
        raise EchoShiftError(f"PixelData: not in the file (modality {modality}), expected an image")
    syntax = _checked_syntax(dataset)
    shape = int(dataset.Rows), int(dataset.Columns)
    check_size(*shape)
    n_frames = int(dataset.get("NumberOfFrames") or 1)
    number = frame_number(selector, n_frames)
    region = _region(dataset, shape)
    image, coloured = _grey(dataset, number, "pillow" if syntax in _PILLOW else "")
    if coloured is not None:
        coloured = region.of(coloured)
    about = {
        "DICOM": f"{dataset.get('Modality', 'no modality')}, {dataset.PhotometricInterpretation}, {TRANSFER_SYNTAXES[syntax]}",
        "bits": f"{dataset.BitsStored} stored",
        "frames": str(n_frames),
        "region": f"columns {region.x0} to {region.x1}, rows {region.y0} to {region.y1} of {shape[1]} x {shape[0]}",
    }
    if region.pixel_size:
        about["pixel size"] = "{:.4g} mm between rows, {:.4g} mm between columns".format(
            *(1e3 * size for size in region.pixel_size)
        )
    if region.face_row is not None:
        about["depth 0"] = f"row {region.face_row:g}"
    notices = region.warnings
    burnt_in = str(dataset.get("BurnedInAnnotation") or "nothing")
    if burnt_in != "NO":
        notices = (*notices, f"BurnedInAnnotation: found {burnt_in}: text in the picture may give the label away")
    return Picture(
        region.of(image),
        "DICOM",
        about,
        notices,
        coloured if coloured is not None and coloured.any() else None,
        region.pixel_size,
        region.face_row,
        is_lossy=syntax in _LOSSY or str(dataset.get("LossyImageCompression", "00")) == "01",
    )


def _checked_syntax(dataset: Any) -> str:
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    known = ", ".join(TRANSFER_SYNTAXES.values())
    expect(syntax in TRANSFER_SYNTAXES, "TransferSyntaxUID", getattr(syntax, "name", syntax) or "nothing",
           f"one of {known} (try `gdcmconv --raw`)")  # fmt: skip
    kind = dataset.get("PhotometricInterpretation")
    expect(kind in _COLOURS, "PhotometricInterpretation", kind, f"one of {', '.join(_COLOURS)}")
    allocated, stored = dataset.get("BitsAllocated"), dataset.get("BitsStored")
    sizes = (8, 16) if kind in _MONOCHROME else (8,)
    expect(allocated in sizes, "BitsAllocated", allocated, f"{' or '.join(map(str, sizes))} for {kind}")
    fewest = "8" if allocated == 8 else "8 to 16"
    expect(isinstance(stored, int) and 8 <= stored <= allocated, "BitsStored", stored, fewest)
    expect(dataset.get("HighBit", stored - 1) == stored - 1, "HighBit", dataset.get("HighBit"), str(stored - 1))
    signed = dataset.get("PixelRepresentation", 0)
    expect(signed == 0, "PixelRepresentation", signed, "0 (levels without a sign)")
    return str(syntax)


def _grey(dataset: Any, number: int, plugin: str) -> tuple[np.ndarray, np.ndarray | None]:
    """Grey levels and coloured pixels (see `coloured_pixels`) of a frame."""
    import cv2
    from pydicom.pixels import apply_color_lut, pixel_array

    kind = dataset.PhotometricInterpretation
    pixels = pixel_array(dataset, index=number, decoding_plugin=plugin)  # converts YBR to RGB
    if kind in _MONOCHROME:
        stored = int(dataset.BitsStored)
        # Bits above those stored are not of the image: old files have overlays there.
        grey = ((pixels & (2**stored - 1)) >> (stored - 8)).astype(np.uint8)
        return (255 - grey if kind == "MONOCHROME1" else grey), None
    if kind == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, dataset)
    if pixels.dtype == np.uint16:  # a 16-bit palette
        pixels = (pixels >> 8).astype(np.uint8)
    return cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY), coloured_pixels(pixels)


def _region(dataset: Any, shape: tuple[int, int]) -> _Region:
    """The largest B-mode region, or the whole image if the file has no regions at all."""
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
        found.append(_Region(x0, y0, min(x1, shape[1] - 1), min(y1, shape[0] - 1), *_scale(item)))
    if not found:
        expect(not dataset.get(regions), regions, "no 2D tissue region", "one: a B-mode")
        return _Region(0, 0, shape[1] - 1, shape[0] - 1)
    largest = max(found, key=lambda region: (region.x1 - region.x0) * (region.y1 - region.y0))
    several = f"{regions}: found {len(found)} 2D tissue regions, the largest is taken"
    return replace(largest, warnings=(*largest.warnings, several)) if len(found) > 1 else largest


def _scale(item: Any) -> tuple[tuple[float, float] | None, float | None, tuple[str, ...]]:
    """A region's pixel size, its row of depth 0, and warnings."""
    if (item.get("PhysicalUnitsYDirection"), item.get("PhysicalUnitsXDirection")) != (_CENTIMETRES, _CENTIMETRES):
        return None, None, ()
    size = tuple(0.01 * float(item.get(f"PhysicalDelta{axis}", np.nan)) for axis in "YX")
    if not all(0 < step <= LARGEST_PIXEL for step in size):
        found = " and ".join(f"{1e3 * step:g}" for step in size)
        return None, None, (f"PhysicalDelta: found {found} mm between rows and columns: the pixel size is not known",)
    row, depth = item.get("ReferencePixelY0"), item.get("ReferencePixelPhysicalValueY")
    if row is None or depth is None:
        return size, None, ()
    # The reference pixel counts from the region's upper left corner, where the picture is cropped.
    return size, float(row) - 0.01 * float(depth) / size[0], ()
