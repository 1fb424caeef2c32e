"""What classifiers cost: seconds to train a model, and milliseconds an image."""

from pathlib import Path
from statistics import fmean, median
from time import perf_counter
from warnings import warn

from echoshift.classifiers.predictors import for_frame, for_recording, open_predictor
from echoshift.classifiers.predictors.settings import EXTERNAL, PredictorSettings
from echoshift.comparison.finished_study import FinishedStudy
from echoshift.errors import EchoShiftError, EchoShiftWarning
from echoshift.reconstruction.cache import read_reconstruction

PICTURES = 10
"""Pictures that are timed, one at a time, after one that is not."""


def seconds_to_train(study: FinishedStudy, classifier: str) -> float | None:
    """Seconds that Snakemake measured for one model of a classifier: the mean over its folds, and the features once.

    What several classifiers share counts for each of them. None if nothing was measured, as for given models.
    """
    measured = study.results / "benchmarks"
    paths = [measured / "train" / classifier / f"{fold}.tsv" for fold in study.folds[classifier]]
    models = [_seconds(path) for path in paths if path.is_file()]
    if not models:
        return None
    folder = study.facts.classifiers[classifier].features_folder
    features = [_seconds(path) for path in sorted((measured / "features" / folder).glob("*.tsv"))] if folder else []
    return fmean(models) + sum(features)


def milliseconds_an_image(study: FinishedStudy, classifier: str) -> float | None:
    """Milliseconds of one answer at this moment on this machine: the median over some pictures, asked one at a time.

    A classifier that reads recordings also opens them.

    None for a classifier that is the user's code or a server, and, with a warning, for one that cannot be asked.
    """
    engine = study.facts.classifiers[classifier].engine
    if engine in EXTERNAL:
        return None
    models = study.results / "classifiers" / classifier / "folds"
    # As for confirmations: a GPU is left to attacks.
    settings = PredictorSettings(engine=engine, device="cpu" if engine == "tensorflow" else None)
    taken = []
    try:
        predictor = open_predictor(settings, next(models.glob("*/digest.txt")).parent)
        for name in study.frames[: PICTURES + 1]:
            found = read_reconstruction(study.results / "reconstructions" / name)
            start = perf_counter()
            own = for_frame(for_recording(predictor, study.recordings[name]), found)
            own.scores(found.image[None])
            taken.append(1000 * (perf_counter() - start))
    except (EchoShiftError, OSError, StopIteration) as error:
        reason = str(error) or f"{models}: found no model"
        warn(f"classifier {classifier}: found none to time ({reason}), expected its model", EchoShiftWarning, 2)
        return None
    return median(taken[1:] or taken)


def _seconds(path: Path) -> float:
    """Wall-clock time in a table of Snakemake's directive `benchmark`: names and values, divided by tabs."""
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    try:
        return float(lines[1][lines[0].index("s")])
    except (IndexError, ValueError):
        raise EchoShiftError(f"{path}: s: found no number, expected seconds as Snakemake writes them") from None
