"""A model that was trained elsewhere: a file, a Python function or a server."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, field_validator, model_validator

from echoshift.classifiers.defences.listed import Defences
from echoshift.classifiers.defences.settings import DefenceSettings
from echoshift.classifiers.interface.function_source import function_file
from echoshift.classifiers.interface.model_formats import confirming_engine, model_files, model_format
from echoshift.classifiers.interface.settings import InputSettings, Interface, OutputSettings
from echoshift.classifiers.kinds.settings import ClassifierSettings, ModelInputs
from echoshift.classifiers.predictors.settings import PredictorSettings
from echoshift.errors import EchoShiftError
from echoshift.validation import Strict

if TYPE_CHECKING:  # planning the workflow imports this module
    import numpy as np

FunctionName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]


class Server(Strict):
    """How a server is asked."""

    url: str = Field(description="address of a model, such as http://localhost:8000/v2/models/mine")
    timeout: float = Field(30.0, gt=0, le=3600, description="seconds to wait for an answer")
    token: str | None = Field(
        None,
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="name of the environment variable that holds the bearer token",
    )
    in_flight: int = Field(4, ge=1, le=64, description="most requests at the same time, over all jobs on one machine")
    pictures_per_request: int = Field(8, ge=1, le=1024, description="most pictures in one request")
    input_name: str = Field("input", description="name of the server's input")

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("an address that begins with http:// or https://")
        if parts.username or parts.password:
            raise ValueError("an address without a password: `token` names an environment variable")
        if parts.query or parts.fragment or parts.path.rstrip("/").endswith("/infer"):
            raise ValueError("the address of a model, which ends in its name, without /infer and ?key=value")
        return url.rstrip("/")


class GivenRecipe(Strict):
    """What determines a given model: where it is, how it is asked and understood."""

    model: str | None = None
    function: str | None = None
    server: Server | None = None
    files: tuple[str, ...] = ()
    folder: str = "."
    input: InputSettings | None = None
    output: OutputSettings
    classes: tuple[str, ...]
    defences: Defences = Field((), exclude_if=lambda defences: not defences)


class GivenSettings(ClassifierSettings):
    """A classifier that was trained elsewhere."""

    made_files: ClassVar = ()

    kind: Literal["given"]
    protocol: Literal["given"] = Field("given", description="every frame is judged by the one model")
    model: str | None = Field(
        None, description="a .keras, .onnx, .tflite or OpenVINO .xml file, or a SavedModel folder"
    )
    function: FunctionName | None = Field(
        None, description="package.module:name, imported from the configuration's folder, then from the environment"
    )
    server: Server | None = Field(None, description="a server that speaks the Open Inference Protocol v2 in JSON")
    files: tuple[str, ...] = Field((), description="function only: further files that its answers depend on")
    input: InputSettings | None = Field(
        None, description="how a picture becomes the input; a function without it gets uint8 pictures (image, z, x)"
    )
    output: OutputSettings
    trained_on: str | None = Field(
        None,
        description="text file of the patient ids, one per line, that the model was trained on: left out of the rates",
    )

    @field_validator("model")
    @classmethod
    def _readable(cls, model: str | None) -> str | None:
        try:
            if model is not None:
                model_format(model)
        except EchoShiftError as error:
            raise ValueError(str(error).partition("expected ")[2]) from None
        return model

    @model_validator(mode="after")
    def _one_source(self) -> "GivenSettings":
        given = [name for name in ("model", "function", "server") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"one of model, function and server, not {' and '.join(given) or 'none'}")
        if self.input is None and self.function is None:
            raise ValueError(f"`input:` with {given[0]}")
        if self.files and self.function is None:
            raise ValueError("`files:` with function only")
        complete = self.input is None or all((self.input.size, self.input.channels, self.input.layout))
        if not complete and self.model is None:
            raise ValueError(f"size, channels and layout in `input:` with {given[0]}")
        return self

    @property
    def judged_by(self) -> PredictorSettings:
        """The function or the server itself; OpenVINO for a file."""
        return PredictorSettings(engine="function" if self.function else "server" if self.server else "openvino")

    @property
    def confirmed_by(self) -> PredictorSettings:
        """The runtime of the file's format where it is installed."""
        if self.model is None:
            return self.judged_by
        engine = confirming_engine(self.model)
        return PredictorSettings(engine=engine, device="cpu" if engine == "tensorflow" else None)

    def engines(self) -> tuple[str, ...]:
        if self.model is None:
            return (self.judged_by.engine,)
        return tuple(dict.fromkeys(("openvino", model_format(self.model).native)))

    def recipe(self, classes: tuple[str, ...], folder: str) -> GivenRecipe:
        own = self.model_dump(include={"model", "function", "server", "files", "input", "output", "defences"})
        return GivenRecipe(**own, folder=folder, classes=classes)

    def takes(self, defence: DefenceSettings) -> bool:
        return defence.wraps_given

    def complaint(self, classes: tuple[str, ...]) -> str | None:
        wrong = self.output.check_classes(classes)
        return wrong and f"output.{wrong}"

    @property
    def needs_examples(self) -> bool:
        return True

    def known_patients(self) -> set[str] | None:
        """Read the file of `trained_on`."""
        if self.trained_on is None:
            return None
        try:
            lines = Path(self.trained_on).read_text(encoding="utf-8-sig").splitlines()
        except OSError as error:
            raise EchoShiftError(
                f"found {self.trained_on!r}, which cannot be read ({error.strerror}), expected a file"
            ) from None
        except UnicodeDecodeError:
            raise EchoShiftError(
                f"found {self.trained_on!r}, which is not UTF-8, expected patient ids, one per line"
            ) from None
        patients = {line.strip() for line in lines if line.strip() and not line.startswith("#")}
        if not patients:
            raise EchoShiftError(f"found no patient in {self.trained_on!r}, expected patient ids, one per line")
        return patients

    def user_files(self, folder: str) -> dict[str, str]:
        files = {f"files.{number}": file for number, file in enumerate(self.files)}
        if self.model:
            files |= model_files(self.model)
        if self.function and (source := function_file(self.function, folder)):
            files["function"] = source
        return files


Settings, Recipe = GivenSettings, GivenRecipe


def make_model(recipe: GivenRecipe, inputs: ModelInputs, folder: Path) -> None:
    """Adopt a model: ask it about some pictures, and write `interface.json`, `record.json` and `digest.txt`.

    A file also becomes `engine.xml` and `engine.bin`, and a Keras file is copied as `model.keras`.
    """
    from echoshift.classifiers.adoption.adopting import read_pictures

    if not inputs.examples:
        raise EchoShiftError("--example: found nothing, expected some reconstructions to ask about")
    adopt(recipe, read_pictures(inputs.examples), folder)


def adopt(recipe: GivenRecipe, pictures: "np.ndarray", folder: Path) -> None:
    """Adopt a model as `make_model` does, with pictures to ask about, uint8 (image, z, x)."""
    from echoshift.classifiers.adoption.adopting import adopt_file, adopt_function, adopt_server

    interface = Interface(input=recipe.input, output=recipe.output, classes=recipe.classes)
    if recipe.model:
        adopt_file(recipe.model, interface, pictures, folder, recipe.defences)
    elif recipe.function:
        source = {"function": recipe.function, "folder": recipe.folder}
        adopt_function(source, recipe.files, interface, pictures, folder, recipe.defences)
    else:
        adopt_server(recipe.server.model_dump(), interface, pictures, folder, recipe.defences)
