"""`echoshift export-classifier`: a trained network in a folder that needs no EchoShift."""

from pathlib import Path
from typing import Annotated

import typer


def export_classifier(
    name: Annotated[str, typer.Argument(help="Classifier of the study.")],
    folder: Annotated[Path, typer.Argument(help="New folder for the network.")],
    results: Annotated[Path, typer.Option(help="Results folder of a finished study.")] = Path("results"),
    fold: Annotated[
        str | None, typer.Option(help="Which of the classifier's models, such as 0; default: the only one.")
    ] = None,
) -> None:
    """Write the trained network NAME to FOLDER as Keras, with its preparation and the lines that classify a picture.

    Its scores are first compared with those of the study. `python FOLDER/classify.py PICTURE.png` needs no EchoShift.
    """
    from echoshift.classifiers.standalone.exporting import export_classifier

    about = export_classifier(results, name, fold, folder)
    compared = about["compared"]
    print(
        f"{folder}: {name}, fold {about['fold']}: scores of {len(compared['frames'])} frames differ by at most "
        f"{compared['largest_difference']:.1g} from the study's"
    )
