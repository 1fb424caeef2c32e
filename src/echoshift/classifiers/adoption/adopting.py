"""Adopt a given model: check what it says and answers, and keep it as an engine."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from echoshift.classifiers.adoption.engine_file import open_model, save_for_one_picture
from echoshift.classifiers.adoption.keras_export import export_keras_file
from echoshift.classifiers.defences.prepared import check_fixed
from echoshift.classifiers.defences.settings import DefenceSettings, defended_digest, recorded
from echoshift.classifiers.interface.folder import GivenModel
from echoshift.classifiers.interface.function_source import import_function
from echoshift.classifiers.interface.model_formats import confirming_engine, model_files, model_format
from echoshift.classifiers.interface.settings import Interface
from echoshift.classifiers.predictors import open_predictor
from echoshift.classifiers.predictors.given import GivenPredictor
from echoshift.classifiers.predictors.openvino import Predictor
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.classifiers.training.cutoff import stated_cutoff
from echoshift.errors import EchoShiftError
from echoshift.reconstruction.cache import read_reconstruction
from echoshift.records.provenance import provenance
from echoshift.storage.files import sha256_of_file, write_json, write_text, written_whole

TOLERANCE = 1e-3
"""Largest difference of two answers (logits, or probabilities where the model gives those) that counts as rounding."""
TOGETHER = "alone", "together with others (they depend on the other pictures of a batch)"


def read_pictures(reconstructions: Sequence[Path]) -> np.ndarray:
    """Images of some reconstructions, uint8 (image, z, x). With unequal shapes, only those of the first one's shape."""
    images = [read_reconstruction(path).image for path in reconstructions]
    return varied(np.stack([image for image in images if image.shape == images[0].shape]))


def varied(pictures: np.ndarray) -> np.ndarray:
    """The pictures, and the first one upside down, darker and inverted: a single one tells nothing about batches."""
    first = pictures[:1]
    return np.concatenate([pictures, first[:, ::-1], first // 2, 255 - first])


def adopt_file(
    path: str,
    interface: Interface,
    pictures: np.ndarray,
    folder: Path,
    defences: Sequence[DefenceSettings] = (),
) -> None:
    """Adopt a model file: write `engine.xml`, `engine.bin`, `interface.json`, `record.json`, `digest.txt`.

    Parameters
    ----------
    path : str
        The file, or SavedModel folder.
    interface : Interface
        As configured.
    pictures : ndarray of uint8, (image, z, x)
        Pictures to ask about.
    folder : Path
        Output folder, which may exist. Nothing is written to it if the model is refused.
    defences : sequence of DefenceSettings
        That need no training.
    """
    with tempfile.TemporaryDirectory() as scratch:
        draft = Path(scratch)
        given, together = _draft(path, interface, pictures, draft)
        engine = Predictor(draft / "engine.xml").outputs(pictures)
        if together is not None:
            _compare(path, together, engine, *TOGETHER)
        given.scores(engine, len(pictures))  # refuses what cannot be understood
        compared = _compare_with_native(given, draft, engine, pictures)
        for made in sorted(draft.iterdir()):
            with written_whole(folder / made.name) as copy:
                shutil.copyfile(made, copy)
    _finish(given, folder, compared, ("openvino",), defences)


def _draft(path: str, interface: Interface, pictures: np.ndarray, draft: Path) -> tuple[GivenModel, np.ndarray | None]:
    """Write the files that predictors read. Also return the answers to all pictures in one call, if the model takes them."""
    engine = path
    if model_format(path).native == "tensorflow":
        shutil.copyfile(path, draft / "model.keras")
        engine = str(draft / "exported.xml")
        export_keras_file(path, interface.input.size, Path(engine))
    opened = open_model(engine, interface, path)
    files = {file: sha256_of_file(file) for file in model_files(path).values()}
    given = GivenModel(interface=opened.interface, source={"model": path}, files=files)
    together = opened.ask(given.network_input(pictures)) if opened.takes_batches else None
    save_for_one_picture(opened, draft / "engine.xml")
    given = given.identified((draft / "engine.bin").read_bytes())
    save_for_one_picture(opened, draft / "engine.xml", given.digest)
    given.write(draft)
    for exported in draft.glob("exported.*"):
        exported.unlink()
    return given, together


def _compare(path: str, found: np.ndarray, expected: np.ndarray, one: str, other: str) -> float:
    largest = float(np.abs(np.asarray(found, np.float64) - np.asarray(expected, np.float64)).max())
    if not largest <= TOLERANCE:
        raise EchoShiftError(
            f"{path}: found answers that differ by up to {largest:.2g} between pictures {one} and {other}, "
            f"expected at most {TOLERANCE:g}"
        )
    return largest


def _compare_with_native(
    given: GivenModel, draft: Path, engine: np.ndarray, pictures: np.ndarray
) -> dict[str, Any] | None:
    """Compare the engine with the model's own runtime. None if that is not installed, or is the engine itself."""
    native = confirming_engine(given.name)
    if native == "openvino":
        return None
    settings = PredictorSettings(engine=native, device="cpu" if native == "tensorflow" else None)
    numbers = open_predictor(settings, draft).outputs(pictures)
    largest = _compare(given.name, numbers, engine, f"asked by {native}", "by OpenVINO")
    return {"runtime": native, "largest_difference": largest, "tolerance": TOLERANCE}


def adopt_function(
    source: dict[str, Any],
    files: Sequence[str],
    interface: Interface,
    pictures: np.ndarray,
    folder: Path,
    defences: Sequence[DefenceSettings] = (),
) -> None:
    """Adopt a Python function: write `interface.json`, `record.json`, `digest.txt`.

    Parameters as for `adopt_file`, with `function` and `folder` in `source`, and further files to watch.
    """
    from echoshift.classifiers.predictors.function import predictor_of

    _, module = import_function(**source)
    digests = {file: sha256_of_file(file) for file in (module, *files)}
    given = GivenModel(interface=interface, source=source, files=digests).identified()
    _check_alone(predictor_of(given), pictures)
    _finish(given, folder, None, ("numpy",), defences)


def adopt_server(
    source: dict[str, Any],
    interface: Interface,
    pictures: np.ndarray,
    folder: Path,
    defences: Sequence[DefenceSettings] = (),
) -> None:
    """Adopt a model behind a server: write `interface.json` with its answers, `record.json`, `digest.txt`."""
    from echoshift.classifiers.predictors.server import fixed_pictures, predictor_of

    given = GivenModel(interface=interface, source=source)
    predictor = predictor_of(given)
    _check_alone(predictor, pictures)
    answers = predictor.outputs(fixed_pictures()).tolist()
    _finish(given.model_copy(update={"answers": answers}).identified(), folder, None, ("requests",), defences)


def _check_alone(predictor: GivenPredictor, pictures: np.ndarray) -> None:
    """Refuse a model whose answer to a picture depends on the other pictures of a batch."""
    given, together = predictor.given, predictor.outputs(pictures)
    given.scores(together, len(pictures))  # refuses what cannot be understood
    alone = []
    for one in pictures:
        alone.append(predictor.outputs(one[None]))
        given.scores(alone[-1], 1)
    rows = [np.asarray(one).reshape(1, -1) for one in alone]
    _compare(given.name, np.asarray(together).reshape(len(pictures), -1), np.concatenate(rows), *TOGETHER)


def _finish(
    given: GivenModel,
    folder: Path,
    compared: dict[str, Any] | None,
    packages: tuple[str, ...],
    defences: Sequence[DefenceSettings],
) -> None:
    check_fixed(defences)
    digest = defended_digest(given.digest, defences)
    given.write(folder)
    output = given.interface.output
    record = provenance(
        inputs={"files": given.files},
        packages=("numpy", "opencv-python-headless", "pillow", *packages),
        settings=given.interface.model_dump(mode="json"),
        source=given.source,
        compared=compared,
        cutoff=stated_cutoff(output.cutoff) if len(given.interface.classes) == 2 and output.gives != "score" else None,
        **recorded(defences),
        digest=digest,
    )
    write_json(folder / "record.json", record)
    write_text(folder / "digest.txt", f"{digest}\n")
