"""`echoshift probe`: attack one recording and one classifier, without a study."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from echoshift.attacks.searches import SEARCHES
from echoshift.cli.options import AlphaL, AlphaU, Beta, Folder, ReferenceLevel, Shape, SideCar, Source
from echoshift.errors import EchoShiftError
from echoshift.settings import SETTINGS

Method = StrEnum("Method", list(SEARCHES))
GIVEN = "A given model"
"""Panel of the options for a model that was not trained here."""
UNSAID = {"fit": "pad", "interpolation": "area"}
"""Defaults of a given model's input."""
ENDS = {
    "at_bounds": "all settings are at their bounds",
    "stalled": "no new settings to try",
    "exhausted": "query budget spent",
    "unreachable": "no setting reaches a classifier that reads the recording",
}
"""Descriptions of the outcomes without a changed answer."""


def probe(
    frame: Source,
    model: Annotated[
        str,
        typer.Option(
            help="Folder of a trained classifier (results/classifiers/NAME/folds/FOLD), or a given model: "
            "a .keras, .onnx, .tflite or .xml file, a SavedModel folder, or module:function."
        ),
    ],
    output: Folder,
    beta: Beta = None,
    alpha_l: AlphaL = None,
    alpha_u: AlphaU = None,
    reference_level: ReferenceLevel = None,
    shape: Shape = None,
    sidecar: SideCar = None,
    classes: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,NAME,...",
            help="Names of labels 0, 1, ...; for a given model, of its outputs in order (needed if it has more than two).",
        ),
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Class that the answer must become; without it, any class but the first answer.")
    ] = None,
    method: Annotated[Method, typer.Option(help="Search method.")] = Method.sign_descent,
    max_queries: Annotated[
        int, typer.Option(min=1, help="Maximum number of queries, including the initial settings.")
    ] = 105,
    size: Annotated[str | None, typer.Option(metavar="ROWS,COLUMNS", help="Input size.", rich_help_panel=GIVEN)] = None,
    channels: Annotated[int | None, typer.Option(help="1 or 3.", rich_help_panel=GIVEN)] = None,
    layout: Annotated[str | None, typer.Option(help="nhwc or nchw.", rich_help_panel=GIVEN)] = None,
    fit: Annotated[str, typer.Option(help="pad, stretch or crop.", rich_help_panel=GIVEN)] = "pad",
    resize: Annotated[int | None, typer.Option(help="crop: the shorter side.", rich_help_panel=GIVEN)] = None,
    interpolation: Annotated[
        str, typer.Option(help="area, bilinear or bilinear_antialias.", rich_help_panel=GIVEN)
    ] = "area",
    numbers: Annotated[str | None, typer.Option(help="0..255, 0..1, -1..1 or imagenet.", rich_help_panel=GIVEN)] = None,
    gives: Annotated[str | None, typer.Option(help="logits, probabilities or score.", rich_help_panel=GIVEN)] = None,
    output_name: Annotated[str | None, typer.Option(help="One of several outputs.", rich_help_panel=GIVEN)] = None,
    positive: Annotated[
        str | None, typer.Option(help="A single output: the class of a high value.", rich_help_panel=GIVEN)
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="score: positive from this value on.", rich_help_panel=GIVEN)
    ] = None,
) -> None:
    """Measure how far the settings must move until the classifier changes its answer for FRAME.

    Needs no label and no study. The search starts at --beta, --alpha-l and --alpha-u and stays in the paper's box:
    beta 0.5 to 1.3 dB/(cm MHz), alpha_l 5 to 15 dB, alpha_u 50 to 60 dB; for a picture, as far from what it was made with.
    OUTPUT receives trajectory.zarr and record.json,
    as for an attack. The result is meaningful only if the picture is similar to those that the classifier was trained
    with: check --reference-level and --shape.
    """
    from tempfile import TemporaryDirectory

    from echoshift.attacks.job import asker, search_frame, write_attack
    from echoshift.attacks.settings import default_search
    from echoshift.bmode import BModeFrame
    from echoshift.classifiers.answers import answer
    from echoshift.classifiers.predictors import for_recording, open_predictor
    from echoshift.classifiers.predictors.settings import PredictorSettings
    from echoshift.formats.recording import open_recording
    from echoshift.reconstruction.bmode_plan import cannot_move
    from echoshift.reconstruction.plans import plan_of

    names = tuple(name.strip() for name in classes.split(",")) if classes else ()
    if classes and (len(set(names)) < len(names) or len(names) < 2):
        raise EchoShiftError(f"--classes: found {classes!r}, expected different names: NAME,NAME,...")
    told = {"beta": beta, "alpha_l": alpha_l, "alpha_u": alpha_u}
    recording = open_recording(frame, sidecar, reference_level)
    settings = recording.settings | {name: value for name, value in told.items() if value is not None}
    fixed = set(cannot_move(recording.frame)) if isinstance(recording.frame, BModeFrame) else set()
    search = default_search(method.value, max_queries, settings, fixed, recording.is_grey)
    plan = plan_of(recording.frame, shape)
    with TemporaryDirectory() as scratch:
        folder, engine = Path(model), engine_of(model)
        if engine is None:
            folder = Path(scratch, "model")
            asked = {
                "size": size and size.split(","), "channels": channels, "layout": layout, "fit": fit, "resize": resize,
                "interpolation": interpolation, "numbers": numbers,
            }  # fmt: skip
            output_of = {"gives": gives, "name": output_name, "positive": positive, "threshold": threshold}
            pictures = plan.render_many([settings, {**settings, "alpha_l": settings["alpha_l"] - 5}])
            engine = _adopt(model, asked, output_of, names or ("label 0", "label 1"), pictures, folder)
        predictor = for_recording(open_predictor(PredictorSettings(engine=engine), folder), frame, sidecar)
        scores = asker(plan, predictor)([settings])
        n_classes = scores.shape[1]
        names = names or tuple(f"label {label}" for label in range(n_classes))
        if len(names) != n_classes:
            raise EchoShiftError(f"--classes: found {len(names)} names, expected {n_classes} as the classifier answers")
        if target not in (None, *names):
            raise EchoShiftError(f"--target: found {target!r}, expected one of {', '.join(names)}")
        if target and names[int(answer(scores)[0])] == target:
            raise EchoShiftError(
                f"--target: found {target!r}, which is the first answer already, expected another class"
            )
        if target:
            search = search.model_copy(update={"target": names.index(target)})
        record = write_attack(
            output, None, search_frame(plan, predictor, None, search), plan, predictor,
            recording.digests, classifier=model, attack=method.value, frame_id=str(frame),
            reference_level=recording.reference_level, shape=list(plan.grid.shape),
        )  # fmt: skip

    rows, columns = plan.grid.shape
    initial = _answer(record, "initial", names, gives == "score")
    level = "grey levels" if recording.is_grey else f"reference level {recording.reference_level:g} dB"
    print(f"{frame}: {initial} ({rows} x {columns} pixels, {level})")
    if record["outcome"] == "flipped":
        print(
            f"answer changed after {record['queries']} queries ({method.value}): {_answer(record, 'final', names, gives == 'score')}"
        )
    else:
        end = ENDS[record["outcome"]]
        what = f"answer did not become {target}" if target else "answer not changed"
        print(f"{what} within the box: {end} after {record['queries']} queries ({method.value})")
        print(f"ended: {_answer(record, 'final', names, gives == 'score')}")
    print(f"Look at: {output}/record.json, {output}/trajectory.zarr")


def _adopt(
    model: str, asked: dict[str, Any], output: dict[str, Any], classes: tuple[str, ...], pictures: Any, folder: Path
) -> str:
    """Adopt a given model, asked about some pictures, and return the engine that asks it."""
    from echoshift.classifiers.adoption.adopting import varied
    from echoshift.classifiers.interface.model_formats import KNOWN, SAVED_MODEL
    from echoshift.classifiers.kinds.given import GivenSettings, adopt
    from echoshift.validation import checked

    is_function = ":" in model and not Path(model).exists()
    source = {"function": model} if is_function else {"model": model}
    if "model" in source and not Path(model).is_file() and not Path(model, SAVED_MODEL).is_file():
        raise EchoShiftError(
            f"--model: found nothing at {model!r}, expected the folder of a trained classifier, {KNOWN}, or module:function"
        )
    if output["positive"] is None:
        output = {**output, "classes": classes}
    entry = {"kind": "given", **source, "output": _said(output)}
    if not is_function or _said(asked) != _said(UNSAID):
        entry["input"] = _said(asked)
    settings = checked(GivenSettings, entry, model)
    if wrong := settings.complaint(classes):
        raise EchoShiftError(f"{model}: {wrong}")
    adopt(settings.recipe(classes, "."), varied(pictures), folder)
    return settings.judged_by.engine


def engine_of(model: str) -> str | None:
    """The engine that asks the model in a folder of a study. None for a model of the user's."""
    from echoshift.classifiers.interface.folder import read_given
    from echoshift.classifiers.predictors.settings import ENGINES

    folder = Path(model)
    # A name without an ending that is nowhere is a mistyped folder of a study.
    is_mistyped = not folder.exists() and not folder.suffix and ":" not in model
    if not is_mistyped and not (folder / "digest.txt").is_file():
        return None
    given = read_given(folder)
    if given:
        return "function" if "function" in given.source else "server" if "url" in given.source else "openvino"
    engines = (name for name, engine in ENGINES.items() if all((folder / file).is_file() for file in engine.files))
    return next(engines, "openvino")


def _said(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _answer(record: dict[str, Any], end: str, classes: tuple[str, ...], is_score: bool) -> str:
    """What the classifier says at one end of the path, and where that is."""
    from echoshift.classifiers.answers import probabilities

    values = (f"{name} {value:g} {SETTINGS[name].unit}" for name, value in record[f"{end}_settings"].items())
    chances, said = probabilities(record[f"{end}_scores"]), record[f"{end}_answer"]
    shown = 1 if len(classes) == 2 else said
    says = f"P({classes[shown]}) {chances[shown]:.3f}"
    if is_score:
        says = f"score {record[f'{end}_logit']:.4g} from the threshold"
    return f"{classes[said]}, {says}, at {', '.join(values)}"
