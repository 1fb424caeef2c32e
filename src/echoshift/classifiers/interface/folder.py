"""The folder of a given model: how it is asked, where it was read from, and its digest."""

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from echoshift.classifiers.interface.outputs import scores_of_outputs
from echoshift.classifiers.interface.pictures import network_input
from echoshift.classifiers.interface.settings import Interface
from echoshift.errors import EchoShiftError
from echoshift.storage.files import read_json, sha256_of_bytes, sha256_of_file, write_json
from echoshift.validation import Strict, checked

INTERFACE = "interface.json"


class GivenModel(Strict):
    """A given model in one study, as stored in its folder.

    Attributes
    ----------
    interface : Interface
        With what the model's file says filled in.
    source : dict
        What to open: `model`, `function` or `url`, and its options.
    files : dict
        SHA-256 of each of the user's files that the model was read from, by path.
    answers : list
        A server's numbers for the fixed pictures, (picture, output).
    digest : str
        SHA-256 of all of the above, and of the engine's weights.
    """

    interface: Interface
    source: dict[str, Any]
    files: dict[str, str] = Field(default_factory=dict)
    answers: list[list[float]] = Field(default_factory=list)
    digest: str = ""

    def network_input(self, images: np.ndarray) -> np.ndarray:
        """Input of the model for pictures, uint8 (image, z, x): fitted, or as they are without `input:`."""
        asked = self.interface.input
        return images if asked is None else network_input(images, asked, asked.size, asked.channels, asked.layout)

    def scores(self, outputs: np.ndarray, n_images: int) -> np.ndarray:
        """Scores, float64 (image, class), of the model's numbers."""
        return scores_of_outputs(outputs, self.interface, n_images, self.name)

    @property
    def name(self) -> str:
        """The model in error messages."""
        return next(iter(self.source.values()))

    def identified(self, *more: bytes) -> "GivenModel":
        """The same with its digest: of the files' contents, how they are asked, and `more` (the engine's weights)."""
        source = {key: self.source[key] for key in ("function", "url", "input_name") if key in self.source}
        asked, number = self.interface.model_dump(mode="json"), self.interface.classes.index
        said = asked["output"]
        said["classes"] = said["classes"] and [number(name) for name in said["classes"]]  # classes may be renamed
        said["positive"] = said["positive"] and number(said["positive"])
        asked["classes"] = len(asked["classes"])
        answers = [[float(f"{value:.4g}") for value in row] for row in self.answers]
        known = [asked, source, list(self.files.values()), answers]
        return self.model_copy(update={"digest": sha256_of_bytes(json.dumps(known).encode(), *more)})

    def check_files(self, folder: Path) -> None:
        """Refuse to go on if one of the files has changed since the model was adopted in `folder`."""
        repair = f"rm {shlex.quote(str(folder / 'digest.txt'))} and run again"
        for path, then in self.files.items():
            if not Path(path).is_file():
                raise EchoShiftError(f"{path}: file not found, expected the model as it was adopted; repair: {repair}")
            if (now := sha256_of_file(path)) != then:
                raise EchoShiftError(
                    f"{path}: found digest {now[:12]}, expected {then[:12]} as when the model was adopted; repair: {repair}"
                )

    def write(self, folder: Path) -> None:
        """Write `interface.json`."""
        write_json(folder / INTERFACE, self.model_dump(mode="json"))


def read_given(folder: Path) -> GivenModel | None:
    """Read `interface.json`. None in the folder of a model that was trained here."""
    path = folder / INTERFACE
    return checked(GivenModel, read_json(path), str(path)) if path.is_file() else None
