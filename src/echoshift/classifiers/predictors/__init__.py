"""Predictors: one module per engine, listed in `settings.ENGINES`.

A predictor module defines

- `PACKAGES`: the distributions whose versions affect its answers;
- `open_predictor(folder: Path, settings: PredictorSettings) -> Predicts`: opens the predictor of a model folder. Imports
  TensorFlow and other heavy packages inside the function.

A predictor that has to know where organs lie in a picture also has `of_frame(regions, grid) -> Predicts`, see `for_frame`.
One that reads the recording instead of pictures has `of_recording(path, sidecar=None) -> Predicts`, see `for_recording`.
"""

import shlex
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from echoshift.classifiers.predictors.settings import ENGINES, PredictorSettings
from echoshift.errors import EchoShiftError

if TYPE_CHECKING:  # planning the workflow imports this package, so it must not import NumPy
    from collections.abc import Mapping

    import numpy as np

    from echoshift.reconstruction.grid import PixelGrid


class Predicts(Protocol):
    """Interface of a predictor of one trained model.

    Attributes
    ----------
    digest : str
        Digest of the trained model, as in `digest.txt`.
    packages : tuple of str
        Distributions whose versions affect the answers.
    """

    digest: str
    packages: tuple[str, ...]

    def scores(self, images: "np.ndarray") -> "np.ndarray":
        """Scores, float64 (image, class), of uint8 images (image, z, x). They do not depend on the other images in the batch."""

    def describe(self) -> dict[str, Any]:
        """All that affects the last bits of an answer, as JSON values: `engine`, `version`, `device`, ..., `digest`."""


def open_predictor(settings: PredictorSettings, model: str | Path) -> Predicts:
    """Open the folder of a trained model with the engine of the settings, and with the defences in its record.

    Raises
    ------
    EchoShiftError
        If a file that the engine reads is missing, or if the files are not those of the digest in the folder, as when the
        record that lists the defences is lost. Names the file and how to make it again.
    """
    engine, folder = ENGINES[settings.engine], Path(model)
    digest = folder / "digest.txt"
    repair = f"repair: rm {shlex.quote(str(digest))} and run again"
    for path in (folder / name for name in engine.files):
        if not path.is_file():  # the workflow tracks only `digest.txt` and the record
            raise EchoShiftError(f"{path}: file not found, expected one of `echoshift train`; {repair}")
    from echoshift.classifiers.predictors.defended import Defended, defences_of

    predictor, defences = import_module(engine.module).open_predictor(folder, settings), defences_of(folder)
    opened = Defended(predictor, defences) if defences else predictor
    # A draft has no digest yet.
    if digest.is_file() and (expected := digest.read_text(encoding="ascii").strip()) != opened.digest:
        raise EchoShiftError(
            f"{folder}: found a model of digest {opened.digest[:12]}, expected {expected[:12]} as in digest.txt (is record.json, "
            f"which lists defences, as it was?); {repair}"
        )
    return opened


def reads_recordings(predictor: Predicts) -> bool:
    """Whether a predictor reads the recording instead of pictures. No setting of the reconstruction reaches it."""
    return hasattr(predictor, "of_recording")


def for_recording(predictor: Predicts, path: str | Path | None, sidecar: Path | None = None) -> Predicts:
    """The predictor for one recording, whose scores are the same for all its pictures.

    Most predictors do not read recordings and are the same for all.

    Parameters
    ----------
    predictor : Predicts
    path : path or None
        As for `open_frame`. None if nobody says where the recording lies.
    sidecar : path, optional

    Raises
    ------
    EchoShiftError
        If the predictor reads recordings, and there is none.
    """
    if not reads_recordings(predictor):
        return predictor
    if path is None:
        raise EchoShiftError("recording: found nothing, expected its path: this classifier reads RF lines")
    return predictor.of_recording(path, sidecar)


class Outlined(Protocol):
    """What is known about all pictures of one frame: a plan, or a cached reconstruction.

    Attributes
    ----------
    regions : mapping of str to ndarray, (vertex, 2)
        Named polygons (x, z), in metres.
    grid : PixelGrid
    """

    regions: "Mapping[str, np.ndarray]"
    grid: "PixelGrid"


def for_frame(predictor: Predicts, frame: Outlined) -> Predicts:
    """The predictor for pictures of one frame. Most predictors are the same for all frames.

    Raises
    ------
    EchoShiftError
        If the frame lacks a region that the predictor needs.
    """
    of_frame = getattr(predictor, "of_frame", None)
    return of_frame(frame.regions, frame.grid) if of_frame else predictor
