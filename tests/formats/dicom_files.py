"""DICOM pictures made here, whose values are known."""

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, UltrasoundImageStorage, generate_uid


def write_dicom(path, pixels, stored=8, photometric=None, regions=(), **fields):
    """Write pixels (z, x) or (z, x, 3), of unsigned 8 or 16 bits. Returns the path."""
    one = Dataset()
    one.file_meta = FileMetaDataset()
    one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    one.file_meta.MediaStorageSOPClassUID = one.SOPClassUID = UltrasoundImageStorage
    one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID = generate_uid(entropy_srcs=["a picture"])
    one.Modality, one.BurnedInAnnotation = "US", "NO"
    one.Rows, one.Columns = pixels.shape[:2]
    one.SamplesPerPixel = 3 if pixels.ndim == 3 else 1
    one.PhotometricInterpretation = photometric or ("RGB" if pixels.ndim == 3 else "MONOCHROME2")
    one.BitsAllocated, one.BitsStored, one.HighBit = 8 * pixels.itemsize, stored, stored - 1
    one.PixelRepresentation = 0
    if pixels.ndim == 3:
        one.PlanarConfiguration = 0
    if regions:
        one.SequenceOfUltrasoundRegions = [us_region(**region) for region in regions]
    one.PixelData = np.ascontiguousarray(pixels).tobytes()
    for name, value in fields.items():
        setattr(one, name, value)
    one.save_as(path, enforce_file_format=True)
    return path


def us_region(box, **fields):
    """A 2D tissue region of first and last column and row (x0, y0, x1, y1)."""
    item = Dataset()
    item.RegionSpatialFormat = item.RegionDataType = 1
    item.RegionLocationMinX0, item.RegionLocationMinY0, item.RegionLocationMaxX1, item.RegionLocationMaxY1 = box
    for name, value in fields.items():
        setattr(item, name, value)
    return item
